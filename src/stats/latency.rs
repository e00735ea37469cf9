//! The latency monitor: events that took long.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::clock::unix_time;

/// The number of samples of each event, as in Redis.
const MAX_SAMPLES: usize = 160;

/// The longest event of one second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// When, in seconds since 1970.
    pub unix_s: u64,
    /// How long it took.
    pub ms: u64,
}

/// The samples of one kind of event.
#[derive(Clone, Debug, Default)]
pub struct Series {
    /// The oldest first; never empty for a reader.
    pub samples: VecDeque<Sample>,
    /// The longest one of all times.
    pub max_ms: u64,
}

/// The samples of all kinds of events, and the setting that decides what is noted.
#[derive(Debug, Default)]
pub struct LatencyMonitor {
    threshold_ms: AtomicU64,
    events: Mutex<BTreeMap<&'static str, Series>>,
}

impl LatencyMonitor {
    pub(super) fn set_up(&self, threshold_ms: u64) {
        self.threshold_ms.store(threshold_ms, Ordering::Relaxed);
    }

    /// Returns the milliseconds from which on an event is noted; 0 for never.
    pub fn threshold_ms(&self) -> u64 {
        self.threshold_ms.load(Ordering::Relaxed)
    }

    /// Notes an event that took `ms` milliseconds, if that is long. Of each second the longest
    /// event of a kind is kept.
    pub fn note(&self, event: &'static str, ms: u64) {
        let threshold_ms = self.threshold_ms();
        if threshold_ms == 0 || ms < threshold_ms {
            return;
        }
        let unix_s = unix_time().as_secs();
        let mut events = self.lock();
        let series = events.entry(event).or_default();
        series.max_ms = series.max_ms.max(ms);
        match series.samples.back_mut() {
            Some(last) if last.unix_s == unix_s => last.ms = last.ms.max(ms),
            _ => series.samples.push_back(Sample { unix_s, ms }),
        }
        if series.samples.len() > MAX_SAMPLES {
            series.samples.pop_front();
        }
    }

    /// Returns the samples of all events.
    pub fn all(&self) -> BTreeMap<&'static str, Series> {
        self.lock().clone()
    }

    /// Returns the samples of an event of that name, in letters of the same case.
    pub fn series(&self, event: &[u8]) -> Option<Series> {
        let events = self.lock();
        let found = events.iter().find(|(name, _)| name.as_bytes() == event);
        found.map(|(_, series)| series.clone())
    }

    /// Removes the samples of the events for which `is_wanted` returns `true`. Returns their number.
    pub fn reset(&self, is_wanted: impl Fn(&str) -> bool) -> usize {
        let mut events = self.lock();
        let before = events.len();
        events.retain(|name, _| !is_wanted(name));
        before - events.len()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<&'static str, Series>> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
