//! When keys and fields go: their times are set here, and what is past its time is removed.
//!
//! It is `execute` that has it removed, and records that: before a command runs, for the
//! keys that it names ([`Keyspace::purge`]), and by and by for all others
//! ([`Keyspace::sweep`]).

use std::sync::Arc;

use super::{Keyspace, WrongType};
use crate::store::blob::Blob;
use crate::store::shards::Position;
use crate::store::value::{Entry, Moment, Value};

/// What was removed because its time had come.
#[derive(Debug)]
pub enum Removed {
    /// A key, with all that it held.
    Key(Blob, Entry),
    /// These fields of the hash at a key, which may have been the last ones.
    Fields(Blob, Vec<Blob>),
}

/// At how many fields past their time a hash is left for the next call of a sweep.
const FIELDS_PER_SWEEP: usize = 1024;

impl Keyspace {
    /// How many keys have a time to live.
    pub fn expiring(&self) -> usize {
        self.expiring
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
        let had_one = entry.expires_at().is_some();
        let old = std::mem::replace(entry, Value::String(Blob::default()).into());
        *entry = old.with_expiry(expires_at);
        self.expiring += usize::from(expires_at.is_some());
        self.expiring -= usize::from(had_one);
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
            hash.expire(field, expires_at);
            if let Some(at) = expires_at {
                self.entries.note_due(key, at.get());
            }
        }
        Ok(())
    }

    /// Whether anything at `key` may be past its time.
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
            self.forget_expiry(Some(&entry));
            return Some(Removed::Key(Blob::from(key), entry));
        }
        let Value::Hash(hash) = entry.value() else {
            return None;
        };
        let is_over = |field: &&[u8]| {
            let field = hash.all().get(field);
            field.is_some_and(|field| field.has_expired(now_ms))
        };
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

    /// Removes what is past its time in one shard, the one at `position`, and adds it to
    /// `removed`. Returns where to go on: see `ShardMap::sweep`.
    pub fn sweep(
        &mut self,
        position: Position,
        now_ms: u64,
        removed: &mut Vec<Removed>,
    ) -> Option<Position> {
        let first = removed.len();
        let next = self.entries.sweep(position, now_ms, |key, entry| {
            if entry.is_over(now_ms) {
                let empty = Value::String(Blob::default()).into();
                let entry = std::mem::replace(entry, empty);
                removed.push(Removed::Key(key.clone(), entry));
                return false;
            }
            if let Value::Hash(hash) = entry.value_mut() {
                let fields = Arc::make_mut(hash).sweep(now_ms, FIELDS_PER_SWEEP);
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
                    self.expiring -= usize::from(entry.expires_at().is_some());
                }
                Removed::Fields(key, _) => self.watchers.touch(key),
            }
        }
        next
    }

    /// Keeps count, when `removed` is no longer here.
    pub(super) fn forget_expiry(&mut self, removed: Option<&Entry>) {
        let had_one = removed.is_some_and(|entry| entry.expires_at().is_some());
        self.expiring -= usize::from(had_one);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Small;

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
        assert_eq!(keyspace.random(1_000), None);
        assert_eq!(keyspace.scan(0, 10, 1_000).0.len(), 0);
        assert!(matches!(keyspace.hash(b"k", 999), Err(WrongType)));
        keyspace.hash_or_new(b"k", 1_000).unwrap();
        assert_eq!(keyspace.string(b"k", 1_000), Err(WrongType));
        assert_eq!(keyspace.expiring(), 0);
    }

    #[test]
    fn a_hash_goes_with_its_last_field() {
        let mut keyspace = Keyspace::default();
        let hash = keyspace.hash_or_new(b"h", 0).unwrap();
        hash.set(b"a", Blob::from(&b"1"[..]), Small::default());
        hash.set(b"b", Blob::from(&b"2"[..]), Small::default());
        keyspace.expire_field(b"h", b"a", Moment::new(10)).unwrap();
        assert_eq!(keyspace.hash(b"h", 10).unwrap().unwrap().len(10), 1);
        keyspace.expire_field(b"h", b"b", Moment::new(20)).unwrap();
        assert!(keyspace.get(b"h", 19).is_some());
        assert!(keyspace.get(b"h", 20).is_none());
        let mut removed = Vec::new();
        assert_eq!(keyspace.sweep(0, 10, &mut removed), None);
        assert!(matches!(&removed[..], [Removed::Fields(_, fields)] if fields.len() == 1));
        assert!(!keyspace.is_sweep_due(19) && keyspace.is_sweep_due(20));
        assert_eq!(keyspace.sweep(0, 20, &mut removed), None);
        assert!(matches!(&removed[1..], [Removed::Key(..)]));
        assert!(keyspace.is_empty());
    }
}
