//! The sizes of a client's buffers, which CLIENT LIST shows. Its own thread writes them before and
//! after it waits, so they cost a request nothing.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Sizes in bytes.
#[derive(Debug, Default)]
pub struct Buffers {
    /// Requests that are received and not executed, and the ones that are being executed.
    pub query: AtomicUsize,
    /// Room for more.
    pub query_free: AtomicUsize,
    /// The arguments of the request that is being executed or received.
    pub arguments: AtomicUsize,
    /// The arguments of the commands queued since MULTI.
    pub queued: AtomicUsize,
    /// Replies that are built and not sent, as the last CLIENT LIST or INFO of the client found them.
    pub built: AtomicUsize,
    /// The buffer in which replies are built.
    pub reply: AtomicUsize,
    /// The longest replies that were sent at once.
    pub reply_peak: AtomicUsize,
}

impl Buffers {
    /// Sets a size. Only the client's own thread may write it.
    pub fn set(size: &AtomicUsize, bytes: usize) {
        size.store(bytes, Ordering::Relaxed);
    }

    /// Raises a size to `bytes`, if it is less.
    pub fn raise(size: &AtomicUsize, bytes: usize) {
        if size.load(Ordering::Relaxed) < bytes {
            size.store(bytes, Ordering::Relaxed);
        }
    }
}
