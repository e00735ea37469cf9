//! One database: keys to entries.
//!
//! An expired key is absent for every method. So each method takes `now_ms`, milliseconds since
//! 1970; nothing in the store reads a clock.
//!
//! The keyspace knows no type. A value is read by [`Keyspace::get_as`], and changed by
//! [`Keyspace::edit`] or [`Keyspace::edit_or_new`]. After a change they tell the watchers of the key,
//! note when the value is due next, tell the waiters, and remove the key of a collection that has
//! become empty. No command can forget one of these.

mod expiry;
mod times;
pub mod waiters;
pub mod watchers;

use super::blob::Blob;
use super::key::Probe;
use super::map::{Cells, Piece, Place, Position, Preimages, ShardMap, SnapshotId, Walk};
use super::types::{Entry, Stored, Value};
use waiters::Waiters;
use watchers::{Changes, Flag, Watchers};

pub use expiry::Removed;
use times::Times;

/// The value is of another type than the command needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrongType;

/// The keys of one database.
#[derive(Clone, Debug, Default)]
pub struct Keyspace {
    entries: ShardMap<Entry>,
    times: Times,
    watchers: Watchers,
    /// The clients that wait for data at the keys. They stay when the keys go.
    pub waiters: Waiters,
    /// The keys that were added, while somebody wants to know them.
    new_keys: Option<Vec<Blob>>,
}

impl Keyspace {
    /// The number of keys, including expired ones that have not been removed.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// The number of keys in each shard of the map, in order.
    pub fn shard_lengths(&self) -> impl Iterator<Item = usize> {
        self.entries.shard_lengths()
    }

