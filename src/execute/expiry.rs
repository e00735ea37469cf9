//! Removing what is past its time.
//!
//! Every question asked of the store takes what is past its time for absent; this is about
//! freeing it, and telling the log. That happens in two places: before a command runs,
//! for the keys that it names, so that no command changes something that is only seemingly
//! there; and in the sweeps of the thread `sweeper`, for whatever nobody asks for.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::guard::Guard;
use super::{Engine, Turn};
use crate::clock::unix_time_ms;
use crate::commands::{Command, Garbage, Handler};
use crate::resp::args::Args;
use crate::resp::output::Output;
use crate::store::Databases;
use crate::store::keyspace::Removed;
use crate::store::shards::Position;

/// A sweep holds the lock for so long, plus the time that one shard takes, at most.
const SWEEP_HOLD: Duration = Duration::from_micros(300);

impl Turn<'_> {
    /// Removes those keys, and fields, that `args` names and that are past their time.
    pub(super) fn purge_named(&mut self, command: &Command, args: Args) {
        if command.keys.is_none() {
            return;
        }
        let databases = match command.handler {
            Handler::Read(_)
            | Handler::ReadThen(_)
            | Handler::Write(_)
            | Handler::PrepareWrite(_)
            | Handler::Watch => {
                let selected = self.session.database();
                selected..selected + 1
            }
            Handler::ReadAll(_) | Handler::WriteAll(_) => 0..usize::MAX,
            _ => return,
        };
        let now_ms = self.now_ms();
        let count = self.guard.shared().count();
        for database in databases.start..databases.end.min(count) {
            let keyspace = self.guard.shared().get(database);
            if keyspace.is_sweep_due(now_ms) && !self.engine.is_log_failing() {
                self.purge_named_in(database, command, args);
            }
        }
    }

    fn purge_named_in(&mut self, database: usize, command: &Command, args: Args) {
        let now_ms = self.now_ms();
        // Commands that name fields have one key.
        let has_one_key = command.keys_of(args).nth(1).is_none();
        let fields = if has_one_key { 2 } else { args.len() };
        for key in command.keys_of(args) {
            if !self.guard.shared().get(database).is_due(key, now_ms) {
                continue;
            }
            // A transaction that only reads has not got the lock alone, and must not let go.
            if self.guard.is_kept && !self.guard.is_exclusive() {
                continue;
            }
            let keyspace = self.guard.exclusive().get_mut(database);
            // What is no field's name does no harm.
            let fields = args.from(fields);
            if let Some(removed) = keyspace.purge(key, fields, now_ms) {
                record(&mut self.guard, database, removed, &mut self.garbage);
            }
        }
    }
}

/// A walk through all databases that removes what is past its time, a bit at each step.
#[derive(Debug, Default)]
pub struct Sweep {
    database: usize,
    position: Position,
}

impl Engine {
    /// One step of a sweep: holds the lock for a fraction of a millisecond. `false` when all
    /// has been seen.
    pub fn sweep(&self, sweep: &mut Sweep) -> bool {
        let now_ms = unix_time_ms();
        if self.is_log_failing() || !self.is_sweep_due(sweep, now_ms) {
            return false;
        }
        let mut garbage = Garbage::default();
        let mut guard = Guard::new(self);
        guard.exclusive();
        // The lock may have been waited for.
        if self.is_log_failing() {
            return false;
        }
        let started = Instant::now();
        let mut removed = Vec::new();
        let mut is_going_on = true;
        while is_going_on && started.elapsed() < SWEEP_HOLD {
            let database = sweep.database;
            is_going_on = sweep.step(guard.exclusive(), now_ms, &mut removed);
            for removed in removed.drain(..) {
                record(&mut guard, database, removed, &mut garbage);
            }
        }
        drop(guard);
        drop(garbage);
        is_going_on
    }

    /// What cannot be recorded is not removed.
    pub(super) fn is_log_failing(&self) -> bool {
        self.log().is_some_and(|log| log.status().is_failing())
    }

    /// Finds the next database in which something is due, without holding anybody up.
    fn is_sweep_due(&self, sweep: &mut Sweep, now_ms: u64) -> bool {
        let databases = self.store.read();
        while sweep.database < databases.count() {
            if databases.get(sweep.database).is_sweep_due(now_ms) {
                return true;
            }
            sweep.next_database();
        }
        false
    }
}

impl Sweep {
    /// Sweeps one shard. `false` if that was the last of the last database.
    fn step(&mut self, databases: &mut Databases, now_ms: u64, removed: &mut Vec<Removed>) -> bool {
        if self.database >= databases.count() {
            return false;
        }
        let keyspace = databases.get_mut(self.database);
        if keyspace.is_sweep_due(now_ms)
            && let Some(next) = keyspace.sweep(self.position, now_ms, removed)
        {
            self.position = next;
        } else {
            self.next_database();
        }
        true
    }

    fn next_database(&mut self) {
        self.database += 1;
        self.position = 0;
    }
}

/// Tells the log of what was removed, and keeps it to be freed later.
fn record(guard: &mut Guard, database: usize, removed: Removed, garbage: &mut Garbage) {
    let mut command = Output::default();
    match removed {
        Removed::Key(key, entry) => {
            command.push_command(&[b"DEL", &key]);
            let expired = &guard.engine().instance.expired_keys;
            expired.fetch_add(1, Ordering::Relaxed);
            if entry.value().is_slow_to_free() {
                garbage.push(Box::new(entry));
            }
        }
        Removed::Fields(key, fields) => {
            let fields = fields.iter().map(|field| &field[..]);
            let words: Vec<&[u8]> = [&b"HDEL"[..], &key].into_iter().chain(fields).collect();
            command.push_command(&words);
        }
    }
    guard.records.add_command(database, command);
}
