//! A snapshot of a map: read piece by piece while the map goes on changing.
//!
//! A copy would need all the memory once more. Instead a walk reads the map. Before a key ahead of
//! the walk changes, its old value, the *preimage*, is saved:
//!
//! ```text
//!   hash   0000....                                                          11......
//!          |--------- read --------|--------------------- unread --------------------|
//!                               walked               (the map, with preimages in `saved`)
//! ```
//!
//! So the extra memory is the preimages of the keys written during the walk. A walk through a
//! million keys takes a tenth of a second, or as long as the disk needs.
//!
//! A write to a shard that a piece holds copies the shard. Such copies scatter over the allocator's
//! memory, so a piece holds one shard. Growth of a process of 110 MB under
//! `redis-benchmark -t set -r 1000000 -P 16`:
//!
//! | shards in a piece | after 5 walks |
//! |---:|---:|
//! | 16 | 31 % |
//! | 1 | 8 %, and no walk was slower |

use std::collections::{BTreeMap, HashMap};
use std::mem;
use std::sync::{Arc, Weak};

use super::walk::position_of;
use super::{Due, Position, Shard, ShardMap};
use crate::store::blob::Blob;
use crate::store::key::{Key, Probe, TableHasher};

/// Identifies a snapshot. When it is dropped, the snapshot is no longer needed.
pub type SnapshotId = Arc<()>;

/// The unread part of a snapshot.
#[derive(Clone, Debug)]
pub struct Preimages<V> {
    id: Weak<()>,
    /// The position up to which the snapshot has been read.
    walked: Position,
    /// Preimages: for each unread key that has changed, its value in the snapshot; `None` if the
    /// key did not exist.
    saved: BTreeMap<(Position, Blob), Option<V>>,
    /// The old map, if FLUSHALL or another command has replaced it. Shards that were read are
    /// removed.
    replaced: Option<ShardMap<V>>,
}

/// A piece of a snapshot: the entries of one shard from a position on.
#[derive(Debug)]
pub struct Piece<V> {
    shard: Arc<Shard<V>>,
    from: Position,
    saved: BTreeMap<(Position, Blob), Option<V>>,
}

impl<V: Clone> Preimages<V> {
    /// Saves the preimage of `key`, which is about to change; `now` returns it. Returns whether the
    /// snapshot is still needed.
    pub(super) fn save(&mut self, key: &dyn Key, now: impl FnOnce() -> Option<V>) -> bool {
        let position = position_of(key.hash());
        if self.replaced.is_none() && position >= self.walked {
            let place = (position, Blob::from(key.bytes()));
            self.saved.entry(place).or_insert_with(now);
        }
        self.has_reader()
    }

    fn has_reader(&self) -> bool {
        self.id.strong_count() > 0
    }
}

impl<V: Clone + Due> ShardMap<V> {
    /// Begins a snapshot, which [`ShardMap::next_piece`] reads. It ends when all is read or `id` is
    /// dropped. Ends an older snapshot. Returns `false` if the map is empty.
    pub fn begin_snapshot(&mut self, id: &SnapshotId) -> bool {
        self.preimages = (!self.is_empty()).then(|| {
            Box::new(Preimages {
                id: Arc::downgrade(id),
                walked: 0,
                saved: BTreeMap::new(),
                replaced: None,
            })
        });
        self.preimages.is_some()
    }

    /// Whether the snapshot `id` has unread pieces.
    pub fn has_snapshot(&self, id: &SnapshotId) -> bool {
        // No other id can have this address while a reference to this one exists.
        let preimages = self.preimages.as_ref();
        preimages.is_some_and(|preimages| preimages.id.as_ptr() == Arc::as_ptr(id))
    }

    /// Ends the snapshot `id`. Returns its unread part, to be freed.
    pub fn end_snapshot(&mut self, id: &SnapshotId) -> Option<Box<Preimages<V>>> {
        if self.has_snapshot(id) {
            self.preimages.take()
        } else {
            None
        }
    }

    /// Returns the next piece of the snapshot, and whether it is the last; `None` after that. The
    /// piece shares one shard with the map, so a write to that shard copies it.
    pub fn next_piece(&mut self) -> Option<(Piece<V>, bool)> {
        let mut preimages = self.preimages.take()?;
        let (index, next) = match &preimages.replaced {
            Some(map) => map.shard_at(preimages.walked),
            None => self.shard_at(preimages.walked),
        };
        let shard = match &mut preimages.replaced {
            // The caller frees the shard with the piece.
            Some(map) => mem::take(&mut map.shards[index]),
            None => Arc::clone(&self.shards[index]),
        };
        let ahead = match next {
            Some(next) => preimages.saved.split_off(&(next, Blob::default())),
            None => BTreeMap::new(),
        };
        let piece = Piece {
            shard,
            from: preimages.walked,
            saved: mem::replace(&mut preimages.saved, ahead),
        };
        if let Some(next) = next {
            preimages.walked = next;
            self.preimages = Some(preimages);
        }
        Some((piece, next.is_none()))
    }

