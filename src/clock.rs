//! The time of day.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How long ago 1970 began, UTC; zero if the machine's clock is set to before.
pub fn unix_time() -> Duration {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
}

/// The same in milliseconds, as times to live are kept.
pub fn unix_time_ms() -> u64 {
    unix_time().as_millis() as u64
}
