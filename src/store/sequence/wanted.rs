//! The elements that a removal by value wants.

use super::End;
use super::chunk::View;
use crate::store::blob::Blob;

/// The elements that equal some bytes, to be removed.
pub struct Wanted<'a> {
    bytes: &'a [u8],
    /// The end to begin at.
    pub(super) from: End,
    /// Upper bound of the elements that are still to be removed.
    left: usize,
    /// The number of elements that have been found.
    pub(super) count: usize,
    /// The removed elements that have memory of their own, to be freed.
    pub(super) removed: Vec<Blob>,
}

impl<'a> Wanted<'a> {
    /// Wants at most `most` elements, beginning at `from`.
    pub fn new(bytes: &'a [u8], from: End, most: usize) -> Wanted<'a> {
        Wanted {
            bytes,
            from,
            left: most,
            count: 0,
            removed: Vec::new(),
        }
    }

    /// The indexes of the wanted elements of `view`, in order. They count as removed.
    pub fn take(&mut self, view: View<'_>) -> Vec<usize> {
        if self.left == 0 {
            return Vec::new();
        }
        let mut found = view.positions(self.bytes);
        match self.from {
            End::Left => found.truncate(self.left),
            End::Right => drop(found.drain(..found.len().saturating_sub(self.left))),
        }
        self.left -= found.len();
        self.count += found.len();
        found
    }
}
