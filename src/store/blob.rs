//! `Blob`: an immutable byte string of 24 bytes, the kind of which keys, values and
//! fields are made.

use std::borrow::Borrow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::sync::Arc;

/// What fits beside the tag and the length in three words.
const INLINE_BYTES: usize = 22;

/// Bytes: up to 22 of them inline, more on the heap and shared by reference count.
/// Cloning one never copies more than 24 bytes.
#[derive(Clone)]
pub struct Blob(Repr);

#[derive(Clone)]
enum Repr {
    Inline {
        length: u8,
        bytes: [u8; INLINE_BYTES],
    },
    Heap(Arc<[u8]>),
}

const _: () = assert!(size_of::<Blob>() == 24);

impl Blob {
    /// The value behind the reference count, if it is not inline.
    pub fn shared(&self) -> Option<&Arc<[u8]>> {
        match &self.0 {
            Repr::Inline { .. } => None,
            Repr::Heap(value) => Some(value),
        }
    }

    /// Bytes held on the heap.
    pub fn heap_bytes(&self) -> usize {
        self.shared().map_or(0, |value| value.len())
    }
}

impl From<&[u8]> for Blob {
    fn from(source: &[u8]) -> Self {
        if source.len() > INLINE_BYTES {
            return Blob(Repr::Heap(Arc::from(source)));
        }
        let mut bytes = [0; INLINE_BYTES];
        bytes[..source.len()].copy_from_slice(source);
        Blob(Repr::Inline {
            length: source.len() as u8,
            bytes,
        })
    }
}

impl From<Arc<[u8]>> for Blob {
    fn from(value: Arc<[u8]>) -> Self {
        if value.len() > INLINE_BYTES {
            Blob(Repr::Heap(value))
        } else {
            Blob::from(&value[..])
        }
    }
}

impl Deref for Blob {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &self.0 {
            Repr::Inline { length, bytes } => &bytes[..usize::from(*length)],
            Repr::Heap(value) => value,
        }
    }
}

// A map of blobs is asked with plain slices, so both must hash and compare alike.
impl Borrow<[u8]> for Blob {
    fn borrow(&self) -> &[u8] {
        self
    }
}

impl Hash for Blob {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self[..].hash(state);
    }
}

impl PartialEq for Blob {
    fn eq(&self, other: &Blob) -> bool {
        self[..] == other[..]
    }
}

impl Eq for Blob {}

impl fmt::Debug for Blob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.escape_ascii())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_any_length_and_compares_by_content() {
        for length in [0, 1, 21, 22, 23, 24, 1000] {
            let bytes: Vec<u8> = (0..length).map(|i| i as u8).collect();
            let blob = Blob::from(&bytes[..]);
            assert_eq!(blob[..], bytes[..]);
            assert_eq!(blob, Blob::from(Arc::from(&bytes[..])));
            assert_eq!(blob.shared().is_some(), length > INLINE_BYTES);
            assert_ne!(blob, Blob::from(&b"another"[..]));
        }
    }

    #[test]
    fn shares_what_is_on_the_heap() {
        let blob = Blob::from(&[7; 100][..]);
        let copy = blob.clone();
        assert!(Arc::ptr_eq(blob.shared().unwrap(), copy.shared().unwrap()));
    }
}
