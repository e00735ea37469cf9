//! The refused requests and logins that ACL LOG lists.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Entries that differ by more milliseconds are not joined.
const JOINED_MS: u64 = 60_000;

/// A new entry is compared with this number of the latest ones.
const COMPARED: usize = 10;

/// A refusal, or several alike.
#[derive(Clone, Debug)]
pub struct Denial {
    /// How many there were.
    pub count: u64,
    /// The refused thing: `command`, `key`, `channel` or `auth`.
    pub reason: &'static str,
    /// Where the request was: `toplevel` or `multi`.
    pub context: &'static str,
    /// The command, the key or the channel; `page` for a login there.
    pub object: Vec<u8>,
    /// The user of the client, or the one it wanted to log in as.
    pub username: Vec<u8>,
    /// When the last one was refused, in milliseconds since 1970.
    pub time_ms: u64,
    /// The last client, as CLIENT LIST describes it. Of a browser at the page, its address.
    pub client: String,
}

impl Denial {
    fn is_like(&self, other: &Denial) -> bool {
        self.reason == other.reason
            && self.context == other.context
            && self.time_ms.abs_diff(other.time_ms) <= JOINED_MS
            && self.object == other.object
            && self.username == other.username
    }
}

/// The latest refusals, the last one first.
#[derive(Debug, Default)]
pub struct Denials(Mutex<VecDeque<Denial>>);

impl Denials {
    /// Adds a refusal, or counts it in an entry that is alike. At most `max_len` entries stay.
    pub fn add(&self, denial: Denial, max_len: usize) {
        let mut all = self.lock();
        let known = all.iter().take(COMPARED).position(|it| it.is_like(&denial));
        if let Some(known) = known.and_then(|index| all.remove(index)) {
            all.push_front(Denial {
                count: known.count + 1,
                ..denial
            });
            return;
        }
        all.push_front(denial);
        all.truncate(max_len);
    }

    /// Returns up to `count` entries, the last one first.
    pub fn latest(&self, count: usize) -> Vec<Denial> {
        self.lock().iter().take(count).cloned().collect()
    }

    /// Removes all entries.
    pub fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Denial>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
