//! Adaptive polling: how a thread waits for its next work.
//!
//! A thread that waits can do one of two things:
//!
//! - **Block.** It calls `recv` and sleeps until the kernel wakes it. It uses no processor meanwhile.
//!   But falling asleep and being woken cost more than a GET, and the thread that wakes it pays as
//!   well.
//! - **Poll.** It asks "is there work?" again and again without sleeping. If the work comes soon, this
//!   is cheaper. If not, the processor's time is lost, and other threads may miss it.
//!
//! A [`Poller`] does both: it polls for a short while, then its owner blocks. Between two polls it
//! calls `yield_now`, so that every other thread that has work runs first. On a busy machine one
//! round of yields takes as long as the other threads need. On an idle machine a poll takes half a
//! microsecond. A client that only waits for replies sends its next request within 50 microseconds.
//!
//! # When polling pays
//!
//! Polling pays if the next work is near. If it is not, polling does harm in two ways. The kernel
//! lowers the priority of a thread that yields too often, so that it waits when it has work. And
//! many polling threads keep each other from sleeping.
//!
//! So each thread keeps an account. A poll costs one credit. A poll that finds work earns
//! `HIT_CREDIT`, because about as many polls cost as much as sleeping and waking. A thread without
//! credit blocks at once. It tries again after 16 waits, then after 32, and so on up to 1,024.
//!
//! If all clients are busy, one to four polls find work, with 50 clients as with 500: the other threads
//! have worked between two polls. At half of the full load it takes 5 to 15 polls,
//! because the other threads only polled as well.
//!
//! So success depends on the other threads. If all of them have given up polling, one that tries
//! alone fails, although all together would succeed. Therefore all threads poll in the first
//! milliseconds of each second. While many clients connect, polls fail for a while, so a thread
//! can save up much credit.
//!
//! # Measured
//!
//! Beside redis-server on 2 processors of a virtual machine, where waking a thread on the other
//! processor is expensive:
//!
//! | load | without polling | with | Redis |
//! |---|---:|---:|---:|
//! | GET of 50 clients, to Redis's rate | 0.65 | 1.05 | 1 |
//! | GET of one client, to Redis's rate | 0.95 | 2 | 1 |
//! | half of the full load: 99th percentile, ms | 0.40 | 0.40 | 0.28 |
//! | half of the full load: seconds of processor time for a million GETs | 13 | 15 | 11 |
//!
//! | choice | otherwise |
//! |---|---|
//! | a hit earns six | at eight, half of the full load: 0.87 ms and 18 seconds |
//! | all poll at the beginning of a second: 500 clients that began asleep reach 120,000 GETs a second | 76,000 |
//! | 1,024 credits at most: 200 clients reach 140,000 GETs a second | 90,000 with 128 |
//!
//! By `make compare COMPARE='--only throughput'` and `'--only latency,cpu'`; the last two rows by
//! `redis-benchmark -t get -c 500` and `-c 200`, `-r 100000 -n 200000`.

use std::thread;
use std::time::{Duration, Instant};

use crate::clock::unix_time;

/// A thread polls for at least this long ...
const POLL_TIME: Duration = Duration::from_micros(50);

/// ... and at least this often.
const MIN_POLLS: u32 = 16;

/// Credits that a poll earns that finds work.
const HIT_CREDIT: u32 = 6;

/// Upper bound of the credits of one thread.
const MAX_CREDIT: u32 = 1024;

/// Waits after which a thread without credit polls again for the first time.
const FIRST_RETRY: u32 = 16;

/// The number of waits doubles with each retry, up to this.
const LAST_RETRY: u32 = 1024;

/// All threads poll in these first milliseconds of each second.
const TRY_TOGETHER_MS: u32 = 20;

/// The account of one thread: whether polling has paid.
#[derive(Debug)]
pub struct Poller {
    /// Polls that the thread may still pay for.
    credit: u32,
    /// Waits without a poll since the last retry.
    waits: u32,
    /// Waits until the next retry.
    retry_after: u32,
}

