//! The biggest keys of each type. A walk through all keys finds them, in steps that hold the store's lock
//! for some microseconds.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::clock;
use crate::engine::Engine;
use crate::store::Databases;
use crate::store::blob::Blob;
use crate::store::keyspace::Keyspace;
use crate::store::map::Place;
use crate::store::types::Entry;
use crate::view::json::Json;

/// The keys of each type that are shown.
const KEPT: usize = 3;

/// A longer key is shown by its first bytes and its last bytes.
const NAME_BYTES: usize = 64;
const FIRST_BYTES: usize = 40;
const LAST_BYTES: usize = 20;

/// Longer keys are compared by their place in memory: to read 512 MB takes too long with the lock held.
const COMPARED_BYTES: usize = 4096;

/// Upper bound of the time for which a step holds the lock, without its last entries.
const STEP: Duration = Duration::from_micros(50);

/// The clock is read once for this number of entries.
const ENTRIES: usize = 16;

/// The pause between two steps, so that the walk takes a small part of a processor and of the lock.
const PAUSE: Duration = Duration::from_millis(2);

/// The pause after a step that did not get the lock.
const LONG_PAUSE: Duration = Duration::from_millis(20);

/// The pause between two walks.
const REST: Duration = Duration::from_secs(3);

/// The bytes of a value are estimated from this number of its elements, as by MEMORY USAGE.
const SAMPLES: usize = 5;

/// The biggest keys, and the walk that finds them.
#[derive(Debug, Default)]
pub(super) struct Biggest {
    /// The result of the last walk that has ended.
    last: Option<Found>,
    /// What the current walk has found so far.
    found: Found,
    /// The database in which the current walk goes on, and the place in it.
    database: usize,
    place: Place,
    /// The time at which the next step is due.
    due: Option<Instant>,
}

/// The biggest keys of each type, the biggest first.
type Found = BTreeMap<&'static str, Vec<Big>>;

#[derive(Debug)]
struct Big {
    database: usize,
    /// A clone. It shares the bytes of a long key, and so keeps them if the key is deleted: until the next
    /// walk ends.
    key: Blob,
    elements: usize,
    bytes: usize,
}

impl Biggest {
    /// Makes a step if one is due. Returns the time at which the next one is due.
    pub(super) fn step(&mut self, engine: &Engine) -> Instant {
        if let Some(due) = self.due.filter(|due| *due > Instant::now()) {
            return due;
        }
        let pause = match engine.read_if_free(|databases| self.visit_some(databases)) {
            Some(true) => REST,
            Some(false) => PAUSE,
            None => LONG_PAUSE,
        };
        *self.due.insert(Instant::now() + pause)
    }

    /// Visits some keys. Returns whether the walk has ended.
    fn visit_some(&mut self, databases: &Databases) -> bool {
        let Some((database, keyspace)) = databases
            .iter()
            .enumerate()
            .skip(self.database)
            .find(|(_, keyspace)| !keyspace.is_empty())
        else {
            self.last = Some(std::mem::take(&mut self.found));
            (self.database, self.place) = Default::default();
            return true;
        };
        if database > self.database {
            (self.database, self.place) = (database, Place::default());
        }
        let (began, mut count) = (Instant::now(), 0);
        let found = &mut self.found;
        let next = keyspace.visit(self.place, |key, entry| {
            offer(found, database, key, entry);
            count += 1;
            count % ENTRIES > 0 || began.elapsed() < STEP
        });
        self.database += usize::from(next.is_none());
        self.place = next.unwrap_or_default();
        false
    }

    /// Takes out the keys that were deleted since the walks met them. The caller frees them without the lock.
    fn take_deleted(&mut self, databases: &Databases, now_ms: u64) -> Vec<Big> {
        let lists = self.last.iter_mut().flatten().chain(&mut self.found);
        let deleted = lists.flat_map(|(name, list)| {
            list.extract_if(.., |it| {
                !is_there(it, name, databases.get(it.database), now_ms)
            })
        });
        deleted.collect()
    }

    /// Adds the keys to a sample: those of the last walk, or, during the first one, the ones so far.
    pub(super) fn add(&mut self, json: &mut Json, engine: &Engine) {
        let now_ms = clock::unix_time_ms();
        engine.read_if_free(|databases| self.take_deleted(databases, now_ms));
        self.last
            .take_if(|last| last.values().all(|list| list.is_empty()));
        let found = self.last.as_ref().unwrap_or(&self.found);
        let all = found
            .iter()
            .flat_map(|(name, list)| list.iter().map(move |big| big.json(name)));
        json.objects("biggest", all);
    }
}

/// Returns whether a key of this type is still there. A key that takes long to look up counts as there
/// while its database has keys.
fn is_there(big: &Big, type_name: &str, keyspace: &Keyspace, now_ms: u64) -> bool {
    if big.key.len() > COMPARED_BYTES {
        return !keyspace.is_empty();
    }
    let entry = keyspace.get(&big.key, now_ms);
    entry.is_some_and(|it| it.value().type_name() == type_name)
}

/// Adds a key if it is among the biggest of its type.
fn offer(found: &mut Found, database: usize, key: &Blob, entry: &Entry) {
    let value = entry.value();
    let bytes = value.bytes(SAMPLES);
    let list = found.entry(value.type_name()).or_default();
    if list.len() == KEPT && list.last().is_some_and(|least| least.bytes >= bytes) {
        return;
    }
    // A key that is met twice is there already.
    list.retain(|it| it.database != database || !is_same(&it.key, key));
    list.push(Big {
        database,
        key: key.clone(),
        elements: value.elements(),
        bytes,
    });
    list.sort_by_key(|it| std::cmp::Reverse(it.bytes));
    list.truncate(KEPT);
}

/// Returns whether a clone is of this stored key.
fn is_same(clone: &Blob, key: &Blob) -> bool {
    let is_short = key.len() <= COMPARED_BYTES;
    clone.len() == key.len() && (clone.as_ptr() == key.as_ptr() || is_short && clone == key)
}

/// Returns the shown form of a key, which is short.
fn shown(key: &[u8]) -> Cow<'_, [u8]> {
    match key.len() {
        ..=NAME_BYTES => Cow::Borrowed(key),
        length => {
            let (first, last) = (&key[..FIRST_BYTES], &key[length - LAST_BYTES..]);
            Cow::Owned([first, b"...", last].concat())
        }
    }
}

impl Big {
    fn json(&self, type_name: &str) -> Json {
        let mut json = Json::object();
        json.text("type", type_name.as_bytes());
        json.plain("database", self.database);
        json.text("key", &shown(&self.key));
        json.plain("elements", self.elements);
        json.plain("bytes", self.bytes);
        json
    }
}
