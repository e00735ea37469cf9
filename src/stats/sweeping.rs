//! The work of the sweeper, in figures.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The work of the sweeper, which removes expired keys and fields. Only its thread counts.
#[derive(Debug, Default)]
pub struct Sweeping {
    ns: AtomicU64,
    steps: AtomicU64,
    removed: AtomicU64,
}

impl Sweeping {
    /// Counts a step, which holds the store's lock once: the time that it took, and the number of removed
    /// keys and of hashes that lost fields.
    pub fn add(&self, took: Duration, removed: usize) {
        self.ns.fetch_add(took.as_nanos() as u64, Ordering::Relaxed);
        self.steps.fetch_add(1, Ordering::Relaxed);
        self.removed.fetch_add(removed as u64, Ordering::Relaxed);
    }

    /// Returns the time of all steps.
    pub fn time(&self) -> Duration {
        Duration::from_nanos(self.ns.load(Ordering::Relaxed))
    }

    /// Returns the number of steps.
    pub fn steps(&self) -> u64 {
        self.steps.load(Ordering::Relaxed)
    }

    /// Returns the number of removed keys and of hashes that lost fields.
    pub fn removed(&self) -> u64 {
        self.removed.load(Ordering::Relaxed)
    }

    /// Sets the time to zero, as CONFIG RESETSTAT does. The other figures stay.
    pub fn reset(&self) {
        self.ns.store(0, Ordering::Relaxed);
    }
}
