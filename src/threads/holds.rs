//! The longest holds of the store's lock in the last minute.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::Mode;
use super::waits::ns_at;

/// The time in which the longest hold is looked for, in seconds.
const SPAN_S: u64 = 60;

/// A shorter hold is not noted.
pub const NOTED: Duration = Duration::from_micros(100);

/// A hold of the store's lock that has ended.
#[derive(Clone, Debug)]
pub struct Hold {
    /// The thread's name.
    pub thread: String,
    /// How it held the lock.
    pub mode: Mode,
    /// For how long.
    pub held: Duration,
    /// The number of the command that took the longest part of it, as `commands::CommandId` numbers it.
    pub command: Option<usize>,
    /// When it ended.
    pub ended: Instant,
}

/// The longest hold of each second. Most holds are shorter than a noted one, so their threads only
/// read a word that seldom changes.
#[derive(Debug)]
pub(super) struct Holds([Slot; SPAN_S as usize]);

#[derive(Debug, Default)]
struct Slot {
    /// The number of the second, and the microseconds of its longest hold. Written with `longest` locked.
    key: AtomicU64,
    longest: Mutex<Option<Hold>>,
}

impl Default for Holds {
    fn default() -> Holds {
        Holds(std::array::from_fn(|_| Slot::default()))
    }
}

impl Holds {
    /// Notes a hold that ended at `ended`, if it is a long one.
    pub(super) fn note(&self, held: Duration, ended: Instant, describe: impl FnOnce() -> Hold) {
        if held < NOTED {
            return;
        }
        let second = second(ended);
        let us = u64::from(u32::try_from(held.as_micros()).unwrap_or(u32::MAX));
        let key = second << 32 | us;
        let slot = &self.0[(second % SPAN_S) as usize];
        if slot.key.load(Ordering::Relaxed) >= key {
            return;
        }
        let hold = describe();
        let mut longest = slot.lock();
        if slot.key.load(Ordering::Relaxed) < key {
            slot.key.store(key, Ordering::Relaxed);
            *longest = Some(hold);
        }
    }

    /// Returns the longest hold that ended within the last minute.
    pub(super) fn longest(&self, now: Instant) -> Option<Hold> {
        let first = second(now).saturating_sub(SPAN_S - 1);
        let recent = self.0.iter().filter(|slot| slot.second() >= first);
        recent
            .filter_map(|slot| slot.lock().clone())
            .max_by_key(|hold| hold.held)
    }
}

impl Slot {
    fn second(&self) -> u64 {
        self.key.load(Ordering::Relaxed) >> 32
    }

    fn lock(&self) -> MutexGuard<'_, Option<Hold>> {
        self.longest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the number of a second. The first one is 1: the slots begin with 0.
fn second(at: Instant) -> u64 {
    ns_at(at) / 1_000_000_000 + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_hold_is_forgotten_after_a_minute() {
        let holds = Holds::default();
        let began = Instant::now();
        let note = |command, ms, after_s| {
            let (held, ended) = (
                Duration::from_millis(ms),
                began + Duration::from_secs(after_s),
            );
            holds.note(held, ended, || Hold {
                thread: "client-1".to_owned(),
                mode: Mode::Alone,
                held,
                command: Some(command),
                ended,
            });
        };
        let longest = |after_s| {
            let hold = holds.longest(began + Duration::from_secs(after_s));
            hold.and_then(|hold| hold.command)
        };
        note(1, 0, 0);
        assert_eq!(longest(0), None);
        note(2, 50, 0);
        note(3, 20, 0);
        note(4, 30, 10);
        assert_eq!(longest(59), Some(2));
        assert_eq!(longest(61), Some(4));
        assert_eq!(longest(71), None);
        note(5, 1, 60);
        assert_eq!(longest(71), Some(5));
    }
}
