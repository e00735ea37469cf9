//! A walk through the leaves of a tree.

use std::slice;

use super::End;
use super::chunk::View;
use super::tree::{Tree, place};

/// The leaves of a tree beside one of them, towards the end `to`.
#[derive(Clone)]
pub(super) struct Leaves<'a> {
    to: End,
    /// For each level the trees that have not been walked through, the highest level first.
    levels: Vec<slice::Iter<'a, Tree>>,
}

impl<'a> Leaves<'a> {
    /// The leaves beside the one that has the element at `index`.
    pub(super) fn beside(mut tree: &'a Tree, mut index: usize, to: End) -> Leaves<'a> {
        let mut levels = Vec::new();
        while let Some(trees) = tree.trees() {
            let (at, before) = place(trees, index);
            let others = match to {
                End::Left => &trees[..at],
                End::Right => &trees[at + 1..],
            };
            levels.push(others.iter());
            (tree, index) = (&trees[at], index - before);
        }
        Leaves { to, levels }
    }
}

impl<'a> Iterator for Leaves<'a> {
    type Item = View<'a>;

    fn next(&mut self) -> Option<View<'a>> {
        loop {
            let level = self.levels.last_mut()?;
            let next = match self.to {
                End::Left => level.next_back(),
                End::Right => level.next(),
            };
            match next.map(|tree| (tree, tree.trees())) {
                None => drop(self.levels.pop()),
                Some((_, Some(trees))) => self.levels.push(trees.iter()),
                Some((leaf, None)) => return Some(leaf.view()),
            }
        }
    }
}
