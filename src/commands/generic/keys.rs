//! Commands on single keys of any type.

use crate::commands::notify::DEL;
use crate::commands::table::error;
use crate::commands::table::{Argument, Category, Command, Flag, Handler, Keys, Place};
use crate::commands::{Call, Effect, ReplyError};
use crate::config::EventClass;
use crate::store::keyspace::Keyspace;

const ROW: Command = Command {
    categories: &[Category::Keyspace],
    group: "generic",
    ..Command::ROW
};

/// A command on any number of keys that replies with a count.
const COUNTING: Command = Command {
    arity: -2,
    flags: &[Flag::Readonly, Flag::Fast],
    keys: &[Keys::all(&["RO"])],
    tips: &["request_policy:multi_shard", "response_policy:agg_sum"],
    arguments: &[Argument::KEY.multiple()],
    ..ROW
};

const RENAMING: Command = Command {
    arity: 3,
    arguments: &[Argument::KEY, Argument::key("newkey", 1)],
    ..ROW
};

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "del",
        flags: &[Flag::Write],
        keys: &[Keys::all(&["RM", "delete"])],
        summary: "Delete a key",
        complexity: "O(N) where N is the number of keys that will be removed. When a key to \
                     remove holds a value other than a string, the individual complexity for \
                     this key is O(M) where M is the number of elements in the list, set, \
                     sorted set or hash. Removing a single key that holds a string value is \
                     O(1).",
        handler: Handler::Write(del),
        ..COUNTING
    },
    Command {
        name: "unlink",
        flags: &[Flag::Write, Flag::Fast],
        keys: &[Keys::all(&["RM", "delete"])],
        since: "4.0.0",
        summary: "Delete a key asynchronously in another thread. Otherwise it is just as DEL, but \
                  non blocking.",
        complexity: "O(1) for each key removed regardless of its size. Then the command does O(N) \
                     work in a different thread in order to reclaim memory, where N is the number \
                     of allocations the deleted objects where composed of.",
        handler: Handler::Write(del),
        ..COUNTING
    },
    Command {
        name: "exists",
        summary: "Determine if a key exists",
        complexity: "O(N) where N is the number of keys to check.",
        history: &[("3.0.3", "Accepts multiple `key` arguments.")],
        handler: Handler::Read(exists),
        ..COUNTING
    },
    Command {
        name: "touch",
        since: "3.2.1",
        summary: "Alters the last access time of a key(s). Returns the number of existing keys \
                  specified.",
        complexity: "O(N) where N is the number of keys that will be touched.",
        handler: Handler::Read(exists),
        ..COUNTING
    },
    Command {
        name: "type",
        arity: 2,
        flags: &[Flag::Readonly, Flag::Fast],
        keys: &[Keys::one(&["RO"])],
        summary: "Determine the type stored at key",
        arguments: &[Argument::KEY],
        handler: Handler::Read(type_of),
        ..ROW
    },
    Command {
        name: "rename",
        flags: &[Flag::Write],
        keys: &[
            Keys::one(&["RW", "access", "delete"]),
            Keys::at(Place::one(2), &["OW", "update"]),
        ],
        summary: "Rename a key",
        handler: Handler::Write(rename),
        ..RENAMING
    },
    Command {
        name: "renamenx",
        flags: &[Flag::Write, Flag::Fast],
        keys: &[
            Keys::one(&["RW", "access", "delete"]),
            Keys::at(Place::one(2), &["OW", "insert"]),
        ],
        summary: "Rename a key, only if the new key does not exist",
        history: &[(
            "3.2.0",
            "The command no longer returns an error when source and destination names are the \
             same.",
        )],
        handler: Handler::Write(renamenx),
        ..RENAMING
    },
];

/// DEL and UNLINK. The client's own thread frees big values, after the lock is released.
fn del(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    let mut deleted = 0;
    for key in call.args.from(1) {
        if let Some(entry) = keyspace.remove(key, call.now_ms()) {
            deleted += 1;
            call.discard(entry);
            call.notify(key, DEL);
        }
    }
    call.reply.count(deleted);
    Ok(Effect::if_changed(deleted > 0))
}

/// EXISTS and TOUCH. There are no access times to update.
fn exists(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    let mut count = 0;
    for key in call.args.from(1) {
        if call.lookup_entry(keyspace, key).is_some() {
            count += 1;
        }
    }
    call.reply.integer(count);
    Ok(())
}

fn type_of(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    let entry = call.lookup_entry(keyspace, call.args.get(1));
    call.reply
        .simple(entry.map_or("none", |entry| entry.value().type_name()));
    Ok(())
}

fn rename(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    let (from, to) = (call.args.get(1), call.args.get(2));
    if keyspace.get(from, call.now_ms()).is_none() {
        return Err(error::NO_SUCH_KEY);
    }
    let effect = rename_existing(call, keyspace, from, to);
    call.reply.ok();
    Ok(effect)
}

fn renamenx(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    let (from, to) = (call.args.get(1), call.args.get(2));
    if keyspace.get(from, call.now_ms()).is_none() {
        return Err(error::NO_SUCH_KEY);
    }
    if keyspace.get(to, call.now_ms()).is_some() {
        call.reply.integer(0);
        return Ok(Effect::Nothing);
    }
    let effect = rename_existing(call, keyspace, from, to);
    call.reply.integer(1);
    Ok(effect)
}

fn rename_existing(call: &mut Call, keyspace: &mut Keyspace, from: &[u8], to: &[u8]) -> Effect {
    if from == to {
        return Effect::Nothing;
    }
    if let Some(entry) = keyspace.remove(from, call.now_ms())
        && let Some(old) = keyspace.set(to, entry)
    {
        call.discard(old);
    }
    call.notify_put(keyspace, call.session.database(), to);
    call.notify(from, (EventClass::Generic, "rename_from"));
    call.notify(to, (EventClass::Generic, "rename_to"));
    Effect::AsRequested
}