    /// The keyspace as a bounded number of cells.
    pub fn cells(&self) -> Cells<'_, Entry> {
        self.entries.cells()
    }

    /// Visits some keys, expired ones too: see [`ShardMap::visit`].
    pub fn visit(&self, place: Place, visit: impl FnMut(&Blob, &Entry) -> bool) -> Option<Place> {
        self.entries.visit(place, visit)
    }

    /// Whether there are no keys.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Brings values near the processor: for each key its value, or the element that the name
    /// beside it leads to.
    pub fn prefetch(&self, names: &[(Probe, &[u8])]) {
        // Elements have a loop of their own, because each loop should wait for many at once.
        let mut named = Vec::new();
        for (key, name) in names {
            match self.entries.get_probed(key).map(Entry::value) {
                Some(value) if value.name_count() > 0 => named.push((value, *name)),
                Some(value) => value.prefetch(name),
                None => {}
            }
        }
        for (value, name) in named {
            value.prefetch(name);
        }
    }

    /// The entry of `key`, whatever its type.
    pub fn get(&self, key: &[u8], now_ms: u64) -> Option<&Entry> {
        self.entries.get(key).filter(|entry| !entry.is_over(now_ms))
    }

    /// The value at `key`, if there is one.
    ///
    /// # Errors
    /// [`WrongType`] if it is of another type.
    #[inline]
    pub fn get_as<T: Stored>(&self, key: &[u8], now_ms: u64) -> Result<Option<&T>, WrongType> {
        match self.get(key, now_ms) {
            None => Ok(None),
            Some(entry) => T::of(entry.value()).map(Some).ok_or(WrongType),
        }
    }

    /// All keys with their entries.
    pub fn iter(&self, now_ms: u64) -> impl Iterator<Item = (&Blob, &Entry)> {
        self.entries
            .iter()
            .filter(move |(_, entry)| !entry.is_over(now_ms))
    }

    /// A piece of a walk through the keys, including expired ones that have not been removed: see
    /// [`ShardMap::scan`].
    pub fn scan(&self, position: Position, count: usize) -> Walk<Vec<(&Blob, &Entry)>> {
        self.entries.scan(position, count)
    }

    /// Any of the keys, all with the same probability. Calls `met` for each expired key that it
    /// meets; if all keys have expired, for all of them.
    pub fn random(&self, now_ms: u64, mut met: impl FnMut(&Blob)) -> Option<&Blob> {
        let drawn = std::iter::repeat_with(|| self.entries.random()).take(100);
        // If nearly all keys have expired, take the first that has not.
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

    /// Changes the value at `key` by `change`, if there is one. The key's time stays. If nothing is
    /// left in the value, the key goes.
    ///
    /// `change` returns `None` if the value is the same as before; then watchers hear nothing.
    /// After an error the value must be the same, too.
    ///
    /// # Errors
    /// [`WrongType`] if the value is of another type, and the errors of `change`.
    pub fn edit<T: Stored, R, E: From<WrongType>>(
        &mut self,
        key: &[u8],
        now_ms: u64,
        change: impl FnOnce(&mut T) -> Result<Option<R>, E>,
    ) -> Result<Option<R>, E> {
        match live_mut(&mut self.entries, key, now_ms) {
            None => Ok(None),
            Some(entry) => {
                let edit = Edit::run(entry, change)?;
                Ok(self.settle(key, edit))
            }
        }
    }

    /// As [`Keyspace::edit`]. If there is no value, `change` gets an empty one, which is kept if
    /// something is in it afterwards.
    ///
    /// # Errors
    /// Those of [`Keyspace::edit`].
    pub fn edit_or_new<T: Stored, R, E: From<WrongType>>(
        &mut self,
        key: &[u8],
        now_ms: u64,
        change: impl FnOnce(&mut T) -> Result<Option<R>, E>,
    ) -> Result<Option<R>, E> {
        if let Some(entry) = live_mut(&mut self.entries, key, now_ms) {
            let edit = Edit::run(entry, change)?;
            return Ok(self.settle(key, edit));
        }
        let mut value = T::default();
        let result = change(&mut value)?;
        if value.keeps_key() {
            let value: Value = value.into();
            self.set(key, value.into());
        }
        Ok(result)
    }

    /// Tells watchers, counts times, and removes the key if its value is empty, after an edit of
    /// `key`.
    fn settle<R>(&mut self, key: &[u8], edit: Edit<R>) -> Option<R> {
        if edit.result.is_some() {
            self.watchers.touch(key);
        }
        self.times.change(edit.had_times, edit.has_times);
        if !edit.keeps_key {
            self.times.remove(self.entries.remove(key).as_ref());
        } else if let Some(due_ms) = edit.earlier_due_ms {
            self.entries.note_due(key, due_ms);
        }
        if edit.result.is_some() {
            self.note_change(key);
        }
        edit.result
    }

    /// Tells waiters that the value at `key`, if there is one, is another than before.
    #[inline]
    fn note_change(&mut self, key: &[u8]) {
        if !self.waiters.is_empty()
            && let Some(entry) = self.entries.get(key)
        {
            self.waiters.note(key, entry.value());
        }
    }

    /// Sets `key`. Returns the old entry, even if it has expired.
    pub fn set(&mut self, key: &[u8], entry: Entry) -> Option<Entry> {
        self.watchers.touch(key);
        self.waiters.note(key, entry.value());
        self.times.add(&entry);
        let old = self.entries.insert(key, entry);
        self.times.remove(old.as_ref());
        if old.is_none()
            && let Some(new_keys) = &mut self.new_keys
        {
            new_keys.push(key.into());
        }
        old
    }

    /// Removes `key`. Returns the old entry, unless it has expired.
    pub fn remove(&mut self, key: &[u8], now_ms: u64) -> Option<Entry> {
        let old = self.entries.remove(key);
        if old.is_some() {
            self.watchers.touch(key);
            self.times.remove(old.as_ref());
        }
        old.filter(|entry| !entry.is_over(now_ms))
    }

    /// Removes all keys. Returns the entries that no snapshot needs, to be freed.
    pub fn clear(&mut self) -> ShardMap<Entry> {
        self.replace(&Keyspace::default())
    }

    /// Exchanges all keys with another database. For a watcher a key stays the same if it was absent
    /// and is absent or expired afterwards.
    pub fn swap(&mut self, other: &mut Keyspace, now_ms: u64) {
        // A key of this database that has expired had not when it began to be watched.
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
        for keyspace in [self, other] {
            for key in keyspace.waiters.keys() {
                keyspace.note_change(&key);
            }
        }
    }

    /// Replaces all keys by those of `other`. Returns the old entries that no snapshot needs, to be
    /// freed.
    pub fn replace(&mut self, other: &Keyspace) -> ShardMap<Entry> {
        let Keyspace {
            entries, watchers, ..
        } = self;
        watchers.touch_all(|key| entries.get(key).is_some());
        watchers.note_all();
        self.times = other.times;
        self.entries.replace(other.entries.clone())
    }

    /// Begins a snapshot of all keys, including the expired ones. For this and the next three
    /// methods see [`ShardMap::begin_snapshot`].
    pub fn begin_snapshot(&mut self, id: &SnapshotId) -> bool {
        self.entries.begin_snapshot(id)
    }

    /// Whether the snapshot `id` has unread pieces.
    pub fn has_snapshot(&self, id: &SnapshotId) -> bool {
        self.entries.has_snapshot(id)
    }

    /// Ends the snapshot `id`. Returns its unread part, to be freed.
    pub fn end_snapshot(&mut self, id: &SnapshotId) -> Option<Box<Preimages<Entry>>> {
        self.entries.end_snapshot(id)
    }

    /// Returns the next piece of the snapshot, and whether it is the last.
    pub fn next_piece(&mut self) -> Option<(Piece<Entry>, bool)> {
        self.entries.next_piece()
    }

    /// Begins to note the keys that are added.
    pub fn begin_new_keys(&mut self) {
        self.new_keys = Some(Vec::new());
    }

    /// Returns the keys that were added since the last call, if they are noted.
    pub fn take_new_keys(&mut self) -> Vec<Blob> {
        self.new_keys
            .as_mut()
            .map(std::mem::take)
            .unwrap_or_default()
    }

    /// Ends to note the keys that are added.
    pub fn end_new_keys(&mut self) {
        self.new_keys = None;
    }

    /// Begins or ends to note which keys change.
    pub fn note_changes(&mut self, is_on: bool) {
        self.watchers.note_changes(is_on);
    }

    /// Moves the changes since the last call to `changes`.
    pub fn take_changes(&mut self, changes: &mut Changes) {
        self.watchers.take_changes(changes);
    }

    /// Raises `flag` when `key` changes.
    pub fn watch(&mut self, key: &[u8], flag: &Flag) {
        self.watchers.add(key, flag);
    }
}

