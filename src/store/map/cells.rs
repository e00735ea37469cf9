//! A map as a picture: its shards as a bounded number of cells.
//!
//! Each shard is a cell, so that a split is seen as a new cell. A map of more than [`MAX_CELLS`] shards
//! is divided by hash instead: each cell is an equal part of hash space, with several shards.

use std::ops::Range;

use super::walk::{POSITION_BITS, position_of};
use super::{Position, Round, ShardMap};

/// The most cells of a map.
const MAX_CELLS: usize = 256;

/// The bits of a hash that tell the cell in a big map.
const CELL_BITS: u32 = MAX_CELLS.ilog2();

/// The cells of a map.
#[derive(Clone, Copy, Debug)]
pub struct Cells<'a, V>(&'a ShardMap<V>);

impl<V> ShardMap<V> {
    /// Returns the map as cells.
    pub fn cells(&self) -> Cells<'_, V> {
        Cells(self)
    }
}

impl<V> Cells<'_, V> {
    /// Returns the number of shards.
    pub fn shards(&self) -> usize {
        self.0.shards.len()
    }

    /// Returns the number of cells.
    pub fn count(&self) -> usize {
        self.shards().min(MAX_CELLS)
    }

    /// Returns the cell of the keys with this hash.
    pub fn of(&self, hash: u64) -> usize {
        self.at(position_of(hash))
    }

    /// Returns the number of shards in a cell, and of their entries.
    pub fn size(&self, cell: usize) -> (usize, usize) {
        let shards = &self.0.shards[self.shards_of(cell)];
        (shards.len(), shards.iter().map(|it| it.entries.len()).sum())
    }

    /// Returns the cell in which the next shard is split.
    pub fn next_split(&self) -> usize {
        let Round { bits, split } = Round::of(self.shards());
        match self.is_by_shard() {
            true => 2 * split,
            false => split >> (bits - CELL_BITS),
        }
    }

    /// Returns the cell that the sweep has come to; `None` if the sweep is at its beginning.
    pub fn swept(&self) -> Option<usize> {
        let position = self.0.sweep.position();
        (position > 0).then(|| self.at(position))
    }

    fn is_by_shard(&self) -> bool {
        is_by_shard(self.shards())
    }

    fn at(&self, position: Position) -> usize {
        cell_at(position, self.shards())
    }

    fn shards_of(&self, cell: usize) -> Range<usize> {
        if self.is_by_shard() {
            return cell..cell + 1;
        }
        let first = |cell: usize| match cell {
            MAX_CELLS => self.shards(),
            _ => {
                let position = (cell as Position) << (POSITION_BITS - CELL_BITS);
                self.0.shard_at(position).0
            }
        };
        first(cell)..first(cell + 1)
    }
}

/// Returns the cells, in order, in which shards were split while a map grew from `before` to `now` shards.
pub fn split_cells(before: usize, now: usize) -> Vec<usize> {
    // A map that has doubled has split all shards.
    let mut cells: Vec<usize> = (before.max(now / 2)..now)
        .flat_map(|shards| {
            let Round { bits, split } = Round::of(shards);
            [2 * split, 2 * split + 1].map(|half| {
                let position = (half as Position) << (POSITION_BITS - bits - 1);
                cell_at(position, now)
            })
        })
        .collect();
    cells.sort_unstable();
    cells.dedup();
    cells
}

fn is_by_shard(shards: usize) -> bool {
    shards <= MAX_CELLS
}

/// Returns the cell that has `position` in a map of `shards` shards.
fn cell_at(position: Position, shards: usize) -> usize {
    match is_by_shard(shards) {
        true => Round::of(shards).shard_at(position).0,
        false => (position >> (POSITION_BITS - CELL_BITS)) as usize,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::key::hash;
    use crate::store::map::sample::{Timed, filled, key};

    #[test]
    fn each_entry_is_in_one_cell() {
        for entries in [0, 10, 5_000, 114_000, 116_000, 180_000] {
            let map = filled(0..entries);
            let cells = map.cells();
            let mut counted = vec![0; cells.count()];
            for (key, _) in map.iter() {
                counted[cells.of(hash(key))] += 1;
            }
            let sizes: Vec<_> = (0..cells.count()).map(|cell| cells.size(cell)).collect();
            let lengths: Vec<usize> = sizes.iter().map(|size| size.1).collect();
            assert_eq!(lengths, counted);
            let shards: usize = sizes.iter().map(|size| size.0).sum();
            assert_eq!(shards, cells.shards(), "{entries} entries");
        }
    }

    #[test]
    fn a_split_is_in_the_cell_that_was_announced() {
        let mut map = filled(0..0);
        for number in 0..140_000 {
            let cells = map.cells();
            let (before, next) = (cells.shards(), cells.next_split());
            let (shards, entries) = cells.size(next);
            map.insert(&key(number), Timed(1));
            let cells = map.cells();
            if cells.shards() > before && before >= MAX_CELLS {
                assert_eq!(cells.size(next).0, shards + 1);
            } else if cells.shards() > before {
                let halves = cells.size(next).1 + cells.size(next + 1).1;
                assert!(halves == entries || halves == entries + 1);
            }
        }
    }

    /// Returns the parts of the hash space that shards stand for, by their ends.
    fn parts(shards: usize) -> Vec<(Position, Option<Position>)> {
        let part = |from| (from, Round::of(shards).shard_at(from).1);
        let mut parts = vec![part(0)];
        while let Some((_, Some(end))) = parts.last() {
            parts.push(part(*end));
        }
        parts
    }

    #[test]
    fn split_cells_have_shards_that_were_not_there_before() {
        for (before, now) in [
            (1, 1),
            (1, 2),
            (5, 6),
            (5, 7),
            (1, 200),
            (255, 256),
            (256, 257),
            (250, 300),
            (340, 564),
            (600, 2500),
        ] {
            let old = parts(before);
            let new = parts(now).into_iter().filter(|it| !old.contains(it));
            let mut expected: Vec<usize> = new.map(|(from, _)| cell_at(from, now)).collect();
            expected.dedup();
            assert_eq!(split_cells(before, now), expected, "{before} to {now}");
        }
        assert_eq!(split_cells(5, 6), [2, 3]);
        assert_eq!(split_cells(6, 5), []);
    }
}
