//! How the writes and the syncs of the file went. The log's thread counts them, any thread reads them.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use super::recent::Recent;

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
    /// Writes and syncs that failed.
    pub failures: AtomicU64,
    /// The batches of the last seconds. CONFIG RESETSTAT leaves these and the rest as they are.
    pub recent_batches: Recent,
    /// The syncs of the last seconds by the log's thread.
    pub recent_syncs: Recent,
    /// The records that are written to the file and not synced yet.
    pub unsynced: Unsynced,
}

/// Bytes that are written but not synced: a loss of power would lose them.
#[derive(Debug)]
pub struct Unsynced {
    /// Counted in bytes.
    pub bytes: AtomicU64,
    /// Counted in records.
    pub records: AtomicU64,
    /// When the oldest of them was written, in microseconds since `base`.
    since_us: AtomicU64,
    base: Instant,
}

impl Default for Unsynced {
    fn default() -> Unsynced {
        Unsynced {
            bytes: AtomicU64::new(0),
            records: AtomicU64::new(0),
            since_us: AtomicU64::new(0),
            base: Instant::now(),
        }
    }
}

impl Unsynced {
    /// Notes that more records were written. Together with them `bytes` are not synced, the oldest
    /// since that time.
    pub(super) fn add(&self, records: u64, bytes: u64, since: Instant) {
        let since_us = since.duration_since(self.base).as_micros() as u64;
        self.since_us.store(since_us, Ordering::Relaxed);
        self.records.fetch_add(records, Ordering::Relaxed);
        self.bytes.store(bytes, Ordering::Relaxed);
    }

    /// Notes that all is on the disk. Returns the number of bytes that were not.
    pub(super) fn clear(&self) -> u64 {
        self.records.store(0, Ordering::Relaxed);
        self.bytes.swap(0, Ordering::Relaxed)
    }

    /// Returns how long the oldest of them has been waiting for the disk, in microseconds; 0 if none
    /// is.
    pub fn us(&self) -> u64 {
        match self.bytes.load(Ordering::Relaxed) {
            0 => 0,
            _ => (self.base.elapsed().as_micros() as u64)
                .saturating_sub(self.since_us.load(Ordering::Relaxed)),
        }
    }
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
    /// Counts a batch that was written in this time.
    pub(super) fn add_batch(&self, records: u64, bytes: usize, time: Range<Instant>) {
        self.records.fetch_add(records, Ordering::Relaxed);
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
        self.batches.add(&time);
        self.recent_batches.add(bytes as u64, time);
    }

    /// Counts a sync in this time.
    pub(super) fn add_sync(&self, time: Range<Instant>) {
        self.syncs.add(&time);
        self.recent_syncs.add(self.unsynced.clear(), time);
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
    fn add(&self, time: &Range<Instant>) {
        let ns = (time.end - time.start).as_nanos() as u64;
        self.count.fetch_add(1, Ordering::Relaxed);
        self.ns.fetch_add(ns, Ordering::Relaxed);
        self.longest_ns.fetch_max(ns, Ordering::Relaxed);
        self.last_ns.store(ns, Ordering::Relaxed);
    }

    fn reset(&self) {
        for counter in [&self.count, &self.ns, &self.longest_ns, &self.last_ns] {
            counter.store(0, Ordering::Relaxed);
        }
    }

    /// Returns how often it happened, and in microseconds how long all of them took, and the longest.
    pub fn read(&self) -> (u64, u64, u64) {
        let us = |ns: &AtomicU64| ns.load(Ordering::Relaxed) / 1000;
        let count = self.count.load(Ordering::Relaxed);
        (count, us(&self.ns), us(&self.longest_ns))
    }

    /// Returns how long the last one took, in microseconds; 0 if there was none.
    pub fn last_us(&self) -> u64 {
        self.last_ns.load(Ordering::Relaxed) / 1000
    }
}
