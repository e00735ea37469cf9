//! Maps for tests.

use super::{Due, ShardMap};
use crate::store::blob::Blob;

/// A value that is due at this time.
#[derive(Clone)]
pub(super) struct Timed(pub(super) u64);

impl Due for Timed {
    fn due_ms(&self) -> u64 {
        self.0
    }
}

pub(super) fn key(number: u64) -> Blob {
    Blob::from(format!("key:{number}").as_bytes())
}

/// Returns a map with a key for each number, which is due at that time.
pub(super) fn filled(numbers: impl Iterator<Item = u64>) -> ShardMap<Timed> {
    let mut map = ShardMap::default();
    for number in numbers {
        map.insert(&key(number), Timed(number));
    }
    map
}
