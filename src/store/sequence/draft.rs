//! `Draft`: a chunk while its elements change.

use std::ops::Range;

use super::chunk::{COUNT_BYTES, LONG, NUMBER_BYTES, View, code, stored_bytes, total_bytes};

/// A chunk while it changes.
#[derive(Debug, Default)]
pub struct Draft(Vec<u8>);

impl Draft {
    /// Takes over a chunk.
    pub fn of(chunk: Vec<u8>) -> Draft {
        Draft(chunk)
    }

    /// A chunk of these elements. None of them has memory of its own.
    pub fn copy(view: View<'_>) -> Draft {
        let [lengths, bytes] = view.parts();
        if lengths.is_empty() {
            return Draft::default();
        }
        let mut chunk = Vec::with_capacity(COUNT_BYTES + view.stored_bytes());
        chunk.extend_from_slice(&(lengths.len() as u16).to_le_bytes());
        chunk.extend_from_slice(lengths);
        chunk.extend_from_slice(bytes);
        Draft(chunk)
    }

    /// A chunk of the elements of both.
    pub(super) fn concat(left: View<'_>, right: View<'_>) -> Draft {
        let ([lengths, bytes], [more_lengths, more_bytes]) = (left.parts(), right.parts());
        let (lengths, bytes) = (
            [lengths, more_lengths].concat(),
            [bytes, more_bytes].concat(),
        );
        Draft::copy(View::of_parts(&lengths, &bytes))
    }

    /// A chunk of the elements, without those at the indexes `gone`, which are in order.
    pub fn without(view: View<'_>, gone: &[usize]) -> Draft {
        let [all_lengths, all_bytes] = view.parts();
        let mut lengths = Vec::with_capacity(all_lengths.len());
        let mut bytes = Vec::with_capacity(all_bytes.len());
        let (mut at, mut passed) = (0, 0);
        for index in gone {
            let run = &all_lengths[passed..*index];
            let end = at + total_bytes(run, &all_bytes[at..]);
            lengths.extend_from_slice(run);
            bytes.extend_from_slice(&all_bytes[at..end]);
            at = end + stored_bytes(all_lengths[*index], &all_bytes[end..]);
            passed = index + 1;
        }
        lengths.extend_from_slice(&all_lengths[passed..]);
        bytes.extend_from_slice(&all_bytes[at..]);
        Draft::copy(View::of_parts(&lengths, &bytes))
    }

    /// The elements.
    pub fn view(&self) -> View<'_> {
        View::of(&self.0)
    }

    /// The chunk.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// Inserts `element` at `index`.
    pub fn insert(&mut self, index: usize, element: &[u8]) {
        let (count, offset) = self.place(index);
        let stored = Stored::new(element);
        let more = 1 + stored.len();
        if self.0.is_empty() {
            self.0.reserve_exact(COUNT_BYTES + more);
            self.0.resize(COUNT_BYTES, 0);
        }
        let end = self.0.len();
        self.0.reserve_exact(more);
        self.0.resize(end + more, 0);
        let (length_at, at) = (COUNT_BYTES + index, COUNT_BYTES + count + offset);
        self.0.copy_within(at..end, at + more);
        self.0.copy_within(length_at..at, length_at + 1);
        self.0[length_at] = stored.length;
        stored.write(&mut self.0[at + 1..at + more]);
        self.set_count(count + 1);
    }

    /// Replaces the element at `index`, which must exist.
    pub fn replace(&mut self, index: usize, element: &[u8]) {
        let (count, offset) = self.place(index);
        let stored = Stored::new(element);
        let at = COUNT_BYTES + count + offset;
        let old_length = self.0[COUNT_BYTES + index];
        let old_bytes = stored_bytes(old_length, &self.0[at..]);
        if old_length == stored.length && old_bytes == stored.len() {
            stored.write(&mut self.0[at..at + old_bytes]);
        } else {
            self.remove(index..index + 1);
            self.insert(index, element);
        }
    }

    /// Removes the elements with these indexes.
    pub fn remove(&mut self, range: Range<usize>) {
        if range.is_empty() {
            return;
        }
        let ((count, start), (_, end)) = (self.place(range.start), self.place(range.end));
        let bytes_at = COUNT_BYTES + count;
        self.0.drain(bytes_at + start..bytes_at + end);
        self.0
            .drain(COUNT_BYTES + range.start..COUNT_BYTES + range.end);
        self.set_count(count - range.len());
    }

    /// The number of elements, and where in the bytes the one at `index` begins.
    fn place(&self, index: usize) -> (usize, usize) {
        let [lengths, bytes] = self.view().parts();
        (lengths.len(), total_bytes(&lengths[..index], bytes))
    }

    fn set_count(&mut self, count: usize) {
        if count == 0 {
            self.0.clear();
        } else {
            self.0[..COUNT_BYTES].copy_from_slice(&(count as u16).to_le_bytes());
        }
    }
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
