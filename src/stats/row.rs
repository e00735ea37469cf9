//! The figures of one command.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use super::histogram::{Buckets, Histogram};

/// Calls of one command that have been measured together.
#[derive(Clone, Copy, Debug)]
pub struct Finished {
    /// How many.
    pub calls: u64,
    /// How many of them were answered with an error.
    pub failed: u64,
    /// The nanoseconds of all of them, without waiting for a lock.
    pub ns: u64,
    /// The part of these for which they held the store's lock.
    pub held_ns: u64,
    /// The nanoseconds for which they waited for the store's lock.
    pub lock_ns: u64,
    /// The nanoseconds for which they waited for room in the log.
    pub log_ns: u64,
}

/// The figures of one command, counted by one thread.
#[derive(Debug, Default)]
pub struct Row {
    calls: AtomicU64,
    ns: AtomicU64,
    held_ns: AtomicU64,
    lock_ns: AtomicU64,
    log_ns: AtomicU64,
    rejected: AtomicU64,
    failed: AtomicU64,
    histogram: OnceLock<Box<Histogram>>,
}

impl Row {
    /// Adds finished calls. Only the owner's thread may call this. `tracks` says whether the
    /// histogram counts them too.
    pub fn add(&self, finished: Finished, tracks: bool) {
        let Finished {
            calls,
            failed,
            ns,
            held_ns,
            lock_ns,
            log_ns,
        } = finished;
        grow(&self.calls, calls);
        grow(&self.ns, ns);
        grow(&self.held_ns, held_ns);
        if lock_ns + log_ns > 0 {
            grow(&self.lock_ns, lock_ns);
            grow(&self.log_ns, log_ns);
        }
        grow(&self.failed, failed);
        if tracks {
            let histogram = self.histogram.get_or_init(|| Box::new(Histogram::new()));
            histogram.add(ns / calls.max(1), calls);
        }
    }

    /// Returns the number of calls that ran.
    pub(super) fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    /// Counts a call that was refused before it ran. Only the owner's thread may call this.
    pub fn reject(&self) {
        grow(&self.rejected, 1);
    }
}

fn grow(counter: &AtomicU64, amount: u64) {
    let before = counter.load(Ordering::Relaxed);
    counter.store(before + amount, Ordering::Relaxed);
}

/// The sums of a command's figures over many clients.
#[derive(Clone, Debug, Default)]
pub struct Sums {
    /// Calls that ran.
    pub calls: u64,
    /// Their nanoseconds.
    pub ns: u64,
    /// The part of these for which they held the store's lock.
    pub held_ns: u64,
    /// The nanoseconds for which they waited for the store's lock.
    pub lock_ns: u64,
    /// The nanoseconds for which they waited for room in the log.
    pub log_ns: u64,
    /// Calls that were refused before they ran.
    pub rejected: u64,
    /// Calls that were answered with an error.
    pub failed: u64,
    /// How often they took how long, while `latency-tracking` was on.
    pub buckets: Buckets,
}

impl Sums {
    pub(super) fn add(&mut self, finished: Finished, tracks: bool) {
        self.calls += finished.calls;
        self.ns += finished.ns;
        self.held_ns += finished.held_ns;
        self.lock_ns += finished.lock_ns;
        self.log_ns += finished.log_ns;
        self.failed += finished.failed;
        if tracks {
            let ns = finished.ns / finished.calls.max(1);
            self.buckets.add(ns, finished.calls);
        }
    }

    pub(super) fn absorb_sums(&mut self, other: &Sums) {
        self.calls += other.calls;
        self.ns += other.ns;
        self.held_ns += other.held_ns;
        self.lock_ns += other.lock_ns;
        self.log_ns += other.log_ns;
        self.rejected += other.rejected;
        self.failed += other.failed;
        self.buckets.absorb_sums(&other.buckets);
    }

    pub(super) fn absorb(&mut self, row: &Row) {
        self.calls += row.calls.load(Ordering::Relaxed);
        self.ns += row.ns.load(Ordering::Relaxed);
        self.held_ns += row.held_ns.load(Ordering::Relaxed);
        self.lock_ns += row.lock_ns.load(Ordering::Relaxed);
        self.log_ns += row.log_ns.load(Ordering::Relaxed);
        self.rejected += row.rejected.load(Ordering::Relaxed);
        self.failed += row.failed.load(Ordering::Relaxed);
        if let Some(histogram) = row.histogram.get() {
            self.buckets.absorb(histogram);
        }
    }

    pub(super) fn subtract(&mut self, other: &Sums) {
        self.calls -= other.calls;
        self.ns -= other.ns;
        self.held_ns -= other.held_ns;
        self.lock_ns -= other.lock_ns;
        self.log_ns -= other.log_ns;
        self.rejected -= other.rejected;
        self.failed -= other.failed;
        self.buckets.subtract(&other.buckets);
    }

    /// Returns whether the command was used.
    pub fn is_used(&self) -> bool {
        self.calls + self.rejected > 0
    }
}
