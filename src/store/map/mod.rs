//! `ShardMap`: a hash map that grows and shrinks one small `HashMap` at a time.
//!
//! One big `HashMap` stops every client while it doubles (146 ms at a million keys). It has no
//! position that stays valid while it changes, and it can be copied only whole. So the keys are
//! spread over shards. The top bits of a key's hash name its shard, so the shards are consecutive
//! ranges of the hash space, in order:
//!
//! ```text
//!   hash   0000....            01......      10......      11......
//!          |-- 0 --|-- 1 --|------ 2 ------|----- 3 -----|----- 4 -----|
//! ```
//!
//! The map grows by splitting one shard in two, from left to right, and begins again at the left
//! when all have been split. This is linear hashing (W. Litwin, 1980) on the top bits. The number
//! of shards alone tells which shards are split already, so there is no directory. With five
//! shards, as above, the round divides by 2 bits, and the first of its four shards is split.
//!
//! Three things follow. Growth is one shard's work, whatever the size of the map. A place in hash
//! space is a cursor that no growth moves. A snapshot can be read shard by shard while the map
//! changes (`preimages.rs`).
//!
//! Entries can expire. There is no list of them by time. Instead each shard, and the map, has a due
//! time, before which nothing in it expires. A sweep visits only the shards that are due: enough to
//! remove a million entries in a second (`sweep.rs`).

mod cells;
mod preimages;
#[cfg(test)]
mod sample;
mod sweep;
mod visit;
mod walk;

pub use cells::{Cells, split_cells};
pub use preimages::{Piece, Preimages, SnapshotId};
pub use visit::Place;
pub use walk::{Position, Walk};

use std::collections::HashMap;
use std::mem;
use std::sync::Arc;

use super::blob::{Blob, BlobRef};
use super::key;
use super::key::{Key, Probe, TableHasher};
use sweep::Sweep;

/// A shard grows from about this number of entries to its double, and is then split. 448 is half of
/// what a `HashMap` of 1024 buckets holds, so a split comes just before the table would double. A
/// smaller number was measured to cost memory, and a larger one to make the slowest insert slower.
const SHARD_ENTRIES: usize = 448;

/// The due time of something that never expires.
pub const NEVER: u64 = u64::MAX;

/// A value that can expire, as a whole or in part.
pub trait Due {
    /// Average number of entries per shard above which a shard is split. Below a quarter of it two
    /// shards are merged.
    const SHARD_ENTRIES: usize = SHARD_ENTRIES;

    /// A time in milliseconds since 1970 before which nothing in the value expires, or [`NEVER`].
    fn due_ms(&self) -> u64;
}

#[derive(Clone, Debug)]
struct Shard<V> {
    entries: HashMap<Blob, V, TableHasher>,
    /// No entry expires before this time.
    due_ms: u64,
}

/// A map from blobs to values. A clone shares the shards; a write to a shared shard copies that
/// shard first.
#[derive(Clone, Debug)]
pub struct ShardMap<V> {
    shards: Vec<Arc<Shard<V>>>,
    len: usize,
    /// No shard is due before this time.
    due_ms: u64,
    /// The progress of the sweep.
    sweep: Sweep,
    /// The unread part of a snapshot, if one was begun.
    preimages: Option<Box<Preimages<V>>>,
}

impl<V> Default for ShardMap<V> {
    fn default() -> Self {
        ShardMap {
            shards: vec![Arc::new(Shard::with_capacity(0))],
            len: 0,
            due_ms: NEVER,
            sweep: Sweep::default(),
            preimages: None,
        }
    }
}

impl<V> ShardMap<V> {
    /// The number of entries.
    pub fn len(&self) -> usize {
        self.len
    }

    /// The number of entries of each shard, in order.
    pub fn shard_lengths(&self) -> impl Iterator<Item = usize> {
        self.shards.iter().map(|shard| shard.entries.len())
    }

    /// Whether the map has no entries.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The value of `key`.
    pub fn get(&self, key: &[u8]) -> Option<&V> {
        self.get_probed(&Probe::new(key))
    }

    /// The value of the key of `probe`, which has been hashed already.
    pub fn get_probed(&self, probe: &Probe) -> Option<&V> {
        let shard = &self.shards[self.index(probe)];
        shard.entries.get(probe as &dyn Key)
    }

    /// The key that equals `key`, and its value.
    pub fn get_pair(&self, key: &[u8]) -> Option<(&Blob, &V)> {
        let probe = Probe::new(key);
        let shard = &self.shards[self.index(&probe)];
        shard.entries.get_key_value(&probe as &dyn Key)
    }

