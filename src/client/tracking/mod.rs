//! Tracking: tells clients that cache values themselves when keys change
//! (<https://redis.io/docs/latest/develop/use/client-side-caching/>).
//!
//! ```text
//!   default    a read adds the client to the readers of the key; the next change of the key removes
//!              the key from the table, and its readers receive a message
//!   broadcast  no read is remembered; each change of a key with one of the client's prefixes sends a
//!              message
//! ```
//!
//! Reads and changes come here with the store's lock held, so the table agrees with the data. The
//! messages are deliveries. A round of deliveries finds their receivers, without the store's lock.

mod table;
mod tracked;
mod tracker;

use std::collections::{BTreeMap, HashMap};
use std::mem;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Client;
use crate::config::Config;
use crate::store::blob::Blob;
pub use table::Table;
pub use tracked::Tracked;
pub use tracker::{Mode, Options, Redirect};
use tracker::{Payload, Sink, Tracker};

/// Most keys that are removed from the table while the lock is held, if the setting has changed.
const EVICTED_AT_ONCE: usize = 1000;

/// The broadcast trackers of each prefix, by the numbers of the clients.
type Prefixes = BTreeMap<Arc<[u8]>, BTreeMap<u64, Arc<Tracker>>>;

/// A message to clients that may have cached keys.
#[derive(Debug)]
pub enum Invalidation {
    /// A key is not valid any more, or not tracked any more.
    Key {
        /// The key.
        key: Blob,
        /// The clients that have read it.
        readers: Vec<u64>,
        /// The client that has changed it; 0 for none.
        by: u64,
    },
    /// Keys have changed, each by this client; 0 for none. For broadcast trackers.
    Changes(Vec<(Blob, u64)>),
    /// All keys have changed.
    All,
}

impl Invalidation {
    /// Returns an estimate of the memory that it takes, in bytes.
    pub fn bytes(&self) -> usize {
        match self {
            Invalidation::Key { key, readers, .. } => key.len() + readers.len() * size_of::<u64>(),
            Invalidation::Changes(changes) => changes.iter().map(|(key, _)| key.len()).sum(),
            Invalidation::All => 0,
        }
    }
}

/// The numbers that INFO reports.
#[derive(Clone, Copy, Debug)]
pub struct Counts {
    /// Clients that track keys.
    pub clients: usize,
    /// Keys that have readers.
    pub keys: usize,
    /// Pairs of a key and a reader.
    pub readers: usize,
    /// Prefixes of broadcast trackers.
    pub prefixes: usize,
}

/// All clients that track keys, and the keys that they have read.
#[derive(Debug, Default)]
pub struct Tracking {
    state: Mutex<State>,
    /// `tracking-table-max-keys`; 0 for no limit.
    max_keys: AtomicUsize,
}

/// Nothing waits while this is locked. A round works on a copy of `prefixes`.
#[derive(Debug, Default)]
struct State {
    trackers: HashMap<u64, Arc<Tracker>>,
    table: Table,
    prefixes: Arc<Prefixes>,
}

impl Tracking {
    /// Takes over the setting. [`Tracking::evict`] applies it to the keys in the table.
    pub fn set_up(&self, config: &Config) {
        self.max_keys
            .store(config.tracking_table_max_keys, Ordering::Relaxed);
    }

    /// Returns the numbers for INFO.
    pub fn counts(&self) -> Counts {
        let state = self.lock();
        Counts {
            clients: state.trackers.len(),
            keys: state.table.len(),
            readers: state.table.readers(),
            prefixes: state.prefixes.len(),
        }
    }

