//! Commands on keys, whatever they hold, and on whole databases.

use super::table::{Argument, Category, Command, Flag, Handler, Keys};
use super::{Call, Effect, ReplyError, error};
use crate::store::Databases;
use crate::store::keyspace::Keyspace;

const FLUSH_HISTORY: &[(&str, &str)] = &[
    ("4.0.0", "Added the `ASYNC` flushing mode modifier."),
    ("6.2.0", "Added the `SYNC` flushing mode modifier."),
];

const FLUSH_ARGUMENTS: &[Argument] = &[Argument::one_of(
    "async",
    &[
        Argument::word("async", "ASYNC").since("4.0.0"),
        Argument::word("sync", "SYNC").since("6.2.0"),
    ],
)
.optional()];

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "dbsize",
        arity: 1,
        flags: &[Flag::Readonly, Flag::Fast],
        categories: &[Category::Keyspace],
        tips: &["request_policy:all_shards", "response_policy:agg_sum"],
        group: "server",
        summary: "Return the number of keys in the selected database",
        handler: Handler::Read(dbsize),
        ..Command::ROW
    },
    Command {
        name: "del",
        arity: -2,
        flags: &[Flag::Write],
        categories: &[Category::Keyspace],
        keys: Keys::all(&["RM", "delete"]),
        tips: &["request_policy:multi_shard", "response_policy:agg_sum"],
        group: "generic",
        summary: "Delete a key",
        complexity: "O(N) where N is the number of keys that will be removed. When a key to \
                     remove holds a value other than a string, the individual complexity for \
                     this key is O(M) where M is the number of elements in the list, set, \
                     sorted set or hash. Removing a single key that holds a string value is \
                     O(1).",
        arguments: &[Argument::KEY.multiple()],
        handler: Handler::Write(del),
        ..Command::ROW
    },
    Command {
        name: "exists",
        arity: -2,
        flags: &[Flag::Readonly, Flag::Fast],
        categories: &[Category::Keyspace],
        keys: Keys::all(&["RO"]),
        tips: &["request_policy:multi_shard", "response_policy:agg_sum"],
        group: "generic",
        summary: "Determine if a key exists",
        complexity: "O(N) where N is the number of keys to check.",
        history: &[("3.0.3", "Accepts multiple `key` arguments.")],
        arguments: &[Argument::KEY.multiple()],
        handler: Handler::Read(exists),
        ..Command::ROW
    },
    Command {
        name: "flushall",
        arity: -1,
        flags: &[Flag::Write],
        categories: &[Category::Keyspace, Category::Dangerous],
        tips: &["request_policy:all_shards", "response_policy:all_succeeded"],
        group: "server",
        summary: "Remove all keys from all databases",
        complexity: "O(N) where N is the total number of keys in all databases",
        history: FLUSH_HISTORY,
        arguments: FLUSH_ARGUMENTS,
        handler: Handler::WriteAll(flushall),
        ..Command::ROW
    },
    Command {
        name: "flushdb",
        arity: -1,
        flags: &[Flag::Write],
        categories: &[Category::Keyspace, Category::Dangerous],
        tips: &["request_policy:all_shards", "response_policy:all_succeeded"],
        group: "server",
        summary: "Remove all keys from the current database",
        complexity: "O(N) where N is the number of keys in the selected database",
        history: FLUSH_HISTORY,
        arguments: FLUSH_ARGUMENTS,
        handler: Handler::Write(flushdb),
        ..Command::ROW
    },
    Command {
        name: "type",
        arity: 2,
        flags: &[Flag::Readonly, Flag::Fast],
        categories: &[Category::Keyspace],
        keys: Keys::one(&["RO"]),
        group: "generic",
        summary: "Determine the type stored at key",
        arguments: &[Argument::KEY],
        handler: Handler::Read(type_of),
        ..Command::ROW
    },
];

fn dbsize(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    call.reply.count(keyspace.len());
    Ok(())
}

fn del(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    let mut deleted = 0;
    for key in call.args.from(1) {
        if let Some(entry) = keyspace.remove(key, call.now_ms) {
            deleted += 1;
            call.discard(entry);
        }
    }
    call.reply.count(deleted);
    Ok(Effect::if_changed(deleted > 0))
}

fn exists(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    let mut count = 0;
    for key in call.args.from(1) {
        if call.counted(Ok(keyspace.get(key, call.now_ms)))?.is_some() {
            count += 1;
        }
    }
    call.reply.integer(count);
    Ok(())
}

fn flushall(call: &mut Call, databases: &mut Databases) -> Result<Effect, ReplyError> {
    check_flush_mode(call)?;
    let mut changed = false;
    for keyspace in databases.iter_mut().filter(|keyspace| !keyspace.is_empty()) {
        let keys = keyspace.clear();
        call.discard_later(keys);
        changed = true;
    }
    call.reply.ok();
    Ok(Effect::if_changed(changed))
}

fn flushdb(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    check_flush_mode(call)?;
    let keys = keyspace.clear();
    let changed = !keys.is_empty();
    call.discard_later(keys);
    call.reply.ok();
    Ok(Effect::if_changed(changed))
}

/// SYNC and ASYNC make no difference here: memory is always freed by the client's own
/// thread after the lock is released, so that no other client waits for it.
fn check_flush_mode(call: &Call) -> Result<(), ReplyError> {
    let mut options = call.args.from(1);
    match (options.next(), options.next()) {
        (None, _) => Ok(()),
        (Some(mode), None)
            if mode.eq_ignore_ascii_case(b"sync") || mode.eq_ignore_ascii_case(b"async") =>
        {
            Ok(())
        }
        _ => Err(error::SYNTAX),
    }
}

fn type_of(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    let entry = call.counted(Ok(keyspace.get(call.args.get(1), call.now_ms)))?;
    call.reply
        .simple(entry.map_or("none", |entry| entry.value().type_name()));
    Ok(())
}
