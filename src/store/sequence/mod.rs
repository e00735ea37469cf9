//! `Sequence`: many byte strings in order, found by their position.
//!
//! Owns the elements of big lists. Knows nothing of lists: the ordered side of a sorted set, whose
//! elements begin with their score, is found by [`Sequence::partition_point`].
//!
//! ```text
//!   head | tree of chunks | tail
//! ```
//!
//! Most elements lie in [chunks](chunk) of some 2 KB under a counted tree (`tree`) behind `Arc`s.
//! A chunk has no byte to spare, unless it has got elements in the middle. The first and the last
//! elements lie in two buffers (`buffer.rs`) with room for more, so that a push or pop at an end
//! touches no chunk. A buffer that is full becomes a chunk of the tree, and an empty one takes the
//! next chunk when elements are popped.
//!
//! Changes in the middle take a time that grows with the logarithm of the length. A clone shares
//! all chunks. A removed range comes back as a sequence, to be freed by the caller.

mod buffer;
pub mod chunk;
pub mod draft;
mod edit;
mod elements;
mod leaves;
mod ordered;
mod tree;
mod wanted;

use std::mem;
use std::ops::Range;

use super::blob::{Blob, BlobRef};
use buffer::Buffer;
use chunk::View;
use draft::Draft;
pub use elements::Elements;
use elements::Piece;
use leaves::Leaves;
pub use ordered::Bound;
pub use tree::Start;
use tree::Tree;
pub use wanted::Wanted;

/// Upper bound of the bytes of a chunk; one that has got a last element may be longer by that.
/// Copying a chunk is quick, and its share of the tree is small beside it.
const CHUNK_BYTES: usize = 2048;

/// A longer element has memory of its own, and is not moved with its neighbours.
const INLINE_BYTES: usize = 1024;

/// A buffer that has become a chunk keeps its memory if the tree has this many times its elements.
/// Beside a smaller tree, an empty buffer would be much of the whole.
const MANY_BUFFERS: usize = 16;

/// Whether an element has memory of its own.
pub fn is_big(element: &[u8]) -> bool {
    element.len() > INLINE_BYTES
}

/// An end of a sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Where the first element is.
    Left,
    /// Where the last element is.
    Right,
}

impl End {
    /// The other end.
    pub fn other(self) -> End {
        match self {
            End::Left => End::Right,
            End::Right => End::Left,
        }
    }
}

/// Elements in order. Cloning them is cheap.
#[derive(Clone, Debug, Default)]
pub struct Sequence {
    head: Buffer,
    tree: Tree,
    tail: Buffer,
}

/// A sequence of the elements of one chunk.
impl From<Draft> for Sequence {
    fn from(chunk: Draft) -> Sequence {
        Sequence {
            tail: Buffer::copy(chunk.view()),
            ..Sequence::default()
        }
    }
}

impl Sequence {
    /// The number of elements.
    #[inline]
    pub fn len(&self) -> usize {
        self.head.len() + self.tree.len() + self.tail.len()
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The elements, to be read.
    pub fn elements(&self) -> Elements<'_> {
        Elements::Sequence(self)
    }

    /// Adds an element at `end`.
    pub fn push(&mut self, end: End, element: BlobRef<'_>) {
        if is_big(&element) {
            self.seal(end);
            return self.push_tree(end, Tree::one(element));
        }
        if self.buffer(end).stored_bytes() + 1 + element.len() > CHUNK_BYTES {
            self.seal(end);
        }
        self.buffer(end).push(end, &element);
    }

    /// Takes the element at `end`.
    pub fn pop(&mut self, end: End) -> Option<Blob> {
        if let Some(element) = self.buffer(end).pop(end) {
            return Some(element);
        }
        let leaf = self.tree.pop_leaf(end);
        match leaf.view().big() {
            Some(element) => return Some(element.clone()),
            None if leaf.len() > 0 => *self.buffer(end) = Buffer::copy(leaf.view()),
            None => return self.buffer(end.other()).pop(end),
        }
        self.buffer(end).pop(end)
    }

