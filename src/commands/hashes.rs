//! Commands on hashes.

use super::table::{Argument, Category, Command, Flag, Handler, Keys};
use super::{Call, Effect, ReplyError};
use crate::store::hash::Field;
use crate::store::keyspace::Keyspace;

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "hget",
        arity: 3,
        flags: &[Flag::Readonly, Flag::Fast],
        categories: &[Category::Hash],
        keys: Keys::one(&["RO", "access"]),
        group: "hash",
        since: "2.0.0",
        summary: "Get the value of a hash field",
        arguments: &[Argument::KEY, Argument::new("field", "string")],
        handler: Handler::Read(hget),
        ..Command::ROW
    },
    Command {
        name: "hgetall",
        arity: 2,
        flags: &[Flag::Readonly],
        categories: &[Category::Hash],
        keys: Keys::one(&["RO", "access"]),
        tips: &["nondeterministic_output_order"],
        group: "hash",
        since: "2.0.0",
        summary: "Get all the fields and values in a hash",
        complexity: "O(N) where N is the size of the hash.",
        arguments: &[Argument::KEY],
        handler: Handler::Read(hgetall),
        ..Command::ROW
    },
    Command {
        name: "hset",
        arity: -4,
        flags: &[Flag::Write, Flag::Denyoom, Flag::Fast],
        categories: &[Category::Hash],
        keys: Keys::one(&["RW", "update"]),
        group: "hash",
        since: "2.0.0",
        summary: "Set the string value of a hash field",
        complexity: "O(1) for each field/value pair added, so O(N) to add N field/value pairs \
                     when the command is called with multiple field/value pairs.",
        history: &[("4.0.0", "Accepts multiple `field` and `value` arguments.")],
        arguments: &[
            Argument::KEY,
            Argument::block(
                "field_value",
                &[
                    Argument::new("field", "string"),
                    Argument::new("value", "string"),
                ],
            )
            .multiple(),
        ],
        handler: Handler::Write(hset),
        ..Command::ROW
    },
];

fn hget(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    let hash = call.counted(keyspace.hash(call.args.get(1), call.now_ms))?;
    match hash.and_then(|hash| hash.get(call.args.get(2), call.now_ms)) {
        Some(value) => call.reply_blob(value),
        None => call.reply.null(),
    }
    Ok(())
}

fn hgetall(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    let Some(hash) = call.counted(keyspace.hash(call.args.get(1), call.now_ms))? else {
        call.reply.map(0);
        return Ok(());
    };
    call.reply.map(hash.len(call.now_ms));
    for (name, field) in hash.iter(call.now_ms) {
        call.reply_blob(name);
        call.reply_blob(field.value());
    }
    Ok(())
}

fn hset(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    if !call.args.len().is_multiple_of(2) {
        return Err(ReplyError::wrong_arity("hset"));
    }
    let hash = keyspace.hash_or_new(call.args.get(1), call.now_ms)?;
    let mut added = 0;
    let mut replaced: Vec<Field> = Vec::new();
    for index in (2..call.args.len()).step_by(2) {
        match hash.set(call.args.get(index), call.blob(index + 1)) {
            None => added += 1,
            Some(old) if old.value().heap_bytes() > 0 => replaced.push(old),
            Some(_) => {}
        }
    }
    if !replaced.is_empty() {
        call.discard_later(replaced);
    }
    call.reply.integer(added);
    Ok(Effect::AsRequested)
}
