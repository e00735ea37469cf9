//! Expiry of keys and fields: sets their times, and removes those that have expired.
//!
//! `engine` calls this and records the removal: before a command runs, for the keys that it
//! names ([`Keyspace::purge`]), and by and by for all others ([`Keyspace::sweep`]).
//!
//! [`Keyspace::purge`] reads the entry itself, so it does not depend on what a sweep has seen.
//! [`Keyspace::is_due`] is a hint that saves work.

use super::{Keyspace, WrongType};
use crate::store::blob::Blob;
use crate::store::types::{Entry, Moment, Value};

/// A key or fields that were removed because they had expired.
#[derive(Debug)]
pub enum Removed {
    /// A key, with all that it held.
    Key(Blob, Entry),
    /// These fields of the hash at a key, which may have been the last ones.
    Fields(Blob, Vec<Blob>),
}

/// After how many expired fields a hash is left for the next call of a sweep.
const FIELDS_PER_SWEEP: usize = 1024;

/// How many keys of a database can expire. If none can, no key has to be checked.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Times {
    /// Keys with a time of their own.
    keys: usize,
    /// Hashes with a field that has a time, or has had one.
    hashes: usize,
}

impl Times {
    /// Counts an entry that is added.
    pub(super) fn add(&mut self, entry: &Entry) {
        self.keys += usize::from(entry.expires_at().is_some());
        self.hashes += usize::from(entry.value().has_field_times());
    }

    /// Counts an entry, if there was one, that is removed.
    pub(super) fn remove(&mut self, entry: Option<&Entry>) {
        if let Some(entry) = entry {
            self.keys -= usize::from(entry.expires_at().is_some());
            self.hashes -= usize::from(entry.value().has_field_times());
        }
    }
}

impl Keyspace {
    /// How many keys have a time to live.
    pub fn expiring(&self) -> usize {
        self.times.keys
    }

    /// Whether a key, or a field of one, can expire.
    pub fn has_times(&self) -> bool {
        self.times.keys + self.times.hashes > 0
    }

    /// Whether `key` is there, but past its time.
    pub fn is_over(&self, key: &[u8], now_ms: u64) -> bool {
        self.entries
            .get(key)
            .is_some_and(|entry| entry.is_over(now_ms))
    }

    /// Gives `key`, if it is there, an end, or takes it away.
    pub fn expire(&mut self, key: &[u8], expires_at: Option<Moment>) {
        self.watchers.touch(key);
        let Some(entry) = self.entries.get_mut(key) else {
            return;
        };
        self.times.remove(Some(entry));
        let old = std::mem::replace(entry, Value::String(Blob::default()).into());
        *entry = old.with_expiry(expires_at);
        self.times.add(entry);
        if let Some(at) = expires_at {
            self.entries.note_due(key, at.get());
        }
    }

    /// Gives the field of the hash at `key`, if it is there, an end, or takes it away.
    ///
    /// # Errors
    /// [`WrongType`] if the key holds something else.
    pub fn expire_field(
        &mut self,
        key: &[u8],
        field: &[u8],
        expires_at: Option<Moment>,
    ) -> Result<(), WrongType> {
        // What is past its time may be set anew.
        if let Some(hash) = self.hash_mut(key, 0)? {
            let had_times = hash.has_times();
            hash.expire(field, expires_at);
            let gets_times = hash.has_times() && !had_times;
            self.times.hashes += usize::from(gets_times);
            if let Some(at) = expires_at {
                self.entries.note_due(key, at.get());
            }
        }
        Ok(())
    }

    /// Whether anything at `key` may have expired. `false` is certain as long as the times of
    /// shards are right; a record of the log must not depend on that.
    pub fn is_due(&self, key: &[u8], now_ms: u64) -> bool {
        self.entries.is_due_at(key, now_ms)
    }

