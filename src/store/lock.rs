//! The lock of the store: `std::sync::RwLock`, and a line for threads that wait long.
//!
//! ```text
//!   arrive --> free? --yes------------------------------> locked
//!              | no
//!            spin for some microseconds, then
//!            yield the processor between tries ---------> locked
//!              | no success for a while
//!            stand in line; as first the same ----------> locked
//!              | no success for a while
//!            sleep until it is free --------------------> locked
//! ```
//!
//! The standard library gives a released lock to the first thread that tries. Of the sleeping
//! threads it wakes writers first. Clients with pipelines need the lock all the time, so a woken
//! thread comes too late again and again. Therefore threads sleep late here, and while the first in
//! line waits, no other thread takes the lock. As in Go (`sync.Mutex`), newcomers may overtake the
//! line for a millisecond: a running thread gets the lock without a switch, which is faster.
//!
//! Measured with 8 clients that insert keys in pipelines of 100 on 2 processors, and one that sends
//! a GET each millisecond (`make compare COMPARE='--only slowest'`). One GET in a hundred takes 1.4
//! ms (redis-server: 3.0), at 1.3 million inserts a second. With 10 tries and then `RwLock` alone it
//! took 150 to 200 ms, at as many inserts or a little less.
//!
//! Each thread that yields, tries once and is too early costs a switch and cold caches. 50 clients
//! that send SETs in pipelines of 16 reached 600,000 a second without spinning or with 2
//! microseconds of it, and 1,000,000 with 4 or 8; single requests did not change (`load --get 0
//! --pipeline 16`, medians of 9 rounds). Pipelines of SADD hold the lock longer, because each
//! new member waits for memory: 250,000 a second with 4 microseconds and 345,000 with 10, and SETs
//! were as fast with 10 (`load --pipeline 16 --keys 1000000000 --command 'SADD set
//! member:__rand_int__'`, medians of 4 interleaved rounds).

use std::hint;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{
    LockResult, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, TryLockError,
    TryLockResult,
};
use std::thread;
use std::time::{Duration, Instant};

use crate::threads::{self, Doing, Mode, Reason};

/// A thread spins for this long: a little longer than most threads hold the lock, which is the
/// time of a pipeline of some 16 commands that wait for memory.
const SPINNING: Duration = Duration::from_micros(10);

/// A thread tries for this long before it stands in line, and as first in line before it sleeps.
const TRYING: Duration = Duration::from_millis(1);

/// A lock that many threads share for reading, or one holds for writing.
#[derive(Debug)]
pub(super) struct Lock<T> {
    inner: RwLock<T>,
    /// Held by the first in line; the others sleep until they have it.
    line: Mutex<()>,
    /// Whether the first in line waits. Then newcomers do not take the lock.
    is_first_waiting: AtomicBool,
}

impl<T> Lock<T> {
    pub(super) fn new(value: T) -> Lock<T> {
        Lock {
            inner: RwLock::new(value),
            line: Mutex::new(()),
            is_first_waiting: AtomicBool::new(false),
        }
    }

    /// Locks for reading. Tells how long it waited; the clock is read only if it did.
    pub(super) fn read(&self) -> (RwLockReadGuard<'_, T>, Duration) {
        let (try_once, sleep) = (|| self.inner.try_read(), || self.inner.read());
        self.take(Mode::Shared, try_once, sleep)
    }

    /// Locks for reading, unless that takes longer than a short wait of other threads. For a thread
    /// that only looks on: it never stands in line.
    pub(super) fn try_read(&self) -> Option<RwLockReadGuard<'_, T>> {
        let try_once = || match self.is_first_waiting.load(Ordering::Relaxed) {
            true => None,
            false => self.inner.try_read().ok(),
        };
        try_once().or_else(|| try_for_a_while(Instant::now(), try_once))
    }

    /// Locks for writing; see [`Lock::read`].
    pub(super) fn write(&self) -> (RwLockWriteGuard<'_, T>, Duration) {
        let (try_once, sleep) = (|| self.inner.try_write(), || self.inner.write());
        self.take(Mode::Alone, try_once, sleep)
    }

    fn take<G>(
        &self,
        mode: Mode,
        try_once: impl Fn() -> TryLockResult<G>,
        sleep: impl FnOnce() -> LockResult<G>,
    ) -> (G, Duration) {
        let try_once = || match try_once() {
            Ok(guard) => Some(guard),
            Err(TryLockError::WouldBlock) => None,
            Err(TryLockError::Poisoned(_)) => torn(),
        };
        // Nothing depends on how soon other threads see that this is set or cleared.
        let try_politely = || match self.is_first_waiting.load(Ordering::Relaxed) {
            true => None,
            false => try_once(),
        };
        if let Some(guard) = try_politely() {
            return (guard, Duration::ZERO);
        }
        threads::does(Doing::Wants(mode));
        let _waiting = threads::waiting(Reason::Lock);
        let began = Instant::now();
        let guard = try_for_a_while(began, try_politely).unwrap_or_else(|| {
            let _first = self.line.lock().unwrap_or_else(PoisonError::into_inner);
            self.is_first_waiting.store(true, Ordering::Relaxed);
            let guard = try_for_a_while(Instant::now(), try_once)
                .unwrap_or_else(|| sleep().unwrap_or_else(|_| torn()));
            self.is_first_waiting.store(false, Ordering::Relaxed);
            guard
        });
        (guard, began.elapsed())
    }
}

/// Tries until [`TRYING`] has passed since `began`. At first it spins, because the holder of the lock may be running
/// on another processor; then it yields, because the holder may be waiting for this one.
fn try_for_a_while<G>(began: Instant, try_once: impl Fn() -> Option<G>) -> Option<G> {
    loop {
        match began.elapsed() {
            tried if tried < SPINNING => (0..8).for_each(|_| hint::spin_loop()),
            tried if tried < TRYING => thread::yield_now(),
            _ => return None,
        }
        if let Some(guard) = try_once() {
            return Some(guard);
        }
    }
}

fn torn() -> ! {
    eprintln!(
        "A thread panicked while it changed data, which may be half changed now. Nothing \
         more is served; start again to replay the append-only file."
    );
    std::process::abort()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_who_wait_have_their_turn() {
        const THREADS: u64 = 6;
        const TURNS: u64 = 20;
        let lock = Lock::new(0);
        let turns = || {
            for _ in 0..TURNS {
                let mut count = lock.write().0;
                *count += 1;
                // So that some stand in line, and the first of them sleeps.
                thread::sleep(TRYING * 2);
                drop(count);
                let before = *lock.read().0;
                assert!((1..=THREADS * TURNS).contains(&before));
            }
        };
        thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(turns);
            }
        });
        assert_eq!(*lock.read().0, THREADS * TURNS);
        assert!(!lock.is_first_waiting.load(Ordering::Relaxed));
    }
}
