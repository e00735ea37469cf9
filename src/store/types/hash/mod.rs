//! A hash: fields to values, each of which may expire.
//!
//! A small hash is packed: one piece of memory, with the fields in the order in which they were
//! added. Above the settings `hash-max-listpack-entries` and `-value` it becomes a map, and stays
//! one. Redis does the same, so the order of fields and OBJECT ENCODING agree with Redis.
//!
//! A big hash is a map of shards, as a keyspace is: it grows, is copied and is walked in the same
//! way. An expired field is absent for every method that reads fields at a time `now_ms`.

mod facts;
mod fields;
mod map;

use std::mem;
use std::sync::Arc;

use super::either::Either;
use super::facts::{COPIED_BYTES, Element};
use super::old::Old;
use super::timed::{Moment, Timed};
use crate::config::Small;
use crate::store::blob::{Blob, BlobRef};
use crate::store::map::{Position, Walk};
use crate::store::packed::{self, Packed};
use crate::store::random;
use fields::{PackedFields, View};
use map::{Map, stored};

/// The fields of one hash. Cloning it is cheap.
#[derive(Clone, Debug)]
pub struct Hash(Repr);

#[derive(Clone, Debug)]
enum Repr {
    /// At most [`COPIED_BYTES`], and no field has ever had a time.
    Small(Packed),
    Shared(Arc<Body>),
}

#[derive(Clone, Debug)]
enum Body {
    Packed(PackedFields),
    Map(Map),
}

const _: () = assert!(size_of::<Hash>() == 16);

/// A field.
pub type Field<'a> = Element<'a>;

