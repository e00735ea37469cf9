//! What clients' threads and the log's share: counts what is with the log, and holds writers
//! up while that is too much.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::desk::Desk;
use super::status::Status;

/// A record of at least this many bytes is large. Later records wait until it is written, so
/// only a few may be in the channel.
const LARGE_BYTES: usize = 256 * 1024;

/// A large record goes into the channel if there are no more bytes in it than this ...
const LARGE_AFTER_BYTES: usize = 1024 * 1024;

/// ... or will not be more than this.
const LARGE_CHANNEL_BYTES: usize = 8 * 1024 * 1024;

/// A writer of large records that has waited for so long waits no longer than any other.
const LARGE_PATIENCE: Duration = Duration::from_secs(1);

/// Bytes of records that may wait in the channel before writers have to. Enough for a burst, and
/// no more memory than that is lost to a slow disk. Replies do not count: a client whose replies
/// are large would hold up all others.
const CHANNEL_BYTES: usize = 32 * 1024 * 1024;

#[derive(Debug)]
pub(super) struct Gate {
    pub(super) status: Arc<Status>,
    /// How many records have been sent; counted with the store's lock held, so in order.
    pub(super) appended: AtomicU64,
    pub(super) desk: Desk,
    stopping: AtomicBool,
    /// The disk has failed for so long that its room is not waited for.
    has_given_up: AtomicBool,
    lock: Mutex<()>,
    room: Condvar,
    /// How many writers wait to send a large record.
    large_waiting: AtomicUsize,
}

/// Room in the channel for a large record, kept until this is dropped.
#[derive(Debug)]
pub struct Room<'a> {
    gate: &'a Gate,
    bytes: usize,
}

impl Drop for Room<'_> {
    fn drop(&mut self) {
        self.gate.leave(self.bytes);
    }
}

impl Gate {
    pub(super) fn new(status: Arc<Status>) -> Gate {
        Gate {
            status,
            appended: AtomicU64::new(0),
            desk: Desk::default(),
            stopping: AtomicBool::new(false),
            has_given_up: AtomicBool::new(false),
            lock: Mutex::new(()),
            room: Condvar::new(),
            large_waiting: AtomicUsize::new(0),
        }
    }

    /// Counts bytes that enter the channel.
    pub(super) fn enter(&self, bytes: usize) {
        if bytes == 0 {
            return;
        }
        self.status.queued_bytes.fetch_add(bytes, Ordering::SeqCst);
    }

    /// Counts bytes that have left the channel, and wakes writers if there is room.
    pub(super) fn leave(&self, bytes: usize) {
        if bytes == 0 {
            return;
        }
        let before = self.status.queued_bytes.fetch_sub(bytes, Ordering::SeqCst);
        if before > CHANNEL_BYTES && before - bytes <= CHANNEL_BYTES
            || self.large_waiting.load(Ordering::SeqCst) > 0
        {
            self.wake();
        }
    }

    /// From now on nobody waits: the server is about to stop.
    pub(super) fn open(&self) {
        self.stopping.store(true, Ordering::Relaxed);
        self.wake();
    }

    /// Whether it is no use to wait, because the disk has failed for long.
    pub(super) fn give_up(&self, is_useless: bool) {
        if self.has_given_up.swap(is_useless, Ordering::Relaxed) != is_useless {
            self.wake();
        }
    }

    fn wake(&self) {
        // Taken so that nobody is between looking at the count and going to sleep.
        drop(self.lock());
        self.room.notify_all();
    }

    /// Whether the channel is full, so that writers have to wait.
    pub(super) fn is_full(&self) -> bool {
        self.queued_bytes() > CHANNEL_BYTES
    }

    /// Waits until there is room for records of about `bytes`, or waiting is useless.
    /// Small ones go ahead of large ones that wait.
    pub(super) fn wait(&self, bytes: usize) -> Option<Room<'_>> {
        if bytes >= LARGE_BYTES {
            return Some(self.reserve(bytes));
        }
        if self.must_wait() {
            drop(self.room.wait_while(self.lock(), |()| self.must_wait()));
        }
        None
    }

    /// Reserves room for a large record, once there is some or it has waited for long. While it
    /// waits nothing is reserved: two writers would wait for each other's reservation.
    fn reserve(&self, bytes: usize) -> Room<'_> {
        let is_crowded = |(): &mut ()| {
            let queued = self.queued_bytes();
            queued > LARGE_AFTER_BYTES
                && queued + bytes > LARGE_CHANNEL_BYTES
                && !self.is_useless_to_wait()
        };
        let guard = self.lock();
        self.large_waiting.fetch_add(1, Ordering::SeqCst);
        let waited = self
            .room
            .wait_timeout_while(guard, LARGE_PATIENCE, is_crowded);
        let (guard, _) = waited.unwrap_or_else(PoisonError::into_inner);
        // Held until the bytes are counted, so that the next writer sees them.
        let _guard = self.room.wait_while(guard, |()| self.must_wait());
        self.large_waiting.fetch_sub(1, Ordering::SeqCst);
        self.enter(bytes);
        Room { gate: self, bytes }
    }

    /// Whether every writer has to wait.
    fn must_wait(&self) -> bool {
        self.is_full() && !self.is_useless_to_wait()
    }

    fn lock(&self) -> MutexGuard<'_, ()> {
        self.lock.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn queued_bytes(&self) -> usize {
        self.status.queued_bytes.load(Ordering::SeqCst)
    }

    /// Whether the server stops, or the disk has failed for long.
    fn is_useless_to_wait(&self) -> bool {
        self.stopping.load(Ordering::Relaxed) || self.has_given_up.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;
    use std::thread;

    /// None of them may have reserved anything yet when the disk has taken what was in its way.
    #[test]
    fn large_writers_that_have_waited_for_long_do_not_wait_for_each_other() {
        let gate = Gate::new(Arc::default());
        gate.enter(2 * CHANNEL_BYTES);
        let (admitted, done) = mpsc::channel();
        thread::scope(|scope| {
            for _ in 0..3 {
                let (gate, admitted) = (&gate, admitted.clone());
                scope.spawn(move || {
                    drop(gate.wait(2 * CHANNEL_BYTES));
                    admitted.send(()).unwrap();
                });
            }
            let patience = LARGE_PATIENCE + LARGE_PATIENCE / 2;
            assert!(done.recv_timeout(patience).is_err());
            gate.leave(2 * CHANNEL_BYTES);
            let ended = (0..3).all(|_| done.recv_timeout(Duration::from_secs(20)).is_ok());
            // So that the threads end in any case.
            gate.open();
            assert!(ended);
        });
        assert_eq!(gate.queued_bytes(), 0);
    }
}
