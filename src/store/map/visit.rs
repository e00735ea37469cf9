//! Visiting all entries in steps of any length, for estimates.

use super::{Position, ShardMap};
use crate::store::blob::Blob;

/// Where a visit goes on: in the shard at a position, behind the entries that were seen.
#[derive(Clone, Copy, Debug, Default)]
pub struct Place {
    position: Position,
    seen: usize,
}

impl<V> ShardMap<V> {
    /// Visits entries of one shard from `place` on, until `visit` returns `false`. Returns where to go
    /// on; `None` at the end. In a map that changes meanwhile, some entries may be missed, or visited
    /// twice.
    pub fn visit(&self, place: Place, mut visit: impl FnMut(&Blob, &V) -> bool) -> Option<Place> {
        let Place { position, mut seen } = place;
        let (index, next) = self.shard_at(position);
        // This skips empty places of the table, and reads no entry.
        for (key, value) in self.shards[index].entries.iter().skip(seen) {
            seen += 1;
            if !visit(key, value) {
                return Some(Place { position, seen });
            }
        }
        next.map(|position| Place { position, seen: 0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::map::sample::filled;
    use std::collections::BTreeSet;

    #[test]
    fn a_visit_meets_all_entries_in_steps_of_any_length() {
        let map = filled(0..3_000);
        for length in [1, 7, 100_000] {
            let mut met = BTreeSet::new();
            let mut next = Some(Place::default());
            while let Some(place) = next {
                let mut left = length;
                next = map.visit(place, |_, value| {
                    assert!(met.insert(value.0));
                    left -= 1;
                    left > 0
                });
            }
            assert_eq!(met.len(), 3_000);
        }
    }
}
