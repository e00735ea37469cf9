//! The work and the waits of one thread.

use std::fs;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

use super::{Doing, Kind, Mode, Thread};

/// The reason of a wait.
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

/// The nanoseconds that a thread has waited, and held the store's lock.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sums {
    /// By reason.
    pub(super) waited_ns: [u64; REASONS],
    /// By mode.
    pub(super) held_ns: [u64; 2],
}

impl Sums {
    pub(super) fn add(&mut self, more: &Sums) {
        self.combine(more, u64::saturating_add);
    }

    pub(super) fn subtract(&mut self, less: &Sums) {
        self.combine(less, u64::saturating_sub);
    }

    fn combine(&mut self, other: &Sums, combine: fn(u64, u64) -> u64) {
        let own = self.waited_ns.iter_mut().chain(&mut self.held_ns);
        for (own, other) in own.zip(other.waited_ns.iter().chain(&other.held_ns)) {
            *own = combine(*own, *other);
        }
    }
}

/// The work and the waits of one thread. The thread writes its own memory, and any thread reads it.
#[derive(Debug, Default)]
// Neighbours in memory have writers of their own.
#[repr(align(64))]
pub struct Waits {
    /// The name of the thread, and its number in `/proc/self/task`.
    identity: OnceLock<(String, u32)>,
    /// The number of the client that the thread serves; 0 if it serves none.
    client: AtomicU64,
    /// The reason of the current wait, with its beginning; 0 while the thread runs.
    state: AtomicU64,
    /// A [`Doing`] as a word.
    doing: AtomicU64,
    /// The nanoseconds of the waits that have ended, by reason.
    ended_ns: [AtomicU64; REASONS],
    /// The nanoseconds of the holds of the store's lock that have ended, by mode.
    held_ns: [AtomicU64; 2],
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

    /// Returns the thread at `now`, once it has begun.
    pub(super) fn thread(&self, kind: Kind, number: u64, now: Instant) -> Option<Thread<'_>> {
        let (name, id) = self.identity.get()?;
        let client = self.client.load(Ordering::Relaxed);
        let current = self.state.load(Ordering::Relaxed);
        let us = ns_at(now).saturating_sub(current >> REASON_BITS) / 1000;
        Some(Thread {
            kind,
            number,
            name,
            client: (client > 0).then_some(client),
            id: *id,
            waits: reason(current).map(|reason| (reason, us)),
            doing: Doing::from_word(self.doing.load(Ordering::Relaxed)),
        })
    }

    /// Returns the name of the thread, once it has begun.
    pub(super) fn name(&self) -> &str {
        self.identity.get().map_or("", |(name, _)| name)
    }

    /// Notes that the thread serves the client of this number.
    pub fn serve(&self, client: u64) {
        self.client.store(client, Ordering::Relaxed);
    }

    /// Notes what the thread does from now on. Only the thread itself may call this.
    #[inline]
    pub fn does(&self, doing: Doing) {
        self.doing.store(doing.to_word(), Ordering::Relaxed);
    }

    /// Adds a hold of the store's lock to the sums. Only the thread itself may call this.
    pub(super) fn add_held(&self, mode: Mode, ns: u64) {
        let sum = &self.held_ns[mode as usize];
        sum.store(sum.load(Ordering::Relaxed) + ns, Ordering::Relaxed);
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

    /// Returns the reason of the current wait, and the sums with the current wait up to `now`.
    pub(super) fn sums(&self, now: Instant) -> (Option<Reason>, Sums) {
        let current = self.state.load(Ordering::Relaxed);
        let read = |sum: &AtomicU64| sum.load(Ordering::Relaxed);
        let mut sums = Sums {
            waited_ns: self.ended_ns.each_ref().map(read),
            held_ns: self.held_ns.each_ref().map(read),
        };
        let reason = reason(current);
        if let Some(reason) = reason {
            let waited_ns = ns_at(now).saturating_sub(current >> REASON_BITS);
            sums.waited_ns[reason.index()] += waited_ns;
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
pub(super) fn ns_at(now: Instant) -> u64 {
    static BASE: OnceLock<Instant> = OnceLock::new();
    now.duration_since(*BASE.get_or_init(|| now)).as_nanos() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_for_the_log_becomes_one_for_the_socket_once() {
        let waits = Waits::default();
        let waited_ns = |reason: Reason| waits.sums(Instant::now()).1.waited_ns[reason.index()];
        let current = || waits.sums(Instant::now()).0;
        waits.begin(Reason::Log, Instant::now());
        while waited_ns(Reason::Log) == 0 {}
        waits.end_log();
        assert_eq!(current(), Some(Reason::Socket));
        let (log_ns, socket_ns) = (waited_ns(Reason::Log), waited_ns(Reason::Socket));
        waits.end_log();
        waits.end(Instant::now());
        waits.end(Instant::now());
        assert_eq!(current(), None);
        assert_eq!(waited_ns(Reason::Log), log_ns);
        assert!(waited_ns(Reason::Socket) >= socket_ns);
    }
}
