//! A list: elements in order.
//!
//! A short list is one chunk: one piece of memory without a byte to spare. A longer one is a
//! [`Sequence`]. The elements of both are read by [`Elements`].

mod facts;

use std::mem;
use std::ops::Range;
use std::sync::Arc;

use crate::store::blob::{Blob, BlobRef};
use crate::store::sequence::chunk::View;
use crate::store::sequence::draft::Draft;
use crate::store::sequence::{Elements, Sequence, Wanted, is_big};

pub use crate::store::sequence::End;

/// Up to this number of bytes a list is one chunk, and a clone of it is a copy.
const SHORT_BYTES: usize = 2048;

/// A sequence becomes a chunk again when it has become this much shorter.
const SHORTENED_BYTES: usize = SHORT_BYTES / 4;

/// The elements of a list. Cloning it is cheap.
#[derive(Clone, Debug)]
pub struct List(Repr);

#[derive(Clone, Debug)]
enum Repr {
    /// A chunk of at most [`SHORT_BYTES`].
    Short(Box<[u8]>),
    Long(Arc<Sequence>),
}

const _: () = assert!(size_of::<List>() == 16);

impl Default for List {
    fn default() -> List {
        List(Repr::Short(Box::default()))
    }
}

impl List {
    /// The number of elements.
    pub fn len(&self) -> usize {
        self.read().len()
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.read().is_empty()
    }

    /// The element at `index`.
    pub fn get(&self, index: usize) -> Option<BlobRef<'_>> {
        self.read().get(index)
    }

    /// All elements in order.
    pub fn iter(&self) -> impl Iterator<Item = BlobRef<'_>> + Clone {
        self.iter_from(0)
    }

    /// The elements from `index` on.
    pub fn iter_from(&self, index: usize) -> impl Iterator<Item = BlobRef<'_>> + Clone {
        self.read().iter_from(index)
    }

    /// The elements from `index` back to the head.
    pub fn iter_back_from(&self, index: usize) -> impl Iterator<Item = BlobRef<'_>> + Clone {
        self.read().iter_back_from(index)
    }

    /// The indexes of the elements that equal `wanted`, beginning at `from`. At most the `most`
    /// first elements are compared. Much faster than comparing the elements of an iterator.
    pub fn positions<'a>(
        &'a self,
        wanted: &'a [u8],
        from: End,
        most: usize,
    ) -> impl Iterator<Item = usize> + use<'a> {
        self.read().positions(wanted, from, most)
    }

    /// Adds `element` at an end.
    pub fn push(&mut self, end: End, element: BlobRef<'_>) {
        self.make_room(&element);
        self.change(|elements| match elements {
            Change::Short(chunk) => {
                let index = if end == End::Left {
                    0
                } else {
                    chunk.view().len()
                };
                chunk.insert(index, &element);
            }
            Change::Long(sequence) => sequence.push(end, element),
        });
    }

    /// Removes the element at an end.
    pub fn pop(&mut self, end: End) -> Option<Blob> {
        let popped = self.change(|elements| match elements {
            Change::Short(chunk) => {
                let last = chunk.view().len().checked_sub(1)?;
                let index = if end == End::Left { 0 } else { last };
                let popped = chunk.view().get(index).map(BlobRef::to_blob);
                chunk.remove(index..index + 1);
                popped
            }
            Change::Long(sequence) => sequence.pop(end),
        });
        self.shorten();
        popped
    }

    /// Replaces the element at `index`. Returns the old one.
    ///
    /// # Panics
    /// If there is no such element.
    pub fn set(&mut self, index: usize, element: BlobRef<'_>) -> Blob {
        self.make_room(&element);
        self.change(|elements| match elements {
            Change::Short(chunk) => {
                let old = chunk.view().get(index).map(BlobRef::to_blob);
                chunk.replace(index, &element);
                old.unwrap_or_default()
            }
            Change::Long(sequence) => sequence.set(index, element),
        })
    }

    /// Adds `element` before the one at `index`, or at the end if there are just as many.
    pub fn insert(&mut self, index: usize, element: BlobRef<'_>) {
        self.make_room(&element);
        self.change(|elements| match elements {
            Change::Short(chunk) => chunk.insert(index, &element),
            Change::Long(sequence) => sequence.insert(index, element),
        });
    }

    /// Removes the elements in `range`. Returns them.
    pub fn remove(&mut self, range: Range<usize>) -> List {
        let removed = self.change(|elements| match elements {
            Change::Short(chunk) => {
                let removed = Draft::copy(chunk.view().slice(range.clone()));
                chunk.remove(range);
                List::from(removed)
            }
            Change::Long(sequence) => List::from(sequence.remove(range)),
        });
        self.shorten();
        removed
    }

    /// Removes the elements that equal `wanted`, at most `most` of them, beginning at `from`.
    /// Returns their number, and the removed bytes that are to be freed.
    pub fn remove_equal(&mut self, wanted: &[u8], from: End, most: usize) -> (usize, Vec<Blob>) {
        let removed = self.change(|elements| match elements {
            Change::Short(chunk) => {
                let mut wanted = Wanted::new(wanted, from, most);
                let gone = wanted.take(chunk.view());
                *chunk = Draft::without(chunk.view(), &gone);
                (gone.len(), Vec::new())
            }
            Change::Long(sequence) => sequence.remove_equal(wanted, from, most),
        });
        self.shorten();
        removed
    }

    fn read(&self) -> Elements<'_> {
        match &self.0 {
            Repr::Short(chunk) => Elements::Chunk(View::of(chunk)),
            Repr::Long(sequence) => sequence.elements(),
        }
    }

    /// Changes the elements by `change`. A sequence that is shared is copied first.
    fn change<R>(&mut self, change: impl FnOnce(Change<'_>) -> R) -> R {
        match &mut self.0 {
            Repr::Short(chunk) => {
                let mut draft = Draft::of(mem::take(chunk).into_vec());
                let result = change(Change::Short(&mut draft));
                *chunk = draft.into_bytes().into_boxed_slice();
                result
            }
            Repr::Long(sequence) => change(Change::Long(Arc::make_mut(sequence))),
        }
    }

    /// Makes a short list a long one if `more` does not fit.
    fn make_room(&mut self, more: &[u8]) {
        if let Repr::Short(chunk) = &mut self.0
            && (is_big(more) || chunk.len() + more.len() >= SHORT_BYTES)
        {
            let chunk = Draft::of(mem::take(chunk).into_vec());
            self.0 = Repr::Long(Arc::new(Sequence::from(chunk)));
        }
    }

    /// Makes a long list a short one if it has become much shorter.
    fn shorten(&mut self) {
        if let Repr::Long(sequence) = &self.0
            && let Some(chunk) = sequence.as_chunk(SHORTENED_BYTES)
        {
            *self = List::from(chunk);
        }
    }
}

/// The elements, to be changed.
enum Change<'a> {
    Short(&'a mut Draft),
    Long(&'a mut Sequence),
}

/// A list of elements of at most `SHORT_BYTES`.
impl From<Draft> for List {
    fn from(chunk: Draft) -> List {
        List(Repr::Short(chunk.into_bytes().into_boxed_slice()))
    }
}

impl From<Sequence> for List {
    fn from(sequence: Sequence) -> List {
        List(Repr::Long(Arc::new(sequence)))
    }
}
