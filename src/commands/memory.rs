//! MEMORY: what keys weigh.

use super::table::{Argument, Command, Flag, Handler, Keys};
use super::{Call, ReplyError, command, error};
use crate::store::blob::Blob;
use crate::store::hash::Hash;
use crate::store::keyspace::Keyspace;
use crate::store::value::{Entry, Value};

const ROW: Command = Command {
    flags: &[],
    group: "server",
    since: "4.0.0",
    ..Command::ROW
};

const HELP: &[&str] = &[
    "USAGE <key> [SAMPLES <count>]",
    "    Return memory in bytes used by <key> and its value. Nested values are",
    "    sampled up to <count> times (default: 5, 0 means sample all).",
];

pub(super) const COMMANDS: &[Command] = &[Command {
    name: "memory",
    arity: -2,
    summary: "A container for memory diagnostics commands",
    complexity: "Depends on subcommand.",
    help: HELP,
    subcommands: &[
        Command {
            name: "memory|help",
            arity: 2,
            flags: &[Flag::Loading, Flag::Stale],
            summary: "Show helpful text about the different subcommands",
            handler: Handler::Plain(command::help),
            ..ROW
        },
        Command {
            name: "memory|usage",
            arity: -3,
            flags: &[Flag::Readonly],
            keys: Some(Keys {
                first: 2,
                last: 2,
                step: 1,
                flags: &["RO"],
            }),
            summary: "Estimate the memory usage of a key",
            complexity: "O(N) where N is the number of samples.",
            arguments: &[
                Argument::KEY,
                Argument::new("count", "integer")
                    .after("SAMPLES")
                    .optional(),
            ],
            handler: Handler::Read(usage),
            ..ROW
        },
    ],
    ..ROW
}];

/// How many fields of a hash are looked at unless asked otherwise, as in Redis.
const SAMPLES: usize = 5;

/// What an entry of a table takes beside the key and the value in it: a byte of the table's
/// own, and the part of the table that is empty, which is a quarter on average.
const TABLE_BYTES: usize = (size_of::<Blob>() + size_of::<Entry>() + 1) / 3 + 1;

/// What the allocator and a reference count take for each piece on the heap.
const PIECE_BYTES: usize = 24;

fn usage(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    let samples = samples(call)?;
    let key = call.args.get(2);
    match keyspace.get(key, call.now_ms) {
        None => call.reply.null(),
        Some(entry) => {
            let value = match entry.value() {
                Value::String(blob) => blob_bytes(blob),
                Value::Hash(hash) => PIECE_BYTES + hash_bytes(hash, samples),
            };
            call.reply
                .count(size_of::<Entry>() + blob_bytes(&Blob::from(key)) + TABLE_BYTES + value);
        }
    }
    Ok(())
}

fn samples(call: &Call) -> Result<usize, ReplyError> {
    let mut samples = SAMPLES;
    let mut at = 3;
    while at < call.args.len() {
        if !call.args.get(at).eq_ignore_ascii_case(b"samples") || at + 1 == call.args.len() {
            return Err(error::SYNTAX);
        }
        samples = match usize::try_from(call.integer(at + 1)?) {
            Ok(0) => usize::MAX,
            Ok(samples) => samples,
            Err(_) => return Err(error::SYNTAX),
        };
        at += 2;
    }
    Ok(samples)
}

fn blob_bytes(blob: &Blob) -> usize {
    let heap = match blob.heap_bytes() {
        0 => 0,
        bytes => bytes + PIECE_BYTES,
    };
    size_of::<Blob>() + heap
}

/// The weight of some fields, taken for all.
fn hash_bytes(hash: &Hash, samples: usize) -> usize {
    let fields = hash.all();
    let sampled = fields.iter().take(samples);
    let bytes: usize = sampled
        .map(|(name, field)| blob_bytes(name) + blob_bytes(field.value()) + TABLE_BYTES)
        .sum();
    let looked_at = fields.len().min(samples).max(1);
    size_of::<Hash>() + bytes / looked_at * fields.len()
}