    /// Removes what is past its time: `key`, or those of `fields` that are, if it is a
    /// hash. The more is asked for the more it costs; a hash's other fields are left
    /// for a sweep.
    pub fn purge<'a>(
        &mut self,
        key: &[u8],
        fields: impl Iterator<Item = &'a [u8]>,
        now_ms: u64,
    ) -> Option<Removed> {
        let entry = self.entries.get(key)?;
        if entry.is_over(now_ms) {
            self.watchers.touch(key);
            let entry = self.entries.remove(key)?;
            self.times.remove(Some(&entry));
            return Some(Removed::Key(Blob::from(key), entry));
        }
        let Value::Hash(hash) = entry.value() else {
            return None;
        };
        let is_over = |field: &&[u8]| hash.has_expired(field, now_ms);
        let over: Vec<Blob> = fields.filter(is_over).map(Blob::from).collect();
        if over.is_empty() {
            return None;
        }
        let hash = self.hash_mut(key, now_ms).ok()??;
        for field in &over {
            hash.remove(field, now_ms);
        }
        Some(Removed::Fields(Blob::from(key), over))
    }

    /// Whether a sweep would find anything.
    pub fn is_sweep_due(&self, now_ms: u64) -> bool {
        self.entries.is_due(now_ms)
    }

    /// Removes what has expired in one shard and adds it to `removed`. Returns whether shards
    /// are left: see `ShardMap::sweep`.
    pub fn sweep(&mut self, now_ms: u64, removed: &mut Vec<Removed>) -> bool {
        let first = removed.len();
        let is_left = self.entries.sweep(now_ms, |key, entry| {
            if entry.is_over(now_ms) {
                let empty = Value::String(Blob::default()).into();
                let entry = std::mem::replace(entry, empty);
                removed.push(Removed::Key(key.clone(), entry));
                return false;
            }
            if let Value::Hash(hash) = entry.value_mut() {
                let fields = hash.sweep(now_ms, FIELDS_PER_SWEEP);
                if !fields.is_empty() {
                    removed.push(Removed::Fields(key.clone(), fields));
                }
            }
            true
        });
        for it in &removed[first..] {
            match it {
                Removed::Key(key, entry) => {
                    self.watchers.touch(key);
                    self.times.remove(Some(entry));
                }
                Removed::Fields(key, _) => self.watchers.touch(key),
            }
        }
        is_left
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Small;
    use crate::store::blob::BlobRef;

    #[test]
    fn a_key_past_its_time_is_absent_for_everybody() {
        let mut keyspace = Keyspace::default();
        let value = Value::String(Blob::from(&b"v"[..]));
        keyspace.set(b"k", Entry::new(value, Moment::new(1_000)));
        assert_eq!(keyspace.expiring(), 1);
        assert!(keyspace.get(b"k", 999).is_some());
        assert!(keyspace.get(b"k", 1_000).is_none());
        assert_eq!(keyspace.string(b"k", 1_000), Ok(None));
        assert_eq!(keyspace.iter(1_000).count(), 0);
        let mut expired = Vec::new();
        assert_eq!(
            keyspace.random(1_000, |key| expired.push(key.clone())),
            None
        );
        assert!(expired.contains(&Blob::from(&b"k"[..])));
        assert!(matches!(keyspace.hash(b"k", 999), Err(WrongType)));
        keyspace.hash_or_new(b"k", 1_000).unwrap();
        assert_eq!(keyspace.string(b"k", 1_000), Err(WrongType));
        assert_eq!(keyspace.expiring(), 0);
    }

    #[test]
    fn a_hash_goes_with_its_last_field() {
        let mut keyspace = Keyspace::default();
        let hash = keyspace.hash_or_new(b"h", 0).unwrap();
        hash.set(b"a", BlobRef::from(&b"1"[..]), Small::default());
        hash.set(b"b", BlobRef::from(&b"2"[..]), Small::default());
        keyspace.expire_field(b"h", b"a", Moment::new(10)).unwrap();
        assert_eq!(keyspace.hash(b"h", 10).unwrap().unwrap().len(10), 1);
        keyspace.expire_field(b"h", b"b", Moment::new(20)).unwrap();
        assert!(keyspace.get(b"h", 19).is_some());
        assert!(keyspace.get(b"h", 20).is_none());
        let mut removed = Vec::new();
        assert!(!keyspace.sweep(10, &mut removed));
        assert!(matches!(&removed[..], [Removed::Fields(_, fields)] if fields.len() == 1));
        assert!(!keyspace.is_sweep_due(19) && keyspace.is_sweep_due(20));
        assert!(!keyspace.sweep(20, &mut removed));
        assert!(matches!(&removed[1..], [Removed::Key(..)]));
        assert!(keyspace.is_empty());
    }
}
