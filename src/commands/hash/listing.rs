//! Commands that list all fields of a hash.

use crate::commands::table::{Argument, Category, Command, Flag, Handler, Keys};
use crate::commands::{Call, ReplyError};
use crate::store::keyspace::Keyspace;
use crate::store::types::hash::Hash;

const ROW: Command = Command {
    arity: 2,
    flags: &[Flag::Readonly],
    categories: &[Category::Hash],
    keys: &[Keys::one(&["RO", "access"])],
    tips: &["nondeterministic_output_order"],
    group: "hash",
    since: "2.0.0",
    complexity: "O(N) where N is the size of the hash.",
    arguments: &[Argument::KEY],
    ..Command::ROW
};

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "hgetall",
        summary: "Get all the fields and values in a hash",
        handler: Handler::Read(hgetall),
        ..ROW
    },
    Command {
        name: "hkeys",
        summary: "Get all the fields in a hash",
        handler: Handler::Read(hkeys),
        ..ROW
    },
    Command {
        name: "hvals",
        summary: "Get all the values in a hash",
        handler: Handler::Read(hvals),
        ..ROW
    },
];

fn hgetall(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    let Some(hash) = hash(call, keyspace)? else {
        call.reply.map(0);
        return Ok(());
    };
    call.reply.map(hash.len(call.now_ms()));
    for field in hash.iter(call.now_ms()) {
        call.reply_blob(field.name);
        call.reply_blob(field.value);
    }
    Ok(())
}

fn hkeys(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    let Some(hash) = hash(call, keyspace)? else {
        call.reply.array(0);
        return Ok(());
    };
    call.reply.array(hash.len(call.now_ms()));
    for field in hash.iter(call.now_ms()) {
        call.reply_blob(field.name);
    }
    Ok(())
}

fn hvals(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    let Some(hash) = hash(call, keyspace)? else {
        call.reply.array(0);
        return Ok(());
    };
    call.reply.array(hash.len(call.now_ms()));
    for field in hash.iter(call.now_ms()) {
        call.reply_blob(field.value);
    }
    Ok(())
}

/// Returns the hash at the key of the request, and counts a hit or a miss.
fn hash<'a>(call: &mut Call, keyspace: &'a Keyspace) -> Result<Option<&'a Hash>, ReplyError> {
    Ok(call.lookup::<Hash>(keyspace, call.args.get(1))?)
}
