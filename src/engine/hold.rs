//! For how long a turn holds the store's lock.
//!
//! Nothing here reads the clock between two commands. The turn reads it at the end of each measured
//! command, and hands the time between two readings to [`Hold::lap`].

use std::mem;
use std::time::{Duration, Instant};

use crate::threads::{self, Mode};

/// The holds of one turn.
#[derive(Debug, Default)]
pub(super) struct Hold {
    /// How the lock was held since the last reading of the clock, if it was.
    mode: Option<Mode>,
    /// How the lock is held.
    current: Option<Mode>,
    /// Whether a hold has ended since the last reading.
    has_ended: bool,
    /// When a command gave the lock back, if the turn has been without it since.
    unlocked_at: Option<Instant>,
    /// How long the turn has been without the lock since the last reading, except after
    /// `unlocked_at`.
    unlocked_ns: u64,
    /// The laps of the hold that is not counted yet.
    held_ns: u64,
    /// The longest of them, and its command.
    longest_ns: u64,
    command: usize,
}

impl Hold {
    /// The lock was taken, after this wait.
    pub(super) fn begin(&mut self, mode: Mode, waited: Duration) {
        (self.mode, self.current) = (Some(mode), Some(mode));
        if let Some(since) = self.unlocked_at.take() {
            self.unlocked_ns += since.elapsed().saturating_sub(waited).as_nanos() as u64;
        }
    }

    /// The lock was released, if it was held.
    pub(super) fn end(&mut self) {
        self.has_ended |= self.current.take().is_some();
    }

    /// The lock was released, and the turn goes on without it.
    pub(super) fn pause(&mut self) {
        self.unlocked_at = Some(Instant::now());
    }

    /// Returns for how many nanoseconds the lock was held since the last reading of the clock. The turn
    /// has run for `ran_ns` since then, without waits, until `now`, most of it with `command`. The time
    /// before the first command of a turn has the lock counts as held, which spares a reading.
    pub(super) fn lap(&mut self, ran_ns: u64, now: Instant, command: usize) -> u64 {
        if let Some(since) = self.unlocked_at.take() {
            self.unlocked_ns += (now - since).as_nanos() as u64;
        }
        let unlocked_ns = mem::take(&mut self.unlocked_ns);
        if self.mode.is_none() {
            return 0;
        }
        let held_ns = ran_ns.saturating_sub(unlocked_ns);
        self.held_ns += held_ns;
        if held_ns >= self.longest_ns {
            (self.longest_ns, self.command) = (held_ns, command);
        }
        if self.has_ended {
            self.count(now);
        }
        held_ns
    }

    /// Counts the hold that has ended at about `now`.
    pub(super) fn count(&mut self, now: Instant) {
        let mode = mem::replace(&mut self.mode, self.current);
        let held = Duration::from_nanos(mem::take(&mut self.held_ns));
        (self.longest_ns, self.has_ended) = (0, false);
        if let Some(mode) = mode {
            threads::end_hold(mode, held, now, Some(self.command));
        }
    }
}
