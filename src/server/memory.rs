//! Giving memory back to the system after much of it was freed.

use std::time::{Duration, Instant};

use crate::sys::memory;

/// How often the memory in use is checked.
pub(super) const MEMORY_CHECK: Duration = Duration::from_millis(100);

/// Less than this is not worth the time.
const LEAST_BYTES: usize = 8 << 20;

/// If the memory in use falls by more between two checks, a big value is still being freed.
const FALLING_BYTES: usize = 1 << 20;

/// The pause after giving back, as a multiple of the time that it took.
const PAUSES: u32 = 4;

/// Knows how much memory was in use, and gives back what no longer is.
pub(super) struct Returner {
    /// The most that was in use since memory was last given back.
    most_used: usize,
    last_used: usize,
    not_before: Instant,
}

impl Returner {
    pub(super) fn new() -> Returner {
        Returner {
            most_used: 0,
            last_used: 0,
            not_before: Instant::now(),
        }
    }

    /// Gives memory back if at least half of it was freed since the last time. If less was freed,
    /// few pages are free, and finding them takes as long.
    pub(super) fn check(&mut self) {
        let Some(usage) = memory::counted_usage() else {
            return;
        };
        self.most_used = self.most_used.max(usage.used);
        let freed = self.most_used - usage.used;
        let was_used = std::mem::replace(&mut self.last_used, usage.used);
        let is_falling = was_used > usage.used + FALLING_BYTES;
        let now = Instant::now();
        if freed < LEAST_BYTES.max(usage.used) || is_falling || now < self.not_before {
            return;
        }
        // What was big has gone back by itself.
        if memory::process_bytes("RssAnon").is_some_and(|it| it >= usage.used + LEAST_BYTES) {
            memory::release();
        }
        self.not_before = Instant::now() + now.elapsed() * PAUSES;
        self.most_used = usage.used;
    }
}
