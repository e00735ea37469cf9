//! The questions that every type answers about its values. The default answers about times suit a
//! type whose elements never expire.

use super::timed::Moment;
use crate::store::blob::{Blob, BlobRef};
use crate::store::map::NEVER;

/// An element of a value, in one form for all types.
#[derive(Clone, Copy, Debug)]
pub struct Element<'a> {
    /// By which the value finds the element: a hash's field. Empty for a string.
    pub name: BlobRef<'a>,
    /// The element's own value: a hash's value, the bytes of a string.
    pub value: BlobRef<'a>,
    /// When the element expires, unless never.
    pub expires_at: Option<Moment>,
}

impl Element<'_> {
    /// Whether the element has expired at `now_ms`.
    pub fn has_expired(&self, now_ms: u64) -> bool {
        self.expires_at.is_some_and(|at| at.get() <= now_ms)
    }
}

/// A type's answers about one value.
pub trait Facts: Clone {
    /// The type's name, as TYPE gives it.
    fn type_name(&self) -> &'static str;

    /// The name of the encoding, as OBJECT ENCODING gives it.
    fn encoding(&self) -> &'static str;

    /// The reference count that OBJECT REFCOUNT gives.
    fn references(&self) -> i64 {
        1
    }

    /// The value for a second key, as COPY makes it.
    fn copied(&self) -> Self {
        self.clone()
    }

    /// Calls `visit` for each element in the value's order, if it has one; for the expired ones
    /// too. An element can be made for the visit, as an integer's text is.
    fn visit(&self, visit: &mut dyn FnMut(Element<'_>));

    /// A big value in parts, each of which can be released by itself. A write to a part that is
    /// still held copies that part only. `None` for any other value.
    fn parts(&self) -> Option<Vec<Self>> {
        None
    }

    /// Whether the key stays. A collection without elements loses its key; a string always stays.
    fn keeps_key(&self) -> bool;

    /// The number of elements, including expired ones that have not been removed; of a string its
    /// bytes.
    fn elements(&self) -> usize;

    /// The number of elements that are looked up by name; 0 if elements have none.
    /// [`Facts::prefetch`] takes a second lookup if they have.
    fn name_count(&self) -> usize {
        0
    }

    /// Brings the bytes of the element `name`, or all of a short value, into the processor's cache.
    fn prefetch(&self, name: &[u8]);

    /// Bytes of memory, without the value's place in its entry. A big value is judged by the
    /// first `samples` elements.
    fn bytes(&self, samples: usize) -> usize;

    /// Whether freeing the value takes so long that it should be done without the lock.
    fn is_slow_to_free(&self) -> bool;

    /// Whether an element can expire, or could at any time.
    fn has_times(&self) -> bool {
        false
    }

    /// Milliseconds since 1970 before which no element expires.
    fn due_ms(&self) -> u64 {
        NEVER
    }

    /// Whether all elements have expired at `now_ms`.
    fn is_over(&self, _now_ms: u64) -> bool {
        false
    }

    /// Removes the elements among `names` that have expired at `now_ms`, and returns their names.
    fn purge<'a>(&mut self, _names: impl Iterator<Item = &'a [u8]>, _now_ms: u64) -> Vec<Blob> {
        Vec::new()
    }

    /// Removes elements that have expired at `now_ms`, at least `most` of them unless there are
    /// fewer, and returns their names.
    fn sweep(&mut self, _now_ms: u64, _most: usize) -> Vec<Blob> {
        Vec::new()
    }
}

/// Up to this number of bytes a clone of a hash or set is a copy. Above, a clone shares the body,
/// because under a snapshot a write clones the few hundred values of a shard at once.
pub(super) const COPIED_BYTES: usize = 1024;

/// A value in one piece of more bytes is slow to free.
pub(super) const QUICK_BYTES: usize = 64 * 1024;

/// A map of more elements is slow to free.
pub(super) const QUICK_ELEMENTS: usize = 64;

/// A map or sequence of at least this many elements comes in parts.
pub(super) const BIG_ELEMENTS: usize = 1000;

/// Average number of elements in a shard of a map that is a value. It is small, because a write to
/// a part that a rewrite holds copies that part.
pub(super) const SHARD_ELEMENTS: usize = 112;

/// The bytes that the allocator and a reference count add to each piece on the heap.
pub(super) const PIECE_BYTES: usize = 24;

/// The share of one entry in the empty part of its table, which is a quarter on average, and in
/// the table's own bytes.
pub(in crate::store) const fn table_bytes<K, V>() -> usize {
    (size_of::<K>() + size_of::<V>() + 1) / 3 + 1
}

/// Bytes of memory of a blob.
pub(in crate::store) fn blob_bytes(blob: &Blob) -> usize {
    let heap = match blob.heap_bytes() {
        0 => 0,
        bytes => bytes + PIECE_BYTES,
    };
    size_of::<Blob>() + heap
}
