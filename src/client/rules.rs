//! What the settings allow each client: whether it needs a password, and how long its requests may
//! be.
//!
//! All sessions read one [`Rules`]. So a changed setting takes effect at once, also for connected
//! clients.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::config::Config;
use crate::config::limits::{DEFAULT_BULK_BYTES, MAX_BULK_BYTES};

/// The rules. Written when a setting is changed, and read with each request.
#[derive(Debug)]
pub struct Rules {
    is_open: AtomicBool,
    max_query_bytes: AtomicU64,
    max_bulk_bytes: AtomicU64,
}

impl Rules {
    /// Returns rules without limits, for requests that the server itself makes. The log may contain
    /// every request that a client could ever send.
    pub fn unlimited() -> Rules {
        Rules {
            is_open: AtomicBool::new(true),
            max_query_bytes: AtomicU64::new(u64::MAX),
            max_bulk_bytes: AtomicU64::new(MAX_BULK_BYTES),
        }
    }

    /// Sets the rules to `config`.
    pub fn set_up(&self, config: &Config) {
        self.is_open
            .store(config.default_user().is_open(), Ordering::Relaxed);
        self.max_query_bytes
            .store(config.client_query_buffer_limit, Ordering::Relaxed);
        self.max_bulk_bytes
            .store(config.proto_max_bulk_bytes, Ordering::Relaxed);
    }

    /// Returns whether clients need no password.
    pub fn is_open(&self) -> bool {
        self.is_open.load(Ordering::Relaxed)
    }

    /// Returns how many bytes of a client's requests may be pending: `client-query-buffer-limit`.
    pub fn max_query_bytes(&self) -> u64 {
        self.max_query_bytes.load(Ordering::Relaxed)
    }

    /// Returns the length of the longest bulk string in a request, and of the longest string that a
    /// command may make: `proto-max-bulk-len`.
    pub fn max_bulk_bytes(&self) -> usize {
        self.max_bulk_bytes.load(Ordering::Relaxed) as usize
    }
}

impl Default for Rules {
    fn default() -> Self {
        Rules {
            max_bulk_bytes: AtomicU64::new(DEFAULT_BULK_BYTES),
            ..Rules::unlimited()
        }
    }
}
