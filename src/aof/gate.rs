//! What clients' threads and the log's share: counts what is with the log, and holds writers
//! up while that is too much.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use super::desk::Desk;
use super::status::Status;

/// Bytes of records and replies that may wait in the channel before writers have to.
/// Enough for a burst, and no more memory than that is lost to a slow disk.
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
        }
    }

    /// So many bytes go in.
    pub(super) fn enter(&self, bytes: usize) {
        self.status.queued_bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// So many are out again.
    pub(super) fn leave(&self, bytes: usize) {
        if bytes == 0 {
            return;
        }
        let before = self.status.queued_bytes.fetch_sub(bytes, Ordering::Relaxed);
        if before > CHANNEL_BYTES && before - bytes <= CHANNEL_BYTES {
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

    /// Waits until there is room, or it is no use to wait.
    pub(super) fn wait(&self) {
        let full = || {
            self.status.queued_bytes.load(Ordering::Relaxed) > CHANNEL_BYTES
                && !self.stopping.load(Ordering::Relaxed)
                && !self.has_given_up.load(Ordering::Relaxed)
        };
        if full() {
            let guard = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
            drop(self.room.wait_while(guard, |()| full()));
        }
    }
}
