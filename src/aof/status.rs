//! Figures and settings of the log that all threads share.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::figures::Figures;
use super::switch::{Rewrites, Switch};
use crate::classroom::Classroom;
use crate::clock::unix_time;
use crate::config::{Config, Fsync};
use crate::stats::LatencyMonitor;
use crate::sys::system_text;

/// Figures and settings, read and written by any thread.
#[derive(Debug, Default)]
pub struct Status {
    /// Length of the file, without a record that is being written.
    pub(super) file_bytes: AtomicU64,
    /// Its length at the start or after the last rewrite.
    base_bytes: AtomicU64,
    /// Bytes of records that wait in the channel.
    pub queued_bytes: AtomicUsize,
    /// Whether each piece gets a checksum: `aof-checksums`.
    pub has_checksums: AtomicBool,
    /// How often another process was found to have changed the file.
    pub lost_files: AtomicU64,
    /// How its writes and syncs went.
    pub figures: Figures,
    /// Notes the ones that took long.
    pub latency: Arc<LatencyMonitor>,
    /// Whether a class has slowed the disk down.
    pub classroom: Arc<Classroom>,
    /// When the file was last synced, in seconds since 1970.
    pub last_sync_s: AtomicU64,
    fsync: AtomicU8,
    /// Whether commands are recorded, and whether a fresh file is being made.
    pub(super) switch: Switch,
    failure: Mutex<Option<String>>,
    is_failing: AtomicBool,
}

impl Status {
    /// Takes over the settings of the log's thread.
    pub fn set_up(&self, config: &Config) {
        self.set_fsync(config.appendfsync);
        self.has_checksums
            .store(config.aof_checksums, Ordering::Relaxed);
    }

    /// Returns the policy.
    pub fn fsync(&self) -> Fsync {
        let index = self.fsync.load(Ordering::Relaxed);
        Fsync::ALL
            .get(usize::from(index))
            .map_or(Fsync::default(), |row| row.0)
    }

    fn set_fsync(&self, fsync: Fsync) {
        let index = Fsync::ALL.iter().position(|row| row.0 == fsync);
        self.fsync
            .store(index.unwrap_or_default() as u8, Ordering::Relaxed);
    }

    /// Whether commands are recorded: `appendonly` is on, or its first file is being made.
    pub fn is_recording(&self) -> bool {
        self.switch.is_recording()
    }

    /// Whether `appendonly` is on and its first file is there.
    pub fn is_on(&self) -> bool {
        self.switch.is_on()
    }

    /// The figures of rewrites.
    pub fn rewrites(&self) -> Rewrites {
        self.switch.rewrites()
    }

    /// Why the file cannot be written; `None` if it can. Writes are refused meanwhile.
    pub fn failure(&self) -> Option<String> {
        if !self.is_failing.load(Ordering::Relaxed) {
            return None;
        }
        let failure = self.failure.lock();
        failure.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether the file cannot be written.
    pub fn is_failing(&self) -> bool {
        self.is_failing.load(Ordering::Relaxed)
    }

    pub(super) fn set_failure(&self, error: Option<&io::Error>) {
        let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        *failure = error.map(system_text);
        self.is_failing.store(failure.is_some(), Ordering::Relaxed);
    }

    /// The length of the file in bytes: now, and at the start or after the last rewrite.
    pub fn sizes(&self) -> (u64, u64) {
        let load = |bytes: &AtomicU64| bytes.load(Ordering::Relaxed);
        (load(&self.file_bytes), load(&self.base_bytes))
    }

    /// Notes that the file was replaced by one of this length, or closed.
    pub(super) fn note_file(&self, bytes: u64) {
        self.file_bytes.store(bytes, Ordering::Relaxed);
        self.base_bytes.store(bytes, Ordering::Relaxed);
        self.figures.unsynced.clear();
    }

    pub(super) fn note_sync(&self) {
        self.last_sync_s
            .store(unix_time().as_secs(), Ordering::Relaxed);
    }
}
