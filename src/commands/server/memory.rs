//! MEMORY: the memory of keys and of the process.

use super::info::MemoryUse;
use crate::commands::help::help;
use crate::commands::table::error;
use crate::commands::table::{Argument, Command, Flag, Handler, Keys, Place};
use crate::commands::{Call, ReplyError};
use crate::store::keyspace::Keyspace;
use crate::sys::memory;

const ROW: Command = Command {
    flags: &[],
    group: "server",
    since: "4.0.0",
    ..Command::ROW
};

const OF_ONE_SERVER: &[&str] = &[
    "nondeterministic_output",
    "request_policy:all_shards",
    "response_policy:special",
];

const HELP: &[&str] = &[
    "DOCTOR",
    "    Return memory problems reports.",
    "MALLOC-STATS",
    "    Return internal statistics report from the memory allocator.",
    "PURGE",
    "    Attempt to purge dirty pages for reclamation by the allocator.",
    "STATS",
    "    Return information about the memory usage of the server.",
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
            name: "memory|doctor",
            arity: 2,
            tips: OF_ONE_SERVER,
            summary: "Outputs memory problems report",
            handler: Handler::Plain(doctor),
            ..ROW
        },
        Command {
            name: "memory|help",
            arity: 2,
            flags: &[Flag::Loading, Flag::Stale],
            summary: "Show helpful text about the different subcommands",
            handler: Handler::Plain(help),
            ..ROW
        },
        Command {
            name: "memory|malloc-stats",
            arity: 2,
            tips: OF_ONE_SERVER,
            summary: "Show allocator internal stats",
            complexity: "Depends on how much memory is allocated, could be slow",
            handler: Handler::Plain(malloc_stats),
            ..ROW
        },
        Command {
            name: "memory|purge",
            arity: 2,
            tips: &["request_policy:all_shards", "response_policy:all_succeeded"],
            summary: "Ask the allocator to release memory",
            complexity: "Depends on how much memory is allocated, could be slow",
            handler: Handler::Plain(purge),
            ..ROW
        },
        Command {
            name: "memory|stats",
            arity: 2,
            tips: OF_ONE_SERVER,
            summary: "Show memory usage details",
            handler: Handler::ReadAllThen(|databases| {
                let keys = databases.iter().map(Keyspace::len).sum();
                Box::new(move |call| stats(call, keys))
            }),
            ..ROW
        },
        Command {
            name: "memory|usage",
            arity: -3,
            flags: &[Flag::Readonly],
            keys: &[Keys::at(Place::one(2), &["RO"])],
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

/// A server that uses less is too small for the doctor, as in Redis.
const LEAST_BYTES: usize = 5 << 20;

const EMPTY: &str = "Hi Sam, this state is empty or is using very little memory, my issues \
                     detector can't be used in these conditions. Please, leave for your mission \
                     on Earth and fill it with some data. The new Sam and I will be back to our \
                     programming as soon as I finished rebooting.\n";
const HEALTHY: &str = "Hi Sam, I can't find any memory issue in your state. I can only account \
                       for what occurs on this base.\n";
const ISSUES: &str = "Sam, I detected a few issues in this Redis state memory implants:\n\n";
const PEAK: &str = " * Peak memory: In the past this state used more than 150% the memory that \
                    is currently using. Memory is given back to the system after much of it was \
                    freed, and by the MEMORY PURGE command.\n\n";
const FRAGMENTED: &str = " * High total RSS: This state has a memory fragmentation and RSS \
                          overhead greater than 1.4 (this means that the Resident Set Size of the \
                          Redis process is much larger than the sum of the logical allocations \
                          Redis performed). This problem is usually due either to a large peak \
                          memory (check if there is a peak memory entry above in the report) or \
                          may result from a workload that causes the allocator to fragment memory \
                          a lot. The currently used allocator is \"libc\".\n\n";

/// MEMORY DOCTOR: reports problems, in the words of Redis where they are true here.
fn doctor(call: &mut Call) -> Result<(), ReplyError> {
    let found = MemoryUse::read(call.state);
    if found.used < LEAST_BYTES {
        call.reply.verbatim(EMPTY);
        return Ok(());
    }
    let is_past_peak = found.peak > found.used / 2 * 3;
    let is_fragmented =
        found.resident > found.used / 5 * 7 && found.fragmentation_bytes() > 10 << 20;
    let issues: String = [(is_past_peak, PEAK), (is_fragmented, FRAGMENTED)]
        .into_iter()
        .filter_map(|(is_so, text)| is_so.then_some(text))
        .collect();
    match issues.is_empty() {
        true => call.reply.verbatim(HEALTHY),
        false => call.reply.verbatim(&format!("{ISSUES}{issues}")),
    }
    Ok(())
}

/// Replies as a Redis that uses the C library's allocator.
fn malloc_stats(call: &mut Call) -> Result<(), ReplyError> {
    call.reply
        .bulk(b"Stats not supported for the current allocator");
    Ok(())
}

/// Returns freed memory to the system at once. Otherwise this happens soon after much was freed.
fn purge(call: &mut Call) -> Result<(), ReplyError> {
    memory::release();
    call.reply.ok();
    Ok(())
}

/// Replies with the figures of Redis that exist here.
fn stats(call: &mut Call, keys: usize) {
    let found = MemoryUse::read(call.state);
    let data_bytes = found.used.saturating_sub(found.startup);
    let counts = [
        ("peak.allocated", found.peak),
        ("total.allocated", found.used),
        ("startup.allocated", found.startup),
        ("replication.backlog", 0),
        ("clients.slaves", 0),
        ("clients.normal", found.clients),
        ("cluster.links", 0),
        ("aof.buffer", found.queued),
        ("lua.caches", 0),
        ("functions.caches", 0),
        ("overhead.total", found.overhead()),
        ("keys.count", keys),
        (
            "keys.bytes-per-key",
            data_bytes.checked_div(keys).unwrap_or(0),
        ),
        ("dataset.bytes", found.dataset()),
        ("allocator.allocated", found.used),
        ("allocator.active", found.resident),
        ("allocator.resident", found.resident),
    ];
    let parts = [
        ("dataset.percentage", found.dataset_percent()),
        ("peak.percentage", found.peak_percent()),
        ("fragmentation", found.fragmentation()),
    ];
    let reply = &mut *call.reply;
    reply.map(counts.len() + parts.len() + 1);
    for (name, count) in counts {
        reply.bulk(name.as_bytes());
        reply.count(count);
    }
    for (name, part) in parts {
        reply.bulk(name.as_bytes());
        reply.double(&part.to_string());
    }
    reply.bulk(b"fragmentation.bytes");
    reply.integer(found.fragmentation_bytes());
}

/// The number of elements that a value is judged by, unless the request has another: Redis's.
const SAMPLES: usize = 5;

fn usage(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    let samples = samples(call)?;
    let key = call.args.get(2);
    match keyspace.get(key, call.now_ms()) {
        None => call.reply.null(),
        Some(entry) => call.reply.count(entry.bytes(key, samples)),
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
