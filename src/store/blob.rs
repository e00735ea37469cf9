//! `Blob`: a byte string in 24 bytes. Keys, values and fields are blobs.

use std::cmp::Ordering;
use std::fmt;
use std::hint;
use std::mem;
use std::ops::Deref;
use std::sync::Arc;

use crate::config::limits::BIG_BYTES;

/// Bytes that fit beside the tag and the length in three words.
const INLINE_BYTES: usize = 22;

/// Bits of an inline blob's head that hold the length.
const LENGTH_BITS: u32 = 5;

/// Up to this number, bytes are copied rather than shared. A reference count takes 16 bytes more:
/// an eighth of the memory of a million values of 100 bytes.
const COPIED_BYTES: usize = 256;

/// How the bytes of a string value came about, by which OBJECT names its encoding.
///
/// A blob remembers this while it is short. A blob of more than 256 bytes is raw in any form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Form {
    /// Stored whole, as SET does: an integer if the bytes are one.
    Plain,
    /// Changed in place, as APPEND does, or built bit by bit: raw, however short.
    Raw,
    /// Text of a calculation, as INCRBYFLOAT stores: never an integer.
    Text,
    /// A copy of a plain one: an integer in it is not shared with other keys.
    Copy,
}

impl Form {
    const ALL: [Form; 4] = [Form::Plain, Form::Raw, Form::Text, Form::Copy];
}

/// Bytes. Up to 22 lie inline, more on the heap. More than 256 are shared by reference count, so a
/// clone never copies much.
#[derive(Clone)]
pub struct Blob(Repr);

#[derive(Clone)]
enum Repr {
    Inline {
        /// The length, and in the upper bits the form.
        head: u8,
        bytes: [u8; INLINE_BYTES],
    },
    Owned(Form, Box<[u8]>),
    Shared(Arc<[u8]>),
    /// Bytes that were changed in place, or big bytes. The vector is taken over without a copy.
    /// Reading costs one more pointer: GETs of 2000 bytes would be slower by a quarter.
    Buffer(Arc<Vec<u8>>),
}

const _: () = assert!(size_of::<Blob>() == 24 && INLINE_BYTES < 1 << LENGTH_BITS);

impl Blob {
    /// The bytes, to be passed on by reference count, if they are big.
    pub fn big(&self) -> Option<&Arc<Vec<u8>>> {
        match &self.0 {
            Repr::Buffer(bytes) if bytes.len() >= BIG_BYTES => Some(bytes),
            _ => None,
        }
    }

    /// A blob built in place: its form is [`Form::Raw`].
    pub fn raw(bytes: Vec<u8>) -> Blob {
        Blob::from(bytes).with_form(Form::Raw)
    }

    /// How the bytes came about.
    pub fn form(&self) -> Form {
        match &self.0 {
            Repr::Inline { head, .. } => Form::ALL[usize::from(head >> LENGTH_BITS) % 4],
            Repr::Owned(form, _) => *form,
            Repr::Shared(_) | Repr::Buffer(_) => Form::Raw,
        }
    }

    /// The same bytes in another form.
    pub fn with_form(mut self, new: Form) -> Blob {
        match &mut self.0 {
            Repr::Inline { head, .. } => {
                *head = *head & ((1 << LENGTH_BITS) - 1) | (new as u8) << LENGTH_BITS;
            }
            Repr::Owned(form, _) => *form = new,
            Repr::Shared(_) | Repr::Buffer(_) => {}
        }
        self
    }

    /// Changes the bytes; the form is then [`Form::Raw`]. Shared bytes are copied: at the first
    /// edit, and while a clone exists. Other edits cost only what `change` does.
    pub fn edit<R>(&mut self, change: impl FnOnce(&mut Vec<u8>) -> R) -> R {
        let mut bytes = match &mut self.0 {
            Repr::Inline { .. } | Repr::Shared(_) => self.to_vec(),
            Repr::Owned(_, bytes) => mem::take(bytes).into_vec(),
            Repr::Buffer(bytes) => return change(Arc::make_mut(bytes)),
        };
        let result = change(&mut bytes);
        *self = Blob::raw(bytes);
        result
    }

    /// Appends `tail`. For short results this allocates less than [`Blob::edit`], which cannot know
    /// the length of the result.
    pub fn append(&mut self, tail: &[u8]) {
        if matches!(self.0, Repr::Buffer(_)) || self.len() + tail.len() > COPIED_BYTES {
            self.edit(|bytes| bytes.extend_from_slice(tail));
        } else {
            *self = Blob::raw([self, tail].concat());
        }
    }

    /// Reads the first byte, so that bytes on the heap come into the processor's cache.
    pub fn prefetch(&self) {
        hint::black_box(self.first().copied());
    }

    /// Bytes held on the heap.
    pub fn heap_bytes(&self) -> usize {
        match &self.0 {
            Repr::Inline { .. } => 0,
            Repr::Owned(_, bytes) => bytes.len(),
            Repr::Shared(bytes) => bytes.len(),
            Repr::Buffer(bytes) => bytes.capacity(),
        }
    }
}

/// The bytes of an element wherever they lie: in a packed value, in a blob or in a request.
#[derive(Clone, Copy)]
pub enum BlobRef<'a> {
    /// These bytes, to be copied.
    Bytes(&'a [u8]),
    /// Big bytes, passed on by reference count.
    Big(&'a Arc<Vec<u8>>),
}

impl<'a> BlobRef<'a> {
    /// The bytes.
    pub fn bytes(self) -> &'a [u8] {
        match self {
            BlobRef::Bytes(bytes) => bytes,
            BlobRef::Big(bytes) => bytes,
        }
    }

    /// A blob of the same bytes.
    pub fn to_blob(self) -> Blob {
        match self {
            BlobRef::Bytes(bytes) => Blob::from(bytes),
            BlobRef::Big(bytes) => Blob::from(Arc::clone(bytes)),
        }
    }
}

impl<'a> From<&'a [u8]> for BlobRef<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        BlobRef::Bytes(bytes)
    }
}

impl<'a> From<&'a Blob> for BlobRef<'a> {
    fn from(blob: &'a Blob) -> Self {
        match blob.big() {
            Some(bytes) => BlobRef::Big(bytes),
            None => BlobRef::Bytes(blob),
        }
    }
}

impl Deref for BlobRef<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.bytes()
    }
}

impl fmt::Debug for BlobRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.escape_ascii())
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
            return Blob(Repr::Owned(Form::Plain, Box::from(source)));
        }
        let mut bytes = [0; INLINE_BYTES];
        bytes[..source.len()].copy_from_slice(source);
        Blob(Repr::Inline {
            head: source.len() as u8,
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
            Repr::Inline { head, bytes } => &bytes[..usize::from(head & ((1 << LENGTH_BITS) - 1))],
            Repr::Owned(_, bytes) => bytes,
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
            Blob(Repr::Owned(Form::Plain, bytes.into_boxed_slice()))
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
    fn remembers_how_its_bytes_came_about() {
        for length in [0, 21, 22, 23, 44, 256] {
            let blob = Blob::from(&vec![7; length][..]);
            assert_eq!(blob.form(), Form::Plain);
            for form in Form::ALL {
                let other = blob.clone().with_form(form);
                assert_eq!((other.form(), &other), (form, &blob));
                assert_eq!(other.clone().form(), form);
            }
            let (mut edited, mut longer) = (blob.clone(), blob.clone());
            edited.edit(|_| ());
            longer.append(b"");
            assert_eq!((edited.form(), longer.form()), (Form::Raw, Form::Raw));
            assert_eq!((&edited, &longer), (&blob, &blob));
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
