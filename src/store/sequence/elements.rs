//! Reads elements by their index, and walks through them in both directions.

use super::chunk::View;
use super::leaves::Leaves;
use super::{End, Sequence};
use crate::store::blob::BlobRef;

/// The elements of one chunk or of a sequence, to be read.
#[derive(Clone, Copy)]
pub enum Elements<'a> {
    /// Those of a chunk.
    Chunk(View<'a>),
    /// Those of a sequence.
    Sequence(&'a Sequence),
}

impl<'a> Elements<'a> {
    /// The number of elements.
    pub fn len(self) -> usize {
        match self {
            Elements::Chunk(view) => view.len(),
            Elements::Sequence(sequence) => sequence.len(),
        }
    }

    /// Whether there are no elements.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The element at `index`.
    pub fn get(self, index: usize) -> Option<BlobRef<'a>> {
        if index >= self.len() {
            return None;
        }
        let piece = self.piece(index);
        piece.elements.get(index - piece.start)
    }

    /// The elements from `index` on.
    pub fn iter_from(self, index: usize) -> impl Iterator<Item = BlobRef<'a>> + Clone {
        self.pieces(index, End::Right)
            .flat_map(|piece| piece.elements)
    }

    /// The elements from `index` down to the first one.
    pub fn iter_back_from(self, index: usize) -> impl Iterator<Item = BlobRef<'a>> + Clone {
        self.pieces(index.saturating_add(1), End::Left)
            .flat_map(|piece| piece.elements.rev())
    }

    /// The indexes of the elements that equal `wanted`, beginning at `from`. At most the `most`
    /// first elements are compared.
    pub fn positions(
        self,
        wanted: &'a [u8],
        from: End,
        most: usize,
    ) -> impl Iterator<Item = usize> + use<'a> {
        let (start, end) = match from {
            End::Left => (0, self.len().min(most)),
            End::Right => (self.len().saturating_sub(most), self.len()),
        };
        let pieces = match from {
            End::Left => self.pieces(start, End::Right),
            End::Right => self.pieces(end, End::Left),
        };
        let is_compared =
            move |piece: &Piece| piece.start < end && piece.start + piece.elements.len() > start;
        let found = pieces.take_while(is_compared).flat_map(move |piece| {
            let mut found = piece.elements.positions(wanted);
            if from == End::Right {
                found.reverse();
            }
            found.into_iter().map(move |index| piece.start + index)
        });
        found.filter(move |index| (start..end).contains(index))
    }

    /// The pieces with the elements from the index `bound` on, or before it.
    pub(super) fn pieces(self, bound: usize, to: End) -> Pieces<'a> {
        let bound = bound.min(self.len());
        Pieces {
            elements: self,
            to,
            bound,
            leaves: None,
        }
    }

    fn piece(self, index: usize) -> Piece<'a> {
        match self {
            Elements::Chunk(elements) => Piece { elements, start: 0 },
            Elements::Sequence(sequence) => sequence.piece(index),
        }
    }
}

/// Consecutive elements.
#[derive(Clone, Copy)]
pub(super) struct Piece<'a> {
    pub(super) elements: View<'a>,
    /// The index of the first one.
    pub(super) start: usize,
}

/// Pieces in order, towards the end `to`.
#[derive(Clone)]
pub(super) struct Pieces<'a> {
    elements: Elements<'a>,
    to: End,
    /// The elements that have not been walked through are those from here to `to`: from this index
    /// on, or before it.
    bound: usize,
    /// The next pieces, while the walk is in the tree.
    leaves: Option<Leaves<'a>>,
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        let next = self.leaves.as_mut().and_then(Leaves::next);
        let elements = match (next, self.to) {
            (Some(leaf), _) => leaf,
            (None, End::Right) if self.bound < self.elements.len() => self.find(self.bound),
            (None, End::Left) if self.bound > 0 => self.find(self.bound - 1),
            _ => return None,
        };
        let start = match self.to {
            End::Left => self.bound - elements.len(),
            End::Right => self.bound,
        };
        self.bound = match self.to {
            End::Left => start,
            End::Right => start + elements.len(),
        };
        Some(Piece { elements, start })
    }
}

impl<'a> Pieces<'a> {
    /// The elements from the one at `index` on, of the piece that has it.
    fn find(&mut self, index: usize) -> View<'a> {
        let piece = self.elements.piece(index);
        if let Elements::Sequence(sequence) = self.elements {
            self.leaves = sequence.leaves(index, self.to);
        }
        let (left, right) = piece.elements.split_at(self.bound - piece.start);
        match self.to {
            End::Left => left,
            End::Right => right,
        }
    }
}
