//! How a thread that has just had work looks for more before it sleeps.
//!
//! To put a thread to sleep and wake it again costs more than a short command, and who
//! wakes it pays as well. So it offers its processor to others, looks, and does that again
//! a number of times. On a busy machine that takes as long as the others need; on an idle
//! one each look takes half a microsecond, and looking goes on for the time in which a
//! client comes back that does nothing but ask.
//!
//! Where the next work is not so near, looking is worse than useless: the kernel makes a
//! thread that has offered its processor too often wait for it when it needs it, and many
//! that look keep each other from sleeping. So looks are paid for: what is found is worth
//! six, and whoever has used up what it had sleeps at once from then on, and tries only
//! after many waits whether that has changed. With every client busy one to four looks find
//! something, with 50 as with 500 of them, since everybody else has worked in between; at
//! half of the full rate it takes 5 to 15, since everybody else has only looked as well.
//!
//! So it depends on the others whether looking pays. Where all have come to sleep at once, who
//! tries alone fails, though all together would succeed: hence a moment each second in which
//! everyone tries. 500 clients whose threads begin asleep come to 120,000 GETs a second, a pause
//! of a second or so included; without that moment they stay at 76,000. And while many clients
//! begin it takes more looks for a while, so a good deal can be saved up: with an eighth of it
//! 200 clients stay at 90,000 instead of 140,000 (`redis-benchmark -t get -c 200 -r 100000 -n
//! 200000`).
//!
//! Measured beside redis-server on 2 processors of a virtual machine, where waking another
//! processor is dear: without any looking GETs of 50 clients came to 0.65 of Redis's rate and
//! those of one client to 0.95; with it to 1.05 and 2 (`make compare COMPARE='--only
//! throughput'`). At half of the full rate (`--only latency,cpu`; on another day than README's)
//! the 99th percentile is 0.40 ms and a million GETs take 15 seconds of processor time, without
//! any looking 0.40 and 13, with Redis 0.28 and 11. When what is found was worth eight looks, it
//! was 0.87 and 18.

use std::thread;
use std::time::{Duration, Instant};

use crate::clock::unix_time;

/// Looking goes on for at least so long ...
const LOOKING: Duration = Duration::from_micros(50);

/// ... and at least so often.
const LOOKS: u32 = 16;

/// What is found is worth so many looks: sleeping and being woken cost about as much.
const WORTH: u32 = 6;

/// So many looks can be saved up.
const MOST_CREDIT: u32 = 1024;

/// Without credit a thread looks after this many waits, next time after twice as many.
const RETRY_AFTER: u32 = 16;

/// But no more than this.
const RETRY_AFTER_MOST: u32 = 1024;

/// And in so many milliseconds at the beginning of each second, as all others do.
const TRY_TOGETHER_MS: u32 = 20;

/// Remembers whether looking has been worth it.
#[derive(Debug)]
pub struct Poller {
    /// In looks.
    credit: u32,
    waits: u32,
    retry_after: u32,
}

impl Default for Poller {
    fn default() -> Poller {
        Poller {
            credit: MOST_CREDIT,
            waits: 0,
            retry_after: RETRY_AFTER,
        }
    }
}

impl Poller {
    /// Whether to look now. To be asked once each time before the thread would sleep.
    pub fn is_worth_looking(&mut self) -> bool {
        self.credit > 0 || self.is_time_to_retry() || all_try()
    }

    fn is_time_to_retry(&mut self) -> bool {
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
            looks += 1;
            if let Some(found) = look() {
                // So short a time would have been lost to sleeping anyway.
                let is_short = began.elapsed() < LOOKING;
                self.pay(if is_short { 0 } else { looks }, WORTH);
                return Some(found);
            }
        }
        self.pay(looks, 0);
        None
    }

    /// Pays for `looks` out of what is saved and `worth`, what they found. No more than `LOOKS`
    /// cost something: the others were made while nobody else wanted the processor.
    fn pay(&mut self, looks: u32, worth: u32) {
        let saved = (self.credit + worth).saturating_sub(looks.min(LOOKS));
        self.credit = saved.min(MOST_CREDIT);
        if self.credit == MOST_CREDIT {
            self.retry_after = RETRY_AFTER;
        }
    }
}

/// Whether this is the moment in which everyone tries.
fn all_try() -> bool {
    unix_time().subsec_millis() < TRY_TOGETHER_MS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_looks_in_vain_stops_looking_and_tries_again_later() {
        let mut poller = Poller::default();
        for _ in 0..MOST_CREDIT / LOOKS {
            assert!(poller.is_worth_looking());
            assert_eq!(poller.look(|| None::<()>), None);
        }
        assert_eq!(poller.credit, 0);
        let asleep = |poller: &mut Poller| (0..).take_while(|_| !poller.is_time_to_retry()).count();
        assert_eq!(asleep(&mut poller), RETRY_AFTER as usize - 1);
        assert_eq!(asleep(&mut poller), 2 * RETRY_AFTER as usize - 1);
        // One success is enough to look next time, many to forget the failures.
        for _ in 0..=MOST_CREDIT {
            assert_eq!(poller.look(|| Some(())), Some(()));
            assert!(poller.is_worth_looking());
        }
        assert_eq!(poller.retry_after, RETRY_AFTER);
    }

    #[test]
    fn whoever_needs_many_looks_stops_looking_though_it_finds_something() {
        // Others take the processor for as long as an idle one would have been looked with.
        let find_at = |at: u32| {
            let mut looks = 0;
            move || {
                thread::sleep(LOOKING);
                looks += 1;
                (looks == at).then_some(())
            }
        };
        let mut poller = Poller::default();
        assert_eq!(poller.look(find_at(WORTH / 2)), Some(()));
        assert_eq!(poller.credit, MOST_CREDIT);
        let most = LOOKS - 1;
        for _ in 0..=MOST_CREDIT / (most - WORTH) {
            assert_eq!(poller.look(find_at(most)), Some(()));
        }
        assert_eq!(poller.credit, 0);
    }
}
