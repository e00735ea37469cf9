//! Commands on the ends of a list.

use crate::commands::table::{Argument, Category, Command, Flag, Handler, Keys};
use crate::commands::{Call, Effect, ReplyError};
use crate::store::blob::BlobRef;
use crate::store::keyspace::{Keyspace, WrongType};
use crate::store::types::list::{End, List};

const ROW: Command = Command {
    categories: &[Category::List],
    group: "list",
    since: "1.0.0",
    ..Command::ROW
};

const ADD: &[Flag] = &[Flag::Write, Flag::Denyoom, Flag::Fast];
const ELEMENTS: &[Argument] = &[Argument::KEY, Argument::new("element", "string").multiple()];

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "llen",
        arity: 2,
        flags: &[Flag::Readonly, Flag::Fast],
        keys: &[Keys::one(&["RO"])],
        summary: "Get the length of a list",
        arguments: &[Argument::KEY],
        handler: Handler::Read(llen),
        ..ROW
    },
    Command {
        name: "lpush",
        arity: -3,
        flags: ADD,
        keys: &[Keys::one(&["RW", "insert"])],
        summary: "Prepend one or multiple elements to a list",
        complexity: "O(1) for each element added, so O(N) to add N elements when the command is \
                     called with multiple arguments.",
        history: &[("2.4.0", "Accepts multiple `element` arguments.")],
        arguments: ELEMENTS,
        handler: Handler::Write(lpush),
        ..ROW
    },
    Command {
        name: "rpush",
        arity: -3,
        flags: ADD,
        keys: &[Keys::one(&["RW", "insert"])],
        summary: "Append one or multiple elements to a list",
        complexity: "O(1) for each element added, so O(N) to add N elements when the command is \
                     called with multiple arguments.",
        history: &[("2.4.0", "Accepts multiple `element` arguments.")],
        arguments: ELEMENTS,
        handler: Handler::Write(rpush),
        ..ROW
    },
];

fn llen(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    let list = call.counted(keyspace.get_as::<List>(call.args.get(1), call.now_ms()))?;
    call.reply.count(list.map_or(0, List::len));
    Ok(())
}

fn lpush(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    push(call, keyspace, End::Left)
}

fn rpush(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    push(call, keyspace, End::Right)
}

fn push(call: &mut Call, keyspace: &mut Keyspace, end: End) -> Result<Effect, ReplyError> {
    let length = keyspace.edit_or_new(call.args.get(1), call.now_ms(), |list: &mut List| {
        for element in call.args.from(2) {
            list.push(end, BlobRef::from(element));
        }
        Ok::<_, WrongType>(Some(list.len()))
    })?;
    call.reply.count(length.unwrap_or_default());
    Ok(Effect::AsRequested)
}
