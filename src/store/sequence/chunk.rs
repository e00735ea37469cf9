//! The elements of a chunk as they lie in memory. `draft.rs` changes them.
//!
//! ```text
//!   | count | length, length ... | bytes, bytes ... |
//! ```
//!
//! The count takes two bytes, lowest first, and each length one. The length `LONG` stands for an
//! element of 255 bytes or more. Its bytes lie between two copies of their number, of two bytes
//! each, so that it can be passed in both directions. An empty chunk takes no memory.
//!
//! Since the lengths lie together, their sum finds an element without a step for each element
//! before it.

use std::ops::Range;

use super::ordered::Bound;
use crate::store::blob::{Blob, BlobRef};

/// The length that stands for a greater one.
pub(super) const LONG: u8 = u8::MAX;

/// The bytes of the number on each side of a long element.
pub(super) const NUMBER_BYTES: usize = 2;

/// The bytes of the count.
pub(super) const COUNT_BYTES: usize = 2;

/// Elements in order, to be read. Iterating from either end takes them off.
#[derive(Clone, Copy, Debug, Default)]
pub struct View<'a> {
    lengths: &'a [u8],
    bytes: &'a [u8],
    /// The only element, if it lies elsewhere.
    big: Option<&'a Blob>,
}

impl<'a> View<'a> {
    /// The elements of a chunk.
    pub fn of(chunk: &'a [u8]) -> View<'a> {
        let Some((count, rest)) = chunk.split_first_chunk::<COUNT_BYTES>() else {
            return View::default();
        };
        let (lengths, bytes) = rest.split_at(usize::from(u16::from_le_bytes(*count)));
        View::of_parts(lengths, bytes)
    }

    /// The elements with these lengths and bytes.
    pub(super) fn of_parts(lengths: &'a [u8], bytes: &'a [u8]) -> View<'a> {
        View {
            lengths,
            bytes,
            big: None,
        }
    }

    /// One element, which has memory of its own.
    pub(super) fn of_big(element: &'a Blob) -> View<'a> {
        View {
            big: Some(element),
            ..View::default()
        }
    }

    /// The only element, if it has memory of its own.
    pub(super) fn big(self) -> Option<&'a Blob> {
        self.big
    }

    /// The number of elements.
    pub fn len(self) -> usize {
        self.lengths.len() + usize::from(self.big.is_some())
    }

    /// Whether there are no elements.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The number of bytes that the elements take in a chunk, without the count.
    pub(super) fn stored_bytes(self) -> usize {
        self.lengths.len() + self.bytes.len()
    }

    /// The lengths and the bytes as they lie in a chunk.
    pub(super) fn parts(self) -> [&'a [u8]; 2] {
        [self.lengths, self.bytes]
    }

