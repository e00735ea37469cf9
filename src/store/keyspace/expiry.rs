//! Expiry of keys and fields: sets their times, and removes those that have expired.
//!
//! The engine calls this and records each removal. Before a command runs, it purges the keys that
//! the command names ([`Keyspace::purge`]). The sweeper removes the others bit by bit
//! ([`Keyspace::sweep`]).
//!
//! [`Keyspace::purge`] reads the entry itself, so it does not depend on what a sweep has seen.
//! [`Keyspace::is_due`] is a hint that saves work.

use std::mem;

use super::Keyspace;
use crate::store::blob::Blob;
use crate::store::types::{Entry, Moment};

/// A key or the fields of a hash that were removed because they had expired.
#[derive(Debug)]
pub enum Removed {
    /// A key and its entry.
    Key(Blob, Entry),
    /// The key of a hash, and the names of the fields.
    Fields(Blob, Vec<Blob>),
}

/// After this many expired elements of one value, the others wait for the next sweep.
const ELEMENTS_PER_SWEEP: usize = 1024;

impl Keyspace {
    /// The number of keys with a time to live.
    pub fn expiring(&self) -> usize {
        self.times.keys
    }

    /// Whether a key, or a field of one, can expire.
    pub fn has_times(&self) -> bool {
        self.times.keys + self.times.values > 0
    }

    /// Whether `key` has expired and not been removed.
    pub fn is_over(&self, key: &[u8], now_ms: u64) -> bool {
        self.entries
            .get(key)
            .is_some_and(|entry| entry.is_over(now_ms))
    }

    /// Gives `key`, if it is there, a time to live, or takes it away.
    pub fn expire(&mut self, key: &[u8], expires_at: Option<Moment>) {
        self.watchers.touch(key);
        let Some(entry) = self.entries.get_mut(key) else {
            return;
        };
        self.times.remove(Some(entry));
        *entry = mem::take(entry).with_expiry(expires_at);
        self.times.add(entry);
        if let Some(at) = expires_at {
            self.entries.note_due(key, at.get());
        }
    }

    /// Whether anything at `key` may have expired, as far as the times of the shards tell. A record
    /// of the log must not depend on this.
    pub fn is_due(&self, key: &[u8], now_ms: u64) -> bool {
        self.entries.is_due_at(key, now_ms)
    }

    /// Removes what has expired: `key`, or the elements among `names`. It costs more with each
    /// name; a value's other elements are left for a sweep.
    pub fn purge<'a>(
        &mut self,
        key: &[u8],
        names: impl Iterator<Item = &'a [u8]>,
        now_ms: u64,
    ) -> Option<Removed> {
        let entry = self.entries.get(key)?;
        if entry.is_over(now_ms) {
            self.watchers.touch(key);
            let entry = self.entries.remove(key)?;
            self.times.remove(Some(&entry));
            return Some(Removed::Key(Blob::from(key), entry));
        }
        if entry.value().due_ms() > now_ms {
            return None;
        }
        let value = self.entries.get_mut(key)?.value_mut();
        let fields = value.purge(names, now_ms);
        self.times.change(true, value.has_times());
        if fields.is_empty() {
            return None;
        }
        self.watchers.touch(key);
        Some(Removed::Fields(Blob::from(key), fields))
    }

    /// Whether a sweep may find something.
    pub fn is_sweep_due(&self, now_ms: u64) -> bool {
        self.entries.is_due(now_ms)
    }

    /// Removes the expired keys and elements of one shard, and adds them to `removed`. Returns
    /// whether shards are left: see `ShardMap::sweep`.
    pub fn sweep(&mut self, now_ms: u64, removed: &mut Vec<Removed>) -> bool {
        let first = removed.len();
        let is_left = self.entries.sweep(now_ms, |key, entry| {
            if entry.is_over(now_ms) {
                removed.push(Removed::Key(key.clone(), mem::take(entry)));
                return false;
            }
            let value = entry.value_mut();
            let had_times = value.has_times();
            let fields = value.sweep(now_ms, ELEMENTS_PER_SWEEP);
            self.times.change(had_times, value.has_times());
            if !fields.is_empty() {
                removed.push(Removed::Fields(key.clone(), fields));
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
    use crate::store::keyspace::WrongType;
    use crate::store::types::Value;
    use crate::store::types::hash::Hash;

    fn edit(keyspace: &mut Keyspace, key: &[u8], now_ms: u64, change: impl FnOnce(&mut Hash)) {
        let edited = keyspace.edit_or_new(key, now_ms, |hash| {
            change(hash);
            Ok::<_, WrongType>(Some(()))
        });
        assert_eq!(edited, Ok(Some(())));
    }

    fn set(hash: &mut Hash, name: &[u8]) {
        hash.set(name, BlobRef::from(&b"1"[..]), Small::default());
    }

    #[test]
    fn a_key_past_its_time_is_absent_for_everybody() {
        let mut keyspace = Keyspace::default();
        let value = Value::String(Blob::from(&b"v"[..]));
        keyspace.set(b"k", Entry::new(value, Moment::new(1_000)));
        assert_eq!(keyspace.expiring(), 1);
        assert!(keyspace.get(b"k", 999).is_some());
        assert!(keyspace.get(b"k", 1_000).is_none());
        assert_eq!(keyspace.get_as::<Blob>(b"k", 1_000), Ok(None));
        assert_eq!(keyspace.iter(1_000).count(), 0);
        let mut expired = Vec::new();
        assert_eq!(
            keyspace.random(1_000, |key| expired.push(key.clone())),
            None
        );
        assert!(expired.contains(&Blob::from(&b"k"[..])));
        assert!(keyspace.get_as::<Hash>(b"k", 999).is_err());
        edit(&mut keyspace, b"k", 1_000, |hash| set(hash, b"a"));
        assert_eq!(keyspace.get_as::<Blob>(b"k", 1_000), Err(WrongType));
        assert_eq!(keyspace.expiring(), 0);
    }

    #[test]
    fn a_hash_goes_with_its_last_field() {
        let mut keyspace = Keyspace::default();
        edit(&mut keyspace, b"h", 0, |hash| {
            set(hash, b"a");
            set(hash, b"b");
        });
        edit(&mut keyspace, b"h", 0, |it| {
            it.expire(b"a", Moment::new(10))
        });
        let hash = keyspace.get_as::<Hash>(b"h", 10);
        assert_eq!(hash.unwrap().unwrap().len(10), 1);
        edit(&mut keyspace, b"h", 0, |it| {
            it.expire(b"b", Moment::new(20))
        });
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
