//! The progress of loading the data, as INFO shows it.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::clock::unix_time;

/// Progress of loading. Written by the thread that loads, read by any thread.
#[derive(Debug, Default)]
pub struct Loading {
    is_on: AtomicBool,
    started_s: AtomicU64,
    total_bytes: AtomicU64,
    loaded_bytes: AtomicU64,
    /// The result, once all is loaded from a file.
    pub recovered: OnceLock<Recovered>,
}

/// The figures of the load at the start: data that the file brought back, and bytes that were cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recovered {
    /// The number of keys.
    pub keys: u64,
    /// The number of commands that were executed.
    pub records: u64,
    /// Bytes of the good part of the file.
    pub bytes: u64,
    /// Bytes of a broken end, which was cut off.
    pub cut_bytes: u64,
    /// The time that it took, in milliseconds.
    pub ms: u64,
}

/// The progress at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// When loading began, in seconds since 1970.
    pub started_s: u64,
    /// Bytes to be loaded.
    pub total_bytes: u64,
    /// Bytes loaded so far.
    pub loaded_bytes: u64,
    /// The part loaded so far, in percent.
    pub percent: f64,
    /// Estimated seconds until the end.
    pub eta_s: u64,
}

impl Loading {
    /// Begins loading. From now on commands that need the data are refused.
    pub fn begin(&self, total_bytes: u64) {
        self.started_s
            .store(unix_time().as_secs(), Ordering::Relaxed);
        self.total_bytes.store(total_bytes, Ordering::Relaxed);
        self.loaded_bytes.store(0, Ordering::Relaxed);
        self.is_on.store(true, Ordering::Release);
    }

    /// Notes the bytes loaded so far.
    pub fn advance(&self, loaded_bytes: u64) {
        self.loaded_bytes.store(loaded_bytes, Ordering::Relaxed);
    }

    /// Ends loading. A thread that sees this also sees the loaded data.
    pub fn end(&self) {
        self.is_on.store(false, Ordering::Release);
    }

    /// Whether the data is being loaded.
    pub fn is_on(&self) -> bool {
        self.is_on.load(Ordering::Acquire)
    }

    /// Returns the progress, computed as in Redis.
    pub fn progress(&self) -> Progress {
        let started_s = self.started_s.load(Ordering::Relaxed);
        let total_bytes = self.total_bytes.load(Ordering::Relaxed);
        let loaded_bytes = self.loaded_bytes.load(Ordering::Relaxed);
        let elapsed_s = unix_time().as_secs().saturating_sub(started_s);
        let left_bytes = total_bytes.saturating_sub(loaded_bytes);
        Progress {
            started_s,
            total_bytes,
            loaded_bytes,
            percent: loaded_bytes as f64 * 100.0 / total_bytes.max(1) as f64,
            eta_s: match elapsed_s {
                0 => 1,
                _ => elapsed_s.saturating_mul(left_bytes) / (loaded_bytes + 1),
            },
        }
    }
}
