//! How a thread that has just had work looks for more before it sleeps.
//!
//! To put a thread to sleep and wake it again costs more than a short command, and who
//! wakes it pays as well. So it offers its processor to others, looks, and does that again
//! a number of times. On a busy machine that takes as long as the others need; on an idle
//! one each look takes half a microsecond, and looking goes on for the time in which a
//! client comes back that does nothing but ask.
//!
//! Where the next work is not so near, looking is worse than useless: the kernel makes a
//! thread that has offered its processor too often wait for it when it needs it. So
//! whoever looks in vain more than now and then sleeps at once from then on, and tries only
//! after many waits whether that has changed.
//!
//! Measured beside redis-server on 2 processors of a virtual machine, where waking another
//! processor is dear (`make compare COMPARE='--only throughput'`): GET at 50 clients goes
//! from 0.65 of Redis to 1.05, GET of one client from 0.95 to 1.9. With 40 looks instead of
//! 16 the full rate is the same, but at half of it threads keep each other looking: the 99th
//! percentile is 2.2 to 4.4 ms instead of 1.2 to 1.5, and a million requests take 12 seconds
//! of processor time instead of 9; without any looking 0.7 ms and 8.4, with Redis 0.2 to 0.4
//! and 5.7. With 8 looks 500 clients fall from 150,000 GETs a second to 95,000.

use std::thread;
use std::time::{Duration, Instant};

/// Looking goes on for at least so long ...
const LOOKING: Duration = Duration::from_micros(50);

/// ... and at least so often.
const LOOKS: u32 = 16;

/// A success earns one of these, up to this many ...
const MOST_CREDIT: u32 = 16;

/// ... and a failure costs so many: looking goes on while it succeeds two times of three.
const FAILURE_COST: u32 = 2;

/// Without credit a thread looks after this many waits, next time after twice as many.
const RETRY_AFTER: u32 = 16;

/// But no more than this.
const RETRY_AFTER_MOST: u32 = 1024;

/// Remembers whether looking has been worth it.
#[derive(Debug)]
pub struct Warmth {
    credit: u32,
    waits: u32,
    retry_after: u32,
}

impl Default for Warmth {
    fn default() -> Warmth {
        Warmth {
            credit: MOST_CREDIT,
            waits: 0,
            retry_after: RETRY_AFTER,
        }
    }
}

impl Warmth {
    /// Whether to look now. To be asked once each time before the thread would sleep.
    pub fn is_worth_looking(&mut self) -> bool {
        if self.credit > 0 {
            return true;
        }
        self.waits += 1;
        if self.waits < self.retry_after {
            return false;
        }
        self.waits = 0;
        self.retry_after = (self.retry_after * 2).min(RETRY_AFTER_MOST);
        true
    }

    /// Calls `look` until it finds something or it is time to sleep. Others come first: what
    /// is looked for is not there at once.
    pub fn look<T>(&mut self, mut look: impl FnMut() -> Option<T>) -> Option<T> {
        let began = Instant::now();
        let mut looks = 0;
        while looks < LOOKS || began.elapsed() < LOOKING {
            thread::yield_now();
            if let Some(found) = look() {
                self.succeed();
                return Some(found);
            }
            looks += 1;
        }
        self.credit = self.credit.saturating_sub(FAILURE_COST);
        None
    }

    fn succeed(&mut self) {
        if self.credit < MOST_CREDIT {
            self.credit += 1;
        } else {
            self.retry_after = RETRY_AFTER;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_looks_in_vain_stops_looking_and_tries_again_later() {
        let mut warmth = Warmth::default();
        let mut waits = 0;
        while warmth.is_worth_looking() {
            assert_eq!(warmth.look(|| None::<()>), None);
            waits += 1;
        }
        assert_eq!(waits, MOST_CREDIT / FAILURE_COST);
        let asleep = |warmth: &mut Warmth| (0..).take_while(|_| !warmth.is_worth_looking()).count();
        assert_eq!(asleep(&mut warmth), RETRY_AFTER as usize - 2);
        assert_eq!(asleep(&mut warmth), 2 * RETRY_AFTER as usize - 1);
        // One success is enough to look next time, many to forget the failures.
        for _ in 0..=MOST_CREDIT {
            assert_eq!(warmth.look(|| Some(())), Some(()));
            assert!(warmth.is_worth_looking());
        }
        assert_eq!(warmth.retry_after, RETRY_AFTER);
    }
}
