//! What one thread waits for, and for how long it has waited.

use std::fs;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

use super::{Kind, Thread};

/// What a thread waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Bytes of a client, room in its socket, or a new client.
    Socket = 1,
    /// The store's lock.
    Lock,
    /// The append-only file: room in the queue to it, or the record of a pending reply.
    Log,
    /// Data for a blocking command, or the end of CLIENT PAUSE.
    Data,
    /// Work of another thread, or the time of the next work.
    Work,
    /// A write or a sync.
    Disk,
}

/// The number of reasons.
pub const REASONS: usize = 6;

/// Bits of the state that hold the reason. The others hold the beginning, in nanoseconds.
const REASON_BITS: u32 = 3;

impl Reason {
    /// All reasons, in the order of their sums.
    pub const ALL: [Reason; REASONS] = [
        Reason::Socket,
        Reason::Lock,
        Reason::Log,
        Reason::Data,
        Reason::Work,
        Reason::Disk,
    ];

    /// Returns its index in `ALL`.
    pub(super) fn index(self) -> usize {
        self as usize - 1
    }
}

/// The waits of one thread. The thread writes its own memory, and any thread reads it.
#[derive(Debug, Default)]
pub struct Waits {
    /// The name of the thread, and its number in `/proc/self/task`.
    identity: OnceLock<(String, u32)>,
    /// The reason of the current wait, with its beginning; 0 while the thread runs.
    state: AtomicU64,
    /// The nanoseconds of the waits that have ended, by reason.
    ended_ns: [AtomicU64; REASONS],
}

impl Waits {
    /// Notes the name and the number of the current thread, which these waits are of.
    pub(super) fn identify(&self) {
        let name = thread::current().name().unwrap_or("main").to_owned();
        let link = fs::read_link("/proc/thread-self").unwrap_or_default();
        let number = link
            .file_name()
            .and_then(|number| number.to_str()?.parse().ok());
        let _ = self.identity.set((name, number.unwrap_or_default()));
    }

    /// Returns the thread, once it has begun.
    pub(super) fn thread(&self, kind: Kind) -> Option<Thread> {
        let (name, id) = self.identity.get()?;
        let current = self.state.load(Ordering::Relaxed);
        let now_ns = ns_at(Instant::now());
        let us = now_ns.saturating_sub(current >> REASON_BITS) / 1000;
        Some(Thread {
            kind,
            name: name.clone(),
            id: *id,
            waits: reason(current).map(|reason| (reason, us)),
        })
    }

    /// Begins a wait at `now`. Only the thread itself may call this.
    pub fn begin(&self, reason: Reason, now: Instant) {
        let state = state(reason, ns_at(now));
        // See `end_log`: its caller must see the new state, or this thread what the caller did before.
        match reason {
            Reason::Log => self.state.store(state, Ordering::SeqCst),
            _ => self.state.store(state, Ordering::Relaxed),
        }
    }

    /// Ends the current wait, if there is one, at `now`. Only the thread itself may call this.
    pub fn end(&self, now: Instant) {
        let mut before = self.state.load(Ordering::Relaxed);
        // Another thread changes only this state.
        if reason(before) == Some(Reason::Log) {
            before = self.state.swap(0, Ordering::Relaxed);
        } else {
            self.state.store(0, Ordering::Relaxed);
        }
        self.add(before, ns_at(now));
    }

    /// The record of the thread's pending reply is committed. If the thread waits for that, it waits
    /// for its socket from now on. Any thread may call this.
    pub fn end_log(&self) {
        let before = self.state.load(Ordering::SeqCst);
        if reason(before) != Some(Reason::Log) {
            return;
        }
        let now_ns = ns_at(Instant::now());
        let after = state(Reason::Socket, now_ns);
        let relaxed = Ordering::Relaxed;
        let changed = self.state.compare_exchange(before, after, relaxed, relaxed);
        if changed.is_ok() {
            self.add(before, now_ns);
        }
    }

    /// Returns the reason of the current wait, and the nanoseconds of all waits by reason, with the
    /// current one up to now.
    pub fn sums(&self) -> (Option<Reason>, [u64; REASONS]) {
        let current = self.state.load(Ordering::Relaxed);
        let mut sums = [0; REASONS];
        for (sum, ended) in sums.iter_mut().zip(&self.ended_ns) {
            *sum = ended.load(Ordering::Relaxed);
        }
        let reason = reason(current);
        if let Some(reason) = reason {
            let now_ns = ns_at(Instant::now());
            sums[reason.index()] += now_ns.saturating_sub(current >> REASON_BITS);
        }
        (reason, sums)
    }

    /// Adds the wait that `state` describes to the sums.
    fn add(&self, state: u64, now_ns: u64) {
        let Some(reason) = reason(state) else { return };
        let sum = &self.ended_ns[reason.index()];
        let ns = now_ns.saturating_sub(state >> REASON_BITS);
        // Only the sum of the log has two writers.
        if reason == Reason::Log {
            sum.fetch_add(ns, Ordering::Relaxed);
        } else {
            sum.store(sum.load(Ordering::Relaxed) + ns, Ordering::Relaxed);
        }
    }
}

fn state(reason: Reason, began_ns: u64) -> u64 {
    began_ns << REASON_BITS | reason as u64
}

fn reason(state: u64) -> Option<Reason> {
    let number = state & ((1 << REASON_BITS) - 1);
    Reason::ALL.get((number as usize).wrapping_sub(1)).copied()
}

/// Returns the nanoseconds from the first call's time until `now`.
fn ns_at(now: Instant) -> u64 {
    static BASE: OnceLock<Instant> = OnceLock::new();
    now.duration_since(*BASE.get_or_init(|| now)).as_nanos() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_for_the_log_becomes_one_for_the_socket_once() {
        let waits = Waits::default();
        waits.begin(Reason::Log, Instant::now());
        while waits.sums().1[Reason::Log.index()] == 0 {}
        waits.end_log();
        let (reason, sums) = waits.sums();
        assert_eq!(reason, Some(Reason::Socket));
        waits.end_log();
        waits.end(Instant::now());
        waits.end(Instant::now());
        let (reason, after) = waits.sums();
        assert_eq!(reason, None);
        assert_eq!(after[Reason::Log.index()], sums[Reason::Log.index()]);
        assert!(after[Reason::Socket.index()] >= sums[Reason::Socket.index()]);
    }
}
