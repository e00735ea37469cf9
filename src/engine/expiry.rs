//! Removes expired keys and fields.
//!
//! For every command an expired key or field is absent. This module frees it and records its
//! removal, in three places:
//!
//! - before a command runs, for the keys that it names, so that no command changes them;
//! - after a command that has met expired keys, such as SCAN;
//! - in the sweeps of the thread `sweeper`, for all others.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::guard::Guard;
use super::{Engine, Turn};
use crate::aof::Log;
use crate::clock::{Now, unix_time_ms};
use crate::commands::table::Scope;
use crate::commands::{Command, Commands, Garbage, Handler};
use crate::resp::args::Args;
use crate::store::Databases;
use crate::store::blob::Blob;
use crate::store::keyspace::Removed;
use crate::threads::{self, Mode};

/// Upper bound of the time for which a sweep holds the lock, without its last shard.
const SWEEP_HOLD: Duration = Duration::from_micros(300);

/// Upper bound of the expired keys that are removed before others get the lock.
const MET_AT_ONCE: usize = 1000;

impl Turn<'_> {
    /// Removes the expired keys and fields that a request names, before `handler` runs it.
    ///
    /// A write must not find them: nothing expires while the log is replayed, so its record
    /// would do something else there. A write therefore looks at each entry itself, and purges
    /// even if the log has begun to fail since the write was admitted. A read purges only to free
    /// memory. It relies on the due times of the shards, and waits for nothing.
    pub(super) fn purge_named(&mut self, command: &Command, handler: &Handler, args: Args) {
        if command.keys.is_empty() || self.now() == Now::Replay {
            return;
        }
        let selected = self.session.database();
        let databases = match handler.scope() {
            Scope::Nothing => return,
            Scope::Selected => selected..selected + 1,
            Scope::All => 0..self.guard.data().count(),
        };
        for database in databases {
            self.purge_in(database, command, handler, args);
        }
    }

    fn purge_in(&mut self, database: usize, command: &Command, handler: &Handler, args: Args) {
        let needs_purge = match handler.writes() {
            true => self.guard.data().get(database).has_times(),
            false => self.is_due_for_read(database, command, args),
        };
        if needs_purge {
            self.purge_named_in(database, command, args);
        }
    }

    /// Returns whether a read names something that may have expired, and may take the lock for
    /// writing to remove it.
    fn is_due_for_read(&self, database: usize, command: &Command, args: Args) -> bool {
        let now_ms = self.now().ms();
        let keyspace = self.guard.data().get(database);
        if !keyspace.is_sweep_due(now_ms) {
            return false;
        }
        let is_due = command
            .keys_of(args)
            .any(|key| keyspace.is_due(key, now_ms));
        is_due && self.guard.may_change() && !self.engine.is_paused()
    }

    fn purge_named_in(&mut self, database: usize, command: &Command, args: Args) {
        self.guard.lock_exclusive_at_once();
        let now_ms = self.now().ms();
        for key in command.keys_of(args) {
            let keyspace = self.guard.data_mut().get_mut(database);
            if let Some(removed) = keyspace.purge(key, command.fields_of(args), now_ms) {
                record(&mut self.guard, database, removed, &mut self.garbage);
            }
        }
        self.guard.invalidate(0);
    }
}

impl Turn<'_> {
    /// Removes the expired keys that reads have met. Within a transaction that only reads they
    /// wait for its end.
    pub(super) fn remove_met(&mut self) {
        if self.met.is_empty() || !self.guard.may_lock_exclusive() {
            return;
        }
        if self.engine.is_paused() {
            return self.met.clear();
        }
        for keys in std::mem::take(&mut self.met).chunks(MET_AT_ONCE) {
            // A removal that cannot be recorded must not happen.
            if self.engine.log().is_none_or(Log::has_room) {
                self.remove_expired(keys);
                self.guard.unlock();
            }
        }
    }

    fn remove_expired(&mut self, keys: &[(usize, Blob)]) {
        self.guard.lock_exclusive_at_once();
        let now_ms = self.now().ms();
        for (database, key) in keys {
            // It may have been set again since the read.
            let keyspace = self.guard.data_mut().get_mut(*database);
            if let Some(removed) = keyspace.purge(key, std::iter::empty(), now_ms) {
                record(&mut self.guard, *database, removed, &mut self.garbage);
            }
        }
    }
}

