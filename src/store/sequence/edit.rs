//! Changes of a chunk in its place.

use std::ops::Range;

use super::chunk::{COUNT_BYTES, LONG, NUMBER_BYTES, code, total_bytes};

/// Inserts an element at `index` of the chunk that ends at `end`, or has no elements. Its bytes behind
/// the end are those that the element adds.
pub(super) fn insert(chunk: &mut [u8], end: usize, index: usize, stored: &Stored<'_>) {
    let (count, rest) = chunk.split_at_mut(COUNT_BYTES);
    let (end, length) = (end - COUNT_BYTES, add(count, 1) - 1);
    let start = length + total_bytes(&rest[..index], &rest[length..end]);
    rest.copy_within(start..end, start + stored.added_bytes());
    rest.copy_within(index..start, index + 1);
    rest[index] = stored.length;
    stored.write(&mut rest[start + 1..start + stored.added_bytes()]);
}

/// Removes the elements with these indexes. Returns the number of bytes by which the chunk is shorter.
pub(super) fn remove(chunk: &mut [u8], range: Range<usize>) -> usize {
    let (count, rest) = chunk.split_at_mut(COUNT_BYTES);
    let length = add(count, 0);
    let start = length + total_bytes(&rest[..range.start], &rest[length..]);
    let end = start + total_bytes(&rest[range.clone()], &rest[start..]);
    rest.copy_within(range.end..start, range.start);
    rest.copy_within(end.., start - range.len());
    let _ = add(count, range.len().wrapping_neg());
    range.len() + end - start
}

/// Adds to the number of elements of a chunk, and returns it.
fn add(count: &mut [u8], more: usize) -> usize {
    let found = count
        .first_chunk()
        .map_or(0, |bytes| u16::from_le_bytes(*bytes));
    let sum = found.wrapping_add(more as u16);
    count.copy_from_slice(&sum.to_le_bytes());
    usize::from(sum)
}

/// Replaces the element at `from`, in the lengths and bytes of a chunk, by one of the same length,
/// which comes to lie at `to`.
pub(super) fn shift([lengths, bytes]: [&mut [u8]; 2], from: usize, to: usize, element: &[u8]) {
    let stored = Stored::new(element);
    let start = total_bytes(&lengths[..from.min(to)], bytes);
    let moved = total_bytes(&lengths[from.min(to)..=from.max(to)], &bytes[start..]);
    let (end, size) = (start + moved, stored.len());
    let at = if from < to {
        lengths.copy_within(from + 1..=to, from);
        bytes.copy_within(start + size..end, start);
        end - size
    } else {
        lengths.copy_within(to..from, to + 1);
        bytes.copy_within(start..end - size, start + size);
        start
    };
    lengths[to] = stored.length;
    stored.write(&mut bytes[at..at + size]);
}

/// An element as it lies in a chunk.
pub(super) struct Stored<'a> {
    /// Its length.
    pub(super) length: u8,
    number: [u8; NUMBER_BYTES],
    element: &'a [u8],
}

impl<'a> Stored<'a> {
    pub(super) fn new(element: &'a [u8]) -> Stored<'a> {
        Stored {
            length: code(element),
            number: (element.len() as u16).to_le_bytes(),
            element,
        }
    }

    /// The number of its bytes, without the length.
    pub(super) fn len(&self) -> usize {
        let numbers = if self.length == LONG { 2 } else { 0 };
        numbers * NUMBER_BYTES + self.element.len()
    }

    /// The number of bytes by which it makes a chunk longer.
    pub(super) fn added_bytes(&self) -> usize {
        1 + self.len()
    }

    /// Writes the bytes into a place of just this length.
    pub(super) fn write(&self, place: &mut [u8]) {
        if self.length == LONG {
            let end = place.len() - NUMBER_BYTES;
            place[..NUMBER_BYTES].copy_from_slice(&self.number);
            place[NUMBER_BYTES..end].copy_from_slice(self.element);
            place[end..].copy_from_slice(&self.number);
        } else {
            place.copy_from_slice(self.element);
        }
    }
}