    /// Replaces all entries by those of `other`. Returns the old ones, to be freed, unless a
    /// snapshot needs them.
    pub fn replace(&mut self, other: ShardMap<V>) -> ShardMap<V> {
        let preimages = self.preimages.take();
        let old = mem::replace(self, other);
        self.preimages = preimages;
        match &mut self.preimages {
            Some(preimages) if preimages.replaced.is_none() && preimages.has_reader() => {
                preimages.replaced = Some(old);
                ShardMap::default()
            }
            _ => old,
        }
    }

    /// Saves the preimage of the key `probe`, which is about to change.
    pub(super) fn save(&mut self, index: usize, probe: &Probe) {
        if let Some(preimages) = &mut self.preimages {
            let entries = &self.shards[index].entries;
            let has_reader = preimages.save(probe, || entries.get(probe as &dyn Key).cloned());
            if !has_reader {
                self.preimages = None;
            }
        }
    }
}

impl<V> Piece<V> {
    /// Calls `visit` for each entry of the piece.
    ///
    /// # Errors
    /// The first error of `visit`, which ends the visit.
    pub fn visit<E>(self, mut visit: impl FnMut(&Blob, &V) -> Result<(), E>) -> Result<(), E> {
        let saved = self.saved.into_iter().map(|((_, key), value)| (key, value));
        let saved: HashMap<Blob, Option<V>, TableHasher> = saved.collect();
        for (key, value) in &saved {
            if let Some(value) = value {
                visit(key, value)?;
            }
        }
        for (key, value) in &self.shard.entries {
            let probe = Probe::new(key);
            let is_read = position_of(probe.hash()) < self.from;
            if !is_read && !saved.contains_key(&probe as &dyn Key) {
                visit(key, value)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::random;

    #[derive(Clone, Debug, PartialEq)]
    struct Value(usize);

    impl Due for Value {
        fn due_ms(&self) -> u64 {
            self.0 as u64
        }
    }

    const KEYS: usize = 30_000;

    fn key(number: usize) -> Blob {
        Blob::from(format!("key:{number}").as_bytes())
    }

    fn filled() -> ShardMap<Value> {
        let mut map = ShardMap::default();
        for number in 0..KEYS {
            map.insert(&key(number), Value(number));
        }
        map
    }

    /// Reads all of `id`, with a call of `change` after each piece.
    fn read(
        map: &mut ShardMap<Value>,
        id: &SnapshotId,
        mut change: impl FnMut(&mut ShardMap<Value>),
    ) -> Vec<(Blob, Value)> {
        let mut all = Vec::new();
        change(map);
        while map.has_snapshot(id) {
            let (piece, is_last) = map.next_piece().unwrap();
            change(map);
            let visited = piece.visit(|key, value| {
                all.push((key.clone(), value.clone()));
                Ok::<(), ()>(())
            });
            assert!(visited.is_ok() && is_last != map.has_snapshot(id));
        }
        all
    }

    fn assert_as_filled(mut all: Vec<(Blob, Value)>) {
        all.sort_by_key(|(_, value)| value.0);
        assert_eq!(all.len(), KEYS);
        for (number, (name, value)) in all.into_iter().enumerate() {
            assert_eq!((name, value), (key(number), Value(number)));
        }
    }

    #[test]
    fn what_was_there_is_given_out_once_whatever_becomes_of_it() {
        for changes in [0, 100, 20_000] {
            let (mut map, id) = (filled(), SnapshotId::default());
            assert!(map.begin_snapshot(&id));
            let all = read(&mut map, &id, |map| {
                for _ in 0..changes {
                    let name = key(random::below(2 * KEYS));
                    match random::below(4) {
                        0 => drop(map.remove(&name)),
                        1 => drop(map.insert(&name, Value(KEYS + 1))),
                        2 => drop(map.get_mut(&name).map(|value| value.0 += 1)),
                        _ => map.note_due(&name, 7),
                    }
                }
            });
            assert_as_filled(all);
        }
    }

    #[test]
    fn what_a_sweep_removes_and_another_map_replaces_was_there() {
        let (mut map, id) = (filled(), SnapshotId::default());
        assert!(map.begin_snapshot(&id));
        let all = read(&mut map, &id, |map| {
            if map.len() > KEYS / 2 {
                assert!(map.sweep(NOW_MS, |_, _| false));
            } else if map.len() > 1 {
                let old = map.replace(ShardMap::default());
                assert!(old.is_empty());
                map.insert(b"new", Value(KEYS));
            }
        });
        assert_as_filled(all);
        assert_eq!(map.len(), 1);
        assert_eq!(map.replace(ShardMap::default()).len(), 1);
    }

    const NOW_MS: u64 = KEYS as u64;

    #[test]
    fn nothing_is_kept_for_nobody() {
        let (mut map, id) = (filled(), SnapshotId::default());
        assert!(!ShardMap::<Value>::default().begin_snapshot(&id));
        assert!(map.begin_snapshot(&id) && map.has_snapshot(&id));
        assert!(!map.has_snapshot(&SnapshotId::default()));
        drop(id);
        let mut emptied = map.clone();
        assert_eq!(emptied.replace(ShardMap::default()).len(), KEYS);
        let mut swept = map.clone();
        swept.sweep(NOW_MS, |_, _| false);
        assert!(swept.preimages.is_none());
        map.insert(&key(0), Value(0));
        assert!(map.preimages.is_none());
    }
}
