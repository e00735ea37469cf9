//! The delays of a class: a slow client, a slow disk of the log, a hold of the store's lock.
//!
//! Only the page changes this (`src/view/classroom.rs`), and only with the setting `classroom`. Without
//! it nothing here is ever set. All fields are relaxed: a thread may see a change a moment later.

use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::thread;
use std::time::{Duration, Instant};

use crate::config::Config;

/// The longest time that each step of the slow client can take, in milliseconds.
pub const MAX_SLOW_MS: u64 = 5_000;

/// The longest time that a write or a sync can be made to take longer, in milliseconds.
pub const MAX_DISK_MS: u64 = 5_000;

/// The longest time for which the lock can be held, in milliseconds.
pub const MAX_HOLD_MS: u64 = 10_000;

/// The bits of [`MAX_SLOW_MS`].
const MS_BITS: u32 = 16;

/// A thread that sleeps checks this often whether it still has to.
const NAP: Duration = Duration::from_millis(10);

/// The delays that a class has asked for. By default there are none, and none can be asked for.
#[derive(Debug, Default)]
pub struct Classroom {
    is_on: AtomicBool,
    /// The slow client's number, and in the lower bits the milliseconds of a step; 0 for none.
    slow: AtomicU64,
    disk_ms: AtomicU64,
    hold_ms: AtomicU64,
    /// The number of the running load; 0 for none.
    load: AtomicU64,
    /// The number of the last load.
    last_load: AtomicU64,
}

impl Classroom {
    /// Takes over the setting `classroom`.
    pub fn set_up(&self, config: &Config) {
        self.is_on.store(config.view.classroom, Relaxed);
    }

    /// Returns whether anything can be slowed down.
    pub fn is_on(&self) -> bool {
        self.is_on.load(Relaxed)
    }

    /// Ends all delays and allows no further ones, because the server stops.
    pub fn end(&self) {
        self.is_on.store(false, Relaxed);
        for slow in [&self.slow, &self.disk_ms, &self.hold_ms, &self.load] {
            slow.store(0, Relaxed);
        }
    }

    /// Makes each step of one client take `ms` milliseconds, at most [`MAX_SLOW_MS`]; with 0 no client
    /// is slow. Only `Tracing` calls this: the client's requests must be traced.
    pub fn set_slow(&self, client: u64, ms: u64) {
        let slow = match ms {
            0 => 0,
            ms => client << MS_BITS | ms.min(MAX_SLOW_MS),
        };
        self.slow.store(slow, Relaxed);
    }

    /// Returns the number of the slow client, and the milliseconds of each of its steps.
    pub fn slow(&self) -> Option<(u64, u64)> {
        match self.slow.load(Relaxed) {
            0 => None,
            slow => Some((slow >> MS_BITS, slow & ((1 << MS_BITS) - 1))),
        }
    }

    /// Ends the slow motion of a client, if it is the slow one. Only `Tracing` calls this.
    pub fn end_slow(&self, client: u64) {
        if self.is_slow(client) {
            self.slow.store(0, Relaxed);
        }
    }

    /// Returns whether each step of this client is to take longer.
    pub fn is_slow(&self, client: u64) -> bool {
        self.slow_ms(client) > 0
    }

    /// Sleeps for as long as a step of this client is to take longer. Ends early when that changes.
    pub fn slow_step(&self, client: u64) {
        sleep_for(|| self.slow_ms(client));
    }

    fn slow_ms(&self, client: u64) -> u64 {
        let slow = self.slow().filter(|(slow, _)| *slow == client);
        slow.map_or(0, |(_, ms)| ms)
    }

    /// Makes each write and each sync of the log's file take `ms` milliseconds longer.
    pub fn set_disk_ms(&self, ms: u64) {
        self.disk_ms.store(ms.min(MAX_DISK_MS), Relaxed);
    }

    /// Returns by how many milliseconds the disk is slowed down.
    pub fn disk_ms(&self) -> u64 {
        self.disk_ms.load(Relaxed)
    }

    /// Sleeps for as long as the disk is slowed down. Ends early when that changes.
    pub fn slow_disk(&self) {
        if self.disk_ms() > 0 {
            sleep_for(|| self.disk_ms());
        }
    }

    /// Asks for the lock of the store to be held for `ms` milliseconds. Returns `false` if it is held
    /// already.
    #[must_use]
    pub fn begin_hold(&self, ms: u64) -> bool {
        let ms = ms.min(MAX_HOLD_MS);
        let changed = self.hold_ms.compare_exchange(0, ms, Relaxed, Relaxed);
        changed.is_ok()
    }

    /// Returns for how many milliseconds the lock is to be held; 0 if it is not.
    pub fn hold_ms(&self) -> u64 {
        self.hold_ms.load(Relaxed)
    }

    /// Sleeps for as long as the lock is to be held. The caller holds it.
    pub fn hold(&self) {
        sleep_for(|| self.hold_ms());
    }

    /// Ends what [`Classroom::begin_hold`] began.
    pub fn end_hold(&self) {
        self.hold_ms.store(0, Relaxed);
    }

    /// Switches the load on. Returns the number of this load; `None` if one is on already.
    #[must_use]
    pub fn begin_load(&self) -> Option<u64> {
        let number = self.last_load.fetch_add(1, Relaxed) + 1;
        let changed = self.load.compare_exchange(0, number, Relaxed, Relaxed);
        changed.is_ok().then_some(number)
    }

    /// Switches the load off, whichever it is.
    pub fn end_any_load(&self) {
        self.load.store(0, Relaxed);
    }

    /// Switches the load of this number off, if it is on.
    pub fn end_load(&self, number: u64) {
        let _ = self.load.compare_exchange(number, 0, Relaxed, Relaxed);
    }

    /// Returns whether the load of this number is on.
    pub fn has_load_of(&self, number: u64) -> bool {
        self.load.load(Relaxed) == number
    }

    /// Returns whether a load is on.
    pub fn has_load(&self) -> bool {
        self.load.load(Relaxed) != 0
    }
}

/// Sleeps until `ms` milliseconds have passed. `ms` may change meanwhile.
fn sleep_for(ms: impl Fn() -> u64) {
    let began = Instant::now();
    loop {
        let left = Duration::from_millis(ms()).saturating_sub(began.elapsed());
        if left.is_zero() {
            return;
        }
        thread::sleep(left.min(NAP));
    }
}
