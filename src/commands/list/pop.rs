//! LPOP, RPOP and LMPOP: they remove elements at an end of a list. The commands that wait for
//! elements pop them with the same functions.

use super::options;
use super::options::{ROW, WHERE};
use crate::commands::notify::Event;
use crate::commands::several::Several;
use crate::commands::table::{Argument, Command, Flag, Handler, Keys, Place};
use crate::commands::{Call, Effect, ReplyError, error};
use crate::config::EventClass;
use crate::num::integer;
use crate::store::blob::Blob;
use crate::store::keyspace::{Keyspace, WrongType};
use crate::store::types::list::{End, List};

const POP: Command = Command {
    arity: -2,
    flags: &[Flag::Write, Flag::Fast],
    keys: &[Keys::one(&["RW", "access", "delete"])],
    complexity: "O(N) where N is the number of elements returned",
    history: &[("6.2.0", "Added the `count` argument.")],
    arguments: &[
        Argument::KEY,
        Argument::new("count", "integer").since("6.2.0").optional(),
    ],
    ..ROW
};

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "lmpop",
        arity: -4,
        flags: &[Flag::Write],
        keys: &[Keys::at(Place::counted(1), &["RW", "access", "delete"])],
        since: "7.0.0",
        summary: "Pop elements from a list",
        complexity: "O(N+M) where N is the number of provided keys and M is the number of \
                     elements returned.",
        arguments: &[
            Argument::new("numkeys", "integer"),
            Argument::KEY.multiple(),
            WHERE,
            Argument::new("count", "integer").after("COUNT").optional(),
        ],
        handler: Handler::Write(lmpop),
        ..ROW
    },
    Command {
        name: "lpop",
        summary: "Remove and get the first elements in a list",
        handler: Handler::Write(|call, keyspace| pop(call, keyspace, End::Left)),
        ..POP
    },
    Command {
        name: "rpop",
        summary: "Remove and get the last elements in a list",
        handler: Handler::Write(|call, keyspace| pop(call, keyspace, End::Right)),
        ..POP
    },
];

fn pop(call: &mut Call, keyspace: &mut Keyspace, end: End) -> Result<Effect, ReplyError> {
    let key = call.args.get(1);
    match call.args.len() {
        2 => {}
        3 => return pop_several(call, keyspace, end),
        _ if end == End::Left => return Err(ReplyError::wrong_arity("lpop")),
        _ => return Err(ReplyError::wrong_arity("rpop")),
    }
    let element = pop_one(call, keyspace, key, end)?;
    match &element {
        Some(element) => call.reply_blob(element),
        None => call.reply.null(),
    }
    Ok(Effect::if_changed(element.is_some()))
}

fn pop_several(call: &mut Call, keyspace: &mut Keyspace, end: End) -> Result<Effect, ReplyError> {
    let (key, count) = (call.args.get(1), call.at_least(2, 0, error::NOT_POSITIVE)?);
    if keyspace.get_as::<List>(key, call.now_ms())?.is_none() {
        call.reply.null_array();
        return Ok(Effect::Nothing);
    }
    let popped = pop_up_to(call, keyspace, (key, end), count)?;
    reply_popped(call, popped, end);
    Ok(Effect::if_changed(count > 0))
}

fn lmpop(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    let Several { keys, end, count } = Several::parse(call, 1, options::end)?;
    for index in keys {
        if let Some(effect) = pop_from(call, keyspace, (call.args.get(index), end), count)? {
            return Ok(effect);
        }
    }
    call.reply.null_array();
    Ok(Effect::Nothing)
}

/// Removes the element at an end of the list at `key`. `None` if there is no list.
pub(super) fn pop_one(
    call: &mut Call,
    keyspace: &mut Keyspace,
    key: &[u8],
    end: End,
) -> Result<Option<Blob>, WrongType> {
    let popped = take_one(call, keyspace, key, end)?;
    if popped.is_some() {
        call.notify_edit(keyspace, key, event(end));
    }
    Ok(popped)
}

/// As [`pop_one`], without an event.
pub(super) fn take_one(
    call: &Call,
    keyspace: &mut Keyspace,
    key: &[u8],
    end: End,
) -> Result<Option<Blob>, WrongType> {
    keyspace.edit(key, call.now_ms(), |list: &mut List| Ok(list.pop(end)))
}

/// Returns the event of a pop at `end`.
pub(super) fn event(end: End) -> Event {
    match end {
        End::Left => (EventClass::List, "lpop"),
        End::Right => (EventClass::List, "rpop"),
    }
}

/// Removes up to `count` elements at an end of the list at a key. Replies with the key and the
/// elements, and returns the effect. `None`, without a reply, if there is no list.
pub(super) fn pop_from(
    call: &mut Call,
    keyspace: &mut Keyspace,
    (key, end): (&[u8], End),
    count: usize,
) -> Result<Option<Effect>, ReplyError> {
    let popped = pop_up_to(call, keyspace, (key, end), count)?;
    let Some(length) = popped.as_ref().map(List::len) else {
        return Ok(None);
    };
    call.reply.array(2);
    call.reply.bulk(key);
    reply_popped(call, popped, end);
    let mut number = integer::Buffer::default();
    let number = integer::text(length as i64, &mut number);
    Ok(Some(Effect::instead(&[name(end), key, number])))
}

/// Returns the name of the command that pops at `end`.
pub(super) fn name(end: End) -> &'static [u8] {
    match end {
        End::Left => b"LPOP",
        End::Right => b"RPOP",
    }
}

/// Removes up to `count` elements at an end of the list at a key. `None` if there is no list.
fn pop_up_to(
    call: &mut Call,
    keyspace: &mut Keyspace,
    (key, end): (&[u8], End),
    count: usize,
) -> Result<Option<List>, WrongType> {
    let popped = keyspace.edit(key, call.now_ms(), |list: &mut List| {
        let count = count.min(list.len());
        let range = match end {
            End::Left => 0..count,
            End::Right => list.len() - count..list.len(),
        };
        Ok::<_, WrongType>((count > 0).then(|| list.remove(range)))
    })?;
    if popped.is_some() {
        call.notify_edit(keyspace, key, event(end));
    }
    Ok(popped)
}

/// Replies with elements that were popped at `end`, in this order.
fn reply_popped(call: &mut Call, popped: Option<List>, end: End) {
    let Some(popped) = popped else {
        call.reply.array(0);
        return;
    };
    call.reply.array(popped.len());
    match end {
        End::Left => popped.iter().for_each(|element| call.reply_blob(element)),
        End::Right => popped
            .iter_back_from(popped.len() - 1)
            .for_each(|element| call.reply_blob(element)),
    }
    call.discard_later(popped);
}
