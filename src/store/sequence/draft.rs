//! `Draft`: a chunk while its elements change.

use std::ops::Range;

use super::chunk::{COUNT_BYTES, View, stored_bytes, total_bytes};
use super::edit::{self, Stored};

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
        let stored = Stored::new(element);
        let end = self.0.len().max(COUNT_BYTES);
        let new_end = end + stored.added_bytes();
        self.0.reserve_exact(new_end - self.0.len());
        self.0.resize(new_end, 0);
        edit::insert(&mut self.0, end, index, &stored);
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
        let gone_bytes = edit::remove(&mut self.0, range);
        self.0.truncate(self.0.len() - gone_bytes);
        if self.view().is_empty() {
            self.0.clear();
        }
    }

    /// The number of elements, and where in the bytes the one at `index` begins.
    fn place(&self, index: usize) -> (usize, usize) {
        let [lengths, bytes] = self.view().parts();
        (lengths.len(), total_bytes(&lengths[..index], bytes))
    }
}
