//! Persistence: commands on the append-only file, and Redis's commands that save.
//!
//! This server has no RDB snapshots: the append-only file holds all data. So to save means to sync
//! the file to the disk. Without `appendonly` nothing is stored, and these commands answer an error.

use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::aof::{Log, NoRewrite};
use crate::commands::table::error;
use crate::commands::table::{Argument, Category, Command, Flag, Handler};
use crate::commands::{Call, ReplyError};
use crate::num::integer;

const ROW: Command = Command {
    flags: &[Flag::Admin, Flag::Noscript, Flag::NoAsyncLoading],
    group: "server",
    ..Command::ROW
};

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "bgrewriteaof",
        arity: 1,
        summary: "Asynchronously rewrite the append-only file",
        handler: Handler::Plain(bgrewriteaof),
        ..ROW
    },
    Command {
        name: "bgsave",
        arity: -1,
        summary: "Asynchronously save the dataset to disk",
        history: &[("3.2.2", "Added the `SCHEDULE` option.")],
        arguments: &[Argument::word("schedule", "SCHEDULE")
            .since("3.2.2")
            .optional()],
        handler: Handler::Plain(bgsave),
        ..ROW
    },
    Command {
        name: "lastsave",
        arity: 1,
        flags: &[Flag::Loading, Flag::Stale, Flag::Fast],
        categories: &[Category::Admin, Category::Dangerous],
        tips: &["nondeterministic_output"],
        summary: "Get the UNIX time stamp of the last successful save to disk",
        handler: Handler::Plain(lastsave),
        ..ROW
    },
    Command {
        name: "save",
        arity: 1,
        flags: &[
            Flag::Admin,
            Flag::Noscript,
            Flag::NoAsyncLoading,
            Flag::NoMulti,
        ],
        summary: "Synchronously save the dataset to disk",
        complexity: "O(N) where N is the total number of keys in all databases",
        handler: Handler::Plain(save),
        ..ROW
    },
    Command {
        name: "wait",
        arity: 3,
        flags: &[Flag::Noscript],
        categories: &[Category::Connection],
        tips: &["request_policy:all_shards", "response_policy:agg_min"],
        group: "generic",
        since: "3.0.0",
        summary: "Wait for the synchronous replication of all the write commands sent in the \
                  context of the current connection",
        arguments: &[
            Argument::new("numreplicas", "integer"),
            Argument::new("timeout", "integer"),
        ],
        handler: Handler::Plain(wait),
        ..ROW
    },
    Command {
        name: "waitaof",
        arity: 4,
        flags: &[Flag::Noscript],
        categories: &[Category::Connection],
        tips: &["request_policy:all_shards", "response_policy:agg_min"],
        group: "generic",
        since: "7.2.0",
        summary: "Blocks until all of the preceding write commands sent by the connection are \
                  written to the append-only file of the master and/or replicas.",
        arguments: &[
            Argument::new("numlocal", "integer"),
            Argument::new("numreplicas", "integer"),
            Argument::new("timeout", "integer"),
        ],
        handler: Handler::Plain(waitaof),
        ..ROW
    },
];

const NO_FILE: ReplyError =
    ReplyError::Fixed("ERR nothing is saved while 'appendonly' is off; CONFIG SET appendonly yes");
const NOT_SAVED: ReplyError =
    ReplyError::Fixed("ERR the append only file is not on the disk; see the server's log");
const REWRITING: ReplyError =
    ReplyError::Fixed("ERR Background append only file rewriting already in progress");
const NOT_WHILE_REWRITING: ReplyError = ReplyError::Fixed(
    "ERR Another child process is active (AOF?): can't BGSAVE right now. Use BGSAVE SCHEDULE in \
     order to schedule a BGSAVE whenever possible.",
);
const WAITAOF_WITHOUT_FILE: ReplyError = ReplyError::Fixed(
    "ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.",
);
const NUMLOCAL_RANGE: ReplyError =
    ReplyError::Fixed("ERR value is out of range, must be between 0 and 1");
const TIMEOUT_NOT_AN_INTEGER: ReplyError =
    ReplyError::Fixed("ERR timeout is not an integer or out of range");
