//! How the log is doing: what its thread tells everybody, and what it is told.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::clock::unix_time;
use crate::sys::system_text;

/// When the file is synced: `appendfsync`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fsync {
    /// Before a write is answered.
    Always,
    /// Once a second.
    #[default]
    EverySecond,
    /// When the operating system sees fit.
    No,
}

impl Fsync {
    /// All of them, with their names in redis.conf.
    pub const ALL: [(Fsync, &'static str); 3] = [
        (Fsync::Always, "always"),
        (Fsync::EverySecond, "everysec"),
        (Fsync::No, "no"),
    ];
}

/// Figures and switches, written and read by any thread.
#[derive(Debug, Default)]
pub struct Status {
    /// Length of the file, as far as it is whole.
    pub file_bytes: AtomicU64,
    /// Its length at the start or after the last rewrite.
    pub base_bytes: AtomicU64,
    /// Bytes of records that wait in the channel.
    pub queued_bytes: AtomicUsize,
    /// Whether what is done is recorded: `appendonly`.
    pub(super) is_on: AtomicBool,
    /// Whether what is written at once ends in a checksum: `aof-checksums`.
    pub has_checksums: AtomicBool,
    /// Whether a fresh file is being made.
    pub rewriting: AtomicBool,
    /// Whether one is needed, because the old one cannot be relied on.
    pub wants_rewrite: AtomicBool,
    /// Whether the last attempt to make one failed.
    pub last_rewrite_failed: AtomicBool,
    /// When one failed, in seconds since 1970.
    failed_rewrite_s: AtomicU64,
    /// How many have been made.
    pub rewrites: AtomicU64,
    begun_rewrite_s: AtomicU64,
    last_rewrite_took_s: AtomicU64,
    /// How many keys the fresh file has so far.
    pub rewritten_keys: AtomicU64,
    /// When the file was last synced, in seconds since 1970.
    pub last_sync_s: AtomicU64,
    fsync: AtomicU8,
    failure: Mutex<Option<String>>,
    is_failing: AtomicBool,
}

impl Status {
    /// The policy.
    pub fn fsync(&self) -> Fsync {
        let index = self.fsync.load(Ordering::Relaxed);
        Fsync::ALL
            .get(usize::from(index))
            .map_or(Fsync::default(), |row| row.0)
    }

    /// Changes the policy.
    pub fn set_fsync(&self, fsync: Fsync) {
        let index = Fsync::ALL.iter().position(|row| row.0 == fsync);
        self.fsync
            .store(index.unwrap_or_default() as u8, Ordering::Relaxed);
    }

    /// Whether what is done is recorded.
    pub fn is_on(&self) -> bool {
        self.is_on.load(Ordering::Relaxed)
    }

    /// Why the file cannot be written, if it cannot: writes are refused meanwhile.
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

    /// How many seconds the rewrite takes so far that is under way, and how many the last one
    /// took; each -1 if there is none.
    pub fn rewrite_seconds(&self) -> (i64, i64) {
        let begun = self.begun_rewrite_s.load(Ordering::Relaxed);
        let current = self.rewriting.load(Ordering::Relaxed);
        let current = current.then(|| unix_time().as_secs().saturating_sub(begun) as i64);
        let last = match self.rewrites.load(Ordering::Relaxed) {
            0 => -1,
            _ => self.last_rewrite_took_s.load(Ordering::Relaxed) as i64,
        };
        (current.unwrap_or(-1), last)
    }

    pub(super) fn note_begun_rewrite(&self) {
        self.begun_rewrite_s
            .store(unix_time().as_secs(), Ordering::Relaxed);
        self.rewriting.store(true, Ordering::Relaxed);
    }

    pub(super) fn note_rewrite(&self, bytes: u64) {
        let (took, _) = self.rewrite_seconds();
        self.last_rewrite_took_s
            .store(took.max(0) as u64, Ordering::Relaxed);
        self.file_bytes.store(bytes, Ordering::Relaxed);
        self.base_bytes.store(bytes, Ordering::Relaxed);
        self.rewrites.fetch_add(1, Ordering::Relaxed);
        self.last_rewrite_failed.store(false, Ordering::Relaxed);
        self.wants_rewrite.store(false, Ordering::Relaxed);
        self.rewriting.store(false, Ordering::Relaxed);
    }

    pub(super) fn note_failed_rewrite(&self) {
        self.rewriting.store(false, Ordering::Relaxed);
        self.last_rewrite_failed.store(true, Ordering::Relaxed);
        self.failed_rewrite_s
            .store(unix_time().as_secs(), Ordering::Relaxed);
    }

    /// How many seconds ago an attempt to make a fresh file failed.
    pub fn seconds_since_failed_rewrite(&self) -> u64 {
        unix_time()
            .as_secs()
            .saturating_sub(self.failed_rewrite_s.load(Ordering::Relaxed))
    }

    pub(super) fn note_sync(&self) {
        self.last_sync_s
            .store(unix_time().as_secs(), Ordering::Relaxed);
    }
}
