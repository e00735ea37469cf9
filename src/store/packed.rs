//! `Packed`: a short sequence of byte strings in one piece of memory, without a byte to spare.
//!
//! ```text
//!   | count | length | bytes ... | length | bytes ... |
//! ```
//!
//! A count or a length below 254 takes one byte. A greater one takes five: 254, then four bytes
//! with the lowest first. An empty sequence takes no memory.
//!
//! To find an element, all elements before it are passed. So a sequence must stay short, and its
//! owner decides how short. This file knows nothing of fields, members or times: an owner gives
//! each of its items a fixed number of elements, the *stride*.

use std::fmt;
use std::mem;
use std::ops::Range;

/// A count or length from here on takes five bytes; this is the first of them.
const LONG: u8 = 254;

/// The elements at rest. To change them see [`Packed::edit`].
#[derive(Clone, Default)]
pub struct Packed(Box<[u8]>);

/// The elements of a sequence, to be read.
#[derive(Clone, Copy)]
pub struct Elements<'a>(&'a [u8]);

/// The elements of a sequence while they change.
pub struct Draft(Vec<u8>);

/// Where an element begins. It stays right until an element is added or removed, or one before
/// it is replaced.
#[derive(Clone, Copy, Debug)]
pub struct Place(usize);

/// Upper bound of the bytes of a sequence, as Redis has it for a listpack.
const MOST_BYTES: usize = 1 << 30;

impl Packed {
    /// Takes the bytes of another sequence.
    pub fn from_bytes(bytes: Box<[u8]>) -> Packed {
        Packed(bytes)
    }

    /// The bytes of the sequence.
    pub fn into_bytes(self) -> Box<[u8]> {
        self.0
    }

    /// The elements.
    pub fn elements(&self) -> Elements<'_> {
        Elements(&self.0)
    }

    /// Bytes held on the heap.
    pub fn heap_bytes(&self) -> usize {
        self.0.len()
    }

    /// Changes the elements by `change`.
    pub fn edit<R>(&mut self, change: impl FnOnce(&mut Draft) -> R) -> R {
        let mut draft = Draft(mem::take(&mut self.0).into_vec());
        let result = change(&mut draft);
        self.0 = draft.0.into_boxed_slice();
        result
    }
}

impl<'a> Elements<'a> {
    /// The elements of a sequence that has these bytes.
    pub fn new(bytes: &'a [u8]) -> Elements<'a> {
        Elements(bytes)
    }

    /// Returns how many elements there are.
    pub fn len(self) -> usize {
        match self.0 {
            [] => 0,
            [LONG, ..] => self.long(0),
            [count, ..] => usize::from(*count),
        }
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// All elements in order.
    pub fn iter(self) -> Iter<'a> {
        Iter {
            elements: self,
            next: self.first(),
        }
    }

    /// The elements from `place` on.
    pub fn iter_from(self, place: Place) -> Iter<'a> {
        Iter {
            elements: self,
            next: place.0,
        }
    }

    /// The element at `place`.
    pub fn get(self, place: Place) -> &'a [u8] {
        &self.0[self.span(place.0)]
    }

    /// The place of the element `count` elements behind `place`.
    pub fn after(self, place: Place, count: usize) -> Place {
        let mut at = place.0;
        for _ in 0..count {
            at = self.span(at).end;
        }
        Place(at)
    }

    /// The place of the element with this index, or the end if there are just as many.
    pub fn place(self, index: usize) -> Place {
        self.after(Place(self.first()), index)
    }

    /// The place of the first element that equals `wanted`, among those whose index is a
    /// multiple of `stride`.
    pub fn find(self, wanted: &[u8], stride: usize) -> Option<Place> {
        let mut at = self.first();
        while at < self.0.len() {
            let span = self.span(at);
            let end = span.end;
            if self.0[span] == *wanted {
                return Some(Place(at));
            }
            at = self.after(Place(end), stride - 1).0;
        }
        None
    }

    /// Where the first element begins.
    fn first(self) -> usize {
        width(self.0.first().copied()).min(self.0.len())
    }

    /// Where the bytes of the element are that begins at `at`.
    fn span(self, at: usize) -> Range<usize> {
        let (start, length) = match self.0[at] {
            LONG => (at + 5, self.long(at)),
            length => (at + 1, usize::from(length)),
        };
        start..start + length
    }

    /// The number of five bytes at `at`.
    #[cold]
    fn long(self, at: usize) -> usize {
        let bytes = self.0[at + 1..at + 5].try_into();
        u32::from_le_bytes(bytes.expect("four bytes")) as usize
    }
}

