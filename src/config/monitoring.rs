//! The settings of the slow log and of the figures about latencies.

use super::setting::{Change, Setting};
use super::value::{boolean, integer, yes_or_no};

/// Which figures about commands are kept, and from which time on a call or an event is noted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Monitoring {
    /// Calls that take as many microseconds enter the slow log; none if negative.
    pub slow_us: i64,
    /// The greatest number of calls in the slow log.
    pub slow_calls: usize,
    /// Events that take as many milliseconds are noted by the latency monitor; 0 for none.
    pub spike_ms: u64,
    /// Whether there is a histogram of each command's latencies.
    pub tracks: bool,
    /// The percentiles of the latencies that INFO reports, as texts.
    pub percentiles: Vec<String>,
}

impl Default for Monitoring {
    fn default() -> Monitoring {
        Monitoring {
            slow_us: 10_000,
            slow_calls: 128,
            spike_ms: 0,
            tracks: true,
            percentiles: ["50", "99", "99.9"].map(str::to_owned).into(),
        }
    }
}

pub(super) const SLOW_US: Setting = Setting {
    name: "slowlog-log-slower-than",
    summary: "microseconds from which on a call enters the slow log; negative for never",
    change: Change::Live,
    get: |config| config.monitoring.slow_us.to_string(),
    set: |config, value| {
        config.monitoring.slow_us = integer(value, -1, i64::MAX)?;
        Ok(())
    },
};

pub(super) const SLOW_CALLS: Setting = Setting {
    name: "slowlog-max-len",
    summary: "largest number of calls in the slow log",
    change: Change::Live,
    get: |config| config.monitoring.slow_calls.to_string(),
    set: |config, value| {
        config.monitoring.slow_calls = integer(value, 0, i64::MAX)? as usize;
        Ok(())
    },
};

pub(super) const SPIKE_MS: Setting = Setting {
    name: "latency-monitor-threshold",
    summary: "milliseconds from which on the latency monitor notes an event; 0 for never",
    change: Change::Live,
    get: |config| config.monitoring.spike_ms.to_string(),
    set: |config, value| {
        config.monitoring.spike_ms = integer(value, 0, i64::MAX)? as u64;
        Ok(())
    },
};

pub(super) const TRACKS: Setting = Setting {
    name: "latency-tracking",
    summary: "count in histograms how long the calls of each command take",
    change: Change::Live,
    get: |config| yes_or_no(config.monitoring.tracks),
    set: |config, value| {
        config.monitoring.tracks = boolean(value)?;
        Ok(())
    },
};

pub(super) const PERCENTILES: Setting = Setting {
    name: "latency-tracking-info-percentiles",
    summary: "percentiles of the latencies of each command that INFO reports",
    change: Change::Live,
    get: |config| config.monitoring.percentiles.join(" "),
    set: |config, value| {
        let percentiles = value.split_ascii_whitespace().map(percentile);
        config.monitoring.percentiles = percentiles.collect::<Result<_, _>>()?;
        Ok(())
    },
};

fn percentile(word: &str) -> Result<String, String> {
    match word.parse::<f64>() {
        Ok(number) if (0.0..=100.0).contains(&number) => Ok(number.to_string()),
        Ok(number) if !number.is_nan() => Err(
            "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]"
                .to_owned(),
        ),
        _ => Err("Invalid latency-tracking-info-percentiles parameters".to_owned()),
    }
}
