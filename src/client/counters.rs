//! Figures of one client, and their sums over all clients.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counters of one connection, or the sum of those of many.
#[derive(Debug, Default)]
pub struct Counters {
    /// Requests run, failed ones included.
    pub commands: AtomicU64,
    /// Requests answered with an error.
    pub errors: AtomicU64,
    /// Lookups of a key that found one.
    pub hits: AtomicU64,
    /// Lookups of a key that found none.
    pub misses: AtomicU64,
    /// Bytes read from the network.
    pub read_bytes: AtomicU64,
}

impl Counters {
    /// Adds to a counter that only the calling thread writes.
    pub fn add(counter: &AtomicU64, amount: u64) {
        counter.store(counter.load(Ordering::Relaxed) + amount, Ordering::Relaxed);
    }

    /// Takes what `other` has counted from this, of which the caller is the only writer.
    pub(super) fn subtract(&self, other: &Counters) {
        for (counter, past) in self.all().into_iter().zip(other.all()) {
            let past = past.load(Ordering::Relaxed);
            counter.store(counter.load(Ordering::Relaxed) - past, Ordering::Relaxed);
        }
    }

    fn all(&self) -> [&AtomicU64; 5] {
        [
            &self.commands,
            &self.errors,
            &self.hits,
            &self.misses,
            &self.read_bytes,
        ]
    }

    /// Adds `other` to this, of which the caller is the only writer.
    pub(super) fn absorb(&self, other: &Counters) {
        for (sum, counter) in self.all().into_iter().zip(other.all()) {
            Counters::add(sum, counter.load(Ordering::Relaxed));
        }
    }
}

/// Sums over all clients, past ones included.
#[derive(Debug, Default)]
pub struct Totals {
    /// Connections accepted.
    pub connections: u64,
    /// Connections refused because there were too many.
    pub rejected: u64,
    /// What they have done.
    pub counters: Counters,
    /// Bytes sent to them.
    pub sent_bytes: u64,
}
