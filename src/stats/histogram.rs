//! Histograms of the time that calls took.
//!
//! Each power of two of nanoseconds has four buckets, from 256 ns to about a second. So a
//! percentile is off by a few percent, and a histogram takes 736 bytes.

use std::sync::atomic::{AtomicU64, Ordering};

/// The buckets below the first power of two.
const FIRST: usize = 4;
/// The exponent of the first power of two with four buckets of its own: 256 ns.
const FIRST_POWER: u32 = 8;
/// The exponent of the last one. A call of 2^30 ns or more counts as the longest one below.
const LAST_POWER: u32 = 29;
const COUNT: usize = FIRST + 4 * (LAST_POWER - FIRST_POWER + 1) as usize;

/// A histogram that one thread writes and any thread reads.
#[derive(Debug)]
pub(super) struct Histogram([AtomicU64; COUNT]);

impl Histogram {
    pub(super) fn new() -> Histogram {
        Histogram([const { AtomicU64::new(0) }; COUNT])
    }

    /// Adds calls of `ns` nanoseconds each.
    pub(super) fn add(&self, ns: u64, calls: u64) {
        let bucket = &self.0[index_of(ns)];
        let before = bucket.load(Ordering::Relaxed);
        bucket.store(before + calls, Ordering::Relaxed);
    }
}

/// Sums of histograms.
#[derive(Clone, Debug)]
pub struct Buckets([u64; COUNT]);

impl Default for Buckets {
    fn default() -> Buckets {
        Buckets([0; COUNT])
    }
}

impl Buckets {
    /// Adds calls of `ns` nanoseconds each.
    pub fn add(&mut self, ns: u64, calls: u64) {
        self.0[index_of(ns)] += calls;
    }

    pub(super) fn absorb_sums(&mut self, other: &Buckets) {
        for (sum, count) in self.0.iter_mut().zip(other.0) {
            *sum += count;
        }
    }

    pub(super) fn absorb(&mut self, histogram: &Histogram) {
        for (sum, bucket) in self.0.iter_mut().zip(&histogram.0) {
            *sum += bucket.load(Ordering::Relaxed);
        }
    }

    /// Subtracts former sums of the same histograms.
    pub(super) fn subtract(&mut self, other: &Buckets) {
        for (sum, count) in self.0.iter_mut().zip(other.0) {
            *sum -= count;
        }
    }

    /// Returns the sums of the calls since these were `former`. Returns `None` if a reset to zero was in
    /// between.
    pub fn since(&self, former: &Buckets) -> Option<Buckets> {
        let mut sums = self.clone();
        for (sum, count) in sums.0.iter_mut().zip(former.0) {
            *sum = sum.checked_sub(count)?;
        }
        Some(sums)
    }

    /// Returns the number of measured calls.
    pub fn count(&self) -> u64 {
        self.0.iter().sum()
    }

    /// Returns the time in nanoseconds within which `percentile` of the calls ended, estimated
    /// within its bucket.
    pub fn percentile(&self, percentile: f64) -> u64 {
        let wanted = (self.count() as f64 * percentile / 100.0).max(1.0);
        let (mut before, mut lower) = (0, 0);
        for (index, &count) in self.0.iter().enumerate() {
            let upper = end_of(index);
            if count > 0 && (before + count) as f64 >= wanted {
                let part = (wanted - before as f64) / count as f64;
                return lower + ((upper - lower) as f64 * part) as u64;
            }
            before += count;
            lower = upper;
        }
        lower
    }

    /// Returns for each power of two, from 1,024 ns on, the number of calls that took less; only
    /// where that number grows.
    pub fn cumulative(&self) -> Vec<(u64, u64)> {
        let mut found = Vec::new();
        let (mut calls, mut told) = (0, 0);
        for (index, count) in self.0.iter().enumerate() {
            calls += count;
            let end = end_of(index);
            if end.is_power_of_two() && end >= 1024 && calls > told {
                found.push((end, calls));
                told = calls;
            }
        }
        found
    }
}

/// Returns the bucket of a call that took `ns` nanoseconds.
fn index_of(ns: u64) -> usize {
    if ns < 1 << FIRST_POWER {
        return (ns >> (FIRST_POWER - 2)) as usize;
    }
    let power = ns.ilog2();
    if power > LAST_POWER {
        return COUNT - 1;
    }
    let quarter = (ns >> (power - 2)) & 3;
    FIRST + 4 * (power - FIRST_POWER) as usize + quarter as usize
}

/// Returns the nanoseconds at which a bucket ends.
fn end_of(index: usize) -> u64 {
    let index = index as u64;
    if index < FIRST as u64 {
        return (index + 1) << (FIRST_POWER - 2);
    }
    let (power, quarter) = (
        (index - FIRST as u64) / 4 + u64::from(FIRST_POWER),
        (index - FIRST as u64) % 4,
    );
    (5 + quarter) << (power - 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_time_is_in_the_bucket_that_ends_after_it() {
        for ns in (0..5000).chain([1 << 20, (1 << 30) - 1]) {
            let index = index_of(ns);
            assert!(ns < end_of(index), "{ns}");
            assert!(index == 0 || ns >= end_of(index - 1), "{ns}");
        }
        assert_eq!(index_of(u64::MAX), COUNT - 1);
        assert_eq!(end_of(COUNT - 1), 1 << 30);
    }

    #[test]
    fn percentiles_and_cumulative_counts_agree_with_the_calls() {
        let histogram = Histogram::new();
        histogram.add(100, 50);
        histogram.add(3000, 49);
        histogram.add(1_000_000, 1);
        let mut sums = Buckets::default();
        sums.absorb(&histogram);
        assert_eq!(sums.cumulative(), [(1024, 50), (4096, 99), (1 << 20, 100)]);
        assert!((64..=128).contains(&sums.percentile(50.0)));
        assert!((2560..=3072).contains(&sums.percentile(99.0)));
        assert!((917_504..=1 << 20).contains(&sums.percentile(100.0)));
    }
}
