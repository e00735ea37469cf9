//! `Blob`: an immutable byte string of 24 bytes, the kind of which keys, values and
//! fields are made.

use std::cmp::Ordering;
use std::fmt;
use std::hint;
use std::mem;
use std::ops::Deref;
use std::sync::Arc;

use crate::config::limits::BIG_BYTES;

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
    /// What has been changed in place, and may be again, or is big. It came in a vector, and
    /// leaves without being copied. One more step to the bytes than with the others: GETs of
    /// 2000 bytes, were they kept like this, would be slower by a quarter.
    Buffer(Arc<Vec<u8>>),
}

const _: () = assert!(size_of::<Blob>() == 24);

impl Blob {
    /// The bytes as something to be passed on by reference count, if they are big.
    pub fn big(&self) -> Option<&Arc<Vec<u8>>> {
        match &self.0 {
            Repr::Buffer(bytes) if bytes.len() >= BIG_BYTES => Some(bytes),
            _ => None,
        }
    }

    /// Changes the bytes. Only the first time, and while a clone is about, long ones are
    /// copied for it; after that it costs what `change` does.
    pub fn edit<R>(&mut self, change: impl FnOnce(&mut Vec<u8>) -> R) -> R {
        let mut bytes = match &mut self.0 {
            Repr::Inline { .. } | Repr::Shared(_) => self.to_vec(),
            Repr::Owned(bytes) => mem::take(bytes).into_vec(),
            Repr::Buffer(bytes) => return change(Arc::make_mut(bytes)),
        };
        let result = change(&mut bytes);
        *self = Blob::from(bytes);
        result
    }

    /// Appends `tail`. For short ones this allocates less than [`Blob::edit`], which cannot
    /// know how long the result will be.
    pub fn append(&mut self, tail: &[u8]) {
        if matches!(self.0, Repr::Buffer(_)) || self.len() + tail.len() > COPIED_BYTES {
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
            Repr::Owned(bytes) => bytes.len(),
            Repr::Shared(bytes) => bytes.len(),
            Repr::Buffer(bytes) => bytes.capacity(),
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
        if source.len() >= BIG_BYTES {
            return Blob(Repr::Buffer(Arc::new(source.to_vec())));
        }
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

impl From<Arc<Vec<u8>>> for Blob {
    fn from(bytes: Arc<Vec<u8>>) -> Self {
        if bytes.len() >= BIG_BYTES {
            Blob(Repr::Buffer(bytes))
        } else {
            Blob::from(&bytes[..])
        }
    }
}

impl Deref for Blob {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &self.0 {
            Repr::Inline { length, bytes } => &bytes[..usize::from(*length)],
            Repr::Owned(bytes) => bytes,
            Repr::Shared(bytes) => bytes,
            Repr::Buffer(bytes) => bytes,
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
        for length in [0, 1, 21, 22, 23, 24, 256, 257, BIG_BYTES - 1, BIG_BYTES] {
            let bytes: Vec<u8> = (0..length).map(|i| i as u8).collect();
            let blob = Blob::from(&bytes[..]);
            assert_eq!(blob[..], bytes[..]);
            assert_eq!(blob, Blob::from(Arc::new(bytes.clone())));
            assert_eq!(blob.big().is_some(), length == BIG_BYTES);
            assert_ne!(blob, Blob::from(&b"another"[..]));
        }
    }

    #[test]
    fn is_edited_without_a_clone_noticing() {
        for length in [0, 21, 22, 23, 255, 256, 257, BIG_BYTES] {
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
    fn shares_what_is_big_and_gives_it_out_even_if_it_has_been_edited() {
        let mut blob = Blob::from(&[7; BIG_BYTES][..]);
        for _ in 0..2 {
            let copy = blob.clone();
            assert!(Arc::ptr_eq(blob.big().unwrap(), copy.big().unwrap()));
            blob.edit(|bytes| bytes.push(8));
        }
    }
}
