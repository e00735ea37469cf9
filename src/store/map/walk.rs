//! Going through a map piece by piece, while it may change between two pieces: cursors and
//! random entries.
//!
//! A place in a walk is a [`Position`] in hash space. An entry keeps its hash when the map grows or
//! shrinks. So an entry that exists from start to end is met exactly once.

use super::{Round, Shard, ShardMap, top};
use crate::store::blob::Blob;
use crate::store::key;
use crate::store::random;

/// Bits of the hash that a position has. Some clients read a cursor as a floating-point number,
/// which holds integers of 53 bits.
pub(super) const POSITION_BITS: u32 = 52;

/// A place in hash space. Entries with a lower hash lie before it; 0 is the start.
pub type Position = u64;

/// A piece of a walk: the result, and the position to continue from, unless the walk has ended.
pub type Walk<T> = (T, Option<Position>);

/// The position of an entry with this hash.
pub(super) fn position_of(hash: u64) -> Position {
    hash >> (u64::BITS - POSITION_BITS)
}

impl<V> ShardMap<V> {
    /// Returns the entries from `position` on, in no particular order: at least `count`, unless the
    /// map ends before. The cost is that of the shards that hold them. A position that does not
    /// exist returns none.
    pub fn scan(&self, position: Position, count: usize) -> Walk<Vec<(&Blob, &V)>> {
        let mut found = Vec::new();
        let mut next = Some(position).filter(|it| *it < 1 << POSITION_BITS);
        while let Some(position) = next.filter(|_| found.len() < count) {
            let (index, end) = self.shard_at(position);
            next = end;
            let wanted = count - found.len();
            next = take(&self.shards[index], position, wanted, &mut found).or(next);
        }
        (found, next)
    }

    /// Draws an entry; each has the same probability. `None` if the map is empty. The cost does not
    /// depend on the number of entries.
    pub fn random(&self) -> Option<(&Blob, &V)> {
        if self.is_empty() {
            return None;
        }
        let mut most = self.shard_bound();
        // Rejection sampling: draws a shard and an index below `most`, and draws again if the shard
        // has fewer entries. So each entry has the same probability.
        loop {
            let entries = &self.shards[random::below(self.shards.len())].entries;
            most = most.max(entries.len());
            let index = random::below(most);
            if index < entries.len() {
                return entries.iter().nth(index);
            }
        }
    }

    /// A number of entries that hardly any shard exceeds: ten standard deviations above the mean of
    /// the shards that this round has not split. A client that removes entries in the order of a
    /// walk can make shards that have more.
    fn shard_bound(&self) -> usize {
        let mean = self.len >> Round::of(self.shards.len()).bits;
        match &self.shards[..] {
            [_] => mean,
            _ => mean + 10 * mean.isqrt() + 20,
        }
    }

    /// The shard that has `position`, and the position at which the next one begins.
    pub(super) fn shard_at(&self, position: Position) -> (usize, Option<Position>) {
        Round::of(self.shards.len()).shard_at(position)
    }
}

impl Round {
    /// The shard that has `position`, and the position at which the next one begins.
    pub(super) fn shard_at(self, position: Position) -> (usize, Option<Position>) {
        let Round { bits, split } = self;
        let hash = position << (u64::BITS - POSITION_BITS);
        let part = top(hash, bits);
        let (index, last, bits) = if part < split {
            let half = top(hash, bits + 1);
            (half, half, bits + 1)
        } else {
            (part + split, part, bits)
        };
        let end = (last as u64 + 1) << (POSITION_BITS - bits);
        (index, Some(end).filter(|end| *end < 1 << POSITION_BITS))
    }
}

/// Adds to `found` the first `count` entries of a shard from `position` on, and all others that
/// have the position of the last one. Returns where to continue within the shard.
fn take<'a, V>(
    shard: &'a Shard<V>,
    position: Position,
    count: usize,
    found: &mut Vec<(&'a Blob, &'a V)>,
) -> Option<Position> {
    let entries = shard.entries.iter();
    let mut ahead: Vec<_> = entries
        .map(|(key, value)| (position_of(key::hash(key)), key, value))
        .filter(|entry| entry.0 >= position)
        .collect();
    let next = if ahead.len() > count {
        let (_, last, _) = ahead.select_nth_unstable_by_key(count - 1, |entry| entry.0);
        let last = last.0;
        let before = ahead.len();
        ahead.retain(|entry| entry.0 <= last);
        Some(last + 1).filter(|_| ahead.len() < before)
    } else {
        None
    };
    found.extend(ahead.into_iter().map(|(_, key, value)| (key, value)));
    next
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::map::sample::{Timed, filled, key};
    use std::collections::BTreeSet;

    #[test]
    fn a_scan_meets_every_key_once_while_the_map_grows_and_shrinks() {
        for count in [3, 100, 1000] {
            let mut map = filled(0..3_000);
            let mut met = Vec::new();
            let mut next = Some(0);
            let mut added = 3_000;
            while let Some(position) = next {
                let found;
                (found, next) = map.scan(position, count);
                assert!(found.len() >= count || next.is_none());
                let old = |value: &u64| *value < 3_000;
                met.extend(found.iter().map(|(_, value)| value.0).filter(old));
                // First it grows to the fivefold, then it shrinks again.
                if met.len() < 1_500 && added < 15_000 {
                    for number in added..added + 20 * count as u64 {
                        map.insert(&key(number), Timed(number));
                    }
                    added += 20 * count as u64;
                } else if met.len() >= 1_500 {
                    for number in 3_000..added {
                        map.remove(&key(number));
                    }
                }
            }
            assert_eq!(met.len(), 3_000, "in steps of {count}");
            assert_eq!(met.into_iter().collect::<BTreeSet<_>>().len(), 3_000);
        }
    }

    #[test]
    fn a_random_entry_can_be_any() {
        let map = filled(0..2_000);
        let met: BTreeSet<u64> = (0..60_000)
            .filter_map(|_| map.random())
            .map(|(_, value)| value.0)
            .collect();
        assert_eq!(met.len(), 2_000);
        assert!(ShardMap::<Timed>::default().random().is_none());
    }
}