    /// Replaces the element at `index`, which must exist, and returns the old one.
    pub fn set(&mut self, index: usize, element: BlobRef<'_>) -> Blob {
        let mut old = Blob::default();
        self.edit(index, &mut |leaf, at| {
            old = leaf.get(at).map(BlobRef::to_blob).unwrap_or_default();
            if leaf.big().is_none() && !is_big(&element) {
                let mut draft = Draft::copy(leaf);
                draft.replace(at, &element);
                return within_bounds(draft);
            }
            let (left, right) = (leaf.split_at(at).0, leaf.split_at(at + 1).1);
            put_between(left, element, right)
        });
        old
    }

    /// Inserts an element before the one at `index`, or as the last one if `index` is the length.
    pub fn insert(&mut self, index: usize, element: BlobRef<'_>) {
        if index == 0 {
            return self.push(End::Left, element);
        }
        if index == self.len() {
            return self.push(End::Right, element);
        }
        self.edit(index - 1, &mut |leaf, at| {
            if leaf.big().is_none() && !is_big(&element) {
                let mut draft = Draft::copy(leaf);
                draft.insert(at + 1, &element);
                return within_bounds(draft);
            }
            let (left, right) = leaf.split_at(at + 1);
            put_between(left, element, right)
        });
    }

    /// Removes the elements with these indexes, which must exist, and returns them.
    pub fn remove(&mut self, range: Range<usize>) -> Sequence {
        if let Some(removed) = self.remove_from_leaf(&range) {
            return removed;
        }
        let behind = self.split_off(range.end);
        let removed = self.split_off(range.start);
        self.append(behind);
        removed
    }

    /// Removes the elements with these indexes if one chunk of the tree has them all, and others.
    fn remove_from_leaf(&mut self, range: &Range<usize>) -> Option<Sequence> {
        let in_tree = self.head.len()..self.head.len() + self.tree.len();
        if range.is_empty() || !in_tree.contains(&range.start) {
            return None;
        }
        let Piece { elements, start } = self.piece(range.start);
        let (first, end) = (range.start - start, range.end - start);
        if end > elements.len() || range.len() == elements.len() {
            return None;
        }
        let removed = Sequence::from(Draft::copy(elements.slice(first..end)));
        self.edit(range.start, &mut |leaf, _| {
            let mut draft = Draft::copy(leaf);
            draft.remove(first..end);
            Tree::leaf(draft)
        });
        Some(removed)
    }

    /// Removes the elements from `index` on, and returns them.
    pub fn split_off(&mut self, index: usize) -> Sequence {
        let mut behind = Sequence::default();
        let in_tree = index.saturating_sub(self.head.len());
        if index < self.head.len() {
            behind.head = self.head.split_off(index);
        }
        if in_tree < self.tree.len() {
            (self.tree, behind.tree) = mem::take(&mut self.tree).split_at(in_tree);
            behind.tail = mem::take(&mut self.tail);
        } else {
            behind.tail = self.tail.split_off(in_tree - self.tree.len());
        }
        behind
    }

    /// Adds all elements of `other` behind the others.
    pub fn append(&mut self, mut other: Sequence) {
        if self.is_empty() {
            *self = other;
        } else if !other.is_empty() {
            self.seal(End::Right);
            other.seal(End::Left);
            self.tree = mem::take(&mut self.tree).concat(other.tree);
            self.tail = other.tail;
        }
    }

    /// Removes the elements that equal `wanted`, at most `most` of them, beginning at `from`.
    /// Returns their number, and the removed ones that have memory of their own.
    pub fn remove_equal(&mut self, wanted: &[u8], from: End, most: usize) -> (usize, Vec<Blob>) {
        let mut wanted = Wanted::new(wanted, from, most);
        self.buffer(from).remove_wanted(&mut wanted);
        if let Some(tree) = self.tree.without(&mut wanted) {
            self.tree = tree;
        }
        self.buffer(from.other()).remove_wanted(&mut wanted);
        (wanted.count, wanted.removed)
    }

