//! The table of tracked keys: which clients have read each key since its last change.

use std::collections::HashMap;

use crate::store::blob::Blob;
use crate::store::key::{Key, Probe, TableHasher};
use crate::store::random;

/// From this number of readers of a key on, disconnected ones are removed when the number doubles.
const MANY_READERS: usize = 64;

/// The keys that clients have read.
#[derive(Debug, Default)]
pub struct Table {
    /// The index in `rows` of each key.
    places: HashMap<Blob, usize, TableHasher>,
    /// In no order, so that any row can be drawn by its index.
    rows: Vec<Row>,
    /// The number of readers in all rows.
    readers: usize,
}

#[derive(Debug)]
struct Row {
    key: Blob,
    /// The numbers of the clients, in ascending order.
    readers: Vec<u64>,
}

impl Table {
    /// Returns the number of keys.
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Returns the number of pairs of a key and a reader.
    pub(super) fn readers(&self) -> usize {
        self.readers
    }

    /// Adds `client` to the readers of `key`. `tracks` says whether a reader still tracks keys.
    pub(super) fn add(&mut self, key: &[u8], client: u64, tracks: impl Fn(u64) -> bool) {
        let found = self.places.get(&Probe::new(key) as &dyn Key).copied();
        let place = found.unwrap_or_else(|| self.add_row(key));
        let readers = &mut self.rows[place].readers;
        let Err(index) = readers.binary_search(&client) else {
            return;
        };
        let before = readers.len();
        readers.insert(index, client);
        if readers.len() >= MANY_READERS && readers.len().is_power_of_two() {
            readers.retain(|reader| tracks(*reader));
        }
        self.readers = self.readers - before + readers.len();
    }

    fn add_row(&mut self, key: &[u8]) -> usize {
        let place = self.rows.len();
        let key = Blob::from(key);
        self.places.insert(key.clone(), place);
        self.rows.push(Row {
            key,
            readers: Vec::new(),
        });
        place
    }

    /// Removes `key`. Returns its readers; none if it is not in the table.
    pub(super) fn take(&mut self, key: &[u8]) -> Vec<u64> {
        match self.places.get(&Probe::new(key) as &dyn Key) {
            Some(&place) => self.take_row(place).readers,
            None => Vec::new(),
        }
    }

    /// Removes any key. Returns it with its readers.
    pub(super) fn take_any(&mut self) -> Option<(Blob, Vec<u64>)> {
        if self.rows.is_empty() {
            return None;
        }
        let Row { key, readers } = self.take_row(random::below(self.rows.len()));
        Some((key, readers))
    }

    fn take_row(&mut self, place: usize) -> Row {
        let row = self.rows.swap_remove(place);
        self.places.remove(&row.key);
        if let Some(moved) = self.rows.get(place) {
            self.places.insert(moved.key.clone(), place);
        }
        self.readers -= row.readers.len();
        row
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_found_whatever_was_removed_before() {
        let mut table = Table::default();
        let key = |number: u64| number.to_string().into_bytes();
        for number in 0..100 {
            table.add(&key(number), number, |_| true);
            table.add(&key(number), 1000, |_| true);
            table.add(&key(number), 1000, |_| true);
        }
        assert_eq!((table.len(), table.readers()), (100, 200));
        for number in (0..100).step_by(3) {
            assert_eq!(table.take(&key(number)), [number, 1000]);
            assert!(table.take(&key(number)).is_empty());
        }
        let mut left = 0;
        while let Some((key, readers)) = table.take_any() {
            assert_eq!(key[..], *readers[0].to_string().as_bytes());
            left += 1;
        }
        assert_eq!((left, table.len(), table.readers()), (66, 0, 0));
    }

    #[test]
    fn readers_that_are_gone_do_not_gather_at_a_key() {
        let mut table = Table::default();
        for client in 0..10_000 {
            table.add(b"k", client, |reader| reader + 10 > client);
        }
        assert!(table.readers() < MANY_READERS);
        assert_eq!(table.take(b"k").last(), Some(&9_999));
    }
}
