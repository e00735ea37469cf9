//! A small set in one piece of memory: integers, or packed texts.

use std::mem;

use super::integers;
use super::integers::{Integers, MARK};
use super::member::Member;
use crate::num::integer;
use crate::num::integer::Text;
use crate::store::blob::{Blob, BlobRef};
use crate::store::packed::{Draft, Elements, Packed};
use crate::store::random;
use crate::store::types::either::Either;

/// Up to this number of members a set of texts is packed. A lookup passes all members before.
const MOST_TEXTS: usize = 128;
/// Up to this number of bytes a member can be packed.
const MOST_TEXT_BYTES: usize = 64;

const _: () = assert!(MOST_TEXTS < MARK as usize);

/// The members of a small set. An empty set is one of integers.
#[derive(Clone, Debug, Default)]
pub(super) struct Small(Box<[u8]>);

/// The members, to be read.
#[derive(Clone, Copy)]
pub(super) enum View<'a> {
    Integers(Integers<'a>),
    Texts(Elements<'a>),
}

/// The set would be too big, or of the wrong form, with the new member.
pub(super) struct Full;

impl Small {
    pub(super) fn view(&self) -> View<'_> {
        match self.0.first() {
            Some(count) if *count < MARK => View::Texts(Elements::new(&self.0)),
            _ => View::Integers(Integers::new(&self.0)),
        }
    }

    /// Bytes held on the heap.
    pub(super) fn heap_bytes(&self) -> usize {
        self.0.len()
    }

    /// Makes a set of sorted integers, which `integers::checked` has returned.
    pub(super) fn of_integers(bytes: Vec<u8>) -> Small {
        Small(bytes.into_boxed_slice())
    }

    /// Adds a member. Returns whether it is new. Texts that are added to integers make texts of
    /// them. There may be any number of integers.
    ///
    /// # Errors
    /// [`Full`]; nothing has changed then.
    pub(super) fn insert(&mut self, member: &[u8]) -> Result<bool, Full> {
        match (self.view(), integer::parse(member)) {
            (View::Integers(_), Some(value)) => {
                Ok(self.edit(|bytes| integers::insert(bytes, value)))
            }
            (view, _) if view.contains(member) => Ok(false),
            (view, _) if view.len() >= MOST_TEXTS || member.len() > MOST_TEXT_BYTES => Err(Full),
            (view, _) => {
                if let View::Integers(integers) = view {
                    *self = Small::of_texts(integers);
                }
                self.edit_texts(|draft| draft.push(&[member]));
                Ok(true)
            }
        }
    }

    /// Removes a member. Returns whether it was there.
    pub(super) fn remove(&mut self, member: &[u8]) -> bool {
        match self.view() {
            View::Integers(integers) => {
                let index = integer::parse(member).and_then(|value| integers.find(value).ok());
                if let Some(index) = index {
                    self.edit(|bytes| integers::remove(bytes, index));
                }
                index.is_some()
            }
            View::Texts(texts) => {
                let place = texts.find(member, 1);
                if let Some(place) = place {
                    self.edit_texts(|draft| draft.remove(place, 1));
                }
                place.is_some()
            }
        }
    }

    /// Removes a random member; each has the same probability.
    pub(super) fn pop(&mut self) -> Option<Blob> {
        let view = self.view();
        let index = (view.len() > 0).then(|| random::below(view.len()))?;
        let member = BlobRef::from(&view.get(index)).to_blob();
        self.remove_at(index);
        Some(member)
    }

    fn remove_at(&mut self, index: usize) {
        match self.view() {
            View::Integers(_) => self.edit(|bytes| integers::remove(bytes, index)),
            View::Texts(texts) => {
                let place = texts.place(index);
                self.edit_texts(|draft| draft.remove(place, 1));
            }
        }
    }

    fn edit<R>(&mut self, change: impl FnOnce(&mut Vec<u8>) -> R) -> R {
        let mut bytes = mem::take(&mut self.0).into_vec();
        let result = change(&mut bytes);
        self.0 = bytes.into_boxed_slice();
        result
    }

    fn edit_texts(&mut self, change: impl FnOnce(&mut Draft)) {
        let mut texts = Packed::from_bytes(mem::take(&mut self.0));
        texts.edit(change);
        self.0 = texts.into_bytes();
    }

    /// Makes a set of the texts of `integers`.
    fn of_texts(integers: Integers) -> Small {
        let mut small = Small::default();
        let texts: Vec<Text> = integers.iter().map(Text::new).collect();
        let texts: Vec<&[u8]> = texts.iter().map(|text| &text[..]).collect();
        if !texts.is_empty() {
            small.edit_texts(|draft| draft.push(&texts));
        }
        small
    }
}

impl<'a> View<'a> {
    /// The number of members.
    pub(super) fn len(self) -> usize {
        match self {
            View::Integers(integers) => integers.len(),
            View::Texts(texts) => texts.len(),
        }
    }

    /// Whether `member` is in the set.
    pub(super) fn contains(self, member: &[u8]) -> bool {
        match self {
            View::Integers(integers) => {
                integer::parse(member).is_some_and(|value| integers.find(value).is_ok())
            }
            View::Texts(texts) => texts.find(member, 1).is_some(),
        }
    }

    /// The member with this index.
    pub(super) fn get(self, index: usize) -> Member<'a> {
        match self {
            View::Integers(integers) => Member::from(integers.get(index)),
            View::Texts(texts) => Member::from(texts.get(texts.place(index))),
        }
    }

    /// All members in order.
    pub(super) fn iter(self) -> impl Iterator<Item = Member<'a>> + Clone {
        match self {
            View::Integers(integers) => Either::Left(integers.iter().map(Member::from)),
            View::Texts(texts) => Either::Right(texts.iter().map(Member::from)),
        }
    }
}
