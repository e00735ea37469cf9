//! What the server measures of itself: the figures of commands and of errors.
//!
//! No counter is shared between threads that write it often. The thread of a client counts in memory
//! of its own ([`Meter`]), and other threads read it there ([`Figures`]). Only the first calls of each
//! command are counted in memory that all clients share ([`Rare`]): most of 10,000 clients send a few
//! commands, and a row for each would take 9 KB of a client. The registry adds the figures of a client
//! to its sums when the client ends, and all sums are made when asked for ([`Totals`]). This module
//! knows commands only by number.

mod histogram;
mod latency;
mod meter;
mod row;
mod slow_log;
mod sweeping;
mod totals;

pub use histogram::Buckets;
pub use latency::{LatencyMonitor, Sample, Series};
pub use meter::{Figures, Meter};
pub use row::{Finished, Row, Sums};
pub use slow_log::{SlowCall, SlowLog};
pub use sweeping::Sweeping;
pub use totals::{Rare, Totals};

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::config::Config;

/// If the slow log asks for fewer microseconds, each call is measured alone.
const PRECISE_US: u64 = 1000;

/// What all threads share of the measuring: its settings, and the slow log.
#[derive(Debug, Default)]
pub struct Measuring {
    /// The slow log.
    pub slow_log: SlowLog,
    /// The latency monitor.
    pub latency: Arc<LatencyMonitor>,
    tracks: AtomicBool,
}

impl Measuring {
    /// Begins to measure. The log notes its events in `latency` as well.
    pub fn new(latency: Arc<LatencyMonitor>) -> Measuring {
        Measuring {
            latency,
            ..Measuring::default()
        }
    }

    /// Takes over the settings.
    pub fn set_up(&self, config: &Config) {
        let monitoring = &config.monitoring;
        self.tracks.store(monitoring.tracks, Ordering::Relaxed);
        self.latency.set_up(monitoring.spike_ms);
        self.slow_log
            .set_up(monitoring.slow_us, monitoring.slow_calls);
    }

    /// Returns whether each call must be measured alone, because short times are asked for.
    pub fn is_precise(&self) -> bool {
        let is_slow_soon = self
            .slow_log
            .threshold_us()
            .is_some_and(|us| us < PRECISE_US);
        is_slow_soon || self.latency.threshold_ms() > 0
    }

    /// Returns whether calls are counted in histograms: `latency-tracking`.
    pub fn tracks(&self) -> bool {
        self.tracks.load(Ordering::Relaxed)
    }
}
