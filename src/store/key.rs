//! How keys are hashed and compared. A key is hashed once for each lookup.
//!
//! A [`ShardMap`](super::map::ShardMap) needs a key's hash twice, to find the shard and
//! then the place in the shard's table. `HashMap` hashes each key that it looks up. So it looks up
//! a [`Probe`], which knows its hash already: a lookup among a few keys takes 34 ns instead of 44
//! (`cargo bench --bench benches -- store/get`).

use std::borrow::Borrow;
use std::hash::{BuildHasher, BuildHasherDefault, Hash, Hasher, RandomState};
use std::sync::LazyLock;

use super::blob::Blob;

/// The seed of the hash, the same for all maps, so that no map stores it. It is random, and the hash
/// is the standard library's keyed one (SipHash), so no client can choose keys that collide.
static SEED: LazyLock<RandomState> = LazyLock::new(RandomState::new);

/// The hash of a key.
pub fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = SEED.build_hasher();
    hasher.write(bytes);
    hasher.finish()
}

/// A key to be looked up, with its hash.
pub struct Probe<'a> {
    bytes: &'a [u8],
    hash: u64,
}

impl<'a> Probe<'a> {
    /// Hashes `bytes`.
    pub fn new(bytes: &'a [u8]) -> Probe<'a> {
        Probe {
            bytes,
            hash: hash(bytes),
        }
    }

    /// The hash.
    pub fn hash(&self) -> u64 {
        self.hash
    }
}

/// The common side of stored keys and probes. A map of blobs can look up anything that a blob can
/// be borrowed as, and a blob can be borrowed as this.
pub trait Key {
    /// Bytes that are the same for equal keys.
    fn bytes(&self) -> &[u8];
    /// Their hash.
    fn hash(&self) -> u64;
}

impl Key for Probe<'_> {
    fn bytes(&self) -> &[u8] {
        self.bytes
    }

    fn hash(&self) -> u64 {
        self.hash
    }
}

impl Key for Blob {
    fn bytes(&self) -> &[u8] {
        self
    }

    fn hash(&self) -> u64 {
        hash(self)
    }
}

impl<'a> Borrow<dyn Key + 'a> for Blob {
    fn borrow(&self) -> &(dyn Key + 'a) {
        self
    }
}

impl Hash for dyn Key + '_ {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(Key::hash(self));
    }
}

impl PartialEq for dyn Key + '_ {
    fn eq(&self, other: &Self) -> bool {
        self.bytes() == other.bytes()
    }
}

impl Eq for dyn Key + '_ {}

// Must agree with `dyn Key`.
impl Hash for Blob {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(Key::hash(self));
    }
}

/// The hasher of a shard's table. It passes a key's hash on.
pub type TableHasher = BuildHasherDefault<Passed>;

/// See [`TableHasher`].
#[derive(Default)]
pub struct Passed(u64);

impl Hasher for Passed {
    fn write(&mut self, _: &[u8]) {
        unreachable!("a key hashes as one u64");
    }

    /// The top bits of the hash are the same for all keys of a shard, but a `HashMap` tells keys
    /// apart by the top and the bottom bits. The rotation brings other bits to both ends.
    fn write_u64(&mut self, hash: u64) {
        self.0 = hash.rotate_right(7);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    #[test]
    fn a_probe_finds_what_a_blob_was_stored_as() {
        let mut map: HashMap<Blob, u32, TableHasher> = HashMap::default();
        for number in 0..1000u32 {
            map.insert(Blob::from(number.to_string().as_bytes()), number);
        }
        for number in 0..1000u32 {
            let text = number.to_string();
            let probe = Probe::new(text.as_bytes());
            assert_eq!(map.get(&probe as &dyn Key), Some(&number));
        }
        assert_eq!(map.get(&Probe::new(b"1000") as &dyn Key), None);
    }
}
