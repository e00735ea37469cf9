//! Which keys clients watch (WATCH, <https://redis.io/docs/latest/develop/interact/transactions/>); and
//! which keys have changed, while clients track them.
//!
//! A client that watches keys has a flag. A change of one of the keys raises it. A client that stops
//! watching drops its flag without a word. Keys that lead to no flag any more are cleared away now
//! and then.

use std::collections::HashMap;
use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};

use crate::store::blob::Blob;
use crate::store::key::TableHasher;

/// A client's flag: whether a key that it watches has changed.
pub type Flag = Arc<AtomicBool>;

/// The flags of the clients that watch a key of one database.
#[derive(Clone, Debug, Default)]
pub struct Watchers {
    by_key: HashMap<Blob, Vec<Weak<AtomicBool>>, TableHasher>,
    /// Keys without flags are cleared away when there are this many keys.
    clear_at: usize,
    /// What has changed, while somebody wants to know it.
    noted: Option<Changes>,
}

/// Changes of keys, in order.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// Whether all keys have changed.
    pub all: bool,
    /// Other keys that have changed.
    pub keys: Vec<Blob>,
}

impl Watchers {
    /// Raises `flag` when `key` changes.
    pub fn add(&mut self, key: &[u8], flag: &Flag) {
        if self.by_key.len() >= self.clear_at {
            self.by_key.retain(|_, flags| {
                flags.retain(|flag| flag.strong_count() > 0);
                !flags.is_empty()
            });
            self.clear_at = 64 + 2 * self.by_key.len();
        }
        let flags = self.by_key.entry(Blob::from(key)).or_default();
        let flag = Arc::downgrade(flag);
        flags.retain(|other| other.strong_count() > 0 && !other.ptr_eq(&flag));
        flags.push(flag);
    }

    /// Begins or ends to note changes.
    pub fn note_changes(&mut self, is_on: bool) {
        self.noted = is_on.then(Changes::default);
    }

    /// Notes that all keys have changed.
    pub fn note_all(&mut self) {
        if let Some(noted) = &mut self.noted {
            noted.all = true;
        }
    }

    /// Moves the changes since the last call to `changes`.
    pub fn take_changes(&mut self, changes: &mut Changes) {
        if let Some(noted) = &mut self.noted {
            changes.all |= mem::take(&mut noted.all);
            changes.keys.append(&mut noted.keys);
        }
    }

    /// Tells that `key` has changed: raises the flags of all clients that watch it.
    #[inline]
    pub fn touch(&mut self, key: &[u8]) {
        // Nearly always nobody wants to know.
        if !self.by_key.is_empty() || self.noted.is_some() {
            self.tell(key);
        }
    }

    #[cold]
    fn tell(&mut self, key: &[u8]) {
        if let Some(noted) = &mut self.noted {
            noted.keys.push(key.into());
        }
        self.raise(key);
    }

    fn raise(&mut self, key: &[u8]) {
        if let Some(flags) = self.by_key.remove(&Blob::from(key)) {
            for flag in flags.iter().filter_map(Weak::upgrade) {
                flag.store(true, Ordering::Relaxed);
            }
        }
    }

    /// Raises the flags of all clients that watch a key for which `is_touched` is true.
    pub fn touch_all(&mut self, is_touched: impl Fn(&[u8]) -> bool) {
        let keys: Vec<Blob> = self.by_key.keys().cloned().collect();
        for key in keys.iter().filter(|key| is_touched(key)) {
            self.raise(key);
        }
    }
}
