//! A counted tree of chunks: a persistent B+tree without keys.
//!
//! A tree is a leaf or a branch, and a branch is a list of trees of one height. Each tree knows the
//! number of elements in it, so an index leads to its leaf. Leaves and branches are behind `Arc`s: a
//! clone costs one reference, and a change copies only what is shared between the root and one
//! leaf.
//!
//! Two rules keep the tree low and its chunks full, although leaves and branches may have any size
//! up to their bound. If two neighbours are brought together, they become one if they fit. And a
//! leaf or branch that a change leaves small is brought together with its neighbour.
//!
//! The functions recurse once for each level. A tree of five million elements has four.

mod leaf;
mod ordered;

use std::cmp::Ordering;
use std::mem;
use std::sync::Arc;

#[cfg(test)]
use super::INLINE_BYTES;
use super::chunk::View;
use super::draft::Draft;
use super::{CHUNK_BYTES, End, is_big};
use crate::store::blob::{Blob, BlobRef};
pub(super) use leaf::Leaf;
pub use ordered::Start;
use ordered::start_of;

/// Upper bound of the trees in a branch. Tests make trees of many levels.
const MOST_TREES: usize = if cfg!(test) { 4 } else { 32 };

/// A smaller branch is brought together with a neighbour.
const FEW_TREES: usize = MOST_TREES / 4;

/// A smaller leaf is brought together with a neighbour.
const FEW_BYTES: usize = CHUNK_BYTES / 4;

/// Elements in chunks.
#[derive(Clone, Debug, Default)]
pub(super) struct Tree {
    len: usize,
    /// Whoever searches a branch finds this beside its neighbours, where a look at the elements
    /// themselves waits for memory.
    start: Start,
    kind: Kind,
}

#[derive(Clone, Debug, Default)]
enum Kind {
    #[default]
    Empty,
    Packed(Leaf),
    /// One big element.
    Big(Blob),
    Branch(Arc<Branch>),
}

const _: () = assert!(size_of::<Tree>() == 40);

#[derive(Clone, Debug, Default)]
struct Branch {
    /// How many levels are below: at least one.
    height: usize,
    trees: Vec<Tree>,
}

impl Tree {
    /// The elements of a chunk as a leaf.
    pub(super) fn leaf(draft: Draft) -> Tree {
        Tree::copy(draft.view())
    }

    /// A copy of these elements as a leaf.
    pub(super) fn copy(view: View<'_>) -> Tree {
        Tree::copy_as(view, Leaf::of)
    }

    /// The same, with room for more in the middle.
    pub(super) fn roomy(view: View<'_>) -> Tree {
        Tree::copy_as(view, Leaf::roomy)
    }

    fn copy_as<'a>(view: View<'a>, leaf: fn(View<'a>) -> Leaf) -> Tree {
        match view.big() {
            Some(element) => Tree::big(element.clone()),
            None if view.is_empty() => Tree::default(),
            None => Tree {
                len: view.len(),
                start: start_of(view),
                kind: Kind::Packed(leaf(view)),
            },
        }
    }

    fn big(element: Blob) -> Tree {
        Tree {
            len: 1,
            start: start_of(View::of_big(&element)),
            kind: Kind::Big(element),
        }
    }

    /// One element.
    pub(super) fn one(element: BlobRef<'_>) -> Tree {
        if is_big(&element) {
            return Tree::big(element.to_blob());
        }
        let mut draft = Draft::default();
        draft.insert(0, &element);
        Tree::leaf(draft)
    }

    /// Trees of one height as one tree.
    fn of(height: usize, mut trees: Vec<Tree>) -> Tree {
        match trees.len() {
            0 => Tree::default(),
            1 => trees.remove(0).without_root(),
            _ => Tree::branch(height, trees),
        }
    }

    /// A branch of trees of one height: at least one.
    fn branch(height: usize, trees: Vec<Tree>) -> Tree {
        Tree {
            len: trees.iter().map(Tree::len).sum(),
            start: trees[0].start,
            kind: Kind::Branch(Arc::new(Branch { height, trees })),
        }
    }

