//! The last writes, or the last syncs, of the log's thread.

use std::sync::atomic::{AtomicU64, Ordering, fence};
use std::time::Duration;

/// How many are remembered.
const KEPT: usize = 64;

/// The last ones of a thread, with their numbers. That thread never waits for a reader: a reader
/// drops the ones that were overwritten while it read.
#[derive(Debug)]
pub struct Recent {
    /// How many there have been.
    count: AtomicU64,
    /// Number `n` is at `n % KEPT`.
    kept: [Slot; KEPT],
}

#[derive(Debug, Default)]
struct Slot {
    bytes: AtomicU64,
    ns: AtomicU64,
}

/// A write or a sync.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Done {
    /// Its number, from 0.
    pub number: u64,
    /// Bytes written, or made durable.
    pub bytes: u64,
    /// Its time in microseconds.
    pub us: u64,
}

impl Default for Recent {
    fn default() -> Recent {
        Recent {
            count: AtomicU64::new(0),
            kept: std::array::from_fn(|_| Slot::default()),
        }
    }
}

impl Recent {
    /// Adds one. Only the log's thread calls this.
    pub(super) fn add(&self, bytes: u64, took: Duration) {
        let number = self.count.load(Ordering::Relaxed);
        let slot = &self.kept[number as usize % KEPT];
        // A reader that sees a byte of the new content must also see the count so far.
        fence(Ordering::Release);
        slot.bytes.store(bytes, Ordering::Relaxed);
        slot.ns.store(took.as_nanos() as u64, Ordering::Relaxed);
        self.count.store(number + 1, Ordering::Release);
    }

    /// Returns the last ones, in order.
    pub fn read(&self) -> Vec<Done> {
        let count = self.count.load(Ordering::Acquire);
        let numbers = count.saturating_sub(KEPT as u64)..count;
        let mut read: Vec<Done> = numbers.map(|number| self.at(number)).collect();
        fence(Ordering::Acquire);
        // Number `after` may be half written, in the place of number `after - KEPT`.
        let after = self.count.load(Ordering::Relaxed);
        read.retain(|it| it.number + KEPT as u64 > after);
        read
    }

    fn at(&self, number: u64) -> Done {
        let slot = &self.kept[number as usize % KEPT];
        Done {
            number,
            bytes: slot.bytes.load(Ordering::Relaxed),
            us: slot.ns.load(Ordering::Relaxed) / 1000,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicBool;
    use std::thread;

    #[test]
    fn a_reader_sees_whole_ones_in_order_while_more_are_added() {
        let (recent, is_done) = (Recent::default(), AtomicBool::new(false));
        thread::scope(|scope| {
            scope.spawn(|| {
                for number in 0..200_000 {
                    recent.add(number, Duration::from_micros(number));
                }
                is_done.store(true, Ordering::Release);
            });
            let mut last = 0;
            while !is_done.load(Ordering::Acquire) {
                let read = recent.read();
                assert!(
                    read.iter()
                        .all(|it| (it.bytes, it.us) == (it.number, it.number))
                );
                assert!(read.is_sorted_by_key(|it| it.number));
                let newest = read.last().map_or(last, |it| it.number);
                assert!(newest >= last);
                last = newest;
            }
        });
        assert_eq!(recent.read().last().unwrap().number, 199_999);
    }
}
