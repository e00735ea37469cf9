//! A list: elements in order.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use super::facts::{Element, Facts, PIECE_BYTES, blob_bytes};
use crate::store::blob::{Blob, BlobRef};

/// A list of more elements is slow to free.
const QUICK_ELEMENTS: usize = 64;

/// The elements of a list. Cloning it is cheap.
#[derive(Clone, Debug, Default)]
pub struct List(Arc<VecDeque<Blob>>);

/// An end of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The head, with index 0.
    Left,
    /// The tail.
    Right,
}

impl List {
    /// The number of elements.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The element at `index`.
    pub fn get(&self, index: usize) -> Option<BlobRef<'_>> {
        self.0.get(index).map(BlobRef::from)
    }

    /// All elements in order.
    pub fn iter(&self) -> impl Iterator<Item = BlobRef<'_>> {
        self.iter_from(0)
    }

    /// The elements from `index` on.
    pub fn iter_from(&self, index: usize) -> impl Iterator<Item = BlobRef<'_>> {
        self.0.range(index.min(self.len())..).map(BlobRef::from)
    }

    /// The elements from `index` back to the head.
    pub fn iter_back_from(&self, index: usize) -> impl Iterator<Item = BlobRef<'_>> {
        let end = index.saturating_add(1).min(self.len());
        self.0.range(..end).rev().map(BlobRef::from)
    }

    /// Adds `element` at an end.
    pub fn push(&mut self, end: End, element: BlobRef) {
        let elements = Arc::make_mut(&mut self.0);
        match end {
            End::Left => elements.push_front(element.to_blob()),
            End::Right => elements.push_back(element.to_blob()),
        }
    }

    /// Removes the element at an end.
    pub fn pop(&mut self, end: End) -> Option<Blob> {
        let elements = Arc::make_mut(&mut self.0);
        match end {
            End::Left => elements.pop_front(),
            End::Right => elements.pop_back(),
        }
    }

    /// Replaces the element at `index`. Returns the old one.
    ///
    /// # Panics
    /// If there is no such element.
    pub fn set(&mut self, index: usize, element: BlobRef) -> Blob {
        let place = &mut Arc::make_mut(&mut self.0)[index];
        std::mem::replace(place, element.to_blob())
    }

    /// Adds `element` before the one at `index`, or at the end if there are just as many.
    pub fn insert(&mut self, index: usize, element: BlobRef) {
        Arc::make_mut(&mut self.0).insert(index, element.to_blob());
    }

    /// Removes the elements in `range`. Returns them.
    pub fn remove(&mut self, range: Range<usize>) -> List {
        let removed = Arc::make_mut(&mut self.0).drain(range).collect();
        List(Arc::new(removed))
    }
}

impl Facts for List {
    fn type_name(&self) -> &'static str {
        "list"
    }

    fn encoding(&self) -> &'static str {
        "quicklist"
    }

    fn elements(&self) -> impl Iterator<Item = Element<'_>> {
        self.iter().map(|value| Element {
            name: BlobRef::from(&b""[..]),
            value,
            expires_at: None,
        })
    }

    fn keeps_key(&self) -> bool {
        !self.is_empty()
    }

    fn prefetch(&self, _name: &[u8]) {}

    fn bytes(&self, samples: usize) -> usize {
        let sampled = self.0.iter().take(samples);
        let bytes: usize = sampled.map(blob_bytes).sum();
        PIECE_BYTES + bytes / self.len().min(samples).max(1) * self.len()
    }

    fn is_slow_to_free(&self) -> bool {
        self.len() > QUICK_ELEMENTS
    }
}