    /// The element at `index`.
    pub fn get(self, index: usize) -> Option<BlobRef<'a>> {
        self.split_at(index.min(self.len())).1.next()
    }

    /// The elements before `index`, and the others. `index` is at most the number of elements.
    pub fn split_at(self, index: usize) -> (View<'a>, View<'a>) {
        if self.big.is_some() {
            let none = View::default();
            return if index == 0 {
                (none, self)
            } else {
                (self, none)
            };
        }
        let (left, right) = self.lengths.split_at(index);
        let (before, behind) = self.bytes.split_at(total_bytes(left, self.bytes));
        (View::of_parts(left, before), View::of_parts(right, behind))
    }

    /// The elements with these indexes.
    pub fn slice(self, range: Range<usize>) -> View<'a> {
        self.split_at(range.end).0.split_at(range.start).1
    }

    /// The number of elements before `bound`.
    pub(super) fn partition_point(self, bound: &impl Bound) -> usize {
        let (mut rest, mut passed) = (self, 0);
        while !rest.is_empty() {
            let middle = rest.len() / 2;
            let (left, right) = rest.split_at(middle);
            let mut behind = right;
            match behind.next() {
                Some(element) if bound.is_behind(&element) => {
                    passed += middle + 1;
                    rest = behind;
                }
                _ => rest = left,
            }
        }
        passed
    }

    /// The indexes of the elements that equal `wanted`.
    pub(super) fn positions(self, wanted: &[u8]) -> Vec<usize> {
        let mut found = Vec::new();
        if self.big.is_some_and(|element| element[..] == *wanted) {
            found.push(0);
        } else if self.lengths.contains(&code(wanted)) {
            self.find(wanted, &mut found);
        }
        found
    }

    fn find(self, wanted: &[u8], found: &mut Vec<usize>) {
        let (code, last) = (code(wanted), wanted.last_chunk::<4>());
        // Among elements of one length, each element is a step of that length.
        let differ = |found, length: &u8| found | (*length ^ code);
        if code != LONG && code > 0 && self.lengths.iter().fold(0, differ) == 0 {
            let elements = self.bytes.chunks_exact(usize::from(code));
            for (index, element) in elements.enumerate() {
                // Comparing the last bytes first is quick, and tells most elements apart.
                if element.last_chunk() == last && element == wanted {
                    found.push(index);
                }
            }
            return;
        }
        for (index, element) in self.enumerate() {
            let element = element.bytes();
            if element.last_chunk() == last && element == wanted {
                found.push(index);
            }
        }
    }
}

impl<'a> Iterator for View<'a> {
    type Item = BlobRef<'a>;

    #[inline]
    fn next(&mut self) -> Option<BlobRef<'a>> {
        let Some((length, lengths)) = self.lengths.split_first() else {
            return self.big.take().map(BlobRef::from);
        };
        let count = stored_bytes(*length, self.bytes);
        let (element, bytes) = self.bytes.split_at(count);
        (self.lengths, self.bytes) = (lengths, bytes);
        Some(BlobRef::Bytes(without_numbers(*length, element)))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.len(), Some(self.len()))
    }
}

impl DoubleEndedIterator for View<'_> {
    #[inline]
    fn next_back(&mut self) -> Option<Self::Item> {
        let Some((length, lengths)) = self.lengths.split_last() else {
            return self.big.take().map(BlobRef::from);
        };
        let count = match *length {
            LONG => long_bytes(self.bytes.last_chunk()),
            length => usize::from(length),
        };
        let (bytes, element) = self.bytes.split_at(self.bytes.len() - count);
        (self.lengths, self.bytes) = (lengths, bytes);
        Some(BlobRef::Bytes(without_numbers(*length, element)))
    }
}

/// The length as it is stored.
pub(super) fn code(element: &[u8]) -> u8 {
    u8::try_from(element.len()).unwrap_or(LONG)
}

/// How many of `bytes`, with which an element of this length begins, belong to it.
#[inline]
pub(super) fn stored_bytes(length: u8, bytes: &[u8]) -> usize {
    match length {
        LONG => long_bytes(bytes.first_chunk()),
        length => usize::from(length),
    }
}

#[cold]
fn long_bytes(number: Option<&[u8; NUMBER_BYTES]>) -> usize {
    let number = number.expect("the number of a long element");
    usize::from(u16::from_le_bytes(*number)) + 2 * NUMBER_BYTES
}

/// The element's own bytes, of all that belong to it.
#[inline]
fn without_numbers(length: u8, stored: &[u8]) -> &[u8] {
    match length {
        LONG => &stored[NUMBER_BYTES..stored.len() - NUMBER_BYTES],
        _ => stored,
    }
}

/// How many of `bytes` belong to the elements with these lengths, which begin there.
pub(super) fn total_bytes(lengths: &[u8], bytes: &[u8]) -> usize {
    if lengths.contains(&LONG) {
        let add = |at, length: &u8| at + stored_bytes(*length, &bytes[at..]);
        return lengths.iter().fold(0, add);
    }
    let total: u32 = lengths.iter().map(|length| u32::from(*length)).sum();
    total as usize
}