const TIMEOUT_NEGATIVE: ReplyError = ReplyError::Fixed("ERR timeout is negative");

/// Returns the log, if it is on and its first file is complete.
fn log<'a>(call: &Call<'a>) -> Option<&'a Log> {
    call.log.filter(|log| log.is_on())
}

/// BGREWRITEAOF. The rewrite has begun when this returns. In a transaction it begins soon after, since
/// it needs the lock that the transaction holds.
fn bgrewriteaof(call: &mut Call) -> Result<(), ReplyError> {
    if call.state.aof.rewrites().is_running {
        return Err(REWRITING);
    }
    let log = log(call).ok_or(NO_FILE)?;
    let what = if call.may_wait {
        log.rewrite().map_err(|NoRewrite| REWRITING)?;
        "started"
    } else {
        log.schedule_rewrite();
        "scheduled"
    };
    call.reply
        .simple(&format!("Background append only file rewriting {what}"));
    Ok(())
}

/// BGSAVE: starts a sync of the file, and does not wait for it. Replies that it saves later, or fails,
/// when Redis would.
fn bgsave(call: &mut Call) -> Result<(), ReplyError> {
    let mut options = call.args.from(1);
    let is_patient = match (options.next(), options.next()) {
        (None, _) => false,
        (Some(option), None) if option.eq_ignore_ascii_case(b"schedule") => true,
        _ => return Err(error::SYNTAX),
    };
    let log = log(call).ok_or(NO_FILE)?;
    let is_rewriting = log.status().rewrites().is_running;
    if is_rewriting && call.may_wait && !is_patient {
        return Err(NOT_WHILE_REWRITING);
    }
    log.sync_later();
    call.reply.simple(match is_rewriting || !call.may_wait {
        true => "Background saving scheduled",
        false => "Background saving started",
    });
    Ok(())
}

/// LASTSAVE: replies with the time of the last sync.
fn lastsave(call: &mut Call) -> Result<(), ReplyError> {
    let seconds = call.state.aof.last_sync_s.load(Ordering::Relaxed);
    call.reply.integer(seconds as i64);
    Ok(())
}

/// SAVE: syncs the file and waits for it, without the store's lock.
fn save(call: &mut Call) -> Result<(), ReplyError> {
    if !log(call).ok_or(NO_FILE)?.sync(None) {
        return Err(NOT_SAVED);
    }
    call.reply.ok();
    Ok(())
}

/// WAIT. There are no replicas, so it does not wait.
fn wait(call: &mut Call) -> Result<(), ReplyError> {
    integer::parse(call.args.get(1)).ok_or(error::NOT_AN_INTEGER)?;
    timeout(call.args.get(2))?;
    call.reply.integer(0);
    Ok(())
}

/// WAITAOF: syncs the file at once instead of waiting for the next sync.
fn waitaof(call: &mut Call) -> Result<(), ReplyError> {
    let local = integer::parse(call.args.get(1)).filter(|local| (0..=1).contains(local));
    let local = local.ok_or(NUMLOCAL_RANGE)?;
    integer::parse(call.args.get(2))
        .filter(|replicas| *replicas >= 0)
        .ok_or(error::NOT_AN_INTEGER)?;
    let patience = timeout(call.args.get(3))?;
    let log = log(call);
    if local > 0 && log.is_none() {
        return Err(WAITAOF_WITHOUT_FILE);
    }
    // In a transaction it does not wait, as in Redis.
    let is_synced = call.may_wait && log.is_some_and(|log| log.sync(patience));
    call.reply.array(2);
    call.reply.integer(i64::from(is_synced));
    call.reply.integer(0);
    Ok(())
}

/// Parses a timeout in milliseconds; 0 means none.
fn timeout(milliseconds: &[u8]) -> Result<Option<Duration>, ReplyError> {
    let milliseconds = integer::parse(milliseconds).ok_or(TIMEOUT_NOT_AN_INTEGER)?;
    let milliseconds = u64::try_from(milliseconds).map_err(|_| TIMEOUT_NEGATIVE)?;
    Ok((milliseconds > 0).then(|| Duration::from_millis(milliseconds)))
}
