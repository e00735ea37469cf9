//! One database: keys to entries.
//!
//! A key past its time is absent for every question asked here. That is why each takes
//! `now_ms`, milliseconds since 1970; nothing in the store reads a clock.
//!
//! Whatever changes a key here tells those who watch it. So a method whose name ends in
//! `_mut` is only called by who is going to change something.

mod expiry;
pub mod watchers;

use std::mem;

use super::blob::{Blob, Form};
use super::key::Probe;
use super::map::{Mark, Past, Piece, Position, ShardMap, Walk};
use super::types::hash::{Hash, Old};
use super::types::{Entry, Value};
use watchers::{Flag, Watchers};

pub use expiry::Removed;
use expiry::Times;

/// The key holds a value of another type than was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrongType;

/// The keys of one database.
#[derive(Clone, Debug, Default)]
pub struct Keyspace {
    entries: ShardMap<Entry>,
    times: Times,
    watchers: Watchers,
}

impl Keyspace {
    /// How many keys there are, those past their time included that nobody has removed yet.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Looks up keys and, where there is a hash, the fields that are named with them, so that
    /// all of it is near the processor.
    pub fn prefetch(&self, names: &[(Probe, &[u8])]) {
        // Fields have a loop of their own, for each loop should wait for many at once.
        let mut fields = Vec::new();
        for (key, field) in names {
            match self.entries.get_probed(key).map(Entry::value) {
                Some(Value::String(blob)) => blob.prefetch(),
                Some(Value::Hash(hash)) => fields.push((hash, *field)),
                None => {}
            }
        }
        for (hash, field) in fields {
            hash.prefetch(field);
        }
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

    /// All keys with what they hold.
    pub fn iter(&self, now_ms: u64) -> impl Iterator<Item = (&Blob, &Entry)> {
        self.entries
            .iter()
            .filter(move |(_, entry)| !entry.is_over(now_ms))
    }

    /// A piece of a walk through the keys, those included that have expired and not been
    /// removed: see [`ShardMap::scan`].
    pub fn scan(&self, position: Position, count: usize) -> Walk<Vec<(&Blob, &Entry)>> {
        self.entries.scan(position, count)
    }

    /// Any of the keys, all with the same probability. Tells `met` of the expired keys that it
    /// meets: of all, if there are no others.
    pub fn random(&self, now_ms: u64, mut met: impl FnMut(&Blob)) -> Option<&Blob> {
        let drawn = std::iter::repeat_with(|| self.entries.random()).take(100);
        // Where nearly all have expired, the first that has not will do.
        let (key, _) = drawn
            .flatten()
            .chain(self.entries.iter())
            .find(|(key, entry)| {
                let is_over = entry.is_over(now_ms);
                if is_over {
                    met(key);
                }
                !is_over
            })?;
        Some(key)
    }

    /// Has `change` change the string at `key`, if there is a key; its time stays. An error
    /// of `change` means that it has left the string as it was.
    ///
    /// # Errors
    /// [`WrongType`] if it holds something else, and those of `change`.
    pub fn edit_string<R, E: From<WrongType>>(
        &mut self,
        key: &[u8],
        now_ms: u64,
        change: impl FnOnce(&mut Blob) -> Result<R, E>,
    ) -> Result<Option<R>, E> {
        let Some(entry) = live_mut(&mut self.entries, key, now_ms) else {
            return Ok(None);
        };
        let Value::String(blob) = entry.value_mut() else {
            return Err(WrongType.into());
        };
        let result = change(blob)?;
        self.watchers.touch(key);
        Ok(Some(result))
    }

    /// Marks the string at `key` as changed in place, although its bytes stay the same. Watchers of
    /// the key are not notified.
    pub fn note_edit(&mut self, key: &[u8], now_ms: u64) {
        let entry = live_mut(&mut self.entries, key, now_ms);
        if let Some(Value::String(blob)) = entry.map(Entry::value_mut) {
            *blob = mem::take(blob).with_form(Form::Raw);
        }
    }

    /// The hash at `key`, to be changed. The caller must leave at least one field in it, or
    /// remove the key.
    ///
    /// # Errors
    /// [`WrongType`] if it holds something else.
    pub fn hash_mut(&mut self, key: &[u8], now_ms: u64) -> Result<Option<&mut Hash>, WrongType> {
        match live_mut(&mut self.entries, key, now_ms).map(Entry::value_mut) {
            None => Ok(None),
            Some(Value::Hash(hash)) => {
                self.watchers.touch(key);
                Ok(Some(hash))
            }
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
            self.set(key, Value::Hash(Hash::default()).into());
        }
        // Of an older one nothing is left: see `purge`.
        self.hash_mut(key, now_ms)?.ok_or(WrongType)
    }

    /// Removes `field` from the hash at `key`, and the key with its last field. Returns the
    /// field's old value; nobody is told of anything if there is none.
    ///
    /// # Errors
    /// [`WrongType`] if the key holds something else.
    pub fn remove_field(
        &mut self,
        key: &[u8],
        field: &[u8],
        now_ms: u64,
    ) -> Result<Old, WrongType> {
        let hash = self.hash(key, now_ms)?;
        if hash.is_none_or(|hash| hash.get(field, now_ms).is_none()) {
            return Ok(Old::Absent);
        }
        let Some(hash) = self.hash_mut(key, now_ms)? else {
            return Ok(Old::Absent);
        };
        let old = hash.remove(field, now_ms);
        if hash.all_len() == 0 {
            self.remove(key, now_ms);
        }
        Ok(old)
    }

    /// Sets `key` and returns what it held, be it past its time or not.
    pub fn set(&mut self, key: &[u8], entry: Entry) -> Option<Entry> {
        self.watchers.touch(key);
        self.times.add(&entry);
        let old = self.entries.insert(key, entry);
        self.times.remove(old.as_ref());
        old
    }

    /// Removes `key` and returns what it held, unless that was past its time.
    pub fn remove(&mut self, key: &[u8], now_ms: u64) -> Option<Entry> {
        let old = self.entries.remove(key);
        if old.is_some() {
            self.watchers.touch(key);
            self.times.remove(old.as_ref());
        }
        old.filter(|entry| !entry.is_over(now_ms))
    }

    /// Removes all keys. Returns those that no snapshot needs, to be freed.
    pub fn clear(&mut self) -> ShardMap<Entry> {
        self.replace(&Keyspace::default())
    }

    /// Exchanges all keys with another database. Where there was nothing and is nothing but
    /// a key past its time, nothing has changed for those who watch.
    pub fn swap(&mut self, other: &mut Keyspace, now_ms: u64) {
        // What is past its time was not when it began to be watched.
        let Keyspace {
            entries, watchers, ..
        } = self;
        let is_over = |entries: &ShardMap<Entry>, key: &[u8]| {
            entries.get(key).is_none_or(|entry| entry.is_over(now_ms))
        };
        watchers.touch_all(|key| entries.get(key).is_some() || !is_over(&other.entries, key));
        let theirs = &other.entries;
        other
            .watchers
            .touch_all(|key| theirs.get(key).is_some() || !is_over(entries, key));
        std::mem::swap(&mut self.entries, &mut other.entries);
        std::mem::swap(&mut self.times, &mut other.times);
    }

    /// Takes over the keys of `other`. Returns those that were here and that no snapshot needs,
    /// to be freed.
    pub fn replace(&mut self, other: &Keyspace) -> ShardMap<Entry> {
        let Keyspace {
            entries, watchers, ..
        } = self;
        watchers.touch_all(|key| entries.get(key).is_some());
        self.times = other.times;
        self.entries.replace(other.entries.clone())
    }

    /// Remembers what is here now for a snapshot, those keys past their time included. This
    /// and the next three: see [`ShardMap::remember`].
    pub fn remember(&mut self, mark: &Mark) -> bool {
        self.entries.remember(mark)
    }

    /// Whether something of what was here at `mark` is still to be recalled.
    pub fn remembers(&self, mark: &Mark) -> bool {
        self.entries.remembers(mark)
    }

    /// Forgets what was here at `mark`. Returns what was kept for it, to be freed.
    pub fn forget(&mut self, mark: &Mark) -> Option<Box<Past<Entry>>> {
        self.entries.forget(mark)
    }

    /// The next piece of what is remembered, and whether it is the last.
    pub fn recall(&mut self) -> Option<(Piece<Entry>, bool)> {
        self.entries.recall()
    }

    /// Raises `flag` when `key` changes.
    pub fn watch(&mut self, key: &[u8], flag: &Flag) {
        self.watchers.add(key, flag);
    }
}

/// The entry of `key`, to be changed. Who watches it is to be told by the caller.
fn live_mut<'a>(
    entries: &'a mut ShardMap<Entry>,
    key: &[u8],
    now_ms: u64,
) -> Option<&'a mut Entry> {
    entries.get_mut(key).filter(|entry| !entry.is_over(now_ms))
}
