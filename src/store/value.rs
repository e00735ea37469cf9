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

/// A value and when it goes. Cheap to clone, as a snapshot's later writes need it.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What the key holds.
    pub value: Value,
    /// Milliseconds since 1970 at which the key is gone; `None` for never.
    pub expires_at_ms: Option<NonZeroU64>,
}

// A million keys weigh what these two weigh, over the load of the tables.
const _: () = assert!(size_of::<Value>() == 24 && size_of::<Entry>() == 32);

impl From<Value> for Entry {
    fn from(value: Value) -> Self {
        Entry {
            value,
            expires_at_ms: None,
        }
    }
}
