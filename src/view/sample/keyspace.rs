//! The keyspace: the shards of each database as cells, and the sweep for expired keys.
//!
//! The store's lock is held shared, for some microseconds at a time. If it cannot be had, the sample
//! shows the last numbers.

use std::mem;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use crate::client::trace::TracedRequest;
use crate::engine::Engine;
use crate::store::keyspace::Keyspace;
use crate::view::json::Json;

/// The most databases that are shown.
const MAX_DATABASES: usize = 16;

/// The shards that are counted while the lock is held once. Each may have to come from memory, which
/// takes some 100 nanoseconds.
const SHARDS_AT_ONCE: usize = 256;

/// How often the lock is taken for one database and sample. The cells of a database with more shards
/// are counted in turns.
const MAX_HOLDS: usize = 8;

/// The databases with keys, as they were seen last.
#[derive(Debug, Default)]
pub(super) struct Databases {
    found: Vec<Database>,
    /// The number of the last traced request whose keys were shown.
    last_request: Option<u64>,
}

#[derive(Debug, Default)]
struct Database {
    number: usize,
    keys: usize,
    expiring: usize,
    shards: usize,
    next_split: usize,
    /// The cell that the sweep has come to.
    swept: Option<usize>,
    /// The number of keys in each cell.
    cells: Vec<usize>,
    /// The cells of the keys that traced requests have named since the last sample.
    warm: Vec<usize>,
    /// The cell that is counted next.
    next: usize,
}

impl Databases {
    /// Adds the keyspace to a sample.
    pub(super) fn add(&mut self, json: &mut Json, engine: &Engine) {
        self.refresh(engine);
        json.objects("databases", self.found.iter().map(Database::json));
        let state = engine.state();
        json.plain("expired", state.expired_keys.load(Relaxed));
        let sweeping = &state.sweeping;
        let mut sweep = Json::object();
        sweep.plain("on", state.active_expire.load(Relaxed));
        sweep.plain("us", sweeping.time().as_micros());
        sweep.plain("steps", sweeping.steps());
        sweep.plain("removed", sweeping.removed());
        json.object_in("sweep", sweep);
    }

    /// Takes new numbers from the store, unless its lock cannot be had.
    fn refresh(&mut self, engine: &Engine) {
        let tracing = &engine.state().tracing;
        let last = self.last_request.get_or_insert_with(|| tracing.last());
        let requests = tracing.since(*last);
        let found = engine.read_if_free(|databases| {
            let used = databases
                .iter()
                .enumerate()
                .filter(|(_, it)| !it.is_empty());
            let used = used.take(MAX_DATABASES);
            used.map(|(number, it)| Database::new(number, it, &requests))
                .collect()
        });
        let Some(found) = found else {
            self.found.iter_mut().for_each(|it| it.warm.clear());
            return;
        };
        if let Some(latest) = requests.last() {
            self.last_request = Some(latest.number);
        }
        let before = mem::replace(&mut self.found, found);
        for old in before {
            if let Some(now) = self.found.iter_mut().find(|it| it.number == old.number) {
                (now.cells, now.next) = (old.cells, old.next);
            }
        }
        for database in &mut self.found {
            database.count_cells(engine);
        }
    }
}

impl Database {
    fn new(number: usize, keyspace: &Keyspace, requests: &[Arc<TracedRequest>]) -> Database {
        let cells = keyspace.cells();
        let requests = requests.iter().filter(|it| it.database == number);
        let mut warm: Vec<usize> = requests
            .flat_map(|request| request.keys.iter().map(|hash| cells.of(*hash)))
            .collect();
        warm.sort_unstable();
        warm.dedup();
        Database {
            warm,
            number,
            keys: keyspace.len(),
            expiring: keyspace.expiring(),
            shards: cells.shards(),
            next_split: cells.next_split(),
            swept: cells.swept(),
            ..Database::default()
        }
    }

    /// Counts all cells once, if so many holds of the lock suffice.
    fn count_cells(&mut self, engine: &Engine) {
        let mut left = usize::MAX;
        for _ in 0..MAX_HOLDS {
            let counted =
                engine.read_if_free(|databases| self.count_some(databases.get(self.number), left));
            match counted {
                Some(more) if more > 0 => left = more,
                _ => return,
            }
        }
    }

    /// Counts the next cells, at most `most`. Returns how many are left.
    fn count_some(&mut self, keyspace: &Keyspace, most: usize) -> usize {
        let cells = keyspace.cells();
        self.cells.resize(cells.count(), 0);
        let (mut left, mut seen) = (most.min(cells.count()), 0);
        while left > 0 && seen < SHARDS_AT_ONCE {
            self.next %= cells.count();
            let (shards, keys) = cells.size(self.next);
            self.cells[self.next] = keys;
            self.next += 1;
            left -= 1;
            seen += shards;
        }
        left
    }

    fn json(&self) -> Json {
        let mut json = Json::object();
        json.plain("number", self.number);
        json.plain("keys", self.keys);
        json.plain("expiring", self.expiring);
        json.plain("shards", self.shards);
        json.plain("next_split", self.next_split);
        match self.swept {
            None => json.object_in("swept", Json::null()),
            Some(cell) => json.plain("swept", cell),
        };
        json.numbers("cells", self.cells.iter().map(|keys| *keys as u64));
        json.numbers("warm", self.warm.iter().map(|cell| *cell as u64));
        json
    }
}
