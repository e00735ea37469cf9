//! The store's lock during a turn, and the log's part in it.

use std::sync::{RwLockReadGuard, RwLockWriteGuard};
use std::thread;

use super::Engine;
use super::records::Records;
use crate::aof::{Room, Ticket};
use crate::clock::unix_time_ms;
use crate::commands::Effect;
use crate::resp::args::Args;
use crate::store::Databases;

/// The store's lock, as far as the turn has it, and what was done under it.
///
/// However the guard ends, the log hears what was done before the lock is released: the
/// order of the log is the order of the store.
pub(super) struct Guard<'a> {
    engine: &'a Engine,
    held: Held<'a>,
    /// When the lock was taken, in milliseconds since 1970.
    pub(super) taken_ms: u64,
    /// While a transaction runs, nothing is released.
    pub(super) is_kept: bool,
    /// What was done and not sent yet.
    pub(super) records: Records,
    /// About how many bytes the records of the turn will have.
    pub(super) expected_bytes: usize,
    /// Room in the log for them, if they are large, until they are sent.
    room: Option<Room<'a>>,
    /// Of what was sent last.
    pub(super) ticket: Option<Ticket>,
}

enum Held<'a> {
    Nothing,
    Shared(RwLockReadGuard<'a, Databases>),
    Exclusive(RwLockWriteGuard<'a, Databases>),
}

impl<'a> Guard<'a> {
    pub(super) fn new(engine: &'a Engine) -> Guard<'a> {
        Guard {
            engine,
            held: Held::Nothing,
            taken_ms: 0,
            is_kept: false,
            records: Records::default(),
            expected_bytes: 0,
            room: None,
            ticket: None,
        }
    }

    /// Whose lock it is.
    pub(super) fn engine(&self) -> &'a Engine {
        self.engine
    }

    /// Whether the lock is held alone.
    pub(super) fn is_exclusive(&self) -> bool {
        matches!(self.held, Held::Exclusive(_))
    }

    /// The data, to be read. Whoever has the lock alone keeps it so.
    pub(super) fn shared(&mut self) -> &Databases {
        if let Held::Nothing = self.held {
            self.held = Held::Shared(self.engine.store.read());
            self.taken_ms = unix_time_ms();
        }
        match &self.held {
            Held::Exclusive(databases) => databases,
            Held::Shared(databases) => databases,
            Held::Nothing => unreachable!("the lock has just been taken"),
        }
    }

    /// The data, to be changed. A slow disk holds writers up here, where they hold no
    /// lock.
    pub(super) fn exclusive(&mut self) -> &mut Databases {
        if !self.is_exclusive() {
            self.release();
            if let Some(log) = self.engine.log() {
                self.room = log.wait_for_room(self.expected_bytes);
            }
            self.lock_exclusive();
        }
        self.data_mut()
    }

    /// The same for a command that records little or nothing. Does not wait for a slow disk.
    pub(super) fn exclusive_at_once(&mut self) -> &mut Databases {
        if !self.is_exclusive() {
            self.release();
            self.lock_exclusive();
        }
        self.data_mut()
    }

    fn lock_exclusive(&mut self) {
        debug_assert!(!self.is_kept, "a transaction that lets go of the lock");
        self.held = Held::Exclusive(self.engine.store.write());
        self.taken_ms = unix_time_ms();
        self.records.is_on = self.engine.log().is_some();
    }

    fn data_mut(&mut self) -> &mut Databases {
        match &mut self.held {
            Held::Exclusive(databases) => databases,
            _ => unreachable!("the lock has just been taken"),
        }
    }

    /// Notes what a command in `database` did, `args` being how it was asked for.
    pub(super) fn note(&mut self, effect: Effect, database: usize, args: Args) {
        if let (Held::Exclusive(databases), false) = (&mut self.held, effect.is_nothing()) {
            databases.changes += 1;
        }
        self.records.add(effect, database, args);
    }

    /// Releases the lock for a command that needs no data, or no longer, unless that is part
    /// of a transaction.
    pub(super) fn step_back(&mut self) {
        if !self.is_kept {
            self.release();
        }
    }

    /// Sends the log what was done and not sent yet, then releases the lock.
    pub(super) fn release(&mut self) {
        self.send();
        self.held = Held::Nothing;
        self.room = None;
    }

    /// Sends the log what was done and not sent yet.
    pub(super) fn send(&mut self) {
        // It may have been switched off since, but not while there is something to record.
        let Some(log) = self.engine.attached_log() else {
            return;
        };
        if let Some(record) = self.records.take() {
            self.ticket = Some(log.append(record));
        }
    }
}

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        // What a panic has left half done is not to be done again; nobody has heard of it.
        if !thread::panicking() {
            self.release();
        }
    }
}
