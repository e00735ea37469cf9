//! What the settings allow each client: who may run commands, and how much one may send.
//!
//! All sessions read one [`Rules`], so a changed setting takes effect at once, also for clients
//! that are connected already.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::config::Config;
use crate::config::limits::{DEFAULT_BULK_BYTES, MAX_BULK_BYTES};

/// Written when a setting is changed, read with each request.
#[derive(Debug)]
pub struct Rules {
    is_open: AtomicBool,
    max_query_bytes: AtomicU64,
    max_bulk_bytes: AtomicU64,
}

impl Rules {
    /// For what the server itself asks for: everything that a client may ever have asked for.
    pub fn unlimited() -> Rules {
        Rules {
            is_open: AtomicBool::new(true),
            max_query_bytes: AtomicU64::new(u64::MAX),
            max_bulk_bytes: AtomicU64::new(MAX_BULK_BYTES),
        }
    }

    /// Takes the rules from the settings.
    pub fn set_up(&self, config: &Config) {
        self.is_open
            .store(config.default_user().is_open(), Ordering::Relaxed);
        self.max_query_bytes
            .store(config.client_query_buffer_limit, Ordering::Relaxed);
        self.max_bulk_bytes
            .store(config.proto_max_bulk_bytes, Ordering::Relaxed);
    }

    /// Whether clients need no password.
    pub fn is_open(&self) -> bool {
        self.is_open.load(Ordering::Relaxed)
    }

    /// How many bytes a client may send that are not executed: `client-query-buffer-limit`.
    pub fn max_query_bytes(&self) -> u64 {
        self.max_query_bytes.load(Ordering::Relaxed)
    }

    /// The longest bulk string of a request, and the longest string that a command may make:
    /// `proto-max-bulk-len`.
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
