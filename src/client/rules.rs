//! What the settings allow each client: whether it needs a password, and how long its requests may
//! be.
//!
//! All sessions read one [`Rules`]. So a changed setting takes effect at once, also for connected
//! clients.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::users::User;
use crate::config::Config;
use crate::config::limits::{DEFAULT_BULK_BYTES, MAX_BULK_BYTES};

/// The rules. Written when a setting is changed, and read with each request.
#[derive(Debug)]
pub struct Rules {
    default_user: Arc<User>,
    max_query_bytes: AtomicU64,
    max_bulk_bytes: AtomicU64,
}

impl Rules {
    /// Returns the rules of Redis's default settings. `default_user` is the user of new connections.
    pub fn new(default_user: Arc<User>) -> Rules {
        Rules {
            default_user,
            max_bulk_bytes: AtomicU64::new(DEFAULT_BULK_BYTES),
            ..Rules::unlimited()
        }
    }

    /// Returns rules without limits, for requests that the server itself makes. The log may contain
    /// every request that a client could ever send.
    pub fn unlimited() -> Rules {
        Rules {
            default_user: User::with_all_rights(),
            max_query_bytes: AtomicU64::new(u64::MAX),
            max_bulk_bytes: AtomicU64::new(MAX_BULK_BYTES),
        }
    }

    /// Sets the rules to `config`.
    pub fn set_up(&self, config: &Config) {
        self.max_query_bytes
            .store(config.client_query_buffer_limit, Ordering::Relaxed);
        self.max_bulk_bytes
            .store(config.proto_max_bulk_bytes, Ordering::Relaxed);
    }

    /// Returns the user of new connections.
    pub fn default_user(&self) -> &Arc<User> {
        &self.default_user
    }

    /// Returns whether clients need no password.
    pub fn is_open(&self) -> bool {
        self.default_user.is_open()
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
        Rules::new(User::with_all_rights())
    }
}
