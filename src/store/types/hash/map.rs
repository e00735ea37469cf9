//! The fields of a big hash, in a map of shards.

use std::mem;

use crate::store::blob::{Blob, BlobRef};
use crate::store::map::{Due, NEVER, ShardMap};
use crate::store::types::facts::{Element, SHARD_ELEMENTS};
use crate::store::types::timed::{Moment, Timed};

/// The fields of a big hash.
#[derive(Clone, Debug, Default)]
pub(super) struct Map {
    pub(super) fields: ShardMap<Timed<Blob>>,
    /// Whether a field has a time, or has had one.
    pub(super) has_times: bool,
}

impl Map {
    /// Sets the time of the field `name`, or takes it away.
    pub(super) fn expire(&mut self, name: &[u8], expires_at: Option<Moment>) {
        if let Some(value) = self.fields.get_mut(name) {
            *value = mem::replace(value, Blob::default().into()).with_expiry(expires_at);
        }
        if let Some(at) = expires_at {
            self.has_times = true;
            self.fields.note_due(name, at.get());
        }
    }

    /// Removes expired fields, at least `most` unless there are fewer, and returns their names.
    pub(super) fn sweep(&mut self, now_ms: u64, most: usize) -> Vec<Blob> {
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

/// The field that a map has stored.
pub(super) fn stored<'a>((name, value): (&'a Blob, &'a Timed<Blob>)) -> Element<'a> {
    Element {
        name: BlobRef::from(name),
        value: BlobRef::from(value.value()),
        expires_at: value.expires_at(),
    }
}

impl Due for Timed<Blob> {
    const SHARD_ENTRIES: usize = SHARD_ELEMENTS;

    fn due_ms(&self) -> u64 {
        self.expires_at().map_or(NEVER, Moment::get)
    }
}
