//! The state of the log as all threads share it, and every change of it.
//!
//! A turn asks once, with the store's lock held alone, whether it is to record. `switch_on` and
//! `switch_off` are called with that lock as well. If the first file fails, turns may still send
//! records; the log's thread drops them.

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::state::{Making, Need, State, Waiter, tell};

/// The least and the greatest pause between a failed attempt at a file that is needed and the next
/// attempt. In between, the pause is a multiple of the attempt's time: the attempt may have filled
/// the disk.
const RETRY_PAUSE: Duration = Duration::from_millis(500);
const MAX_RETRY_PAUSE: Duration = Duration::from_secs(60);
const RETRY_PAUSE_FACTOR: u32 = 4;

/// Why the first file is not waited for.
pub(super) const STOPPED: &str = "the server is stopping";

/// The state of the log, for all threads, and the results of earlier rewrites.
#[derive(Debug, Default)]
pub(super) struct Switch {
    inner: Mutex<Inner>,
    changed: Condvar,
    /// The part of the state that turns ask for: see [`Phase`].
    phase: AtomicU8,
    /// Bytes written to the fresh file that is being made, or to the last one.
    pub(super) made_bytes: AtomicU64,
}

#[derive(Debug, Default)]
struct Inner {
    state: State,
    /// The number of the latest file.
    number: u64,
    /// Files that have been completed.
    made: u64,
    /// The time that the last completed one took.
    took: Option<Duration>,
    /// When the last attempt failed; `None` if it succeeded.
    failed: Option<Instant>,
    /// The server is about to stop, and clients do not wait for the first file any more.
    is_stopping: bool,
}

/// The state without its details.
#[derive(Clone, Copy)]
enum Phase {
    Off,
    First,
    On,
}

/// Rewrites, as INFO shows them, all at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rewrites {
    /// Whether a fresh file is being made, the first one included.
    pub is_running: bool,
    /// Whether one is to be made soon.
    pub is_scheduled: bool,
    /// Whether a scheduled one is to begin now.
    pub is_due: bool,
    /// The time that the running one has taken.
    pub current: Option<Duration>,
    /// Bytes that the running one, or the last one, has written.
    pub made_bytes: u64,
    /// The time that the last completed one took.
    pub last: Option<Duration>,
    /// Files that have been completed.
    pub made: u64,
    /// Seconds since the last attempt failed; `None` if it succeeded.
    pub failed_s: Option<u64>,
}

impl Switch {
    /// Sets the state of a log that starts.
    pub(super) fn start(&self, is_on: bool) {
        let state = if is_on { State::On } else { State::Off };
        self.set(&mut self.lock(), state);
    }

    /// Whether `appendonly` is on and its first file is there.
    pub(super) fn is_on(&self) -> bool {
        self.phase.load(Ordering::Relaxed) == Phase::On as u8
    }

    /// Whether commands are recorded: the log is on, or its first file is being made.
    pub(super) fn is_recording(&self) -> bool {
        self.phase.load(Ordering::Relaxed) != Phase::Off as u8
    }

    /// Returns the figures of rewrites.
    pub(super) fn rewrites(&self) -> Rewrites {
        let inner = self.lock();
        let making = inner.state.making();
        let scheduled = match inner.state {
            State::Scheduled(at, _) => Some(at),
            _ => None,
        };
        Rewrites {
            is_running: making.is_some(),
            is_scheduled: scheduled.is_some(),
            is_due: scheduled.is_some_and(|at| at <= Instant::now()),
            current: making.map(|making| making.since.elapsed()),
            made_bytes: self.made_bytes.load(Ordering::Relaxed),
            last: inner.took,
            made: inner.made,
            failed_s: inner.failed.map(|at| at.elapsed().as_secs()),
        }
    }

    /// Begins to record, unless that has begun already. `waiter` gets the result when the first file
    /// is complete, or at once if it is. Returns the number of the first file if the caller must start
    /// to make it. Call it with the store's lock held alone.
    pub(super) fn switch_on(&self, waiter: Waiter) -> Option<u64> {
        let mut inner = self.lock();
        if inner.is_stopping {
            let _ = waiter.send(Err(STOPPED.to_owned()));
            return None;
        }
        match &mut inner.state {
            State::Off => {
                let making = self.next_making(&mut inner);
                self.set(&mut inner, State::First(making, vec![waiter]));
                return Some(making.number);
            }
            State::First(_, waiting) => waiting.push(waiter),
            // The caller has the receiver.
            _ => drop(waiter.send(Ok(()))),
        }
        None
    }

