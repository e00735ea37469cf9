//! A hash: fields to values, each of which may have an end of its own.
//!
//! A big hash is a small keyspace: it grows, is copied and can be walked in the same way.
//! As there, what is past its time is absent for every question asked here.

use std::mem;

use super::{Moment, Timed};
use crate::config::Small;
use crate::store::blob::Blob;
use crate::store::key::Probe;
use crate::store::map;
use crate::store::map::{Position, ShardMap, Walk};

/// A field's value, and when it goes.
pub type Field = Timed<Blob>;

/// Some of the fields of a hash, as they were.
pub type Part = map::Part<Field>;

/// All fields of a hash, part by part.
pub type Parts = map::Parts<Field>;

/// The fields of one hash.
#[derive(Clone, Debug, Default)]
pub struct Hash {
    fields: ShardMap<Field>,
    /// Whether it was too big for a listpack at any time: Redis never turns a hash table back.
    was_big: bool,
    /// Whether a field has a time, or has had one.
    has_times: bool,
}

impl Hash {
    /// A hash that no keyspace has yet.
    pub fn new<'a>(fields: impl Iterator<Item = (&'a [u8], Field)>, small: Small) -> Hash {
        let mut hash = Hash::default();
        for (name, field) in fields {
            let longest = name.len().max(field.value().len());
            hash.has_times |= field.expires_at().is_some();
            hash.fields.insert(name, field);
            hash.note_growth(longest, small);
        }
        hash
    }

    /// All fields, those past their time included.
    pub fn all(&self) -> &ShardMap<Field> {
        &self.fields
    }

    /// All fields, part by part: see [`ShardMap::parts`].
    pub fn parts(&self) -> Parts {
        self.fields.parts()
    }

    /// How many fields there are.
    pub fn len(&self, now_ms: u64) -> usize {
        if self.has_times && self.fields.is_due(now_ms) {
            self.iter(now_ms).count()
        } else {
            self.fields.len()
        }
    }

    /// Whether a field has a time, or has had one. Without one no field can expire.
    pub fn has_times(&self) -> bool {
        self.has_times
    }

    /// Whether all fields have expired.
    pub fn is_over(&self, now_ms: u64) -> bool {
        self.has_times && self.iter(now_ms).next().is_none()
    }

    /// Whether Redis would keep it in a listpack.
    pub fn is_small(&self) -> bool {
        !self.was_big
    }

    /// Looks a field up, so that it is near the processor.
    pub fn prefetch(&self, field: &Probe) {
        if let Some(field) = self.fields.get_probed(field) {
            field.value().prefetch();
        }
    }

    /// The value of `field`.
    pub fn get(&self, field: &[u8], now_ms: u64) -> Option<&Blob> {
        self.field(field, now_ms).map(Field::value)
    }

    /// The value of `field` and its time.
    pub fn field(&self, field: &[u8], now_ms: u64) -> Option<&Field> {
        self.fields
            .get(field)
            .filter(|entry| !entry.has_expired(now_ms))
    }

    /// All fields with their values.
    pub fn iter(&self, now_ms: u64) -> impl Iterator<Item = (&Blob, &Field)> {
        self.fields
            .iter()
            .filter(move |(_, field)| !field.has_expired(now_ms))
    }

    /// A piece of a walk through the fields: see [`ShardMap::scan`].
    pub fn scan(
        &self,
        position: Position,
        count: usize,
        now_ms: u64,
    ) -> Walk<Vec<(&Blob, &Field)>> {
        let (mut found, next) = self.fields.scan(position, count);
        found.retain(|(_, field)| !field.has_expired(now_ms));
        (found, next)
    }

    /// Any of the fields, all with the same probability.
    pub fn random(&self, now_ms: u64) -> Option<(&Blob, &Blob)> {
        let mut fields = std::iter::repeat_with(|| self.fields.random()).take(100);
        let found = fields.find_map(|found| found.filter(|(_, it)| !it.has_expired(now_ms)));
        // Where nearly all are over, the first that is not will do.
        let (name, field) = found.or_else(|| self.iter(now_ms).next())?;
        Some((name, field.value()))
    }

    /// Sets `field` to `value`, without an end, and returns what it was, be it past its
    /// time or not.
    pub fn set(&mut self, field: &[u8], value: Blob, small: Small) -> Option<Field> {
        let longest = field.len().max(value.len());
        let old = self.fields.insert(field, value.into());
        self.note_growth(longest, small);
        old
    }

    /// Notes whether it is still small, after a field was set whose name or value has `longest`
    /// bytes.
    fn note_growth(&mut self, longest: usize, small: Small) {
        self.was_big |= longest > small.value_bytes || self.fields.len() > small.entries;
    }

    /// Sets `field` to `value` and returns what the value was; the time stays.
    pub fn set_keeping_time(
        &mut self,
        field: &[u8],
        value: Blob,
        now_ms: u64,
        small: Small,
    ) -> Option<Blob> {
        let longest = field.len().max(value.len());
        let Some(old) = self.get_mut(field, now_ms) else {
            return self.set(field, value, small).map(Field::into_value);
        };
        let old = mem::replace(old, value);
        self.note_growth(longest, small);
        Some(old)
    }

    /// Changes the value of `field` with `change`, if the field exists. Its time stays. On an error
    /// `change` must leave the value as it was.
    pub(in crate::store) fn edit<R, E>(
        &mut self,
        field: &[u8],
        now_ms: u64,
        small: Small,
        change: impl FnOnce(&mut Blob) -> Result<R, E>,
    ) -> Result<Option<R>, E> {
        let Some(value) = self.get_mut(field, now_ms) else {
            return Ok(None);
        };
        let result = change(value)?;
        let longest = field.len().max(value.len());
        self.note_growth(longest, small);
        Ok(Some(result))
    }

    /// The value of `field`, to be changed; its time stays.
    fn get_mut(&mut self, field: &[u8], now_ms: u64) -> Option<&mut Blob> {
        self.fields
            .get_mut(field)
            .filter(|entry| !entry.has_expired(now_ms))
            .map(Field::value_mut)
    }

    /// Removes `field` and returns its value, unless that was past its time.
    pub fn remove(&mut self, field: &[u8], now_ms: u64) -> Option<Blob> {
        self.fields
            .remove(field)
            .filter(|entry| !entry.has_expired(now_ms))
            .map(Field::into_value)
    }

    /// Gives `field`, which is there, an end or takes it away. Only
    /// [`Keyspace::expire_field`](crate::store::keyspace::Keyspace::expire_field) may call this,
    /// so that the keyspace knows as well.
    pub(in crate::store) fn expire(&mut self, field: &[u8], expires_at: Option<Moment>) {
        if let Some(entry) = self.fields.get_mut(field) {
            *entry = mem::replace(entry, Blob::default().into()).with_expiry(expires_at);
        }
        if let Some(at) = expires_at {
            self.has_times = true;
            self.fields.note_due(field, at.get());
        }
    }

    /// Removes fields that are past their time, at least `most` of them unless there are
    /// fewer, and returns their names.
    pub(in crate::store) fn sweep(&mut self, now_ms: u64, most: usize) -> Vec<Blob> {
        let mut removed = Vec::new();
        let mut is_left = true;
        while is_left && removed.len() < most {
            is_left = self.fields.sweep(now_ms, |name, _| {
                removed.push(name.clone());
                false
            });
        }
        removed
    }
}
