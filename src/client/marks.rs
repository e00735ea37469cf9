//! Marks of a client, which CLIENT LIST shows among its flags.

use std::sync::atomic::{AtomicU32, Ordering};

/// A mark of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Mark {
    /// CLIENT NO-EVICT ON.
    NoEvict = 1,
    /// CLIENT NO-TOUCH ON.
    NoTouch = 2,
    /// MONITOR.
    Monitor = 4,
    /// The client is closed once its replies are sent.
    Closing = 8,
    /// CLIENT TRACKING ON.
    Tracking = 16,
    /// CLIENT TRACKING ON BCAST.
    Broadcast = 32,
    /// The client to which CLIENT TRACKING redirects is gone.
    BrokenRedirect = 64,
}

/// The marks of one client.
#[derive(Debug, Default)]
pub struct Marks(AtomicU32);

impl Marks {
    /// Returns whether the client has `mark`.
    pub fn has(&self, mark: Mark) -> bool {
        self.0.load(Ordering::Relaxed) & mark as u32 != 0
    }

    /// Sets or removes `mark`.
    pub fn set(&self, mark: Mark, is_on: bool) {
        match is_on {
            true => self.0.fetch_or(mark as u32, Ordering::Relaxed),
            false => self.0.fetch_and(!(mark as u32), Ordering::Relaxed),
        };
    }
}
