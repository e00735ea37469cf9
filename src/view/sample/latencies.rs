//! The percentiles of calls, of the last second or so.

use std::time::{Duration, Instant};

use crate::stats::Buckets;

/// Percentiles are made of the calls of this time, or of a little more.
const SPAN: Duration = Duration::from_secs(1);

/// The percentiles of the last span.
#[derive(Debug, Default)]
pub(super) struct Latencies {
    /// The end of the last span, and the sums of all calls until then.
    last: Option<(Instant, Buckets)>,
    /// The 50th and the 99th percentile of the calls of the last span.
    percentiles: [Duration; 2],
}

impl Latencies {
    /// Returns the 50th and the 99th percentile of the calls of the last span; 0 if it had no calls. `sums`
    /// count all calls until `now`; CONFIG RESETSTAT may have set them to zero meanwhile.
    pub(super) fn percentiles(&mut self, now: Instant, sums: Buckets) -> [Duration; 2] {
        let last = self.last.as_ref();
        if last.is_some_and(|(ended, _)| now.saturating_duration_since(*ended) < SPAN) {
            return self.percentiles;
        }
        // The calls before the first span are of unknown age.
        let former = last.map_or(&sums, |(_, former)| former);
        let since_former = sums.since(former);
        let calls = since_former.as_ref().unwrap_or(&sums);
        self.percentiles = match calls.count() {
            0 => Default::default(),
            _ => [50.0, 99.0].map(|percentile| Duration::from_nanos(calls.percentile(percentile))),
        };
        self.last = Some((now, sums));
        self.percentiles
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sums(calls: &[(u64, u64)]) -> Buckets {
        let mut sums = Buckets::default();
        for (ns, calls) in calls {
            sums.add(*ns, *calls);
        }
        sums
    }

    #[test]
    fn percentiles_are_of_the_last_span() {
        let (mut latencies, began) = (Latencies::default(), Instant::now());
        let before = latencies.percentiles(began, sums(&[(9_000_000, 100)]));
        assert_eq!(before, [Duration::ZERO; 2]);
        let first = sums(&[(9_000_000, 100), (500, 90), (3_000_000, 10)]);
        let [half, most] = latencies.percentiles(began + SPAN, first);
        assert!(half > Duration::ZERO && half < Duration::from_micros(1));
        assert!((2..5).contains(&most.as_millis()));
        let soon = latencies.percentiles(began + SPAN * 3 / 2, sums(&[(500, 1000)]));
        assert_eq!(soon, [half, most]);
        let later = sums(&[(9_000_000, 100), (500, 100), (3_000_000, 10)]);
        let [_, most] = latencies.percentiles(began + 2 * SPAN, later.clone());
        assert!(most < Duration::from_micros(1));
        let none = latencies.percentiles(began + 3 * SPAN, later);
        assert_eq!(none, [Duration::ZERO; 2]);
    }

    #[test]
    fn a_reset_begins_a_new_span() {
        let (mut latencies, began) = (Latencies::default(), Instant::now());
        latencies.percentiles(began, sums(&[(500, 10)]));
        // More calls than before, but fewer that took 500 ns.
        let [half, _] = latencies.percentiles(began + SPAN, sums(&[(500, 1), (3_000_000, 99)]));
        assert!(half > Duration::from_millis(2));
    }
}
