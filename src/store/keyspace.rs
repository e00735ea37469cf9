//! One database: keys to entries.
//!
//! A key past its time is absent for every question asked here. That is why each takes
//! `now_ms`, milliseconds since 1970; nothing in the store reads a clock.

use std::sync::Arc;

use super::blob::Blob;
use super::shards::ShardMap;
use super::value::{Entry, Hash, Value};

/// The key holds a value of another type than was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrongType;

/// The keys of one database.
#[derive(Clone, Debug, Default)]
pub struct Keyspace {
    entries: ShardMap<Entry>,
}

impl Keyspace {
    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The entry of `key`, whatever its type.
    pub fn get(&self, key: &[u8], now_ms: u64) -> Option<&Entry> {
        self.entries.get(key).filter(|entry| !entry.is_over(now_ms))
    }

    /// The string at `key`, if there is a key.
    ///
    /// # Errors
    /// [`WrongType`] if it holds something else.
    pub fn string(&self, key: &[u8], now_ms: u64) -> Result<Option<&Blob>, WrongType> {
        match self.get(key, now_ms).map(Entry::value) {
            None => Ok(None),
            Some(Value::String(blob)) => Ok(Some(blob)),
            Some(Value::Hash(_)) => Err(WrongType),
        }
    }

    /// The hash at `key`, if there is a key.
    ///
    /// # Errors
    /// [`WrongType`] if it holds something else.
    pub fn hash(&self, key: &[u8], now_ms: u64) -> Result<Option<&Hash>, WrongType> {
        match self.get(key, now_ms).map(Entry::value) {
            None => Ok(None),
            Some(Value::Hash(hash)) => Ok(Some(hash)),
            Some(Value::String(_)) => Err(WrongType),
        }
    }

    /// The hash at `key`, to add fields to; made if there is no key. The caller must
    /// leave at least one field in it.
    ///
    /// # Errors
    /// [`WrongType`] if it holds something else.
    pub fn hash_or_new(&mut self, key: &[u8], now_ms: u64) -> Result<&mut Hash, WrongType> {
        if self.get(key, now_ms).is_none() {
            self.set(key, Value::Hash(Arc::default()).into());
        }
        match self.entries.get_mut(key).map(Entry::value_mut) {
            Some(Value::Hash(hash)) => Ok(Arc::make_mut(hash)),
            _ => Err(WrongType),
        }
    }

    /// Sets `key` and returns what it held, be it past its time or not.
    pub fn set(&mut self, key: &[u8], entry: Entry) -> Option<Entry> {
        self.entries.insert(key, entry)
    }

    /// Removes `key` and returns what it held, unless that was past its time.
    pub fn remove(&mut self, key: &[u8], now_ms: u64) -> Option<Entry> {
        self.entries
            .remove(key)
            .filter(|entry| !entry.is_over(now_ms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::num::NonZeroU64;

    #[test]
    fn a_key_past_its_time_is_absent_for_everybody() {
        let mut keyspace = Keyspace::default();
        let value = Value::String(Blob::from(&b"v"[..]));
        keyspace.set(b"k", Entry::new(value, NonZeroU64::new(1_000)));
        assert!(keyspace.get(b"k", 999).is_some());
        assert!(keyspace.get(b"k", 1_000).is_none());
        assert_eq!(keyspace.string(b"k", 1_000), Ok(None));
        assert_eq!(keyspace.hash(b"k", 999).err(), Some(WrongType));
        assert!(keyspace.hash_or_new(b"k", 1_000).unwrap().is_empty());
        assert!(keyspace.string(b"k", 1_000).is_err());
    }
}
