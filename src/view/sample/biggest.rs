//! The biggest keys of each type. A walk through all keys finds them, in steps that hold the store's lock
//! for some microseconds.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::engine::Engine;
use crate::store::Databases;
use crate::store::blob::Blob;
use crate::store::map::Place;
use crate::store::types::Entry;
use crate::view::json::Json;

/// The keys of each type that are shown.
const KEPT: usize = 3;

/// The bytes of a key's name that are shown.
const NAME_BYTES: usize = 64;

/// Upper bound of the time for which a step holds the lock, without its last entries.
const STEP: Duration = Duration::from_micros(50);

/// The clock is read once for so many entries.
const ENTRIES: usize = 16;

/// The pause between two steps, so that the walk takes a small part of a processor and of the lock.
const PAUSE: Duration = Duration::from_millis(2);

/// The pause after a step that could not have the lock.
const LONG_PAUSE: Duration = Duration::from_millis(20);

/// The pause between two walks.
const REST: Duration = Duration::from_secs(3);

/// A value is judged by so many elements, as by MEMORY USAGE.
const SAMPLES: usize = 5;

/// The biggest keys, and the walk that looks for them.
#[derive(Debug, Default)]
pub(super) struct Biggest {
    /// The result of the last walk that has ended.
    last: Option<Found>,
    /// What the current walk has found so far.
    found: Found,
    /// Where the current walk goes on: the database, and the place in it.
    database: usize,
    place: Place,
    /// When the next step is due.
    due: Option<Instant>,
}

/// The biggest keys of each type, the biggest first.
type Found = BTreeMap<&'static str, Vec<Big>>;

#[derive(Debug)]
struct Big {
    database: usize,
    /// The beginning of its name.
    key: Vec<u8>,
    elements: usize,
    bytes: usize,
}

impl Biggest {
    /// Makes a step if that is due. Returns when the next one is.
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

    /// Adds the keys to a sample: those of the last walk, or, during the first one, the ones so far.
    pub(super) fn add(&self, json: &mut Json) {
        let found = self.last.as_ref().unwrap_or(&self.found);
        let all = found
            .iter()
            .flat_map(|(name, list)| list.iter().map(move |big| big.json(name)));
        json.objects("biggest", all);
    }
}

/// Remembers a key if it is among the biggest of its type.
fn offer(found: &mut Found, database: usize, key: &Blob, entry: &Entry) {
    let value = entry.value();
    let bytes = value.bytes(SAMPLES);
    let list = found.entry(value.type_name()).or_default();
    if list.len() == KEPT && list.last().is_some_and(|least| least.bytes >= bytes) {
        return;
    }
    let name = &key[..key.len().min(NAME_BYTES)];
    // A key that is met twice is there already.
    list.retain(|it| it.database != database || it.key != name);
    list.push(Big {
        database,
        key: name.to_vec(),
        elements: value.elements(),
        bytes,
    });
    list.sort_by_key(|it| std::cmp::Reverse(it.bytes));
    list.truncate(KEPT);
}

impl Big {
    fn json(&self, type_name: &str) -> Json {
        let mut json = Json::object();
        json.text("type", type_name.as_bytes());
        json.plain("database", self.database);
        json.text("key", &self.key);
        json.plain("elements", self.elements);
        json.plain("bytes", self.bytes);
        json
    }
}
