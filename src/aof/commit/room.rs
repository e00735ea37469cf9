//! Backpressure: bounds the bytes of records that wait in the channel to the log's thread.
//!
//! A writer waits for room before it takes the store's lock. So the sends, which happen with the
//! lock held, never wait. Large records are bounded more tightly, because later records wait until
//! they are written.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::aof::status::Status;

/// A record of at least this many bytes is large.
const LARGE_BYTES: usize = 256 * 1024;

/// A large record may enter the channel if it holds at most this many bytes, ...
const LARGE_AFTER_BYTES: usize = 1024 * 1024;

/// ... or would hold at most this many with the record.
const LARGE_CHANNEL_BYTES: usize = 8 * 1024 * 1024;

/// After this time a large record is bounded only by [`CHANNEL_BYTES`], like any other.
const LARGE_PATIENCE: Duration = Duration::from_secs(1);

/// Bytes of records in the channel above which writers wait. Enough for a burst, and a bound on the
/// memory that a slow disk takes. Replies do not count: one client with large replies would hold
/// up all others.
const CHANNEL_BYTES: usize = 32 * 1024 * 1024;

/// Counts the bytes of records that are not yet committed. The count itself is in [`Status`], where
/// INFO reads it.
#[derive(Debug)]
pub(in crate::aof) struct Backpressure {
    status: Arc<Status>,
    stopping: AtomicBool,
    /// The disk has been failing for too long: waiting for room is useless.
    has_given_up: AtomicBool,
    lock: Mutex<()>,
    room: Condvar,
    /// Writers that wait to send a large record.
    large_waiting: AtomicUsize,
}

/// Room in the channel for a large record, reserved until this is dropped.
#[derive(Debug)]
pub struct Room<'a> {
    backpressure: &'a Backpressure,
    bytes: usize,
}

impl Drop for Room<'_> {
    fn drop(&mut self) {
        self.backpressure.leave(self.bytes);
    }
}

impl Backpressure {
    pub(super) fn new(status: Arc<Status>) -> Backpressure {
        Backpressure {
            status,
            stopping: AtomicBool::new(false),
            has_given_up: AtomicBool::new(false),
            lock: Mutex::new(()),
            room: Condvar::new(),
            large_waiting: AtomicUsize::new(0),
        }
    }

    /// Counts bytes that enter the channel.
    pub(super) fn enter(&self, bytes: usize) {
        self.status.queued_bytes.fetch_add(bytes, Ordering::SeqCst);
    }

    /// Counts bytes that have left the channel, and wakes writers if there is room.
    pub(in crate::aof) fn leave(&self, bytes: usize) {
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

    /// From now on no writer waits: the server is about to stop.
    pub(in crate::aof) fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
        self.wake();
    }

    /// Sets whether waiting is useless because the disk has been failing for too long.
    pub(in crate::aof) fn give_up(&self, is_useless: bool) {
        if self.has_given_up.swap(is_useless, Ordering::Relaxed) != is_useless {
            self.wake();
        }
    }

    fn wake(&self) {
        // Locked so that no writer is between reading the count and going to sleep.
        drop(self.lock());
        self.room.notify_all();
    }

    /// Whether the channel is full, so that writers have to wait.
    pub(in crate::aof) fn is_full(&self) -> bool {
        self.queued_bytes() > CHANNEL_BYTES
    }

    /// Waits until there is room for records of about `bytes`, or waiting is useless. Small records
    /// go ahead of large ones that wait.
    pub(in crate::aof) fn wait(&self, bytes: usize) -> Option<Room<'_>> {
        if bytes >= LARGE_BYTES {
            return Some(self.reserve(bytes));
        }
        if self.must_wait() {
            drop(self.room.wait_while(self.lock(), |()| self.must_wait()));
        }
        None
    }

    /// Reserves room for a large record, once there is some or [`LARGE_PATIENCE`] is over. Nothing
    /// is reserved before: two writers would wait for each other's reservation.
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
        // The lock is held until the bytes are counted, so that the next writer sees them.
        let _guard = self.room.wait_while(guard, |()| self.must_wait());
        self.large_waiting.fetch_sub(1, Ordering::SeqCst);
        self.enter(bytes);
        Room {
            backpressure: self,
            bytes,
        }
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

    /// Whether the server stops, or the disk has been failing for too long.
    fn is_useless_to_wait(&self) -> bool {
        self.stopping.load(Ordering::Relaxed) || self.has_given_up.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;
    use std::thread;

    /// A writer that waits must have reserved nothing: otherwise no writer would find room.
    #[test]
    fn large_writers_that_have_waited_for_long_do_not_wait_for_each_other() {
        let channel = Backpressure::new(Arc::default());
        channel.enter(2 * CHANNEL_BYTES);
        let (admitted, done) = mpsc::channel();
        thread::scope(|scope| {
            for _ in 0..3 {
                let (channel, admitted) = (&channel, admitted.clone());
                scope.spawn(move || {
                    drop(channel.wait(2 * CHANNEL_BYTES));
                    admitted.send(()).unwrap();
                });
            }
            let patience = LARGE_PATIENCE + LARGE_PATIENCE / 2;
            assert!(done.recv_timeout(patience).is_err());
            channel.leave(2 * CHANNEL_BYTES);
            let ended = (0..3).all(|_| done.recv_timeout(Duration::from_secs(20)).is_ok());
            // Ends the waiting threads, even if the assertion below fails.
            channel.stop();
            assert!(ended);
        });
        assert_eq!(channel.queued_bytes(), 0);
    }
}
