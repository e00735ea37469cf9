//! The removal of elements by their value.

use super::End;
use super::chunk::View;
use super::draft::Draft;
use super::tree::Tree;
use crate::store::blob::{Blob, BlobRef};

/// The elements that equal some bytes, to be removed.
pub struct Wanted<'a> {
    bytes: &'a [u8],
    /// The end to begin at.
    from: End,
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

impl Tree {
    /// The tree without the wanted elements. `None` if it has none of them.
    pub(super) fn without(&self, wanted: &mut Wanted<'_>) -> Option<Tree> {
        let Some(trees) = self.trees() else {
            return self.leaf_without(wanted);
        };
        let mut changed: Vec<Option<Tree>> = vec![None; trees.len()];
        for step in 0..trees.len() {
            let at = match wanted.from {
                End::Left => step,
                End::Right => trees.len() - 1 - step,
            };
            changed[at] = trees[at].without(wanted);
        }
        if changed.iter().all(Option::is_none) {
            return None;
        }
        let pairs = trees.iter().zip(changed);
        let trees = pairs.map(|(old, new)| new.unwrap_or_else(|| old.clone()));
        Some(trees.fold(Tree::default(), Tree::concat))
    }

    fn leaf_without(&self, wanted: &mut Wanted<'_>) -> Option<Tree> {
        let view = self.view();
        let found = wanted.take(view);
        if found.is_empty() {
            return None;
        }
        if view.big().is_some() {
            wanted.removed.extend(view.map(BlobRef::to_blob));
            return Some(Tree::default());
        }
        Some(Tree::leaf(Draft::without(view, &found)))
    }
}