    /// All entries, shard by shard.
    pub fn iter(&self) -> impl Iterator<Item = (&Blob, &V)> + Clone {
        self.shards.iter().flat_map(|shard| shard.entries.iter())
    }

    /// The entries as they are now, in parts of one shard each. A write to a shard that a part
    /// holds copies the shard.
    pub fn parts(&self) -> Vec<ShardMap<V>> {
        let parts = self.shards.iter().map(|shard| ShardMap {
            shards: vec![Arc::clone(shard)],
            len: shard.entries.len(),
            due_ms: shard.due_ms,
            sweep: Sweep::default(),
            preimages: None,
        });
        parts.collect()
    }

    /// Whether an entry may be due at `now_ms`.
    pub fn is_due(&self, now_ms: u64) -> bool {
        self.due_ms <= now_ms
    }

    /// Whether an entry in the shard of `key` may be due at `now_ms`.
    pub fn is_due_at(&self, key: &[u8], now_ms: u64) -> bool {
        self.is_due(now_ms) && self.shards[self.index(&Probe::new(key))].due_ms <= now_ms
    }

    /// The time at which the first entry is due, or an earlier one.
    pub fn due_ms(&self) -> u64 {
        self.due_ms
    }

    /// The shard that has, or would have, `key`.
    fn index(&self, probe: &Probe) -> usize {
        let Round { bits, split } = Round::of(self.shards.len());
        let index = top(probe.hash(), bits);
        if index < split {
            top(probe.hash(), bits + 1)
        } else {
            index + split
        }
    }
}

impl<V: Clone + Due> ShardMap<V> {
    /// The value of `key`, to be changed. If the change makes it due earlier, call
    /// [`ShardMap::note_due`].
    pub fn get_mut(&mut self, key: &[u8]) -> Option<&mut V> {
        let probe = Probe::new(key);
        let shard = self.shard_mut(&probe);
        shard.entries.get_mut(&probe as &dyn Key)
    }

    /// Notes that the value of `key` is due at `due_ms`.
    pub fn note_due(&mut self, key: &[u8], due_ms: u64) {
        let shard = self.shard_mut(&Probe::new(key));
        shard.due_ms = shard.due_ms.min(due_ms);
        self.lower_due(due_ms);
    }

    /// Sets `key` to `value`. Returns the old value.
    pub fn insert(&mut self, key: &[u8], value: V) -> Option<V> {
        self.insert_ref(BlobRef::from(key), value)
    }

    /// As [`ShardMap::insert`]. A big key is not copied.
    pub fn insert_ref(&mut self, key: BlobRef, value: V) -> Option<V> {
        let probe = Probe::new(&key);
        let due_ms = value.due_ms();
        let shard = self.shard_mut(&probe);
        shard.due_ms = shard.due_ms.min(due_ms);
        if let Some(old) = shard.entries.get_mut(&probe as &dyn Key) {
            let old = mem::replace(old, value);
            self.lower_due(due_ms);
            return Some(old);
        }
        shard.entries.insert(key.to_blob(), value);
        self.lower_due(due_ms);
        self.len += 1;
        if self.len > self.shards.len() * V::SHARD_ENTRIES {
            self.split();
        }
        None
    }

    /// Removes `key` and returns its value.
    pub fn remove(&mut self, key: &[u8]) -> Option<V> {
        Some(self.remove_pair(key)?.1)
    }

    /// Removes `key` and returns the stored key and its value.
    pub fn remove_pair(&mut self, key: &[u8]) -> Option<(Blob, V)> {
        let probe = Probe::new(key);
        let shard = self.shard_mut(&probe);
        let old = shard.entries.remove_entry(&probe as &dyn Key)?;
        self.len -= 1;
        self.shrink();
        Some(old)
    }

    /// Merges two shards if there are too many for the number of entries.
    fn shrink(&mut self) {
        if self.len < self.shards.len() * V::SHARD_ENTRIES / 4 && self.shards.len() > 1 {
            self.merge();
        }
    }

    fn lower_due(&mut self, due_ms: u64) {
        self.due_ms = self.due_ms.min(due_ms);
        self.sweep.note_due(due_ms);
    }

    /// The shard of a key that is about to change.
    fn shard_mut(&mut self, probe: &Probe) -> &mut Shard<V> {
        let index = self.index(probe);
        self.save(index, probe);
        Arc::make_mut(&mut self.shards[index])
    }

