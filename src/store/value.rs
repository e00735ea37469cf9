//! What a key can hold.

use std::num::NonZeroU64;
use std::sync::Arc;

use super::blob::Blob;
use super::shards::ShardMap;

/// The fields of a hash. A big hash is a small keyspace: it grows, is copied and can be
/// walked in the same way.
pub type Hash = ShardMap<Blob>;

/// A value of one of the types that there are.
#[derive(Clone, Debug)]
pub enum Value {
    /// Bytes.
    String(Blob),
    /// Fields with their values; never empty, since its last field takes the key along.
    Hash(Arc<Hash>),
}

impl Value {
    /// The type's name, as TYPE gives it.
    pub fn type_name(&self) -> &'static str {
        match self {
            Value::String(_) => "string",
            Value::Hash(_) => "hash",
        }
    }

    /// Whether freeing this takes long enough that nobody should wait for it.
    pub fn is_slow_to_free(&self) -> bool {
        match self {
            Value::String(blob) => blob.heap_bytes() > 64 * 1024,
            Value::Hash(hash) => hash.len() > 64,
        }
    }
}

/// A value, and when it goes. Cheap to clone, as a snapshot's later writes need it.
#[derive(Clone, Debug)]
pub struct Entry(Repr);

/// Most keys never expire, so the time of those that do lies with their value on the heap:
/// a million keys take 16 MB less than if each had room for one.
#[derive(Clone, Debug)]
enum Repr {
    Lasting(Value),
    Expiring(Box<(Value, NonZeroU64)>),
}

// A million keys weigh what a key and this weigh, over the load of the tables.
const _: () = assert!(size_of::<Entry>() == 24);

impl Entry {
    /// An entry that is gone at `expires_at_ms`, milliseconds since 1970; never if `None`.
    pub fn new(value: Value, expires_at_ms: Option<NonZeroU64>) -> Entry {
        Entry(match expires_at_ms {
            None => Repr::Lasting(value),
            Some(at) => Repr::Expiring(Box::new((value, at))),
        })
    }

    /// What the key holds.
    pub fn value(&self) -> &Value {
        match &self.0 {
            Repr::Lasting(value) => value,
            Repr::Expiring(both) => &both.0,
        }
    }

    /// What the key holds, to be changed.
    pub fn value_mut(&mut self) -> &mut Value {
        match &mut self.0 {
            Repr::Lasting(value) => value,
            Repr::Expiring(both) => &mut both.0,
        }
    }

    /// Whether the key is gone at `now_ms`.
    pub fn is_over(&self, now_ms: u64) -> bool {
        match &self.0 {
            Repr::Lasting(_) => false,
            Repr::Expiring(both) => both.1.get() <= now_ms,
        }
    }
}

impl From<Value> for Entry {
    fn from(value: Value) -> Self {
        Entry::new(value, None)
    }
}
