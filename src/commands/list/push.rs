//! LPUSH, RPUSH, LPUSHX and RPUSHX.

use super::options::{ELEMENT, ROW};
use crate::commands::notify::Event;
use crate::commands::table::{Argument, Command, Flag, Handler, Keys};
use crate::commands::{Call, Effect, ReplyError};
use crate::config::EventClass;
use crate::store::keyspace::{Keyspace, WrongType};
use crate::store::types::list::{End, List};

const PUSH: Command = Command {
    arity: -3,
    flags: &[Flag::Write, Flag::Denyoom, Flag::Fast],
    keys: &[Keys::one(&["RW", "insert"])],
    complexity: "O(1) for each element added, so O(N) to add N elements when the command is \
                 called with multiple arguments.",
    history: &[("2.4.0", "Accepts multiple `element` arguments.")],
    arguments: &[Argument::KEY, ELEMENT.multiple()],
    ..ROW
};

/// A push to a list that must exist.
const PUSH_EXISTING: Command = Command {
    since: "2.2.0",
    history: &[("4.0.0", "Accepts multiple `element` arguments.")],
    ..PUSH
};

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "lpush",
        summary: "Prepend one or multiple elements to a list",
        handler: Handler::Write(|call, keyspace| push(call, keyspace, End::Left)),
        ..PUSH
    },
    Command {
        name: "lpushx",
        summary: "Prepend an element to a list, only if the list exists",
        handler: Handler::Write(|call, keyspace| push_existing(call, keyspace, End::Left)),
        ..PUSH_EXISTING
    },
    Command {
        name: "rpush",
        summary: "Append one or multiple elements to a list",
        handler: Handler::Write(|call, keyspace| push(call, keyspace, End::Right)),
        ..PUSH
    },
    Command {
        name: "rpushx",
        summary: "Append an element to a list, only if the list exists",
        handler: Handler::Write(|call, keyspace| push_existing(call, keyspace, End::Right)),
        ..PUSH_EXISTING
    },
];

fn push(call: &mut Call, keyspace: &mut Keyspace, end: End) -> Result<Effect, ReplyError> {
    let length = keyspace.edit_or_new(call.args.get(1), call.now_ms(), |list| {
        Ok::<_, WrongType>(Some(push_all(call, list, end)))
    })?;
    call.notify_edit(keyspace, call.args.get(1), event(end));
    call.reply.count(length.unwrap_or_default());
    Ok(Effect::AsRequested)
}

fn push_existing(call: &mut Call, keyspace: &mut Keyspace, end: End) -> Result<Effect, ReplyError> {
    let length = keyspace.edit(call.args.get(1), call.now_ms(), |list| {
        Ok::<_, WrongType>(Some(push_all(call, list, end)))
    })?;
    if length.is_some() {
        call.notify_edit(keyspace, call.args.get(1), event(end));
    }
    call.reply.count(length.unwrap_or_default());
    Ok(Effect::if_changed(length.is_some()))
}

/// Returns the event of a push at `end`.
pub(super) fn event(end: End) -> Event {
    match end {
        End::Left => (EventClass::List, "lpush"),
        End::Right => (EventClass::List, "rpush"),
    }
}

/// Pushes the elements of the request, one after the other. Returns the list's length.
fn push_all(call: &Call, list: &mut List, end: End) -> usize {
    for index in 2..call.args.len() {
        list.push(end, call.value(index));
    }
    list.len()
}
