//! The time of day, and the time at which a command runs.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Returns the time since the beginning of 1970 in UTC, or zero if the clock is set to an earlier
/// time.
pub fn unix_time() -> Duration {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
}

/// Returns the same in milliseconds, the unit of expiry times.
pub fn unix_time_ms() -> u64 {
    unix_time().as_millis() as u64
}

/// The time at which a command runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Now {
    /// The log is being replayed. Nothing expires unless the log says so.
    Replay,
    /// Milliseconds since 1970.
    At(u64),
}

impl Now {
    /// Returns the time for the store, in milliseconds since 1970: entries that expire at or before
    /// it do not exist. In a replay it is before every expiry.
    pub fn ms(self) -> u64 {
        match self {
            Now::Replay => 0,
            Now::At(ms) => ms,
        }
    }
}
