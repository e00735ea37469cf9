//! The slow log: the last calls that took long.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A call in the slow log.
#[derive(Clone, Debug)]
pub struct SlowCall {
    /// The number of the call, counted from 0 since the start.
    pub id: u64,
    /// When it ended, in seconds since 1970.
    pub unix_s: u64,
    /// How many microseconds it took.
    pub us: u64,
    /// Its arguments, shortened and without passwords.
    pub args: Vec<Vec<u8>>,
    /// The client's end of the connection.
    pub peer: String,
    /// The client's name.
    pub name: String,
}

/// The calls, and the settings that decide which they are.
#[derive(Debug, Default)]
pub struct SlowLog {
    /// Calls that take as many microseconds enter the log; none if negative.
    threshold_us: AtomicI64,
    max_calls: AtomicUsize,
    calls: Mutex<Calls>,
}

#[derive(Debug, Default)]
struct Calls {
    next_id: u64,
    /// The newest first.
    last: VecDeque<SlowCall>,
}

impl SlowLog {
    pub(super) fn set_up(&self, threshold_us: i64, max_calls: usize) {
        self.threshold_us.store(threshold_us, Ordering::Relaxed);
        self.max_calls.store(max_calls, Ordering::Relaxed);
    }

    /// Returns the microseconds from which on a call is slow, or `None` if no call is.
    pub fn threshold_us(&self) -> Option<u64> {
        u64::try_from(self.threshold_us.load(Ordering::Relaxed)).ok()
    }

    /// Adds a call, which gets its number here, and drops the oldest ones.
    pub fn add(&self, mut call: SlowCall) {
        let mut calls = self.lock();
        call.id = calls.next_id;
        calls.next_id += 1;
        calls.last.push_front(call);
        let max = self.max_calls.load(Ordering::Relaxed);
        let kept = max.min(calls.last.len());
        let dropped = calls.last.split_off(kept);
        drop(calls);
        drop(dropped);
    }

    /// Returns the number of calls.
    pub fn len(&self) -> usize {
        self.lock().last.len()
    }

    /// Returns whether there is no call.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns up to `most` calls, the newest first.
    pub fn last(&self, most: usize) -> Vec<SlowCall> {
        self.lock().last.iter().take(most).cloned().collect()
    }

    /// Removes all calls. Their numbers are not used again.
    pub fn clear(&self) {
        let calls = std::mem::take(&mut self.lock().last);
        drop(calls);
    }

    fn lock(&self) -> MutexGuard<'_, Calls> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
