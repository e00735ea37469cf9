//! The pending bytes of all outboxes together, and their limit.

use std::fs;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{PoisonError, RwLock};

use crate::config::{Config, OutputLimit};
use crate::sys::memory;

/// While the budget is spent, a client with more pending bytes than this is not read from. Other
/// clients are not affected.
const SMALL_BYTES: usize = 1024 * 1024;

/// The default of `client-output-buffer-total` is the memory divided by this.
const MEMORY_PART: u64 = 4;

/// The default if the size of the memory is unknown.
const FALLBACK_BYTES: u64 = 1 << 30;

/// Counts the pending bytes of all clients, and holds the limits.
#[derive(Debug, Default)]
pub struct Budget {
    pending_bytes: AtomicUsize,
    total_bytes: AtomicU64,
    normal: RwLock<OutputLimit>,
    pubsub: RwLock<OutputLimit>,
}

impl Budget {
    /// Takes the limits from the settings.
    pub fn set_up(&self, config: &Config) {
        let total_bytes = match config.client_output_buffer_total {
            0 => memory_bytes().map_or(FALLBACK_BYTES, |bytes| bytes / MEMORY_PART),
            bytes => bytes,
        };
        self.total_bytes.store(total_bytes, Ordering::Relaxed);
        let limits = config.client_output_buffer_limit;
        *self.normal.write().unwrap_or_else(PoisonError::into_inner) = limits.normal;
        *self.pubsub.write().unwrap_or_else(PoisonError::into_inner) = limits.pubsub;
    }

    /// The limit of one client.
    pub(super) fn limit(&self, is_subscriber: bool) -> OutputLimit {
        let limit = match is_subscriber {
            true => &self.pubsub,
            false => &self.normal,
        };
        *limit.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts bytes that are pending from now on.
    pub(super) fn add(&self, bytes: usize) {
        self.pending_bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Counts bytes that are no longer pending.
    pub(super) fn subtract(&self, bytes: usize) {
        self.pending_bytes.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// Whether a client with `pending_bytes` must read some of them before its next requests are read.
    pub(super) fn is_spent_for(&self, pending_bytes: usize) -> bool {
        pending_bytes > SMALL_BYTES
            && self.pending_bytes.load(Ordering::Relaxed) as u64
                > self.total_bytes.load(Ordering::Relaxed)
    }
}

/// Returns the memory that this process may use: the lesser of the machine's and its control
/// group's.
fn memory_bytes() -> Option<u64> {
    let system = memory::system_bytes()?;
    let group = fs::read_to_string("/sys/fs/cgroup/memory.max").ok();
    let group = group.and_then(|text| text.trim().parse().ok());
    Some(system.min(group.unwrap_or(u64::MAX)))
}
