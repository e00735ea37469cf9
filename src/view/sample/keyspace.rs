//! The keyspace: the shards of each database as cells, and the sweep for expired keys.
//!
//! The store's lock is held shared, for some microseconds at a time. If it cannot be had, the sample
//! shows the last numbers.

use std::mem;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use crate::client::trace::TracedRequest;
use crate::engine::Engine;
use crate::store;
use crate::store::map::{Cells, split_cells};
use crate::store::types::Entry;
use crate::view::json::Json;

/// The keys of this number of databases are counted. There may be 65,536.
const MAX_COUNTED: usize = 1024;

/// Of the databases with keys, this number is shown.
const MAX_SHOWN: usize = 16;

/// The shards that are counted while the lock is held once. Each may have to come from memory, which
/// takes some 100 nanoseconds.
const SHARDS_AT_ONCE: usize = 256;

/// The most holds of the lock for one database and sample. The cells of a database with more shards
/// are counted in turns.
const MAX_HOLDS: usize = 8;

/// The databases with keys, as they were seen last.
#[derive(Debug, Default)]
pub(super) struct Databases {
    /// The number of keys in all of them.
    keys: usize,
    /// The number of databases with keys.
    used: usize,
    /// The first of these.
    found: Vec<Database>,
    /// Whether databases have been seen before.
    is_seen: bool,
    /// The number of the last traced request whose keys were shown.
    last_request: Option<u64>,
}

#[derive(Debug, Default)]
struct Database {
    number: usize,
    keys: usize,
    expiring: usize,
    /// The number of shards when cells were counted last; 0 before that.
    shards: usize,
    /// The cell in which the next shard is split.
    next_split: usize,
    /// The cells in which shards were split since the last sample.
    split: Vec<usize>,
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
        json.plain("keys", self.keys);
        json.plain("used_databases", self.used);
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
        let counted = engine.read_if_free(|databases| self.count_keys(databases));
        if counted.is_none() {
            self.found.iter_mut().for_each(Database::forget);
            return;
        }
        if let Some(latest) = requests.last() {
            self.last_request = Some(latest.number);
        }
        for database in &mut self.found {
            database.count_cells(engine, &requests);
        }
    }

    /// Counts the keys of the databases.
    fn count_keys(&mut self, databases: &store::Databases) {
        let mut before = mem::take(&mut self.found).into_iter().peekable();
        (self.keys, self.used) = (0, 0);
        for (number, keyspace) in databases.iter().enumerate().take(MAX_COUNTED) {
            let old = before.next_if(|it| it.number == number);
            if keyspace.is_empty() {
                continue;
            }
            self.keys += keyspace.len();
            self.used += 1;
            if self.found.len() < MAX_SHOWN {
                self.found.push(Database {
                    number,
                    keys: keyspace.len(),
                    expiring: keyspace.expiring(),
                    ..old.unwrap_or_else(|| Database::new(self.is_seen))
                });
            }
        }
        self.is_seen = true;
    }
}

impl Database {
    /// Returns a database that had no keys, if it was seen before, and so a single shard.
    fn new(is_seen: bool) -> Database {
        Database {
            shards: usize::from(is_seen),
            ..Database::default()
        }
    }

    /// Forgets the splits and the touched cells of the sample before.
    fn forget(&mut self) {
        self.warm.clear();
        self.split.clear();
    }

    /// Counts all cells once, or the next ones if that takes more than [`MAX_HOLDS`] holds of the lock.
    fn count_cells(&mut self, engine: &Engine, requests: &[Arc<TracedRequest>]) {
        self.forget();
        let requests = requests.iter().filter(|it| it.database == self.number);
        let hashes: Vec<u64> = requests.flat_map(|it| &it.keys).copied().collect();
        let (shards, mut left) = (self.shards, usize::MAX);
        for _ in 0..MAX_HOLDS {
            let counted = engine.read_if_free(|databases| {
                let keyspace = databases.get(self.number);
                self.see_cells(keyspace.cells(), &hashes);
                self.count_some(keyspace.cells(), left)
            });
            match counted {
                Some(more) if more > 0 => left = more,
                _ => break,
            }
        }
        if shards > 0 {
            self.split = split_cells(shards, self.shards);
        }
    }

    /// Notes the shape of the cells, and the ones of the keys with these hashes. The cells must be the
    /// ones that are counted next.
    fn see_cells(&mut self, cells: Cells<Entry>, hashes: &[u64]) {
        self.shards = cells.shards();
        self.next_split = cells.next_split();
        self.swept = cells.swept();
        self.warm = hashes.iter().map(|hash| cells.of(*hash)).collect();
        self.warm.sort_unstable();
        self.warm.dedup();
    }

    /// Counts the next cells, at most `most`. Returns how many are left.
    fn count_some(&mut self, cells: Cells<Entry>, most: usize) -> usize {
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
        json.numbers("split", &self.split);
        json.optional("swept", self.swept);
        json.numbers("cells", &self.cells);
        json.numbers("warm", &self.warm);
        json
    }
}
