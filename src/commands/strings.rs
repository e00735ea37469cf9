//! Commands on strings.

use super::table::{Argument, Category, Command, Flag, Handler, Keys};
use super::{Call, Effect, ReplyError, error};
use crate::store::keyspace::Keyspace;
use crate::store::value::Value;

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "get",
        arity: 2,
        flags: &[Flag::Readonly, Flag::Fast],
        categories: &[Category::String],
        keys: Keys::one(&["RO", "access"]),
        group: "string",
        summary: "Get the value of a key",
        arguments: &[Argument::KEY],
        handler: Handler::Read(get),
        ..Command::ROW
    },
    Command {
        name: "set",
        arity: -3,
        flags: &[Flag::Write, Flag::Denyoom],
        categories: &[Category::String],
        keys: Keys::one(&["OW", "update"]),
        group: "string",
        summary: "Set the string value of a key",
        arguments: &[Argument::KEY, Argument::new("value", "string")],
        handler: Handler::Write(set),
        ..Command::ROW
    },
];

fn get(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    match call.counted(keyspace.string(call.args.get(1), call.now_ms))? {
        Some(value) => call.reply_blob(value),
        None => call.reply.null(),
    }
    Ok(())
}

fn set(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    if call.args.len() > 3 {
        return Err(error::SYNTAX);
    }
    let value = Value::String(call.blob(2));
    if let Some(old) = keyspace.set(call.args.get(1), value.into()) {
        call.discard(old);
    }
    call.reply.ok();
    Ok(Effect::AsRequested)
}
