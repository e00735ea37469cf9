//! The system's clock.

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