/// How many bytes a number takes that begins with `first`.
fn width(first: Option<u8>) -> usize {
    if first == Some(LONG) { 5 } else { 1 }
}

/// A number as it is stored: the bytes, and how many of them count.
fn encoded(number: usize) -> ([u8; 5], usize) {
    if number < usize::from(LONG) {
        return ([number as u8, 0, 0, 0, 0], 1);
    }
    let [a, b, c, d] = (number as u32).to_le_bytes();
    ([LONG, a, b, c, d], 5)
}

/// Whether a sequence of `bytes` may get elements of `more_bytes` in all.
pub fn has_room(bytes: usize, more_bytes: usize) -> bool {
    bytes.saturating_add(more_bytes) <= MOST_BYTES
}

/// How many bytes an element of this length takes.
pub fn element_bytes(length: usize) -> usize {
    encoded(length).1 + length
}

impl Draft {
    /// The elements as they are now.
    pub fn elements(&self) -> Elements<'_> {
        Elements(&self.0)
    }

    /// Makes room for `more_bytes` of elements that are added next, so that the memory moves
    /// once. Bytes that stay unused are given back after the edit.
    pub fn reserve(&mut self, more_bytes: usize) {
        let header = if self.0.is_empty() { 1 } else { 0 };
        self.0.reserve_exact(header + more_bytes);
    }

    /// Adds `elements` behind all others.
    pub fn push(&mut self, elements: &[&[u8]]) {
        self.reserve(elements.iter().map(|it| element_bytes(it.len())).sum());
        self.count(self.elements().len() + elements.len());
        for element in elements {
            let (length, width) = encoded(element.len());
            self.0.extend_from_slice(&length[..width]);
            self.0.extend_from_slice(element);
        }
    }

    /// Adds `elements` before the one at `place`.
    pub fn insert(&mut self, place: Place, elements: &[&[u8]]) {
        let header = self.elements().first();
        self.count(self.elements().len() + elements.len());
        let at = place.0 + self.elements().first() - header;
        self.put(at..at, elements);
    }

    /// Replaces the element at `place`.
    pub fn replace(&mut self, place: Place, element: &[u8]) {
        let span = self.elements().span(place.0);
        if span.len() == element.len() {
            self.0[span].copy_from_slice(element);
        } else {
            self.put(place.0..span.end, &[element]);
        }
    }

    /// Removes `count` elements, the first of them the one at `place`.
    pub fn remove(&mut self, place: Place, count: usize) {
        let end = self.elements().after(place, count);
        self.0.drain(place.0..end.0);
        self.count(self.elements().len() - count);
    }

    /// Puts `elements` in the place of these bytes.
    fn put(&mut self, bytes: Range<usize>, elements: &[&[u8]]) {
        let Range { start, end } = bytes;
        let new: usize = elements.iter().map(|it| element_bytes(it.len())).sum();
        let (old, behind) = (end - start, self.0.len() - end);
        if new > old {
            self.0.reserve_exact(new - old);
            self.0.resize(self.0.len() + new - old, 0);
        }
        self.0.copy_within(end..end + behind, start + new);
        self.0.truncate(start + new + behind);
        let mut at = start;
        for element in elements {
            let (length, width) = encoded(element.len());
            self.0[at..at + width].copy_from_slice(&length[..width]);
            at += width + element.len();
            self.0[at - element.len()..at].copy_from_slice(element);
        }
    }

    /// Notes that there are `count` elements.
    fn count(&mut self, count: usize) {
        if count == 0 {
            self.0.clear();
            return;
        }
        let (number, width) = encoded(count);
        let old = self.elements().first();
        if width == old {
            self.0[..old].copy_from_slice(&number[..width]);
        } else {
            self.0.splice(..old, number[..width].iter().copied());
        }
    }
}

