//! What a key can hold, and when it goes.

pub mod hash;

use std::num::NonZeroU64;

use super::blob::{Blob, Form};
use super::map::{Due, NEVER};
use hash::Hash;

/// A value of one of the types that there are.
#[derive(Clone, Debug)]
pub enum Value {
    /// Bytes.
    String(Blob),
    /// Fields with their values; never empty, since its last field takes the key along.
    Hash(Hash),
}

impl Value {
    /// The type's name, as TYPE gives it.
    pub fn type_name(&self) -> &'static str {
        match self {
            Value::String(_) => "string",
            Value::Hash(_) => "hash",
        }
    }

    /// What COPY makes of this: the same, without sharing an integer with other keys.
    pub fn copied(&self) -> Value {
        match self {
            Value::String(blob) if blob.form() == Form::Plain => {
                Value::String(blob.clone().with_form(Form::Copy))
            }
            other => other.clone(),
        }
    }

    /// Whether a field has a time, or has had one.
    pub fn has_field_times(&self) -> bool {
        match self {
            Value::String(_) => false,
            Value::Hash(hash) => hash.has_times(),
        }
    }

    /// Whether freeing this takes long enough that nobody should wait for it.
    pub fn is_slow_to_free(&self) -> bool {
        match self {
            Value::String(blob) => blob.heap_bytes() > 64 * 1024,
            Value::Hash(hash) => hash.is_slow_to_free(),
        }
    }
}

/// A moment, in milliseconds since 1970.
pub type Moment = NonZeroU64;

/// Something that may have an end. Cheap to clone, as a snapshot's later writes need it.
#[derive(Clone, Debug)]
pub struct Timed<T>(Repr<T>);

/// What a key leads to.
pub type Entry = Timed<Value>;

/// Most things never expire, so the time of those that do lies with them on the heap:
/// a million keys take 16 MB less than if each had room for one.
#[derive(Clone, Debug)]
enum Repr<T> {
    Lasting(T),
    Expiring(Box<(T, Moment)>),
}

// A million keys weigh what a key and this weigh, over the load of the tables.
const _: () = assert!(size_of::<Entry>() == 24 && size_of::<Timed<Blob>>() == 24);

impl<T> Timed<T> {
    /// Something that is gone at `expires_at`; never if `None`.
    pub fn new(value: T, expires_at: Option<Moment>) -> Timed<T> {
        Timed(match expires_at {
            None => Repr::Lasting(value),
            Some(at) => Repr::Expiring(Box::new((value, at))),
        })
    }

    /// What it is.
    pub fn value(&self) -> &T {
        match &self.0 {
            Repr::Lasting(value) => value,
            Repr::Expiring(both) => &both.0,
        }
    }

    /// What it is, to be changed.
    pub fn value_mut(&mut self) -> &mut T {
        match &mut self.0 {
            Repr::Lasting(value) => value,
            Repr::Expiring(both) => &mut both.0,
        }
    }

    /// What it is, without the time.
    pub fn into_value(self) -> T {
        match self.0 {
            Repr::Lasting(value) => value,
            Repr::Expiring(both) => both.0,
        }
    }

    /// When it is gone.
    pub fn expires_at(&self) -> Option<Moment> {
        match &self.0 {
            Repr::Lasting(_) => None,
            Repr::Expiring(both) => Some(both.1),
        }
    }

    /// The same, with another time.
    pub fn with_expiry(self, expires_at: Option<Moment>) -> Timed<T> {
        Timed::new(self.into_value(), expires_at)
    }

    /// Whether its own time has come at `now_ms`.
    pub fn has_expired(&self, now_ms: u64) -> bool {
        self.expires_at().is_some_and(|at| at.get() <= now_ms)
    }
}

impl Entry {
    /// Whether the key is gone at `now_ms`: by its own time or with its last field.
    pub fn is_over(&self, now_ms: u64) -> bool {
        match &self.0 {
            Repr::Lasting(Value::String(_)) => false,
            Repr::Lasting(Value::Hash(hash)) => hash.is_over(now_ms),
            Repr::Expiring(both) => {
                both.1.get() <= now_ms
                    || matches!(&both.0, Value::Hash(hash) if hash.is_over(now_ms))
            }
        }
    }
}

impl Due for Entry {
    fn due_ms(&self) -> u64 {
        let own = self.expires_at().map_or(NEVER, Moment::get);
        match self.value() {
            Value::String(_) => own,
            Value::Hash(hash) => own.min(hash.due_ms()),
        }
    }
}

impl<T> From<T> for Timed<T> {
    fn from(value: T) -> Self {
        Timed::new(value, None)
    }
}