    /// Adds `client` to the readers of `keys`. Call it with the store's lock held. Returns messages
    /// about keys that had to leave the table.
    pub fn add_reader<'a>(
        &self,
        client: &Client,
        keys: impl Iterator<Item = &'a [u8]>,
    ) -> Vec<Invalidation> {
        let State {
            trackers, table, ..
        } = &mut *self.lock();
        for key in keys {
            table.add(key, client.id, |reader| trackers.contains_key(&reader));
        }
        self.evict_from(table, usize::MAX)
    }

    /// Removes keys from the table if there are more than `tracking-table-max-keys`. Returns the messages
    /// about them.
    pub fn evict(&self) -> Vec<Invalidation> {
        let mut all = Vec::new();
        loop {
            // Others may wait for the lock.
            let mut evicted = self.evict_from(&mut self.lock().table, EVICTED_AT_ONCE);
            if evicted.is_empty() {
                return all;
            }
            all.append(&mut evicted);
        }
    }

    fn evict_from(&self, table: &mut Table, most: usize) -> Vec<Invalidation> {
        let max_keys = match self.max_keys.load(Ordering::Relaxed) {
            0 => usize::MAX,
            max_keys => max_keys,
        };
        let count = table.len().saturating_sub(max_keys).min(most);
        let evicted = (0..count).map_while(|_| table.take_any());
        let message = |(key, readers)| Invalidation::Key {
            key,
            readers,
            by: 0,
        };
        evicted.map(message).collect()
    }

    /// Removes changed keys from the table. Call it with the store's lock held. Returns the messages to
    /// their readers, and whether broadcast trackers must hear of the changes too.
    pub fn take_readers(&self, keys: &[Blob], by: u64) -> (Vec<Invalidation>, bool) {
        let mut state = self.lock();
        let message = |key: &Blob| {
            let readers = state.table.take(key);
            (!readers.is_empty()).then(|| Invalidation::Key {
                key: key.clone(),
                readers,
                by,
            })
        };
        let messages = keys.iter().filter_map(message).collect();
        (messages, !state.prefixes.is_empty())
    }

    /// Empties the table, because all keys have changed. Returns it, to be freed without the store's
    /// lock.
    pub fn take_table(&self) -> Table {
        mem::take(&mut self.lock().table)
    }

    /// Calls `send` with the receivers of a message, and with the frame for each in two pieces.
    pub(super) fn for_receivers(
        &self,
        message: &Invalidation,
        mut send: impl FnMut(&Arc<Client>, [&[u8]; 2]),
    ) {
        match message {
            Invalidation::Key { key, readers, by } => {
                let payload = Payload::of([&key[..]].into_iter());
                for tracker in self.lock().readers(readers) {
                    if tracker.hears_of(*by) {
                        tracker.tell(&payload, &mut send);
                    }
                }
            }
            Invalidation::Changes(changes) => self.broadcast(changes, &mut send),
            Invalidation::All => {
                for tracker in self.lock().all() {
                    tracker.tell(&Payload::ALL, &mut send);
                }
            }
        }
    }

    /// Sends one message for each prefix to each of its trackers, with the keys in order.
    fn broadcast(&self, changes: &[(Blob, u64)], send: &mut Sink) {
        let prefixes = Arc::clone(&self.lock().prefixes);
        // If a key has changed several times, the last change counts.
        let changes: BTreeMap<&[u8], u64> =
            changes.iter().map(|(key, by)| (&key[..], *by)).collect();
        for (prefix, trackers) in prefixes.iter() {
            let from_prefix = changes.range(&prefix[..]..);
            let has_prefix = |(key, _): &(&&[u8], &u64)| key.starts_with(prefix);
            let matching: Vec<(&[u8], u64)> = from_prefix
                .take_while(has_prefix)
                .map(|(key, by)| (*key, *by))
                .collect();
            if matching.is_empty() {
                continue;
            }
            let all = Payload::of(matching.iter().map(|(key, _)| *key));
            for tracker in trackers.values() {
                match matching.iter().all(|(_, by)| tracker.hears_of(*by)) {
                    true => tracker.tell(&all, send),
                    false => tell_some(tracker, &matching, send),
                }
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sends a message about the keys that others than the tracker itself have changed.
fn tell_some(tracker: &Tracker, changes: &[(&[u8], u64)], send: &mut Sink) {
    let others: Vec<&[u8]> = changes
        .iter()
        .filter(|(_, by)| tracker.hears_of(*by))
        .map(|(key, _)| *key)
        .collect();
    if !others.is_empty() {
        tracker.tell(&Payload::of(others.into_iter()), send);
    }
}

impl State {
    /// Returns the clients among `readers` that track their reads.
    fn readers(&self, readers: &[u64]) -> Vec<Arc<Tracker>> {
        let trackers = readers.iter().filter_map(|id| self.trackers.get(id));
        trackers.filter(|it| it.tracks_reads()).cloned().collect()
    }

    fn all(&self) -> Vec<Arc<Tracker>> {
        self.trackers.values().cloned().collect()
    }

    /// Adds a tracker, or replaces the client's former one.
    fn add(&mut self, tracker: &Arc<Tracker>, prefixes: &[Arc<[u8]>]) {
        let id = tracker.client.id;
        for prefix in prefixes {
            let trackers = Arc::make_mut(&mut self.prefixes).entry(Arc::clone(prefix));
            trackers.or_default().insert(id, Arc::clone(tracker));
        }
        self.trackers.insert(id, Arc::clone(tracker));
    }

    /// Removes the client's tracker. Returns the table if nobody tracks keys any more.
    fn remove(&mut self, client: u64, prefixes: &[Arc<[u8]>]) -> Option<Table> {
        for prefix in prefixes {
            let table = Arc::make_mut(&mut self.prefixes);
            if let Some(trackers) = table.get_mut(prefix) {
                trackers.remove(&client);
                if trackers.is_empty() {
                    table.remove(prefix);
                }
            }
        }
        self.trackers.remove(&client);
        self.trackers.is_empty().then(|| mem::take(&mut self.table))
    }
}
