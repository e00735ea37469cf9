//! The due times of an open loop's requests.

use super::random::Random;

/// The distribution of an open loop's requests over time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrivals {
    /// At equal intervals.
    Constant,
    /// As from many independent clients: a Poisson process.
    Poisson,
}

/// An iterator of due times, in nanoseconds from the start.
pub(super) struct Schedule {
    arrivals: Arrivals,
    random: Random,
    gap_ns: f64,
    now_ns: f64,
    end_ns: f64,
}

impl Schedule {
    /// Schedules about `per_second` requests in each of `seconds` seconds.
    pub(super) fn new(arrivals: Arrivals, per_second: f64, seconds: f64, seed: u64) -> Schedule {
        Schedule {
            arrivals,
            random: Random::new(seed),
            gap_ns: 1e9 / per_second,
            now_ns: 0.0,
            end_ns: seconds * 1e9,
        }
    }
}

impl Iterator for Schedule {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        self.now_ns += match self.arrivals {
            Arrivals::Constant => self.gap_ns,
            Arrivals::Poisson => -self.gap_ns * (1.0 - self.random.fraction()).ln(),
        };
        (self.now_ns < self.end_ns).then_some(self.now_ns as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constant_arrivals_have_equal_distances() {
        let due: Vec<u64> = Schedule::new(Arrivals::Constant, 1000.0, 0.005, 1).collect();
        assert_eq!(due, [1_000_000, 2_000_000, 3_000_000, 4_000_000]);
    }

    #[test]
    fn poisson_arrivals_keep_the_rate() {
        let due: Vec<u64> = Schedule::new(Arrivals::Poisson, 10_000.0, 10.0, 1).collect();
        assert!(
            (99_000..101_000).contains(&due.len()),
            "{} requests",
            due.len()
        );
        assert!(due.is_sorted());
    }

    #[test]
    fn the_distances_of_poisson_arrivals_spread_as_they_should() {
        let due: Vec<u64> = Schedule::new(Arrivals::Poisson, 1000.0, 100.0, 1).collect();
        let gaps = due.windows(2).map(|pair| pair[1] - pair[0]);
        // Of exponentially distributed intervals, a share of 1/e is above the mean.
        let long = gaps.filter(|gap| *gap > 1_000_000).count() as f64 / due.len() as f64;
        assert!((long - (-1_f64).exp()).abs() < 0.01, "{long}");
    }

    #[test]
    fn the_same_seed_gives_the_same_schedule() {
        let due = |seed| Schedule::new(Arrivals::Poisson, 1000.0, 1.0, seed).collect::<Vec<_>>();
        assert_eq!(due(7), due(7));
        assert_ne!(due(7), due(8));
    }
}