impl Default for Poller {
    fn default() -> Poller {
        Poller {
            credit: MAX_CREDIT,
            waits: 0,
            retry_after: FIRST_RETRY,
        }
    }
}

impl Poller {
    /// Returns whether to poll before blocking. Call it once for each wait.
    pub fn should_poll(&mut self) -> bool {
        self.credit > 0 || self.is_time_to_retry() || is_common_try()
    }

    fn is_time_to_retry(&mut self) -> bool {
        self.waits += 1;
        if self.waits < self.retry_after {
            return false;
        }
        self.waits = 0;
        self.retry_after = (self.retry_after * 2).min(LAST_RETRY);
        true
    }

    /// Calls `find` until it finds work, or until it is time to block. Yields before each call, because
    /// the work is never there at once: other threads have to bring it.
    pub fn poll<T>(&mut self, mut find: impl FnMut() -> Option<T>) -> Option<T> {
        let began = Instant::now();
        let mut polls = 0;
        while polls < MIN_POLLS || began.elapsed() < POLL_TIME {
            thread::yield_now();
            polls += 1;
            if let Some(found) = find() {
                // Sleeping would have taken as long as this, so these polls are free.
                let is_short = began.elapsed() < POLL_TIME;
                self.pay(if is_short { 0 } else { polls }, HIT_CREDIT);
                return Some(found);
            }
        }
        self.pay(polls, 0);
        None
    }

    /// Takes the price of `polls` from the credit and adds `earned`. At most [`MIN_POLLS`] are
    /// charged: the others were made while no other thread wanted the processor.
    fn pay(&mut self, polls: u32, earned: u32) {
        let left = (self.credit + earned).saturating_sub(polls.min(MIN_POLLS));
        self.credit = left.min(MAX_CREDIT);
        if self.credit == MAX_CREDIT {
            self.retry_after = FIRST_RETRY;
        }
    }
}

/// Whether this is the moment in which all threads poll.
fn is_common_try() -> bool {
    unix_time().subsec_millis() < TRY_TOGETHER_MS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_polls_in_vain_stops_polling_and_tries_again_later() {
        let mut poller = Poller::default();
        for _ in 0..MAX_CREDIT / MIN_POLLS {
            assert!(poller.should_poll());
            assert_eq!(poller.poll(|| None::<()>), None);
        }
        assert_eq!(poller.credit, 0);
        let asleep = |poller: &mut Poller| (0..).take_while(|_| !poller.is_time_to_retry()).count();
        assert_eq!(asleep(&mut poller), FIRST_RETRY as usize - 1);
        assert_eq!(asleep(&mut poller), 2 * FIRST_RETRY as usize - 1);
        // One success is enough to poll next time, many to forget the failures.
        for _ in 0..=MAX_CREDIT {
            assert_eq!(poller.poll(|| Some(())), Some(()));
            assert!(poller.should_poll());
        }
        assert_eq!(poller.retry_after, FIRST_RETRY);
    }

    #[test]
    fn a_thread_that_needs_many_polls_stops_polling_though_it_finds_work() {
        // Other threads take the processor for as long as an idle one would have been polled with.
        let find_at = |at: u32| {
            let mut polls = 0;
            move || {
                thread::sleep(POLL_TIME);
                polls += 1;
                (polls == at).then_some(())
            }
        };
        let mut poller = Poller::default();
        assert_eq!(poller.poll(find_at(HIT_CREDIT / 2)), Some(()));
        assert_eq!(poller.credit, MAX_CREDIT);
        let most = MIN_POLLS - 1;
        for _ in 0..=MAX_CREDIT / (most - HIT_CREDIT) {
            assert_eq!(poller.poll(find_at(most)), Some(()));
        }
        assert_eq!(poller.credit, 0);
    }
}