    /// The elements as a chunk, if they lie together and take at most `most_bytes` there.
    pub fn as_chunk(&self, most_bytes: usize) -> Option<Draft> {
        let tree = self.tree.view();
        let is_one = tree.len() == self.tree.len() && tree.big().is_none();
        let buffers = self.head.stored_bytes() + self.tail.stored_bytes();
        if !is_one || tree.stored_bytes() + buffers > most_bytes {
            return None;
        }
        let head = Draft::concat(self.head.view(), tree);
        Some(Draft::concat(head.view(), self.tail.view()))
    }

    /// Whether all elements lie in one chunk and the buffers.
    pub fn is_short(&self) -> bool {
        self.tree.height() == 0 && self.tree.view().big().is_none()
    }

    /// The elements in parts. Each part shares its chunks with this sequence.
    pub fn parts(&self) -> Vec<Sequence> {
        let mut trees = vec![Tree::copy(self.head.view())];
        self.tree.add_parts(&mut trees);
        trees.push(Tree::copy(self.tail.view()));
        trees.retain(|tree| tree.len() > 0);
        let parts = trees.into_iter().map(|tree| Sequence {
            tree,
            ..Sequence::default()
        });
        parts.collect()
    }

    /// Bytes held on the heap, judged by the first `samples` chunks.
    pub fn heap_bytes(&self, samples: usize) -> usize {
        let (mut bytes, mut count) = (0, 0);
        self.tree.add_bytes(samples.max(1), &mut bytes, &mut count);
        let in_tree = bytes * self.tree.len() / count.max(1);
        self.head.heap_bytes() + in_tree + self.tail.heap_bytes()
    }

    /// The elements around `index`, which is less than the length, in one piece.
    fn piece(&self, index: usize) -> Piece<'_> {
        let in_head = self.head.len();
        if index < in_head {
            let elements = self.head.view();
            return Piece { elements, start: 0 };
        }
        let in_tree = self.tree.len();
        if index < in_head + in_tree {
            let (elements, start) = self.tree.find(index - in_head);
            let start = in_head + start;
            return Piece { elements, start };
        }
        Piece {
            elements: self.tail.view(),
            start: in_head + in_tree,
        }
    }

    /// Puts another tree in the place of the leaf that has the element at `index`. A buffer that
    /// has it becomes a leaf first.
    fn edit(&mut self, index: usize, change: &mut dyn FnMut(View<'_>, usize) -> Tree) {
        if index < self.head.len() {
            self.seal(End::Left);
        } else if index >= self.head.len() + self.tree.len() {
            self.seal(End::Right);
        }
        self.tree.edit(index - self.head.len(), change);
    }

    /// The chunks of the tree beside the one that has the element at `index`, if it is in the tree.
    fn leaves(&self, index: usize, to: End) -> Option<Leaves<'_>> {
        let index = index.checked_sub(self.head.len())?;
        (index < self.tree.len()).then(|| Leaves::beside(&self.tree, index, to))
    }

    fn buffer(&mut self, end: End) -> &mut Buffer {
        match end {
            End::Left => &mut self.head,
            End::Right => &mut self.tail,
        }
    }

    /// Makes the elements of the buffer at `end` a chunk of the tree.
    fn seal(&mut self, end: End) {
        let leaf = Tree::copy(self.buffer(end).view());
        if self.tree.len() < MANY_BUFFERS * leaf.len() {
            *self.buffer(end) = Buffer::default();
        } else {
            self.buffer(end).clear(end);
        }
        self.push_tree(end, leaf);
    }

    fn push_tree(&mut self, end: End, tree: Tree) {
        let old = mem::take(&mut self.tree);
        self.tree = match end {
            End::Left => tree.concat(old),
            End::Right => old.concat(tree),
        };
    }
}

/// The elements of a chunk that has got one in the middle as a leaf, or as two if they are too many.
fn within_bounds(draft: Draft) -> Tree {
    let view = draft.view();
    if view.stored_bytes() <= CHUNK_BYTES {
        return Tree::roomy(view);
    }
    let (left, right) = view.split_at(view.len() / 2);
    Tree::roomy(left).concat(Tree::roomy(right))
}

fn put_between(left: View<'_>, element: BlobRef<'_>, right: View<'_>) -> Tree {
    let [left, right] = [left, right].map(Tree::copy);
    left.concat(Tree::one(element)).concat(right)
}

#[cfg(test)]
mod tests;
