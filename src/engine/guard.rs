//! The store's lock during a turn, and the log's part in it.

use std::sync::{RwLockReadGuard, RwLockWriteGuard};
use std::thread;
use std::time::{Duration, Instant};

use super::Engine;
use super::hold::Hold;
use super::records::Records;
use super::tracking::Changed;
use super::waiting::Answer;
use crate::aof::{Log, Room, Ticket};
use crate::client::deliveries::{Delivery, Gate};
use crate::clock::unix_time_ms;
use crate::commands::Effect;
use crate::resp::args::Args;
use crate::store::Databases;
use crate::threads::{self, Doing, Mode, Reason};

/// The store's lock, as far as the turn holds it, and the records of what was done under it.
///
/// `lock_*` take the lock, `data` and `data_mut` give access to the data, `unlock` releases. However
/// the guard ends, the records enter the log's channel before the lock is released: the order of
/// the log is the order of the store.
pub(super) struct Guard<'a> {
    engine: &'a Engine,
    held: Held<'a>,
    /// When the lock was taken, in milliseconds since 1970.
    pub(super) taken_ms: u64,
    /// How long the turn has waited.
    pub(super) waited: Waited,
    /// For how long it holds the lock.
    pub(super) hold: Hold,
    /// Whether nothing releases the lock, because a transaction runs.
    pub(super) keeps_lock: bool,
    /// Records that the log has not been sent yet.
    pub(super) records: Records,
    /// An estimate of the bytes that the records of the turn will have.
    pub(super) expected_bytes: usize,
    /// Room in the log for the records, if they are large, until they are sent.
    room: Option<Room<'a>>,
    /// The ticket of the last record that was sent.
    pub(super) ticket: Option<Ticket>,
    /// Answers to clients in line, until the lock is released.
    pub(super) answers: Vec<Answer>,
    /// What the turn has for other clients, until it is queued.
    pub(super) deliveries: Vec<Delivery>,
    /// What is gathered for clients that track keys.
    pub(super) changed: Changed,
    /// Whether the turn has queued something for other clients.
    has_delivered: bool,
}

/// How long a turn has waited.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Waited {
    /// For the lock.
    pub(super) lock: Duration,
    /// For room in the log.
    pub(super) log: Duration,
}