    /// The number of elements.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn height(&self) -> usize {
        match &self.kind {
            Kind::Branch(branch) => branch.height,
            _ => 0,
        }
    }

    /// The trees of a branch.
    pub(super) fn trees(&self) -> Option<&[Tree]> {
        match &self.kind {
            Kind::Branch(branch) => Some(&branch.trees),
            _ => None,
        }
    }

    /// The elements of a leaf; no elements of a branch.
    pub(super) fn view(&self) -> View<'_> {
        match &self.kind {
            Kind::Packed(leaf) => leaf.view(),
            Kind::Big(element) => View::of_big(element),
            Kind::Empty | Kind::Branch(_) => View::default(),
        }
    }

    /// The leaf that has the element at `index`, and the index of its first element. If there is no
    /// such element, the last leaf.
    pub(super) fn find(&self, index: usize) -> (View<'_>, usize) {
        let (mut tree, mut start) = (self, 0);
        while let Kind::Branch(branch) = &tree.kind {
            let (at, before) = place(&branch.trees, index - start);
            (tree, start) = (&branch.trees[at], start + before);
        }
        (tree.view(), start)
    }

    /// The elements of `self`, then those of `right`.
    pub(super) fn concat(self, right: Tree) -> Tree {
        if self.len == 0 {
            return right;
        }
        if right.len == 0 {
            return self;
        }
        match self.height().cmp(&right.height()) {
            Ordering::Equal if self.height() == 0 => self.concat_leaf(right),
            Ordering::Equal => {
                let (mut left, mut right) = (self.into_branch(), right.into_branch());
                let seam = left.take(End::Right).concat(right.take(End::Left));
                left.gather(seam, right.trees, None)
            }
            Ordering::Greater => {
                let mut left = self.into_branch();
                let seam = left.take(End::Right).concat(right);
                left.gather(seam, Vec::new(), Some(End::Right))
            }
            Ordering::Less => {
                let mut right = right.into_branch();
                let seam = self.concat(right.take(End::Left));
                let behind = mem::take(&mut right.trees);
                right.gather(seam, behind, Some(End::Left))
            }
        }
    }

    fn concat_leaf(self, right: Tree) -> Tree {
        let (first, second) = (self.view(), right.view());
        let is_packed = first.big().is_none() && second.big().is_none();
        if is_packed && first.stored_bytes() + second.stored_bytes() <= CHUNK_BYTES {
            return Tree::leaf(Draft::concat(first, second));
        }
        Tree::of(1, vec![self, right])
    }

    /// The elements before `index`, and the others.
    pub(super) fn split_at(self, index: usize) -> (Tree, Tree) {
        if index == 0 || index >= self.len {
            let (none, whole) = (Tree::default(), self.without_root());
            return if index == 0 {
                (none, whole)
            } else {
                (whole, none)
            };
        }
        if self.height() == 0 {
            let (left, right) = self.view().split_at(index);
            return (Tree::copy(left), Tree::copy(right));
        }
        let Branch { height, mut trees } = self.into_branch();
        let (at, before) = place(&trees, index);
        let behind = trees.split_off(at + 1);
        let (left, right) = trees.pop().unwrap_or_default().split_at(index - before);
        let left = Tree::of(height, trees).concat(left);
        (left, right.concat(Tree::of(height, behind)))
    }

    /// The same without branches of one tree at the top.
    fn without_root(mut self) -> Tree {
        while matches!(&self.kind, Kind::Branch(branch) if branch.trees.len() == 1) {
            self = self.into_branch().take(End::Left);
        }
        self
    }

    /// Takes the first or last leaf off.
    pub(super) fn pop_leaf(&mut self, end: End) -> Tree {
        let tree = mem::take(self);
        let leaf;
        match end {
            End::Left => {
                let count = tree.find(0).0.len();
                (leaf, *self) = tree.split_at(count);
            }
            End::Right => {
                let (_, start) = tree.find(tree.len.saturating_sub(1));
                (*self, leaf) = tree.split_at(start);
            }
        }
        leaf
    }

    /// Puts another tree, which `change` makes, in the place of the leaf that has the element at
    /// `index`. `change` gets the leaf, and the element's index in it.
    pub(super) fn edit(&mut self, index: usize, change: &mut dyn FnMut(View<'_>, usize) -> Tree) {
        let Kind::Branch(branch) = &mut self.kind else {
            *self = change(self.view(), index);
            return;
        };
        let branch = Arc::make_mut(branch);
        let (at, before) = place(&branch.trees, index);
        let child = &mut branch.trees[at];
        let old_len = child.len;
        child.edit(index - before, change);
        self.len = self.len - old_len + child.len;
        if at == 0 {
            self.start = child.start;
        }
        if child.height() + 1 != branch.height || child.is_small() {
            *self = mem::take(branch).settle(at);
        }
    }

    /// Adds the branches of one level above the leaves, or a leaf that is the whole tree.
    pub(super) fn add_parts(&self, parts: &mut Vec<Tree>) {
        match &self.kind {
            Kind::Empty => {}
            Kind::Branch(branch) if branch.height > 1 => {
                branch.trees.iter().for_each(|tree| tree.add_parts(parts));
            }
            _ => parts.push(self.clone()),
        }
    }

    /// Adds the bytes on the heap and the elements of the first `samples` leaves. Returns the number
    /// of samples that are left.
    pub(super) fn add_bytes(&self, samples: usize, bytes: &mut usize, count: &mut usize) -> usize {
        let own_bytes = match &self.kind {
            _ if samples == 0 => return 0,
            Kind::Branch(branch) => {
                let trees = branch.trees.iter();
                return trees.fold(samples, |left, tree| tree.add_bytes(left, bytes, count));
            }
            Kind::Empty => return samples,
            Kind::Packed(leaf) => leaf.heap_bytes(),
            Kind::Big(element) => element.heap_bytes(),
        };
        *bytes += own_bytes + LEAF_BYTES;
        *count += self.len;
        samples - 1
    }

    fn is_small(&self) -> bool {
        match &self.kind {
            Kind::Empty => true,
            Kind::Packed(leaf) => leaf.view().stored_bytes() < FEW_BYTES,
            Kind::Big(_) => false,
            Kind::Branch(branch) => branch.trees.len() < FEW_TREES,
        }
    }

    /// The branch, or a branch of this tree alone.
    fn into_branch(self) -> Branch {
        match self.kind {
            Kind::Branch(branch) => Arc::unwrap_or_clone(branch),
            _ => Branch {
                height: 1,
                trees: vec![self],
            },
        }
    }
}

