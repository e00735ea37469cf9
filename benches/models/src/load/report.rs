//! The results of a run, and their JSON.

use std::fmt::Write;
use std::time::Duration;

use hdrhistogram::Histogram;

/// The reported percentiles, with their names.
const PERCENTILES: [(&str, f64); 5] = [
    ("p50", 50.0),
    ("p90", 90.0),
    ("p99", 99.0),
    ("p99.9", 99.9),
    ("p99.99", 99.99),
];

/// Durations, in nanoseconds, with three significant digits.
#[derive(Clone, Debug)]
pub struct Latencies(Histogram<u64>);

impl Default for Latencies {
    fn default() -> Latencies {
        // Cannot fail: only more than five digits are an error.
        Latencies(Histogram::new(3).unwrap())
    }
}

impl Latencies {
    pub(super) fn record(&mut self, latency: Duration) {
        // Cannot fail: the histogram grows as needed.
        self.0.record(latency.as_nanos() as u64).unwrap();
    }

    /// Returns the duration, in microseconds, that `percentile` percent of the durations do not
    /// exceed.
    pub fn at_us(&self, percentile: f64) -> f64 {
        self.0.value_at_quantile(percentile / 100.0) as f64 / 1000.0
    }

    /// Returns the longest duration, in microseconds.
    pub fn max_us(&self) -> f64 {
        self.0.max() as f64 / 1000.0
    }

    fn json(&self) -> String {
        let mut json = format!("{{\"count\":{}", self.0.len());
        let mean = ("mean", self.0.mean() / 1000.0);
        let percentiles = PERCENTILES.map(|(name, percentile)| (name, self.at_us(percentile)));
        for (name, us) in [mean]
            .into_iter()
            .chain(percentiles)
            .chain([("max", self.max_us())])
        {
            write!(json, ",\"{name}\":{us:.2}").unwrap();
        }
        json + "}"
    }
}

/// The results of a run.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Answered requests.
    pub requests: u64,
    /// Time from the first request sent to the last answer.
    pub elapsed: Duration,
    /// Closed loop: from sending a batch until all of it is answered. Open loop: from a
    /// request's due time until its answer.
    pub latency: Latencies,
    /// GETs that found no value.
    pub misses: u64,
    /// Open loop only: delays from a request's due time until it was sent.
    pub late: Option<Latencies>,
    /// Requests without an answer at the end. `latency` counts them with the time waited.
    pub unanswered: u64,
    /// Latencies of a [`probe`](super::probe) that ran at the same time.
    pub probe: Option<Latencies>,
}

impl Report {
    /// Returns the answered requests per second.
    pub fn per_second(&self) -> f64 {
        self.requests as f64 / self.elapsed.as_secs_f64().max(1e-9)
    }

    /// Returns the report as one JSON object; durations are in microseconds.
    pub fn json(&self) -> String {
        let mut json = format!(
            "{{\"requests\":{},\"seconds\":{:.6},\"per_second\":{:.1},\"misses\":{},\"unanswered\":{}",
            self.requests,
            self.elapsed.as_secs_f64(),
            self.per_second(),
            self.misses,
            self.unanswered
        );
        let all = [
            ("latency_us", Some(&self.latency)),
            ("late_us", self.late.as_ref()),
            ("probe_us", self.probe.as_ref()),
        ];
        for (name, latencies) in all {
            if let Some(latencies) = latencies {
                write!(json, ",\"{name}\":{}", latencies.json()).unwrap();
            }
        }
        json + "}"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_one_json_object() {
        let mut report = Report {
            requests: 4,
            elapsed: Duration::from_secs(2),
            ..Report::default()
        };
        report.latency.record(Duration::from_micros(3));
        assert_eq!(
            report.json(),
            "{\"requests\":4,\"seconds\":2.000000,\"per_second\":2.0,\"misses\":0,\"unanswered\":0,\
             \"latency_us\":{\"count\":1,\"mean\":3.00,\"p50\":3.00,\"p90\":3.00,\"p99\":3.00,\
             \"p99.9\":3.00,\"p99.99\":3.00,\"max\":3.00}}"
        );
    }
}