enum Held<'a> {
    Nothing,
    Shared(RwLockReadGuard<'a, Databases>),
    Exclusive(RwLockWriteGuard<'a, Databases>),
}

impl<'a> Guard<'a> {
    /// Creates a guard that holds nothing.
    pub(super) fn new(engine: &'a Engine) -> Guard<'a> {
        Guard {
            engine,
            held: Held::Nothing,
            taken_ms: 0,
            waited: Waited::default(),
            hold: Hold::default(),
            keeps_lock: false,
            records: Records::default(),
            expected_bytes: 0,
            room: None,
            ticket: None,
            answers: Vec::new(),
            deliveries: Vec::new(),
            changed: Changed::default(),
            has_delivered: false,
        }
    }

    /// Returns the engine that owns the store.
    pub(super) fn engine(&self) -> &'a Engine {
        self.engine
    }

    /// Returns whether the lock is held.
    pub(super) fn is_held(&self) -> bool {
        !matches!(self.held, Held::Nothing)
    }

    /// Returns whether the lock is held for writing.
    pub(super) fn is_exclusive(&self) -> bool {
        matches!(self.held, Held::Exclusive(_))
    }

    /// Returns whether the lock may be taken for writing: it is held so already, or the turn may
    /// release it in between.
    pub(super) fn may_lock_exclusive(&self) -> bool {
        self.is_exclusive() || !self.keeps_lock
    }

    /// Returns whether a command that only reads may change something on the side. A transaction that
    /// only reads must not release the lock, and a change that cannot be recorded must not happen.
    pub(super) fn may_change(&self) -> bool {
        self.may_lock_exclusive() && self.engine.log().is_none_or(Log::has_room)
    }

    /// Takes the lock for reading. A lock that is held for writing stays so.
    pub(super) fn lock_shared(&mut self) {
        if let Held::Nothing = self.held {
            let (databases, waited) = self.engine.store.read_after();
            self.held = Held::Shared(databases);
            self.note_locked(Mode::Shared, waited);
        }
    }

    /// Takes the lock for writing. Before that, without any lock, waits for room in the log: a slow
    /// disk delays writers here.
    pub(super) fn lock_exclusive(&mut self) {
        if self.is_exclusive() {
            return;
        }
        self.release();
        if let Some(log) = self.engine.log() {
            let waiting = (!log.has_room()).then(|| threads::waiting(Reason::Log));
            let began = waiting.as_ref().map(|_| Instant::now());
            self.room = log.wait_for_room(self.expected_bytes);
            self.waited.log += began.map_or(Duration::ZERO, |began| began.elapsed());
        }
        self.take_exclusive();
    }

    /// Takes the lock for writing, and does not wait for a slow disk. For commands that record
    /// little or nothing.
    pub(super) fn lock_exclusive_at_once(&mut self) {
        if !self.is_exclusive() {
            self.release();
            self.take_exclusive();
        }
    }

    fn take_exclusive(&mut self) {
        debug_assert!(!self.keeps_lock, "a transaction that releases the lock");
        let (databases, waited) = self.engine.store.write_after();
        self.held = Held::Exclusive(databases);
        self.note_locked(Mode::Alone, waited);
        self.records.is_on = self.engine.log().is_some();
        self.note_changes();
    }

    /// Notes that the lock was taken after this wait.
    fn note_locked(&mut self, mode: Mode, waited: Duration) {
        self.waited.lock += waited;
        self.hold.begin(mode, waited);
        self.taken_ms = unix_time_ms();
        threads::does(Doing::Holds(mode, self.taken_ms));
    }

    /// Returns the data for reading.
    ///
    /// # Panics
    /// If the lock is not held.
    pub(super) fn data(&self) -> &Databases {
        match &self.held {
            Held::Exclusive(databases) => databases,
            Held::Shared(databases) => databases,
            Held::Nothing => unreachable!("the lock is held"),
        }
    }

    /// Returns the data for writing.
    ///
    /// # Panics
    /// If the lock is not held for writing.
    pub(super) fn data_mut(&mut self) -> &mut Databases {
        match &mut self.held {
            Held::Exclusive(databases) => databases,
            _ => unreachable!("the lock is held for writing"),
        }
    }

    /// Records the effect of the request `args` in `database`.
    pub(super) fn note(&mut self, effect: Effect, database: usize, args: Args) {
        if let Held::Exclusive(databases) = &mut self.held {
            databases.changes += u64::from(effect.count() > 0);
        }
        self.records.add(effect, database, args);
    }

    /// Adds `deliveries`, which are empty afterwards. They are queued when the lock is released, and
    /// sent at the end of the turn.
    pub(super) fn deliver(&mut self, deliveries: &mut Vec<Delivery>) {
        self.deliveries.append(deliveries);
        if let Held::Nothing = self.held {
            let gate = self.queue_deliveries();
            self.open_when_committed(gate);
        }
    }

    /// Queues what the turn has for other clients: with the lock held, in the order of the store.
    /// Returns the gate that keeps it in the queue, if the turn's last record is not committed yet.
    fn queue_deliveries(&mut self) -> Option<Gate> {
        if self.deliveries.is_empty() {
            return None;
        }
        self.has_delivered = true;
        let deliveries = &self.engine.state.deliveries;
        if self.ticket.is_some() {
            return Some(deliveries.push_behind_gate(&mut self.deliveries));
        }
        deliveries.push(&mut self.deliveries);
        None
    }

    /// Opens a gate of deliveries when the last record is committed, or when nobody can know any more
    /// whether it will be. Call it without the lock.
    fn open_when_committed(&self, gate: Option<Gate>) {
        if let (Some(gate), Some(log)) = (gate, self.engine.attached_log()) {
            log.commit().queue(self.ticket, move || drop(gate));
        }
    }

    /// Unlocks, unless in a transaction, for a command that needs no data, or no more.
    pub(super) fn unlock(&mut self) {
        if self.keeps_lock {
            return;
        }
        let was_held = self.is_held();
        self.release();
        if was_held {
            self.hold.pause();
        }
    }

    /// Sends the records to the log, queues the deliveries, releases the lock, then sends the answers
    /// to other clients.
    pub(super) fn release(&mut self) {
        self.send();
        self.end_changes();
        let gate = self.queue_deliveries();
        self.unlock_store();
        self.room = None;
        self.free_tables();
        self.open_when_committed(gate);
        if !self.answers.is_empty() {
            self.send_answers();
        }
    }

    fn unlock_store(&mut self) {
        if let Held::Nothing = self.held {
            return;
        }
        self.held = Held::Nothing;
        self.hold.end();
        threads::does(Doing::Runs);
    }

    /// Sends the records to the log.
    pub(super) fn send(&mut self) {
        // A log may have been switched off since, but never while there are records.
        let Some(log) = self.engine.attached_log() else {
            return;
        };
        if let Some(record) = self.records.take() {
            threads::does(Doing::Records(self.taken_ms));
            self.ticket = Some(log.append(record));
            threads::does(Doing::Holds(Mode::Alone, self.taken_ms));
        }
    }
}

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        // After a panic the data may be half changed. Nobody has got a reply, and a replay must
        // not repeat it.
        if !thread::panicking() {
            self.release();
            if self.has_delivered {
                self.engine.state.deliveries.send();
                self.engine.state.deliveries.wait_for_room();
            }
        }
    }
}