impl Branch {
    /// Takes the first or last tree off.
    fn take(&mut self, end: End) -> Tree {
        match end {
            End::Left => self.trees.remove(0),
            End::Right => self.trees.pop().unwrap_or_default(),
        }
    }

    /// Brings the tree at `at`, which has changed, into the branch again: it may have another
    /// height now, or be small.
    fn settle(mut self, at: usize) -> Tree {
        let mut behind = self.trees.split_off(at + 1);
        let mut changed = self.take(End::Right);
        if changed.is_small() {
            if let Some(left) = self.trees.pop() {
                changed = left.concat(changed);
            } else if !behind.is_empty() {
                changed = changed.concat(behind.remove(0));
            }
        }
        self.gather(changed, behind, None)
    }

    /// The trees of the branch, then `middle`, then `behind`, which are of the same height as the
    /// branch's. `middle` can be one level higher, with a few trees, or lower.
    ///
    /// If they are too many for one branch, they are halved; but if the tree grows at an end, the
    /// other branch is left full.
    fn gather(mut self, middle: Tree, mut behind: Vec<Tree>, growing: Option<End>) -> Tree {
        let height = self.height;
        if middle.height() == height {
            self.trees.append(&mut middle.into_branch().trees);
        } else if middle.height() + 1 == height && middle.len > 0 {
            self.trees.push(middle);
        } else {
            let left = Tree::of(height, self.trees).concat(middle);
            return left.concat(Tree::of(height, behind));
        }
        self.trees.append(&mut behind);
        let len = self.trees.len();
        if len <= MOST_TREES {
            return Tree::of(height, self.trees);
        }
        let second = self.trees.split_off(match growing {
            Some(End::Left) => len - MOST_TREES,
            Some(End::Right) => MOST_TREES,
            None => len / 2,
        });
        let halves = [self.trees, second].map(|trees| Tree::branch(height, trees));
        Tree::of(height + 1, halves.into())
    }
}

/// The index of the tree that has the element at `index`, or of the last tree, and the number of
/// elements before that tree.
pub(super) fn place(trees: &[Tree], index: usize) -> (usize, usize) {
    let (mut before, last) = (0, trees.len() - 1);
    for (at, tree) in trees[..last].iter().enumerate() {
        if index < before + tree.len {
            return (at, before);
        }
        before += tree.len;
    }
    (last, before)
}

/// The bytes of a leaf beside its elements: its place in its branch, a share of the branches, the
/// reference counts, and what the allocator adds.
const LEAF_BYTES: usize = size_of::<Tree>() + 40;

#[cfg(test)]
impl Tree {
    /// Panics unless all counts are right and all leaves have the same depth.
    pub(super) fn check(&self) {
        if let Kind::Branch(branch) = &self.kind {
            assert_eq!(self.len, branch.trees.iter().map(Tree::len).sum::<usize>());
            assert_eq!(self.start, branch.trees[0].start);
            assert!((1..=MOST_TREES).contains(&branch.trees.len()));
            for tree in &branch.trees {
                assert!(tree.len > 0 && tree.height() + 1 == branch.height);
                tree.check();
            }
        } else {
            assert_eq!(self.len, self.view().len());
            assert_eq!(self.start, start_of(self.view()));
            assert!(self.view().stored_bytes() <= CHUNK_BYTES + 2 * INLINE_BYTES);
        }
    }
}
