//! OBJECT: how Redis would keep a value.
//!
//! Tools ask for encodings, also to tune `hash-max-listpack-entries`. Each type tells the encoding
//! that its value has in Redis: see [`Facts`](crate::store::types::Facts).

use crate::commands::help::help;
use crate::commands::table::{Argument, Category, Command, Flag, Handler, Keys, Place};
use crate::commands::{Call, ReplyError};
use crate::store::keyspace::Keyspace;
use crate::store::types::Value;

const NO_LFU: ReplyError = ReplyError::Fixed(
    "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that \
     when switching between policies at runtime LRU and LFU data will take some time to adjust.",
);
const LFU: ReplyError = ReplyError::Fixed(
    "ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when \
     switching between policies at runtime LRU and LFU data will take some time to adjust.",
);

const HELP: &[&str] = &[
    "ENCODING <key>",
    "    Return the kind of internal representation used in order to store the value",
    "    associated with a <key>.",
    "FREQ <key>",
    "    Return the access frequency index of the <key>. The returned integer is",
    "    proportional to the logarithm of the recent access frequency of the key.",
    "IDLETIME <key>",
    "    Return the idle time of the <key>, that is the approximated number of",
    "    seconds elapsed since the last access to the key.",
    "REFCOUNT <key>",
    "    Return the number of references of the value associated with the specified",
    "    <key>.",
];

const ROW: Command = Command {
    arity: 3,
    flags: &[Flag::Readonly],
    categories: &[Category::Keyspace],
    keys: &[Keys::at(Place::one(2), &["RO"])],
    tips: &["nondeterministic_output"],
    group: "generic",
    since: "2.2.3",
    arguments: &[Argument::KEY],
    ..Command::ROW
};

pub(super) const COMMANDS: &[Command] = &[Command {
    name: "object",
    arity: -2,
    group: "generic",
    since: "2.2.3",
    summary: "A container for object introspection commands",
    complexity: "Depends on subcommand.",
    help: HELP,
    subcommands: &[
        Command {
            name: "object|encoding",
            summary: "Inspect the internal encoding of a Redis object",
            handler: Handler::Read(tell_encoding),
            ..ROW
        },
        Command {
            name: "object|freq",
            since: "4.0.0",
            summary: "Get the logarithmic access frequency counter of a Redis object",
            handler: Handler::Read(freq),
            ..ROW
        },
        Command {
            name: "object|help",
            arity: 2,
            flags: &[Flag::Loading, Flag::Stale],
            categories: &[Category::Keyspace],
            group: "generic",
            since: "6.2.0",
            summary: "Show helpful text about the different subcommands",
            handler: Handler::Plain(help),
            ..Command::ROW
        },
        Command {
            name: "object|idletime",
            summary: "Get the time since a Redis object was last accessed",
            handler: Handler::Read(idletime),
            ..ROW
        },
        Command {
            name: "object|refcount",
            summary: "Get the number of references to the value of the key",
            handler: Handler::Read(refcount),
            ..ROW
        },
    ],
    ..Command::ROW
}];

/// The value of the key in the request. Replies that there is none, if so.
fn value<'a>(call: &mut Call, keyspace: &'a Keyspace) -> Result<Option<&'a Value>, ReplyError> {
    let entry = call.lookup_quietly(keyspace, call.args.get(2));
    if entry.is_none() {
        call.reply.null();
    }
    Ok(entry.map(|entry| entry.value()))
}

fn tell_encoding(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    if let Some(value) = value(call, keyspace)? {
        call.reply.bulk(value.encoding().as_bytes());
    }
    Ok(())
}

fn refcount(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    if let Some(value) = value(call, keyspace)? {
        call.reply.integer(value.references());
    }
    Ok(())
}

/// Nothing is evicted, so the time of the last use is not stored: it is always just now.
fn idletime(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    if value(call, keyspace)?.is_some() {
        if has_lfu(call) {
            return Err(LFU);
        }
        call.reply.integer(0);
    }
    Ok(())
}

fn freq(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    if value(call, keyspace)?.is_some() {
        if !has_lfu(call) {
            return Err(NO_LFU);
        }
        call.reply.integer(0);
    }
    Ok(())
}

fn has_lfu(call: &Call) -> bool {
    let policy = call.state.config().get("maxmemory-policy");
    policy.is_some_and(|policy| policy.to_lowercase().ends_with("-lfu"))
}
