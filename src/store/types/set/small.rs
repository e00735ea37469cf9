//! A small set in one piece of memory: integers, or packed texts.

use std::mem;
use std::ops::Deref;

use super::integers;
use super::integers::{Integers, MARK};
use super::member::Member;
use crate::num::integer;
use crate::num::integer::Text;
use crate::store::blob::{Blob, BlobRef};
use crate::store::packed;
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

/// Whether `text` can be added to `count` packed texts.
fn fits(text: &[u8], count: usize) -> bool {
    count < MOST_TEXTS && text.len() <= MOST_TEXT_BYTES
}

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

    /// Adds members, until one does not fit, or there are more than `most_integers` integers. Returns
    /// how many are new, and the member that does not fit. Integers become texts if a text comes.
    pub(super) fn insert_all<T: Deref<Target = [u8]>>(
        &mut self,
        members: &mut impl Iterator<Item = T>,
        most_integers: usize,
    ) -> (usize, Option<T>) {
        let (mut added, mut next) = (0, members.next());
        if let View::Integers(_) = self.view() {
            (added, next) = self.insert_integers(next, members, most_integers);
            match (&next, self.view()) {
                (Some(text), View::Integers(integers)) if fits(text, integers.len()) => {
                    *self = Small::of_texts(integers);
                }
                _ => return (added, next),
            }
        }
        let (added_texts, next) = self.insert_texts(next, members);
        (added + added_texts, next)
    }

    fn insert_integers<T: Deref<Target = [u8]>>(
        &mut self,
        mut next: Option<T>,
        members: &mut impl Iterator<Item = T>,
        most: usize,
    ) -> (usize, Option<T>) {
        let more = members.size_hint().0.min(most);
        self.edit(|bytes| {
            let mut added = 0;
            while let Some(member) = next {
                let Some(value) = integer::parse(&member) else {
                    return (added, Some(member));
                };
                if added == 0 && more > 0 {
                    integers::reserve(bytes, 1 + more);
                }
                if integers::insert(bytes, value) {
                    added += 1;
                    if Integers::new(bytes).len() > most {
                        break;
                    }
                }
                next = members.next();
            }
            (added, None)
        })
    }

    fn insert_texts<T: Deref<Target = [u8]>>(
        &mut self,
        mut next: Option<T>,
        members: &mut impl Iterator<Item = T>,
    ) -> (usize, Option<T>) {
        let more = members.size_hint().0.min(MOST_TEXTS);
        self.edit_texts(|draft| {
            let mut added = 0;
            while let Some(text) = next {
                if draft.elements().find(&text, 1).is_none() {
                    if !fits(&text, draft.elements().len()) {
                        return (added, Some(text));
                    }
                    if added == 0 {
                        draft.reserve((1 + more) * packed::element_bytes(text.len()));
                    }
                    draft.push(&[&text]);
                    added += 1;
                }
                next = members.next();
            }
            (added, None)
        })
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

    fn edit_texts<R>(&mut self, change: impl FnOnce(&mut Draft) -> R) -> R {
        let mut texts = Packed::from_bytes(mem::take(&mut self.0));
        let result = texts.edit(change);
        self.0 = texts.into_bytes();
        result
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
