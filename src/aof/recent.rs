//! The writes, or the syncs, of the last seconds, summed up over tenths of a second. However many there
//! are, all are counted, and the biggest and the slowest are known.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering, fence};
use std::time::{Duration, Instant};

/// A slot sums up the events of this span of time.
const SLOT: Duration = Duration::from_millis(100);

/// The number of slots. A reader that comes more often than this many times [`SLOT`] misses nothing.
const KEPT: u64 = 32;

/// The recent events of a thread. That thread never waits for a reader. A reader may see the last
/// event in a part of its sums only; then the next reading has all of it.
#[derive(Debug)]
pub struct Recent {
    base: Instant,
    /// Slot `n` begins at `base + n * SLOT`, and is at `n % KEPT`.
    slots: [Slot; KEPT as usize],
}

#[derive(Debug, Default)]
struct Slot {
    /// The number of the slot plus 1; 0 while there are no sums.
    key: AtomicU64,
    count: AtomicU64,
    bytes: AtomicU64,
    most_bytes: AtomicU64,
    most_ns: AtomicU64,
}

/// The writes or the syncs that ended in one tenth of a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tenth {
    /// When it began.
    pub began: Instant,
    /// The number of events.
    pub count: u64,
    /// Bytes written, or made durable, by all of them.
    pub bytes: u64,
    /// The bytes of the biggest.
    pub most_bytes: u64,
    /// The time of the slowest, in microseconds.
    pub most_us: u64,
}

impl Default for Recent {
    fn default() -> Recent {
        Recent {
            base: Instant::now(),
            slots: std::array::from_fn(|_| Slot::default()),
        }
    }
}

impl Recent {
    /// Adds an event. Only the log's thread calls this.
    pub(super) fn add(&self, bytes: u64, time: Range<Instant>) {
        let number = self.number(time.end);
        let slot = &self.slots[(number % KEPT) as usize];
        slot.begin(number + 1);
        let ns = (time.end - time.start).as_nanos() as u64;
        add(&slot.count, |count| count + 1);
        add(&slot.bytes, |sum| sum + bytes);
        add(&slot.most_bytes, |most| most.max(bytes));
        add(&slot.most_ns, |most| most.max(ns));
    }

    /// Returns the tenths of the last seconds that have an event, in order.
    pub fn read(&self) -> Vec<Tenth> {
        let now = self.number(Instant::now());
        let numbers = (now + 1).saturating_sub(KEPT)..now + 1;
        numbers.filter_map(|number| self.at(number)).collect()
    }

    fn number(&self, at: Instant) -> u64 {
        (at.duration_since(self.base).as_nanos() / SLOT.as_nanos()) as u64
    }

    fn at(&self, number: u64) -> Option<Tenth> {
        let slot = &self.slots[(number % KEPT) as usize];
        let is_there = || slot.key.load(Ordering::Acquire) == number + 1;
        if !is_there() {
            return None;
        }
        let read = |sum: &AtomicU64| sum.load(Ordering::Relaxed);
        let tenth = Tenth {
            began: self.base + SLOT * number as u32,
            count: read(&slot.count),
            bytes: read(&slot.bytes),
            most_bytes: read(&slot.most_bytes),
            most_us: read(&slot.most_ns) / 1000,
        };
        // The sums may be those of a later slot in the same place.
        fence(Ordering::Acquire);
        is_there().then_some(tenth)
    }
}

impl Slot {
    /// Forgets the sums of an earlier slot. A reader that sees a later sum also sees that the earlier
    /// slot is gone.
    fn begin(&self, key: u64) {
        if self.key.load(Ordering::Relaxed) == key {
            return;
        }
        self.key.store(0, Ordering::Relaxed);
        fence(Ordering::Release);
        for sum in [&self.count, &self.bytes, &self.most_bytes, &self.most_ns] {
            sum.store(0, Ordering::Relaxed);
        }
        self.key.store(key, Ordering::Release);
    }
}

/// Changes a sum that no other thread changes.
fn add(sum: &AtomicU64, change: impl FnOnce(u64) -> u64) {
    sum.store(change(sum.load(Ordering::Relaxed)), Ordering::Relaxed);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicBool;
    use std::thread;

    /// Adds an event of `bytes` bytes that ends this long after the first slot began, and takes as many
    /// microseconds.
    fn add_at(recent: &Recent, after: Duration, bytes: u64) {
        let ended = recent.base + Duration::from_secs(1) + after;
        recent.add(bytes, ended - Duration::from_micros(bytes)..ended);
    }

    #[test]
    fn all_of_a_tenth_are_counted_and_the_greatest_are_known() {
        let recent = Recent::default();
        for bytes in [2, 900, 1] {
            add_at(&recent, Duration::ZERO, bytes);
        }
        add_at(&recent, SLOT, 5);
        let at = |number| {
            recent
                .at(number)
                .map(|it| (it.count, it.bytes, it.most_bytes, it.most_us))
        };
        assert_eq!(at(10), Some((3, 903, 900, 900)));
        assert_eq!(at(11), Some((1, 5, 5, 5)));
        assert_eq!(at(12), None);
        add_at(&recent, SLOT * KEPT as u32, 7);
        assert_eq!((at(10), at(10 + KEPT)), (None, Some((1, 7, 7, 7))));
    }

    #[test]
    fn a_reader_never_sees_sums_of_another_time() {
        let (recent, is_done) = (Recent::default(), AtomicBool::new(false));
        thread::scope(|scope| {
            scope.spawn(|| {
                for number in 0..300_000 {
                    // Every event has a slot of its own, and its number as bytes.
                    let ended = recent.base + SLOT * number;
                    recent.add(u64::from(number), ended..ended);
                }
                is_done.store(true, Ordering::Release);
            });
            let mut first = 0;
            while !is_done.load(Ordering::Acquire) {
                for number in first..first + KEPT {
                    let bytes = recent.at(number).map(|it| it.bytes);
                    assert!(bytes.is_none_or(|bytes| bytes == number || bytes == 0));
                }
                let keys = recent
                    .slots
                    .iter()
                    .map(|slot| slot.key.load(Ordering::Relaxed));
                first = keys.max().unwrap_or_default();
            }
        });
        assert_eq!(recent.at(299_999).map(|it| it.bytes), Some(299_999));
    }
}
