//! How the writes and the syncs of the file went. The log's thread counts them, any thread reads them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The counts since the start, or since CONFIG RESETSTAT. No thread but the log's writes their cache
/// lines often.
#[derive(Debug, Default)]
#[repr(align(64))]
pub struct Figures {
    /// Writes. Each writes a batch of records at once.
    pub batches: Times,
    /// The records of all batches.
    pub records: AtomicU64,
    /// The bytes of all batches.
    pub bytes: AtomicU64,
    /// Syncs by the log's thread.
    pub syncs: Times,
    /// Bytes that are written but not synced: a loss of power would lose them. CONFIG RESETSTAT leaves
    /// them as they are.
    pub unsynced_bytes: AtomicU64,
    /// Writes and syncs that failed.
    pub failures: AtomicU64,
}

/// How often something happened, and how long it took.
#[derive(Debug, Default)]
pub struct Times {
    count: AtomicU64,
    ns: AtomicU64,
    longest_ns: AtomicU64,
    last_ns: AtomicU64,
}

impl Figures {
    /// Counts a batch that was written.
    pub(super) fn add_batch(&self, records: u64, bytes: usize, took: Duration) {
        self.records.fetch_add(records, Ordering::Relaxed);
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
        self.batches.add(took);
    }

    /// Sets all counts to zero.
    pub fn reset(&self) {
        self.batches.reset();
        self.syncs.reset();
        for counter in [&self.records, &self.bytes, &self.failures] {
            counter.store(0, Ordering::Relaxed);
        }
    }
}

impl Times {
    pub(super) fn add(&self, took: Duration) {
        let ns = took.as_nanos() as u64;
        self.count.fetch_add(1, Ordering::Relaxed);
        self.ns.fetch_add(ns, Ordering::Relaxed);
        self.longest_ns.fetch_max(ns, Ordering::Relaxed);
        self.last_ns.store(ns, Ordering::Relaxed);
    }

    fn reset(&self) {
        for counter in [&self.count, &self.ns, &self.longest_ns] {
            counter.store(0, Ordering::Relaxed);
        }
    }

    /// Returns how many microseconds the last one took.
    pub fn last_us(&self) -> u64 {
        self.last_ns.load(Ordering::Relaxed) / 1000
    }

    /// Returns how often it happened, and in microseconds how long all of them took, and the longest.
    pub fn read(&self) -> (u64, u64, u64) {
        let us = |ns: &AtomicU64| ns.load(Ordering::Relaxed) / 1000;
        let count = self.count.load(Ordering::Relaxed);
        (count, us(&self.ns), us(&self.longest_ns))
    }
}