    /// Splits the leftmost shard that this round has not split yet.
    fn split(&mut self) {
        let Round { bits, split } = Round::of(self.shards.len());
        let index = 2 * split;
        let shard = Arc::unwrap_or_clone(mem::take(&mut self.shards[index]));
        let mut halves = [(); 2].map(|()| Shard::with_capacity(shard.entries.len() / 2));
        for (key, value) in shard.entries {
            let half = &mut halves[top(key::hash(&key), bits + 1) - index];
            half.due_ms = half.due_ms.min(value.due_ms());
            half.entries.insert(key, value);
        }
        let [low, high] = halves.map(Arc::new);
        self.shards[index] = low;
        self.shards.insert(index + 1, high);
    }

    /// Undoes the last split.
    fn merge(&mut self) {
        let Round { split, .. } = Round::of(self.shards.len() - 1);
        let index = 2 * split;
        let high = Arc::unwrap_or_clone(self.shards.remove(index + 1));
        let low = Arc::unwrap_or_clone(mem::take(&mut self.shards[index]));
        let mut both = Shard::with_capacity(low.entries.len() + high.entries.len());
        both.due_ms = low.due_ms.min(high.due_ms);
        both.entries.extend(low.entries);
        both.entries.extend(high.entries);
        self.shards[index] = Arc::new(both);
    }
}

impl<V> Shard<V> {
    fn with_capacity(entries: usize) -> Shard<V> {
        Shard {
            entries: HashMap::with_capacity_and_hasher(entries, TableHasher::default()),
            due_ms: NEVER,
        }
    }
}

impl<V> Default for Shard<V> {
    fn default() -> Self {
        Shard::with_capacity(0)
    }
}

/// How far the map has grown. The hash space is divided by `bits` top bits. The first `split` of
/// these parts are divided once more.
struct Round {
    bits: u32,
    split: usize,
}

impl Round {
    fn of(shards: usize) -> Round {
        let bits = shards.ilog2();
        Round {
            bits,
            split: shards - (1 << bits),
        }
    }
}

/// The `bits` top bits of `hash`; 0 if there are none.
fn top(hash: u64, bits: u32) -> usize {
    (hash.checked_shr(64 - bits).unwrap_or(0)) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Due for usize {
        fn due_ms(&self) -> u64 {
            NEVER
        }
    }

    fn key(number: usize) -> Blob {
        Blob::from(format!("key:{number}").as_bytes())
    }

    fn filled(count: usize) -> ShardMap<usize> {
        let mut map = ShardMap::default();
        for number in 0..count {
            assert_eq!(map.insert(&key(number), number), None);
        }
        map
    }

    #[test]
    fn finds_every_key_at_every_number_of_shards() {
        let mut map = filled(0);
        let mut seen = 0;
        for number in 0..40_000 {
            map.insert(&key(number), number);
            if map.shards.len() != seen {
                seen = map.shards.len();
                assert!(
                    (0..=number).all(|n| map.get(&key(n)) == Some(&n)),
                    "{seen} shards"
                );
            }
        }
        assert_eq!(map.len(), 40_000);
        assert_eq!(map.iter().count(), 40_000);
        assert!(seen > 80);
    }

    #[test]
    fn holds_each_shard_to_its_range_of_the_hash_space() {
        let map = filled(20_000);
        let hashes = |shard: &Arc<Shard<usize>>| -> Vec<u64> {
            shard.entries.keys().map(|key| key::hash(key)).collect()
        };
        let mut last = 0;
        for shard in &map.shards {
            let hashes = hashes(shard);
            assert!(*hashes.iter().min().unwrap() >= last);
            last = *hashes.iter().max().unwrap();
        }
    }

    #[test]
    fn shrinks_as_it_grew() {
        let mut map = filled(40_000);
        let most = map.shards.len();
        for number in 0..39_990 {
            assert_eq!(map.remove(&key(number)), Some(number));
            assert_eq!(map.remove(&key(number)), None);
        }
        assert!(
            most > 80 && map.shards.len() == 1,
            "{most}, then {}",
            map.shards.len()
        );
        assert!((39_990..40_000).all(|n| map.get(&key(n)) == Some(&n)));
        assert_eq!(map.len(), 10);
    }

    #[test]
    fn a_clone_stays_as_it_is() {
        let mut map = filled(5_000);
        let copy = map.clone();
        for number in 0..5_000 {
            *map.get_mut(&key(number)).unwrap() += 1;
        }
        for number in 0..2_500 {
            map.remove(&key(number));
        }
        for number in 5_000..9_000 {
            map.insert(&key(number), number);
        }
        assert_eq!(copy.len(), 5_000);
        assert!((0..5_000).all(|n| copy.get(&key(n)) == Some(&n)));
        assert!((2_500..5_000).all(|n| map.get(&key(n)) == Some(&(n + 1))));
    }
}
