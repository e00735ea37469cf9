//! The switched-on features that concern every request, in one word, which a request reads once.

use std::sync::atomic::{AtomicU32, Ordering};

/// A feature that is mostly off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Feature {
    /// CLIENT PAUSE may postpone requests.
    Pause = 1,
    /// A client is in the mode of MONITOR.
    Monitor = 2,
    /// A client has CLIENT TRACKING on.
    Tracking = 4,
    /// Requests are traced: a viewer of the page watches them, or a class has slowed a client down.
    Trace = 8,
}

/// The features that are on.
#[derive(Debug, Default)]
pub struct Features(AtomicU32);

impl Features {
    /// Returns whether any feature is on.
    pub fn any(&self) -> bool {
        self.0.load(Ordering::Relaxed) != 0
    }

    /// Returns whether `feature` is on.
    pub fn has(&self, feature: Feature) -> bool {
        self.0.load(Ordering::Relaxed) & feature as u32 != 0
    }

    /// Switches `feature` on or off. The caller holds the lock that guards the feature.
    pub fn set(&self, feature: Feature, is_on: bool) {
        match is_on {
            true => self.0.fetch_or(feature as u32, Ordering::Relaxed),
            false => self.0.fetch_and(!(feature as u32), Ordering::Relaxed),
        };
    }
}
