//! Sequences whose elements are in an order, by which they are found.
//!
//! The order is the caller's, who asks for a place by a [`Bound`].

use super::buffer::Buffer;
use super::chunk::View;
use super::tree::{Leaf, Start};
use super::{Sequence, edit, is_big};
use crate::store::blob::BlobRef;

/// A place among elements that are in an order.
///
/// A function from an element to a `bool` is one, if it is true for the first elements and false for
/// all others.
pub trait Bound {
    /// Whether `element` lies before the bound.
    fn is_behind(&self, element: &[u8]) -> bool;

    /// Whether an element that begins with `start` lies before the bound. `None` if that depends on
    /// the rest.
    fn is_behind_start(&self, _start: &Start) -> Option<bool> {
        None
    }
}

impl<F: Fn(&[u8]) -> bool> Bound for F {
    fn is_behind(&self, element: &[u8]) -> bool {
        self(element)
    }
}

impl Sequence {
    /// The number of elements before `bound`.
    pub fn partition_point(&self, bound: &impl Bound) -> usize {
        let in_head = self.head.view().partition_point(bound);
        if in_head < self.head.len() {
            return in_head;
        }
        let in_tree = self.tree.partition_point(bound);
        if in_tree < self.tree.len() {
            return in_head + in_tree;
        }
        in_head + in_tree + self.tail.view().partition_point(bound)
    }

    /// Inserts `element` at `bound`.
    pub fn insert_at(&mut self, bound: &impl Bound, element: &[u8]) {
        // An element at an end belongs into a buffer.
        let is_within = self.tree.first().is_some_and(|it| bound.is_behind(&it))
            && self.tree.last().is_some_and(|it| !bound.is_behind(&it));
        let mut insert = |leaf: &mut Leaf, at| !is_big(element) && leaf.insert(at, element);
        if !is_within || !self.tree.change_leaf(bound, &mut insert) {
            let index = self.partition_point(bound);
            self.insert(index, BlobRef::from(element));
        }
    }

    /// Removes the last element before `bound`. There must be one.
    pub fn remove_before(&mut self, bound: &impl Bound) {
        self.change_before(bound, |_, _| false);
    }

    /// Removes the last element before `old`, and inserts `element` at `new`. There must be an
    /// element to be removed.
    pub fn move_before(&mut self, old: &impl Bound, new: &impl Bound, element: &[u8]) {
        let is_moved =
            self.change_before(old, |elements, from| shift(elements, from, new, element));
        if !is_moved {
            self.insert_at(new, element);
        }
    }

    /// Changes the last element before `bound` by `change`, which gets the elements around it and
    /// its index among them. Removes the element if `change` returns false. Returns what that has.
    fn change_before(
        &mut self,
        bound: &impl Bound,
        change: impl Fn(&mut dyn Together, usize) -> bool,
    ) -> bool {
        let mut is_changed = false;
        let mut change_or_remove = |elements: &mut dyn Together, end: usize| {
            let Some(at) = end.checked_sub(1) else {
                return false;
            };
            is_changed = change(elements, at);
            is_changed || elements.remove(at)
        };
        let is_before = |it: Option<BlobRef<'_>>| it.is_some_and(|it| bound.is_behind(&it));
        let is_done = if is_before(self.tail.view().next()) {
            let end = self.tail.view().partition_point(bound);
            change_or_remove(&mut self.tail, end)
        } else if is_before(self.tree.first()) {
            let mut change = |leaf: &mut Leaf, end| change_or_remove(leaf, end);
            self.tree.change_leaf(bound, &mut change)
        } else {
            let end = self.head.view().partition_point(bound);
            change_or_remove(&mut self.head, end)
        };
        if !is_done {
            let index = self.partition_point(bound) - 1;
            self.remove(index..index + 1);
        }
        is_changed
    }
}

/// Elements that lie together, to be changed in their place.
trait Together {
    fn view(&self) -> View<'_>;

    /// The lengths and the bytes of the elements.
    fn parts_mut(&mut self) -> [&mut [u8]; 2];

    /// Removes the element at `index`. Returns whether it has: it may suit the memory badly.
    fn remove(&mut self, index: usize) -> bool;
}

impl Together for Leaf {
    fn view(&self) -> View<'_> {
        self.view()
    }

    fn parts_mut(&mut self) -> [&mut [u8]; 2] {
        self.parts_mut()
    }

    fn remove(&mut self, index: usize) -> bool {
        self.remove(index)
    }
}

impl Together for Buffer {
    fn view(&self) -> View<'_> {
        self.view()
    }

    fn parts_mut(&mut self) -> [&mut [u8]; 2] {
        self.parts_mut()
    }

    fn remove(&mut self, index: usize) -> bool {
        self.remove(index);
        true
    }
}

/// Replaces the element at `from` by one of the same length, and moves it to `bound`. Does so only if
/// the bound is certain to be among `elements`. Returns whether it has.
fn shift(elements: &mut dyn Together, from: usize, bound: &impl Bound, element: &[u8]) -> bool {
    let view = elements.view();
    let end = view.partition_point(bound);
    let is_within = 0 < end && end < view.len();
    let old = view.get(from);
    if !is_within || old.is_none_or(|old| old.len() != element.len()) {
        return false;
    }
    let to = if end > from { end - 1 } else { end };
    edit::shift(elements.parts_mut(), from, to, element);
    true
}