/// A walk through all databases that removes expired keys and fields, in short steps. The position
/// within a database is kept by its map, because SWAPDB may move the map between two steps.
#[derive(Debug, Default)]
pub struct Sweep {
    database: usize,
}

impl Engine {
    /// Makes one step of a sweep, which holds the lock for a fraction of a millisecond. Returns
    /// `false` at the end of the sweep.
    pub fn sweep(&self, sweep: &mut Sweep) -> bool {
        let now_ms = unix_time_ms();
        if self.is_log_failing() || self.is_paused() || !self.is_sweep_due(sweep, now_ms) {
            return false;
        }
        let mut garbage = Garbage::default();
        let mut guard = Guard::new(self);
        guard.lock_exclusive();
        // Once more, because the lock may have been waited for.
        if self.is_log_failing() || self.is_paused() {
            return false;
        }
        let started = Instant::now();
        let (mut removed, mut count) = (Vec::new(), 0);
        let mut is_going_on = true;
        while is_going_on && started.elapsed() < SWEEP_HOLD {
            let database = sweep.database;
            is_going_on = sweep.step(guard.data_mut(), now_ms, &mut removed);
            count += removed.len();
            for removed in removed.drain(..) {
                record(&mut guard, database, removed, &mut garbage);
            }
        }
        drop(guard);
        let unlocked = Instant::now();
        threads::end_hold(Mode::Alone, unlocked - started, unlocked, None);
        drop(garbage);
        let took = started.elapsed();
        self.state.sweeping.add(took, count);
        let ms = took.as_millis() as u64;
        self.state.measuring.latency.note("expire-cycle", ms);
        is_going_on
    }

    /// Returns whether the log cannot record anything at present.
    pub(super) fn is_log_failing(&self) -> bool {
        self.log().is_some_and(|log| log.status().is_failing())
    }

    /// Finds the next database in which something may have expired. Takes the lock for reading
    /// only.
    fn is_sweep_due(&self, sweep: &mut Sweep, now_ms: u64) -> bool {
        let databases = self.store.read();
        while sweep.database < databases.count() {
            if databases.get(sweep.database).is_sweep_due(now_ms) {
                return true;
            }
            sweep.database += 1;
        }
        false
    }
}

impl Sweep {
    /// Sweeps one shard. Returns `false` if all databases are done.
    fn step(&mut self, databases: &mut Databases, now_ms: u64, removed: &mut Vec<Removed>) -> bool {
        if self.database >= databases.count() {
            return false;
        }
        let keyspace = databases.get_mut(self.database);
        let is_left = keyspace.is_sweep_due(now_ms) && keyspace.sweep(now_ms, removed);
        self.database += usize::from(!is_left);
        true
    }
}

/// Records a removal, and gathers its events. What is slow to free goes to `garbage`.
fn record(guard: &mut Guard, database: usize, removed: Removed, garbage: &mut Garbage) {
    guard.notify_removed(database, &removed);
    let mut command = Commands::default();
    match removed {
        Removed::Key(key, entry) => {
            command.push(&[b"DEL", &key]);
            let state = &guard.engine().state;
            state.expired_keys.fetch_add(1, Ordering::Relaxed);
            if entry.value().is_slow_to_free() {
                state.count_freed(1);
                garbage.push(Box::new(entry));
            }
        }
        Removed::Fields(key, fields) => {
            let fields = fields.iter().map(|field| &field[..]);
            let words: Vec<&[u8]> = [&b"HDEL"[..], &key].into_iter().chain(fields).collect();
            command.push(&words);
        }
    }
    guard.records.add_commands(database, command);
}
