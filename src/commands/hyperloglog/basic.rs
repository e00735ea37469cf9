//! Commands that add to HyperLogLogs, count and merge them.

use super::hash::REGISTERS;
use super::header;
use super::header::Encoding;
use super::sketch;
use crate::commands::notify::PFADD;
use crate::commands::table::{Argument, Category, Command, Flag, Handler, Keys, Place};
use crate::commands::table::{Compute, Store};
use crate::commands::{Call, Effect, ReplyError};
use crate::store::blob::Blob;
use crate::store::keyspace::{Keyspace, WrongType};
use crate::store::types::Value;

const ROW: Command = Command {
    categories: &[Category::HyperLogLog],
    group: "hyperloglog",
    since: "2.8.9",
    ..Command::ROW
};

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "pfadd",
        arity: -2,
        flags: &[Flag::Write, Flag::Denyoom, Flag::Fast],
        keys: &[Keys::one(&["RW", "insert"])],
        summary: "Adds the specified elements to the specified HyperLogLog.",
        complexity: "O(1) to add every element.",
        arguments: &[
            Argument::KEY,
            Argument::new("element", "string").optional().multiple(),
        ],
        handler: Handler::Write(pfadd),
        ..ROW
    },
    Command {
        name: "pfcount",
        arity: -2,
        flags: &[Flag::Readonly],
        keys: &[Keys::all(&["RW", "access"]).note(
            "RW because it may change the internal representation of the key, and propagate to \
             replicas",
        )],
        summary: "Return the approximated cardinality of the set(s) observed by the HyperLogLog at \
                  key(s).",
        complexity: "O(1) with a very small average constant time when called with a single key. \
                     O(N) with N being the number of keys, and much bigger constant times, when \
                     called with multiple keys.",
        arguments: &[Argument::KEY.multiple()],
        handler: Handler::ReadAndStore(pfcount),
        ..ROW
    },
    Command {
        name: "pfmerge",
        arity: -2,
        flags: &[Flag::Write, Flag::Denyoom],
        keys: &[
            Keys::one(&["RW", "access", "insert"]),
            Keys::at(Place::from(2, 1), &["RO", "access"]),
        ],
        summary: "Merge N different HyperLogLogs into a single one.",
        complexity: "O(N) to merge N HyperLogLogs, but with high constant times.",
        arguments: &[
            Argument::key("destkey", 0),
            Argument::key("sourcekey", 1).multiple(),
        ],
        handler: Handler::Write(pfmerge),
        ..ROW
    },
];

fn pfadd(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    let key = call.args.get(1);
    let elements = || call.args.from(2);
    let max_sparse_bytes = call.state.thresholds().sparse_bytes;
    let mut is_new = true;
    let changed = keyspace.edit(key, call.now_ms(), |value: &mut Blob| {
        is_new = false;
        let changed = sketch::add(value, elements(), max_sparse_bytes)?;
        Ok::<_, ReplyError>(changed.then_some(()))
    })?;
    if is_new {
        let mut value = Blob::raw(sketch::empty());
        sketch::add(&mut value, elements(), max_sparse_bytes)?;
        keyspace.set(key, Value::String(value).into());
    }
    let is_changed = is_new || changed.is_some();
    if is_changed {
        call.notify_edit(keyspace, key, PFADD);
    }
    call.reply.integer(is_changed.into());
    Ok(Effect::if_changed(is_changed))
}

fn pfcount(call: &mut Call, keyspace: &Keyspace) -> Result<Option<Compute>, ReplyError> {
    match call.args.len() {
        2 => count_one(call, keyspace),
        _ => Ok(Some(count_union(call, keyspace))),
    }
}

/// Replies with the cardinality in the head, or computes it for the head.
fn count_one(call: &mut Call, keyspace: &Keyspace) -> Result<Option<Compute>, ReplyError> {
    let found = call.lookup::<Blob>(keyspace, call.args.get(1))?;
    let Some(value) = found else {
        call.reply.integer(0);
        return Ok(None);
    };
    sketch::check(value)?;
    if let Some(cardinality) = header::cardinality(value) {
        call.reply.integer(cardinality as i64);
        return Ok(None);
    }
    let value = value.clone();
    Ok(Some(Box::new(move |reply| {
        let cardinality = sketch::cardinality(&value)?;
        reply.integer(cardinality as i64);
        Ok(Some(store_cardinality(value, cardinality)))
    })))
}

/// Stores the cardinality of `counted`, unless the key has another value now. The record is the request:
/// what it does to the bytes of the string is the same whenever it is repeated.
fn store_cardinality(counted: Blob, cardinality: u64) -> Store {
    Box::new(move |call, keyspace| {
        let stored = keyspace.edit(call.args.get(1), call.now_ms(), |value: &mut Blob| {
            let is_same = *value == counted;
            // Otherwise the edit would copy the bytes.
            drop(counted);
            let store = |bytes: &mut Vec<u8>| header::set_cardinality(bytes, cardinality);
            Ok::<_, WrongType>(is_same.then(|| value.edit(store)))
        });
        Effect::if_changed(matches!(stored, Ok(Some(()))))
    })
}

/// Computes the cardinality of all keys together. The first key that is wrong is the error.
fn count_union(call: &mut Call, keyspace: &Keyspace) -> Compute {
    let mut values = Vec::new();
    for key in call.args.from(1) {
        match call.lookup::<Blob>(keyspace, key) {
            Ok(None) => {}
            Ok(Some(value)) => {
                values.push(Ok(value.clone()));
                // Redis looks at no further key.
                if sketch::check(value).is_err() {
                    break;
                }
            }
            Err(error) => {
                values.push(Err(error));
                break;
            }
        }
    }
    Box::new(move |reply| {
        let mut registers = [0; REGISTERS];
        for value in values {
            sketch::raise(&mut registers, &value?)?;
        }
        reply.integer(sketch::cardinality_of(&registers) as i64);
        Ok(None)
    })
}

fn pfmerge(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    let mut registers = [0; REGISTERS];
    let mut encoding = Encoding::Sparse;
    for key in call.args.from(1) {
        if let Some(value) = call.lookup::<Blob>(keyspace, key)?
            && sketch::raise(&mut registers, value)? == Encoding::Dense
        {
            encoding = Encoding::Dense;
        }
    }
    let target = call.args.get(1);
    let old = keyspace.get_as::<Blob>(target, call.now_ms())?;
    let mut bytes = old.map_or_else(sketch::empty, |old| old.to_vec());
    let max_sparse_bytes = call.state.thresholds().sparse_bytes;
    sketch::set_all(&mut bytes, &registers, encoding, max_sparse_bytes);
    keyspace.edit_or_new(target, call.now_ms(), |value: &mut Blob| {
        *value = Blob::raw(bytes);
        Ok::<_, WrongType>(Some(()))
    })?;
    call.notify_edit(keyspace, target, PFADD);
    call.reply.ok();
    Ok(Effect::AsRequested)
}
