//! Writes of whole strings, each with the SET that repeats it.

use super::set_options::NewExpiry;
use crate::commands::{Call, Commands, key};
use crate::num::integer;
use crate::store::blob::Blob;
use crate::store::keyspace::Keyspace;
use crate::store::types::{Entry, Value};

/// A write of one string, whatever the key held.
#[derive(Debug)]
pub(super) struct Write<'a> {
    pub(super) key: &'a [u8],
    pub(super) value: Blob,
    pub(super) expiry: NewExpiry,
}

impl Write<'_> {
    /// Sets the key, and adds a SET with an absolute expiry to `records`.
    pub(super) fn run(self, call: &mut Call, keyspace: &mut Keyspace, records: &mut Commands) {
        let Write { key, value, expiry } = self;
        let expires_at = match expiry {
            NewExpiry::Never => {
                records.push_set(key, &value, &[]);
                None
            }
            NewExpiry::Kept => {
                records.push_set(key, &value, &[b"KEEPTTL"]);
                key::expiry(call, keyspace, key)
            }
            NewExpiry::At(at) => {
                let mut buffer = integer::Buffer::default();
                let at_ms = integer::text(at.get() as i64, &mut buffer);
                records.push_set(key, &value, &[b"PXAT", at_ms]);
                Some(at)
            }
        };
        key::set(
            call,
            keyspace,
            key,
            Entry::new(Value::String(value), expires_at),
        );
        call.notify_set(keyspace, key, matches!(expiry, NewExpiry::At(_)));
    }
}
