//! Giving memory back to the system after much of it was freed.

use std::time::{Duration, Instant};

use crate::sys::memory;

/// How often it is looked whether much was freed.
pub(super) const MEMORY_CHECK: Duration = Duration::from_millis(100);

/// Less than this is not worth the time.
const LEAST_BYTES: usize = 8 << 20;

/// By more than this in use falls from one look to the next while somebody is freeing much.
const FALLING_BYTES: usize = 1 << 20;

/// Giving back takes at most one part in so many of the time.
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

    /// Gives memory back, if at least half of it was freed since it last did. If less is freed,
    /// most pages still hold something, and looking for those that do not takes as long.
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