/// How an edit has changed a value.
struct Edit<R> {
    /// `None` if the value is the same as before.
    result: Option<R>,
    had_times: bool,
    has_times: bool,
    /// When the first element expires, if that is earlier than before.
    earlier_due_ms: Option<u64>,
    keeps_key: bool,
}

impl<R> Edit<R> {
    #[inline]
    fn run<T: Stored, E: From<WrongType>>(
        entry: &mut Entry,
        change: impl FnOnce(&mut T) -> Result<Option<R>, E>,
    ) -> Result<Edit<R>, E> {
        let value = T::of_mut(entry.value_mut()).ok_or(WrongType)?;
        let (had_times, old_due_ms) = (value.has_times(), value.due_ms());
        let result = change(value)?;
        let due_ms = value.due_ms();
        Ok(Edit {
            result,
            had_times,
            has_times: value.has_times(),
            earlier_due_ms: (due_ms < old_due_ms).then_some(due_ms),
            keeps_key: value.keeps_key(),
        })
    }
}

/// The entry of `key`, to be changed. The caller tells the watchers.
fn live_mut<'a>(
    entries: &'a mut ShardMap<Entry>,
    key: &[u8],
    now_ms: u64,
) -> Option<&'a mut Entry> {
    entries.get_mut(key).filter(|entry| !entry.is_over(now_ms))
}
