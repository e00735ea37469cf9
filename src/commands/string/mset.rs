//! Commands that get or set several strings at once.

use crate::commands::table::{Argument, Category, Command, Flag, Handler, Keys, Place};
use crate::commands::{Call, Effect, ReplyError, key};
use crate::store::blob::Blob;
use crate::store::keyspace::Keyspace;
use crate::store::types::Value;

const ROW: Command = Command {
    categories: &[Category::String],
    group: "string",
    ..Command::ROW
};

const SET_ROW: Command = Command {
    arity: -3,
    flags: &[Flag::Write, Flag::Denyoom],
    since: "1.0.1",
    complexity: "O(N) where N is the number of keys to set.",
    arguments: &[Argument::block(
        "key_value",
        &[Argument::KEY, Argument::new("value", "string")],
    )
    .multiple()],
    ..ROW
};

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "mget",
        arity: -2,
        flags: &[Flag::Readonly, Flag::Fast],
        keys: &[Keys::all(&["RO", "access"])],
        tips: &["request_policy:multi_shard"],
        summary: "Get the values of all the given keys",
        complexity: "O(N) where N is the number of keys to retrieve.",
        arguments: &[Argument::KEY.multiple()],
        handler: Handler::Read(mget),
        ..ROW
    },
    Command {
        name: "mset",
        keys: &[Keys::at(Place::from(1, 2), &["OW", "update"])],
        tips: &[
            "request_policy:multi_shard",
            "response_policy:all_succeeded",
        ],
        summary: "Set multiple keys to multiple values",
        handler: Handler::Write(mset),
        ..SET_ROW
    },
    Command {
        name: "msetnx",
        keys: &[Keys::at(Place::from(1, 2), &["OW", "insert"])],
        tips: &["request_policy:multi_shard", "response_policy:agg_min"],
        summary: "Set multiple keys to multiple values, only if none of the keys exist",
        handler: Handler::Write(msetnx),
        ..SET_ROW
    },
];

/// A key that holds another type counts as missing here.
fn mget(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    let keys = call.args.from(1);
    call.reply.array(keys.len());
    for key in keys {
        match call.counted(keyspace.get_as::<Blob>(key, call.now_ms())) {
            Ok(Some(value)) => call.reply_blob(value),
            Ok(None) | Err(_) => call.reply.null(),
        }
    }
    Ok(())
}

fn mset(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    check_pairs(call, "mset")?;
    set_pairs(call, keyspace);
    call.reply.ok();
    Ok(Effect::AsRequested)
}

fn msetnx(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    check_pairs(call, "msetnx")?;
    let mut keys = call.args.from(1).step_by(2);
    let are_new = keys.all(|key| keyspace.get(key, call.now_ms()).is_none());
    if are_new {
        set_pairs(call, keyspace);
    }
    call.reply.integer(are_new.into());
    Ok(Effect::if_changed(are_new))
}

fn check_pairs(call: &Call, command: &str) -> Result<(), ReplyError> {
    if call.args.len().is_multiple_of(2) {
        return Err(ReplyError::wrong_arity(command));
    }
    Ok(())
}

fn set_pairs(call: &mut Call, keyspace: &mut Keyspace) {
    for index in (1..call.args.len()).step_by(2) {
        let value = Value::String(call.blob(index + 1));
        key::set(call, keyspace, call.args.get(index), value.into());
    }
}
