//! Lists keys: KEYS, SCAN, RANDOMKEY.
//!
//! The engine removes expired keys that SCAN and RANDOMKEY meet, as Redis does. KEYS
//! skips expired ones.

use crate::commands::scan;
use crate::commands::scan::{COUNT, CURSOR, MATCH, Options, Pattern};
use crate::commands::table::error;
use crate::commands::table::{Argument, Category, Command, Flag, Handler};
use crate::commands::{Call, ReplyError};
use crate::store::blob::Blob;
use crate::store::keyspace::Keyspace;
use crate::store::types::Entry;

const ROW: Command = Command {
    flags: &[Flag::Readonly],
    categories: &[Category::Keyspace],
    group: "generic",
    ..Command::ROW
};

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "keys",
        arity: 2,
        categories: &[Category::Keyspace, Category::Dangerous],
        tips: &["request_policy:all_shards", "nondeterministic_output_order"],
        summary: "Find all keys matching the given pattern",
        complexity: "O(N) with N being the number of keys in the database, under the assumption \
                     that the key names in the database and the given pattern have limited length.",
        arguments: &[Argument::new("pattern", "pattern")],
        handler: Handler::Read(keys),
        ..ROW
    },
    Command {
        name: "randomkey",
        arity: 1,
        tips: &["request_policy:all_shards", "nondeterministic_output"],
        summary: "Return a random key from the keyspace",
        handler: Handler::Read(randomkey),
        ..ROW
    },
    Command {
        name: "scan",
        arity: -2,
        tips: &["nondeterministic_output", "request_policy:special"],
        since: "2.8.0",
        summary: "Incrementally iterate the keys space",
        complexity: "O(1) for every call. O(N) for a complete iteration, including enough command \
                     calls for the cursor to return back to 0. N is the number of elements inside \
                     the collection.",
        history: &[("6.0.0", "Added the `TYPE` subcommand.")],
        arguments: &[
            CURSOR,
            MATCH,
            COUNT,
            Argument::new("type", "string")
                .after("TYPE")
                .since("6.0.0")
                .optional(),
        ],
        handler: Handler::Read(scan),
        ..ROW
    },
];

fn keys(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    let pattern = Pattern::new(call.args.get(1));
    if let Pattern::Literal(key) = pattern {
        let is_there = keyspace.get(key, call.now_ms()).is_some();
        call.reply.array(usize::from(is_there));
        if is_there {
            call.reply.bulk(key);
        }
        return Ok(());
    }
    let keys = keyspace.iter(call.now_ms()).map(|(key, _)| key);
    let found: Vec<&Blob> = keys.filter(|key| pattern.matches(key)).collect();
    call.reply.array(found.len());
    for key in found {
        call.reply_blob(key);
    }
    Ok(())
}

fn randomkey(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    let random = keyspace.random(call.now_ms(), |key| call.note_expired(key));
    match random {
        Some(key) => call.reply_blob(key),
        None => call.reply.null(),
    }
    Ok(())
}

fn scan(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    let position = scan::cursor(call.args.get(1))?;
    let (mut options, mut type_name) = (Options::default(), None);
    let mut words = call.args.from(2);
    while let Some(word) = words.next() {
        if word.eq_ignore_ascii_case(b"type") {
            type_name = Some(words.next().ok_or(error::SYNTAX)?);
        } else {
            options.read(word, &mut words)?;
        }
    }
    let (mut found, next) = keyspace.scan(position, options.count);
    found.retain(|(key, entry)| {
        if !options.pattern.matches(key) {
            return false;
        }
        if entry.is_over(call.now_ms()) {
            call.note_expired(key);
            return false;
        }
        is_of_type(entry, type_name)
    });
    scan::begin_reply(call, next, found.len());
    for (key, _) in found {
        call.reply_blob(key);
    }
    Ok(())
}

/// Returns whether TYPE names the type of `entry`, in any case.
fn is_of_type(entry: &Entry, wanted: Option<&[u8]>) -> bool {
    let type_name = entry.value().type_name().as_bytes();
    wanted.is_none_or(|wanted| wanted.eq_ignore_ascii_case(type_name))
}
