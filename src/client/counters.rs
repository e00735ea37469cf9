//! Figures of one client, and their sums over all clients.
//!
//! No counter is shared between threads that write it. Each client's thread counts in memory of its
//! own, and a reader adds the counters up. So counting costs a request one store to its own memory.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::stats;

/// The counters of one client, or the sums over many clients.
#[derive(Debug, Default)]
pub struct Counters {
    /// Lookups of a key that found one.
    pub hits: AtomicU64,
    /// Lookups of a key that found none.
    pub misses: AtomicU64,
    /// Bytes read from the network.
    pub read_bytes: AtomicU64,
    /// Reads from the network.
    pub reads: AtomicU64,
}

impl Counters {
    /// Adds `amount` to a counter. Only the calling thread may write it.
    pub fn add(counter: &AtomicU64, amount: u64) {
        counter.store(counter.load(Ordering::Relaxed) + amount, Ordering::Relaxed);
    }

    /// Subtracts `other`. Only the calling thread may write these counters.
    pub(super) fn subtract(&self, other: &Counters) {
        for (counter, subtrahend) in self.all().into_iter().zip(other.all()) {
            let subtrahend = subtrahend.load(Ordering::Relaxed);
            counter.store(
                counter.load(Ordering::Relaxed) - subtrahend,
                Ordering::Relaxed,
            );
        }
    }

    fn all(&self) -> [&AtomicU64; 4] {
        [&self.hits, &self.misses, &self.read_bytes, &self.reads]
    }

    /// Adds `other`. Only the calling thread may write these counters.
    pub(super) fn absorb(&self, other: &Counters) {
        for (sum, counter) in self.all().into_iter().zip(other.all()) {
            Counters::add(sum, counter.load(Ordering::Relaxed));
        }
    }
}

/// How much the server has sent to one client, or to many.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sent {
    /// Bytes.
    pub bytes: u64,
    /// Writes to the socket.
    pub writes: u64,
}

impl Sent {
    /// Adds `other`.
    pub(super) fn absorb(&mut self, other: Sent) {
        self.bytes += other.bytes;
        self.writes += other.writes;
    }

    /// Subtracts former sums.
    pub(super) fn subtract(&mut self, former: Sent) {
        self.bytes -= former.bytes;
        self.writes -= former.writes;
    }
}

/// Requests and bytes of all clients: since the start, or in a second.
#[derive(Clone, Copy, Debug, Default)]
pub struct Traffic {
    /// Executed commands.
    pub calls: f64,
    /// Bytes read from the network.
    pub read_bytes: f64,
    /// Bytes sent to clients.
    pub sent_bytes: f64,
}

/// Sums over all clients, disconnected ones included.
#[derive(Debug, Default)]
pub struct Totals {
    /// Accepted connections.
    pub connections: u64,
    /// Connections refused because of `maxclients`.
    pub rejected: u64,
    /// The sums of the clients' counters.
    pub counters: Counters,
    /// Bytes sent to clients, and the writes that sent them.
    pub sent: Sent,
    /// The figures of commands and errors.
    pub stats: stats::Totals,
}
