//! How a thread that has just had work looks for more before it sleeps.
//!
//! To put a thread to sleep and wake it again costs more than a short command, and who
//! wakes it pays as well. So it looks a number of times, and offers its processor to others
//! in between. On a busy machine that takes as long as the others need; on an idle one each
//! look takes half a microsecond, and looking goes on for the time in which a client comes
//! back that does nothing but ask.
//!
//! Where the next work is not so near, looking is worse than useless: a thread that has
//! offered its processor too often is made to wait for it when it needs it. So whoever has
//! looked in vain a few times sleeps at once from then on, and only now and then tries
//! whether that has changed.
//!
//! Measured beside redis-server (`make compare`) on 2 processors of a virtual machine,
//! where waking another processor is dear: GET at 50 clients goes from 0.65 of Redis to
//! 1.1, SET from 0.55 to between 0.85 and 1.05, GET of one client from 0.95 to 1.8. With 10
//! looks of a client's thread and 20 of the log's, SET came to 0.78. The sleeping at once
//! takes the processor time for a million requests, at an eighth of the full load, from 35
//! seconds to 10. An end to looking after 0.3, 0.5 or 0.8 ms was tried as well: it helps at
//! half of the full load and takes a quarter to a third from what 50 busy clients get.

use std::thread;
use std::time::{Duration, Instant};

/// For at least so long ...
const LOOKING: Duration = Duration::from_micros(50);

/// ... and, for a client's thread, so often.
pub const CLIENT_LOOKS: u32 = 40;

/// The log's thread has many clients.
pub const LOG_LOOKS: u32 = 100;

/// Failures in a row until a thread sleeps at once. More than one, because everybody fails
/// when the disk holds up all at the same time.
const FAILURES: u32 = 4;

/// Every so often it looks nevertheless.
const RETRY_EVERY: u32 = 256;

/// Remembers whether looking has been worth it.
#[derive(Debug)]
pub struct Warmth {
    looks: u32,
    failures: u32,
}

impl Warmth {
    /// At least `looks` each time.
    pub fn new(looks: u32) -> Warmth {
        Warmth { looks, failures: 0 }
    }

    /// Whether to look now. To be asked once each time before the thread would sleep.
    pub fn is_worth_looking(&mut self) -> bool {
        if self.failures < FAILURES {
            return true;
        }
        self.failures += 1;
        self.failures.is_multiple_of(RETRY_EVERY)
    }

    /// Calls `look` until it finds something or it is time to sleep.
    pub fn look<T>(&mut self, mut look: impl FnMut() -> Option<T>) -> Option<T> {
        let began = Instant::now();
        let mut looks = 0;
        while looks < self.looks || began.elapsed() < LOOKING {
            if let Some(found) = look() {
                self.failures = 0;
                return Some(found);
            }
            looks += 1;
            thread::yield_now();
        }
        self.failures = self.failures.saturating_add(1);
        None
    }
}