/// Elements in order.
#[derive(Clone)]
pub struct Iter<'a> {
    elements: Elements<'a>,
    next: usize,
}

impl<'a> Iterator for Iter<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let bytes = self.elements.0;
        if self.next >= bytes.len() {
            return None;
        }
        let span = self.elements.span(self.next);
        self.next = span.end;
        Some(&bytes[span])
    }
}

impl fmt::Debug for Packed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts = self.elements().iter().map(|it| it.escape_ascii());
        f.debug_list()
            .entries(texts.map(|it| it.to_string()))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::random;

    fn element() -> Vec<u8> {
        let length = match random::below(20) {
            0 => 250 + random::below(10),
            1 => 70_000,
            _ => random::below(30),
        };
        vec![random::below(3) as u8; length]
    }

    fn assert_equal(packed: &Packed, model: &[Vec<u8>]) {
        let elements = packed.elements();
        assert_eq!(
            (elements.len(), elements.is_empty()),
            (model.len(), model.is_empty())
        );
        assert!(elements.iter().eq(model.iter().map(|it| &it[..])));
        let stored: usize = model.iter().map(|it| element_bytes(it.len())).sum();
        let count = if model.is_empty() {
            0
        } else {
            encoded(model.len()).1
        };
        assert_eq!(packed.heap_bytes(), count + stored);
    }

    #[test]
    fn holds_what_a_vector_would_hold_whatever_is_done() {
        for most in [3, 10, 255, 400] {
            let (mut packed, mut model) = (Packed::default(), Vec::<Vec<u8>>::new());
            for _ in 0..2_000 {
                let new = element();
                let index = random::below(model.len() + 1);
                let place = packed.elements().place(index);
                let may_grow = model.len() < most;
                packed.edit(|draft| match random::below(5) {
                    0 | 1 if may_grow => {
                        draft.push(&[&new, b"x"]);
                        model.extend([new, b"x".to_vec()]);
                    }
                    2 if may_grow => {
                        draft.insert(place, &[&new, b"y"]);
                        model.splice(index..index, [new, b"y".to_vec()]);
                    }
                    3 if index < model.len() => {
                        draft.replace(place, &new);
                        model[index] = new;
                    }
                    _ => {
                        let count = random::below(model.len() - index + 1).min(3);
                        draft.remove(place, count);
                        model.drain(index..index + count);
                    }
                });
                assert_equal(&packed, &model);
            }
        }
    }

    #[test]
    fn finds_the_first_of_equal_elements_at_the_right_indexes_only() {
        let mut packed = Packed::default();
        assert!(packed.elements().find(b"a", 2).is_none());
        packed.edit(|draft| draft.push(&[b"a", b"b", b"b", b"c", b"b", b"d", b"", b"e"]));
        let elements = packed.elements();
        let behind = |wanted: &[u8], stride| {
            let place = elements.find(wanted, stride)?;
            assert_eq!(elements.get(place), wanted);
            elements.iter_from(elements.after(place, 1)).next()
        };
        assert_eq!(behind(b"b", 1), Some(&b"b"[..]));
        assert_eq!(behind(b"b", 2), Some(&b"c"[..]));
        assert_eq!(behind(b"b", 4), Some(&b"d"[..]));
        assert_eq!(behind(b"", 2), Some(&b"e"[..]));
        assert_eq!(behind(b"e", 1), None);
        assert!(elements.find(b"d", 2).is_none() && elements.find(b"ab", 1).is_none());
    }

    #[test]
    fn a_short_sequence_takes_a_byte_for_each_element_and_one_more() {
        let mut packed = Packed::default();
        packed.edit(|draft| {
            draft.reserve(100);
            draft.push(&[b"field", b"value"]);
        });
        assert_eq!(packed.heap_bytes(), 1 + 2 * (1 + 5));
        assert_eq!(format!("{packed:?}"), r#"["field", "value"]"#);
        packed.edit(|draft| draft.remove(draft.elements().place(0), 2));
        assert_eq!(packed.heap_bytes(), 0);
    }
}