    /// Sends an error to the clients that wait for the first file. It may still be completed.
    pub(super) fn prepare_stop(&self) {
        let mut inner = self.lock();
        inner.is_stopping = true;
        if let State::First(_, waiting) = &mut inner.state {
            tell(waiting, &Err(STOPPED.to_owned()));
        }
    }

    /// Stops recording. Clients that wait for the first file get `reason` as an error. Call it with
    /// the store's lock held alone.
    pub(super) fn switch_off(&self, reason: &str) {
        let mut inner = self.lock();
        let before = self.set(&mut inner, State::Off);
        before.tell(&Err(reason.to_owned()));
    }

    /// Schedules a fresh file, unless one is scheduled or being made.
    pub(super) fn schedule(&self) {
        let mut inner = self.lock();
        if let State::On = inner.state {
            self.set(&mut inner, State::Scheduled(Instant::now(), Need::Wish));
        }
    }

    /// Schedules a fresh file at once, because the old one cannot be relied on. Gives up a file that
    /// is being made from the old one.
    pub(super) fn need_file(&self) {
        let mut inner = self.lock();
        if !matches!(inner.state, State::Off | State::First(..)) {
            self.set(&mut inner, State::Scheduled(Instant::now(), Need::Must));
        }
    }

    /// Begins a rewrite and returns the number of its file; `None` if the log is off or a file is
    /// being made. Call it with the store's lock held alone.
    pub(super) fn begin(&self) -> Option<u64> {
        let mut inner = self.lock();
        let need = match inner.state {
            State::On => Need::Wish,
            State::Scheduled(_, need) => need,
            _ => return None,
        };
        let making = self.next_making(&mut inner);
        self.set(&mut inner, State::Rewriting(making, need));
        Some(making.number)
    }

    /// Whether file `number` is still being made, and wanted.
    pub(super) fn is_making(&self, number: u64) -> bool {
        self.lock().making(number).is_some()
    }

    /// Notes that the log needs file `number`.
    pub(super) fn require(&self, number: u64) {
        let mut inner = self.lock();
        if let Some(making) = inner.making(number) {
            self.set(&mut inner, State::Rewriting(making, Need::Must));
        }
    }

    /// Notes that file `number` is complete and at its path. If it is no longer wanted, nothing changes.
    pub(super) fn finish(&self, number: u64) {
        let mut inner = self.lock();
        let Some(making) = inner.making(number) else {
            return;
        };
        inner.made += 1;
        inner.took = Some(making.since.elapsed());
        inner.failed = None;
        self.set(&mut inner, State::On).tell(&Ok(()));
    }

    /// Notes that file `number` could not be made, for this `reason`. If it is needed, schedules
    /// another attempt.
    pub(super) fn fail(&self, number: u64, reason: &str) {
        let mut inner = self.lock();
        inner.failed = Some(Instant::now());
        let Some(making) = inner.making(number) else {
            return;
        };
        let pause = making.since.elapsed() * RETRY_PAUSE_FACTOR;
        let pause = pause.clamp(RETRY_PAUSE, MAX_RETRY_PAUSE);
        let next = match inner.state {
            State::First(..) => State::Off,
            State::Rewriting(_, Need::Must) => State::Scheduled(Instant::now() + pause, Need::Must),
            _ => State::On,
        };
        self.set(&mut inner, next).tell(&Err(reason.to_owned()));
    }

    /// Whether the file cannot be relied on.
    pub(super) fn needs_file(&self) -> bool {
        let state = &self.lock().state;
        matches!(
            state,
            State::Scheduled(_, Need::Must) | State::Rewriting(_, Need::Must)
        )
    }

    /// Waits until the state changes, or `patience` is over.
    pub(super) fn wait(&self, patience: Duration) {
        let waited = self.changed.wait_timeout(self.lock(), patience);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }

    fn next_making(&self, inner: &mut Inner) -> Making {
        self.made_bytes.store(0, Ordering::Relaxed);
        inner.number += 1;
        Making {
            number: inner.number,
            since: Instant::now(),
        }
    }

    /// Sets the state. Returns the old one.
    fn set(&self, inner: &mut Inner, state: State) -> State {
        let phase = match state {
            State::Off => Phase::Off,
            State::First(..) => Phase::First,
            _ => Phase::On,
        };
        self.phase.store(phase as u8, Ordering::Relaxed);
        self.changed.notify_all();
        std::mem::replace(&mut inner.state, state)
    }

    /// No code that runs with it locked can panic.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// The file that is being made, if it has this number.
    fn making(&self, number: u64) -> Option<Making> {
        self.state.making().filter(|it| it.number == number)
    }
}
