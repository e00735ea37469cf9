//! Returns freed memory to the system.

use std::time::{Duration, Instant};

use crate::sys::memory;

/// How often the memory in use is checked.
pub(super) const MEMORY_CHECK: Duration = Duration::from_millis(100);

/// Less freed memory than this is not returned: it is not worth the time.
const MIN_BYTES: usize = 8 << 20;

/// If the memory in use falls by more than this between two checks, a big value is still being
/// freed.
const FALLING_BYTES: usize = 1 << 20;

/// The pause after a release, as a multiple of the time that the release took.
const PAUSE_FACTOR: u32 = 4;

/// Compares the memory in use with its former peak, and returns the difference to the system.
pub(super) struct MemoryReleaser {
    /// The peak of the bytes in use since the last release.
    peak_used: usize,
    last_used: usize,
    not_before: Instant,
}

impl MemoryReleaser {
    pub(super) fn new() -> MemoryReleaser {
        MemoryReleaser {
            peak_used: 0,
            last_used: 0,
            not_before: Instant::now(),
        }
    }

    /// Returns memory to the system if at least half of it was freed since the last release. If
    /// less was freed, few whole pages are free, and finding them takes as long.
    pub(super) fn check(&mut self) {
        let Some(usage) = memory::counted_usage() else {
            return;
        };
        self.peak_used = self.peak_used.max(usage.used);
        let freed = self.peak_used - usage.used;
        let was_used = std::mem::replace(&mut self.last_used, usage.used);
        let is_falling = was_used > usage.used + FALLING_BYTES;
        let now = Instant::now();
        if freed < MIN_BYTES.max(usage.used) || is_falling || now < self.not_before {
            return;
        }
        // Big pieces have gone back to the system when they were freed. Only what is left needs a
        // release.
        if memory::process_bytes("RssAnon").is_some_and(|it| it >= usage.used + MIN_BYTES) {
            memory::release();
        }
        self.not_before = Instant::now() + now.elapsed() * PAUSE_FACTOR;
        self.peak_used = usage.used;
    }
}
