//! Trees whose elements are in an order.

use std::sync::Arc;

use super::{Kind, Leaf, Tree};
use crate::store::blob::BlobRef;
use crate::store::sequence::chunk::View;
use crate::store::sequence::ordered::Bound;

/// The first bytes of a first element. A shorter element ends in zeros.
pub type Start = [u8; 8];

/// The start of the first of these elements.
pub(super) fn start_of(mut view: View<'_>) -> Start {
    let first = view.next().map_or(&[][..], BlobRef::bytes);
    match first.first_chunk() {
        Some(start) => *start,
        None => {
            let mut start = Start::default();
            start[..first.len()].copy_from_slice(first);
            start
        }
    }
}

impl Tree {
    /// The first element.
    pub(in crate::store::sequence) fn first(&self) -> Option<BlobRef<'_>> {
        let mut tree = self;
        while let Some(trees) = tree.trees() {
            tree = trees.first()?;
        }
        tree.view().next()
    }

    /// The last element.
    pub(in crate::store::sequence) fn last(&self) -> Option<BlobRef<'_>> {
        let mut tree = self;
        while let Some(trees) = tree.trees() {
            tree = trees.last()?;
        }
        tree.view().next_back()
    }

    /// The number of elements before `bound`.
    pub(in crate::store::sequence) fn partition_point(&self, bound: &impl Bound) -> usize {
        let (mut tree, mut passed) = (self, 0);
        while let Some(trees) = tree.trees() {
            let at = child(trees, bound);
            passed += trees[..at].iter().map(Tree::len).sum::<usize>();
            tree = &trees[at];
        }
        passed + tree.view().partition_point(bound)
    }

    /// Changes a leaf by `change`, which also gets the number of the leaf's elements before `bound`,
    /// and returns whether it has changed something. The leaf is the last one that begins before the
    /// bound, or the first leaf.
    pub(in crate::store::sequence) fn change_leaf(
        &mut self,
        bound: &impl Bound,
        change: &mut impl FnMut(&mut Leaf, usize) -> bool,
    ) -> bool {
        match &mut self.kind {
            Kind::Empty | Kind::Big(_) => false,
            Kind::Packed(leaf) => {
                let at = leaf.view().partition_point(bound);
                let is_changed = change(leaf, at);
                (self.len, self.start) = (leaf.view().len(), start_of(leaf.view()));
                is_changed
            }
            Kind::Branch(branch) => {
                let trees = &mut Arc::make_mut(branch).trees;
                let at = child(trees, bound);
                let tree = &mut trees[at];
                let old_len = tree.len;
                let is_changed = tree.change_leaf(bound, change);
                (self.len, self.start) = (self.len - old_len + tree.len, trees[0].start);
                is_changed
            }
        }
    }

    fn begins_before(&self, bound: &impl Bound) -> bool {
        let is_before = bound.is_behind_start(&self.start);
        is_before.unwrap_or_else(|| self.first().is_some_and(|it| bound.is_behind(&it)))
    }
}

/// The index of the last tree that begins before `bound`, or of the first tree.
fn child(trees: &[Tree], bound: &impl Bound) -> usize {
    let others = trees.get(1..).unwrap_or_default();
    others.partition_point(|tree| tree.begins_before(bound))
}
