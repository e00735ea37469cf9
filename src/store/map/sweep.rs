//! Removing the entries that are due, one shard at a time, while the map may change between
//! two shards.
//!
//! The map itself knows how far its sweep has come. A map is moved (SWAPDB), copied or replaced
//! (FLUSHALL) with its sweep. So the sweep's position and due time always belong to the same
//! entries.

use std::sync::Arc;

use super::{Due, NEVER, Position, Shard, ShardMap};
use crate::store::blob::Blob;

/// How far a sweep has come.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sweep {
    /// The sweep has seen all entries before this position.
    position: Position,
    /// The earliest due time of the entries that the sweep has left in the map, or that were added
    /// since it began.
    next_due_ms: u64,
}

impl Default for Sweep {
    fn default() -> Self {
        Sweep {
            position: 0,
            next_due_ms: NEVER,
        }
    }
}

impl Sweep {
    /// The position before which the sweep has seen all entries.
    pub(super) fn position(&self) -> Position {
        self.position
    }

    /// Notes that an entry of the map is due at `due_ms`.
    pub(super) fn note_due(&mut self, due_ms: u64) {
        self.next_due_ms = self.next_due_ms.min(due_ms);
    }
}

impl<V: Clone + Due> ShardMap<V> {
    /// Sweeps the next shard, if an entry in it may be due at `now_ms`. Calls `visit` for each
    /// entry that is due, and removes the entry unless `visit` returns `true`. An entry that stays
    /// and is still due is visited again by the next call. Returns whether shards are left; the
    /// call after the last one begins a new sweep.
    pub fn sweep(&mut self, now_ms: u64, visit: impl FnMut(&Blob, &mut V) -> bool) -> bool {
        if self.sweep.position == 0 {
            self.sweep.next_due_ms = NEVER;
        }
        let (index, next) = self.shard_at(self.sweep.position);
        let before = self.len;
        if self.shards[index].due_ms <= now_ms {
            self.sweep_shard(index, now_ms, visit);
        }
        let due_ms = self.shards[index].due_ms;
        let is_done = due_ms > now_ms;
        if is_done {
            self.sweep.note_due(due_ms);
            self.sweep.position = next.unwrap_or(0);
        }
        let is_last = is_done && next.is_none();
        if is_last {
            self.due_ms = self.sweep.next_due_ms;
        }
        // As often as single removals would have called it.
        for _ in 0..(before - self.len).div_ceil(V::SHARD_ENTRIES / 4) {
            self.shrink();
        }
        !is_last
    }

    /// Visits the entries of a shard that are due, and finds when the shard is due next.
    fn sweep_shard(
        &mut self,
        index: usize,
        now_ms: u64,
        mut visit: impl FnMut(&Blob, &mut V) -> bool,
    ) {
        let Shard { entries, due_ms } = Arc::make_mut(&mut self.shards[index]);
        let before = entries.len();
        *due_ms = NEVER;
        let preimages = &mut self.preimages;
        entries.retain(|key, value| {
            let is_due = value.due_ms() <= now_ms;
            if is_due && let Some(old) = preimages {
                let has_reader = old.save(key, || Some(value.clone()));
                if !has_reader {
                    *preimages = None;
                }
            }
            let stays = !is_due || visit(key, value);
            if stays {
                *due_ms = (*due_ms).min(value.due_ms());
            }
            stays
        });
        self.len -= before - entries.len();
        // Few entries stay: frees the room of the others.
        if entries.len() < before / 4 {
            entries.shrink_to_fit();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::map::sample::{Timed, filled, key};

    /// Sweeps `map` to its end.
    fn sweep_all(map: &mut ShardMap<Timed>, now_ms: u64) {
        while map.sweep(now_ms, |_, _| false) {}
    }

    #[test]
    fn a_sweep_removes_what_is_due_and_knows_what_is_due_next() {
        let mut map = filled(1..=10_000);
        assert!(!map.is_due(0) && map.is_due(1));
        let mut removed = 0;
        let mut is_left = true;
        while is_left {
            is_left = map.sweep(4_000, |_, _| {
                removed += 1;
                false
            });
            // An entry that is added behind the sweep is not forgotten.
            map.insert(b"late", Timed(4_001));
        }
        assert_eq!((removed, map.len()), (4_000, 6_001));
        assert_eq!(map.due_ms(), 4_001);
        assert!(map.get(&key(4_000)).is_none() && map.get(&key(4_001)).is_some());
    }

    #[test]
    fn maps_that_change_places_during_their_sweeps_are_swept_whole() {
        for swaps in [1, 2, 3, 10] {
            let (mut one, mut other) = (filled(1..=10_000), filled(1..=9_000));
            for _ in 0..swaps {
                one.sweep(8_000, |_, _| false);
                std::mem::swap(&mut one, &mut other);
            }
            sweep_all(&mut one, 8_000);
            sweep_all(&mut other, 8_000);
            assert_eq!(one.len() + other.len(), 2_000 + 1_000);
            assert_eq!((one.due_ms(), other.due_ms()), (8_001, 8_001));
        }
    }

    #[test]
    fn an_entry_that_stays_due_is_visited_until_it_is_not() {
        let mut map = filled(1..=2_000);
        let mut visits = 0;
        while map.sweep(1, |_, value| {
            visits += 1;
            value.0 += u64::from(visits == 3);
            true
        }) {}
        assert_eq!((visits, map.len()), (3, 2_000));
        assert_eq!(map.due_ms(), 2);
    }

    #[test]
    fn a_sweep_leaves_no_room_behind_for_what_it_has_removed() {
        let mut map = filled(1..=40_000);
        let most = map.shards.len();
        sweep_all(&mut map, 39_989);
        assert_eq!(map.len(), 11);
        let room: usize = map.shards.iter().map(|it| it.entries.capacity()).sum();
        assert!(most > 80 && map.shards.len() == 1 && room < 448, "{room}");
    }
}
