//! `Blob`: an immutable byte string of 24 bytes, the kind of which keys, values and
//! fields are made.

use std::cmp::Ordering;
use std::fmt;
use std::hint;
use std::ops::Deref;
use std::sync::Arc;

/// What fits beside the tag and the length in three words.
const INLINE_BYTES: usize = 22;

/// Bytes up to this number are copied rather than shared: counting references takes 16
/// more, which among a million values of 100 bytes is an eighth.
const COPIED_BYTES: usize = 256;

/// Bytes: up to 22 of them inline, more on the heap, there shared by reference count if
/// they are more than 256. So cloning one never copies much.
#[derive(Clone)]
pub struct Blob(Repr);

#[derive(Clone)]
enum Repr {
    Inline {
        length: u8,
        bytes: [u8; INLINE_BYTES],
    },
    Owned(Box<[u8]>),
    Shared(Arc<[u8]>),
    /// What has been changed in place, and may be again.
    Buffer(Arc<Vec<u8>>),
}

const _: () = assert!(size_of::<Blob>() == 24);

impl Blob {
    /// The value behind the reference count, if it has one and has never been edited.
    pub fn shared(&self) -> Option<&Arc<[u8]>> {
        match &self.0 {
            Repr::Inline { .. } | Repr::Owned(_) | Repr::Buffer(_) => None,
            Repr::Shared(value) => Some(value),
        }
    }

    /// Whether it has been edited and is long.
    pub fn is_buffer(&self) -> bool {
        matches!(self.0, Repr::Buffer(_))
    }

    /// Changes the bytes. Only the first time, and while a clone is about, long ones are
    /// copied for it; after that it costs what `change` does.
    pub fn edit<R>(&mut self, change: impl FnOnce(&mut Vec<u8>) -> R) -> R {
        if let Repr::Buffer(buffer) = &mut self.0 {
            return change(Arc::make_mut(buffer));
        }
        let mut bytes = self.to_vec();
        let result = change(&mut bytes);
        *self = Blob::from(bytes);
        result
    }

    /// Appends `tail`. For short ones this allocates less than [`Blob::edit`], which cannot
    /// know how long the result will be.
    pub fn append(&mut self, tail: &[u8]) {
        if self.is_buffer() || self.len() + tail.len() > COPIED_BYTES {
            self.edit(|bytes| bytes.extend_from_slice(tail));
        } else {
            *self = Blob::from([self, tail].concat());
        }
    }

    /// Reads the first byte, so that what is on the heap is near the processor.
    pub fn prefetch(&self) {
        hint::black_box(self.first().copied());
    }

    /// Bytes held on the heap.
    pub fn heap_bytes(&self) -> usize {
        match &self.0 {
            Repr::Inline { .. } => 0,
            Repr::Owned(value) => value.len(),
            Repr::Shared(value) => value.len(),
            Repr::Buffer(value) => value.capacity(),
        }
    }
}

impl Default for Blob {
    fn default() -> Self {
        Blob::from(&b""[..])
    }
}

impl From<&[u8]> for Blob {
    fn from(source: &[u8]) -> Self {
        if source.len() > COPIED_BYTES {
            return Blob(Repr::Shared(Arc::from(source)));
        }
        if source.len() > INLINE_BYTES {
            return Blob(Repr::Owned(Box::from(source)));
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
        if value.len() > COPIED_BYTES {
            Blob(Repr::Shared(value))
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
            Repr::Owned(value) => value,
            Repr::Shared(value) => value,
            Repr::Buffer(value) => value,
        }
    }
}

impl From<Vec<u8>> for Blob {
    fn from(bytes: Vec<u8>) -> Self {
        if bytes.len() > COPIED_BYTES {
            Blob(Repr::Buffer(Arc::new(bytes)))
        } else if bytes.len() > INLINE_BYTES {
            Blob(Repr::Owned(bytes.into_boxed_slice()))
        } else {
            Blob::from(&bytes[..])
        }
    }
}

impl PartialEq for Blob {
    fn eq(&self, other: &Blob) -> bool {
        self[..] == other[..]
    }
}

impl Eq for Blob {}

impl PartialOrd for Blob {
    fn partial_cmp(&self, other: &Blob) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Blob {
    fn cmp(&self, other: &Blob) -> Ordering {
        self[..].cmp(&other[..])
    }
}

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
        for length in [0, 1, 21, 22, 23, 24, 256, 257, 1000] {
            let bytes: Vec<u8> = (0..length).map(|i| i as u8).collect();
            let blob = Blob::from(&bytes[..]);
            assert_eq!(blob[..], bytes[..]);
            assert_eq!(blob, Blob::from(Arc::from(&bytes[..])));
            assert_eq!(blob.shared().is_some(), length > COPIED_BYTES);
            assert_ne!(blob, Blob::from(&b"another"[..]));
        }
    }

    #[test]
    fn is_edited_without_a_clone_noticing() {
        for length in [0, 22, 23, 256, 257, 1000] {
            let mut blob = Blob::from(&vec![7; length][..]);
            for round in 0..3 {
                let copy = blob.clone();
                blob.edit(|bytes| bytes.push(8));
                assert_eq!(blob.len(), length + round + 1);
                assert_eq!(blob[..blob.len() - 1], copy[..]);
            }
            blob.edit(|bytes| bytes.truncate(1));
            blob.append(b"89");
            assert_eq!(blob[1..], b"89"[..]);
        }
    }

    #[test]
    fn is_appended_to_at_any_length() {
        let mut blob = Blob::default();
        for length in 0..600 {
            assert_eq!(blob[..], vec![7; length]);
            blob.append(&[7]);
        }
    }

    #[test]
    fn shares_what_is_long() {
        let blob = Blob::from(&[7; 1000][..]);
        let copy = blob.clone();
        assert!(Arc::ptr_eq(blob.shared().unwrap(), copy.shared().unwrap()));
    }
}