/// The fields, to be read.
enum Fields<'a> {
    Packed(View<'a>),
    Map(&'a Map),
}

/// The fields, to be changed.
enum FieldsMut<'a> {
    Packed(&'a mut PackedFields),
    Map(&'a mut Map),
}

impl Default for Hash {
    fn default() -> Self {
        Hash(Repr::Small(Packed::default()))
    }
}

impl Hash {
    /// Makes a hash of `fields`, which have different names.
    pub fn new<'a>(fields: impl Iterator<Item = Field<'a>> + Clone, small: Small) -> Hash {
        let mut hash = Hash::default();
        let pairs = fields
            .clone()
            .map(|field| (field.name.bytes(), field.value));
        hash.set_all(pairs, small, |_| ());
        for field in fields.filter(|field| field.expires_at.is_some()) {
            hash.expire(&field.name, field.expires_at);
        }
        hash
    }

    /// All fields, the expired ones included.
    pub fn all(&self) -> impl Iterator<Item = Field<'_>> + Clone {
        match self.fields() {
            Fields::Packed(view) => Either::Left(view.iter()),
            Fields::Map(map) => Either::Right(map.fields.iter().map(stored)),
        }
    }

    /// The number of fields, the expired ones included.
    pub fn all_len(&self) -> usize {
        match self.fields() {
            Fields::Packed(view) => view.len(),
            Fields::Map(map) => map.fields.len(),
        }
    }

    /// The number of fields.
    pub fn len(&self, now_ms: u64) -> usize {
        if self.is_due(now_ms) {
            self.iter(now_ms).count()
        } else {
            self.all_len()
        }
    }

    /// Whether a field has a time, or has had one. Without one no field can expire.
    pub fn has_times(&self) -> bool {
        match self.fields() {
            Fields::Packed(view) => view.has_times,
            Fields::Map(map) => map.has_times,
        }
    }

    /// The time at which the first field expires, or an earlier one.
    pub fn due_ms(&self) -> u64 {
        match self.fields() {
            Fields::Packed(view) => view.due_ms,
            Fields::Map(map) => map.fields.due_ms(),
        }
    }

    /// Whether a field may have expired at `now_ms`.
    pub fn is_due(&self, now_ms: u64) -> bool {
        self.due_ms() <= now_ms
    }

    /// Whether the hash is packed, where Redis has a listpack.
    pub fn is_packed(&self) -> bool {
        matches!(self.fields(), Fields::Packed(_))
    }

    /// Bytes held on the heap, without the fields of a map.
    pub fn heap_bytes(&self) -> usize {
        match &self.0 {
            Repr::Small(elements) => elements.heap_bytes(),
            Repr::Shared(body) => match &**body {
                Body::Packed(fields) => size_of::<Body>() + fields.heap_bytes(),
                Body::Map(_) => size_of::<Body>(),
            },
        }
    }

    /// The value of the field `name`.
    pub fn get(&self, name: &[u8], now_ms: u64) -> Option<BlobRef<'_>> {
        self.field(name, now_ms).map(|field| field.value)
    }

    /// The field `name`.
    pub fn field(&self, name: &[u8], now_ms: u64) -> Option<Field<'_>> {
        self.any_field(name)
            .filter(|field| !field.has_expired(now_ms))
    }

    /// Whether the field `name` is stored, but has expired.
    pub fn has_expired(&self, name: &[u8], now_ms: u64) -> bool {
        self.any_field(name)
            .is_some_and(|field| field.has_expired(now_ms))
    }

    fn any_field(&self, name: &[u8]) -> Option<Field<'_>> {
        match self.fields() {
            Fields::Packed(view) => view.get(name),
            Fields::Map(map) => map.fields.get_pair(name).map(stored),
        }
    }

    /// All fields that have not expired. In a packed hash they come in the order in which they were
    /// added, in a map in no order.
    pub fn iter(&self, now_ms: u64) -> impl Iterator<Item = Field<'_>> {
        self.all().filter(move |field| !field.has_expired(now_ms))
    }

    /// A piece of a walk through the fields: see [`ShardMap::scan`](crate::store::map::ShardMap::scan). A packed hash comes in one
    /// piece, whatever `position` and `count` are.
    pub fn scan(&self, position: Position, count: usize, now_ms: u64) -> Walk<Vec<Field<'_>>> {
        let (mut found, next) = match self.fields() {
            Fields::Packed(view) => (view.iter().collect(), None),
            Fields::Map(map) => {
                let (found, next) = map.fields.scan(position, count);
                let found: Vec<_> = found.into_iter().map(stored).collect();
                (found, next)
            }
        };
        found.retain(|field| !field.has_expired(now_ms));
        (found, next)
    }

    /// Draws a field; each has the same probability.
    pub fn random(&self, now_ms: u64) -> Option<Field<'_>> {
        let mut drawn = std::iter::repeat_with(|| self.any_random()).take(100);
        let found = drawn.find_map(|it| it.filter(|field| !field.has_expired(now_ms)));
        // Nearly all have expired: returns the first that has not.
        found.or_else(|| self.iter(now_ms).next())
    }

    fn any_random(&self) -> Option<Field<'_>> {
        match self.fields() {
            Fields::Packed(view) if view.len() == 0 => None,
            Fields::Packed(view) => view.nth(random::below(view.len())),
            Fields::Map(map) => map.fields.random().map(stored),
        }
    }

    /// Sets the field `name`, without a time.
    pub fn set(&mut self, name: &[u8], value: BlobRef<'_>, small: Small) -> Old {
        let mut old = Old::Freed;
        let pairs = std::iter::once((name, value));
        match self.set_all(pairs, small, |value| old = Old::Held(value)) {
            0 => old,
            _ => Old::Absent,
        }
    }

    /// Sets fields, without a time, and returns how many of them are new. Calls `held` for each
    /// old value that should be freed when the lock is released.
    pub fn set_all<'a>(
        &mut self,
        mut pairs: impl Iterator<Item = (&'a [u8], BlobRef<'a>)> + Clone,
        small: Small,
        mut held: impl FnMut(Blob),
    ) -> usize {
        let (mut longest, mut bytes) = (0, 0);
        for (name, value) in pairs.clone() {
            longest = longest.max(name.len()).max(value.len());
            bytes += packed::element_bytes(name.len()) + packed::element_bytes(value.len());
        }
        self.unpack_unless_fit(longest, bytes, small);
        let mut added = self.change(|fields| match fields {
            FieldsMut::Packed(fields) => fields.set_all(&mut pairs, bytes, small.entries),
            FieldsMut::Map(_) => 0,
        });
        if self.is_packed() && self.all_len() > small.entries {
            self.unpack();
        }
        self.change(|fields| {
            if let FieldsMut::Map(map) = fields {
                for (name, value) in pairs {
                    match map.fields.insert(name, value.to_blob().into()) {
                        None => added += 1,
                        Some(old) if old.value().heap_bytes() > 0 => held(old.into_value()),
                        Some(_) => {}
                    }
                }
            }
        });
        added
    }

    /// Sets the value of the field `name`. Its time stays.
    pub fn set_keeping_time(
        &mut self,
        name: &[u8],
        value: BlobRef<'_>,
        now_ms: u64,
        small: Small,
    ) -> Old {
        if self.field(name, now_ms).is_none() {
            return self.set(name, value, small);
        }
        self.unpack_unless_fit(name.len().max(value.len()), value.len(), small);
        let old = self.change(|fields| match fields {
            FieldsMut::Packed(fields) => match fields.replace(name, &value) {
                true => Old::Freed,
                false => Old::Absent,
            },
            FieldsMut::Map(map) => match map.fields.get_mut(name) {
                Some(old) => Old::Held(mem::replace(old.value_mut(), value.to_blob())),
                None => Old::Absent,
            },
        });
        if self.is_packed() && self.all_len() > small.entries {
            self.unpack();
        }
        old
    }

    /// Removes the field `name`. An expired field counts as [`Old::Absent`].
    pub fn remove(&mut self, name: &[u8], now_ms: u64) -> Old {
        let is_over = self.is_due(now_ms) && self.has_expired(name, now_ms);
        let old = self.change(|fields| match fields {
            FieldsMut::Packed(fields) => match fields.remove(name) {
                true => Old::Freed,
                false => Old::Absent,
            },
            FieldsMut::Map(map) => match map.fields.remove(name) {
                Some(old) => Old::Held(old.into_value()),
                None => Old::Absent,
            },
        });
        if is_over { Old::Absent } else { old }
    }

    /// Sets or removes the expiry of the field `name`, which must exist.
    pub fn expire(&mut self, name: &[u8], expires_at: Option<Moment>) {
        self.change(|fields| match fields {
            FieldsMut::Packed(fields) => fields.expire(name, expires_at),
            FieldsMut::Map(map) => map.expire(name, expires_at),
        });
    }

    fn fields(&self) -> Fields<'_> {
        match &self.0 {
            Repr::Small(packed) => Fields::Packed(View::without_times(packed.elements())),
            Repr::Shared(body) => match &**body {
                Body::Packed(fields) => Fields::Packed(fields.view()),
                Body::Map(map) => Fields::Map(map),
            },
        }
    }

    /// Changes the fields by `change`. A body that is shared is copied first.
    fn change<R>(&mut self, change: impl FnOnce(FieldsMut<'_>) -> R) -> R {
        match &mut self.0 {
            Repr::Small(packed) => {
                let mut fields = PackedFields::without_times(mem::take(packed));
                let result = change(FieldsMut::Packed(&mut fields));
                self.0 = Repr::of(fields);
                result
            }
            Repr::Shared(body) => change(match Arc::make_mut(body) {
                Body::Packed(fields) => FieldsMut::Packed(fields),
                Body::Map(map) => FieldsMut::Map(map),
            }),
        }
    }

    /// Makes the hash a map if it is packed and would become too big with a name or value of
    /// `longest` bytes, or with `bytes` more.
    fn unpack_unless_fit(&mut self, longest: usize, bytes: usize, small: Small) {
        let fits = longest <= small.value_bytes && packed::has_room(self.heap_bytes(), bytes);
        if self.is_packed() && !fits {
            self.unpack();
        }
    }

    /// Makes a packed hash a map.
    fn unpack(&mut self) {
        let mut map = Map {
            has_times: self.has_times(),
            ..Map::default()
        };
        for field in self.all() {
            let value = Timed::new(field.value.to_blob(), field.expires_at);
            map.fields.insert(&field.name, value);
        }
        self.0 = Repr::Shared(Arc::new(Body::Map(map)));
    }
}

impl Repr {
    fn of(fields: PackedFields) -> Repr {
        match fields.into_elements() {
            Ok(elements) if elements.heap_bytes() <= COPIED_BYTES => Repr::Small(elements),
            Ok(elements) => {
                let fields = PackedFields::without_times(elements);
                Repr::Shared(Arc::new(Body::Packed(fields)))
            }
            Err(fields) => Repr::Shared(Arc::new(Body::Packed(fields))),
        }
    }
}
