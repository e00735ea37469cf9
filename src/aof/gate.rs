//! What clients' threads and the log's share: counts what is with the log, and holds writers
//! up while that is too much.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::desk::Desk;
use super::status::Status;

/// A record of at least so many bytes is large. What comes after it waits until it is written,
/// so few of them may be on the way.
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

    /// So many bytes go in.
    pub(super) fn enter(&self, bytes: usize) {
        if bytes == 0 {
            return;
        }
        self.status.queued_bytes.fetch_add(bytes, Ordering::SeqCst);
    }

    /// So many are out again.
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
        drop(self.lock.lock().unwrap_or_else(PoisonError::into_inner));
        self.room.notify_all();
    }

    /// Whether so much is queued that writers have to wait.
    pub(super) fn is_full(&self) -> bool {
        self.queued_bytes() > CHANNEL_BYTES
    }

    /// Waits until there is room for records of about so many bytes, or it is no use to wait.
    /// Small ones go ahead of large ones that wait.
    pub(super) fn wait(&self, bytes: usize) -> Option<Room<'_>> {
        let room = (bytes >= LARGE_BYTES).then(|| self.reserve(bytes));
        let is_full = || {
            let own = room.as_ref().map_or(0, |room| room.bytes);
            self.queued_bytes() > CHANNEL_BYTES + own && !self.is_useless_to_wait()
        };
        if is_full() {
            let guard = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
            drop(self.room.wait_while(guard, |()| is_full()));
        }
        room
    }

    /// Reserves room for a large record, once there is some or it has waited for long.
    fn reserve(&self, bytes: usize) -> Room<'_> {
        let is_full = || {
            let queued = self.queued_bytes();
            queued > LARGE_AFTER_BYTES
                && queued + bytes > LARGE_CHANNEL_BYTES
                && !self.is_useless_to_wait()
        };
        let deadline = Instant::now() + LARGE_PATIENCE;
        let mut guard = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        self.large_waiting.fetch_add(1, Ordering::SeqCst);
        while is_full() && Instant::now() < deadline {
            let left = deadline.saturating_duration_since(Instant::now());
            let result = self.room.wait_timeout(guard, left);
            guard = result.unwrap_or_else(PoisonError::into_inner).0;
        }
        self.large_waiting.fetch_sub(1, Ordering::SeqCst);
        self.enter(bytes);
        Room { gate: self, bytes }
    }

    fn queued_bytes(&self) -> usize {
        self.status.queued_bytes.load(Ordering::SeqCst)
    }

    /// Whether the server stops, or the disk has failed for long.
    fn is_useless_to_wait(&self) -> bool {
        self.stopping.load(Ordering::Relaxed) || self.has_given_up.load(Ordering::Relaxed)
    }
}
