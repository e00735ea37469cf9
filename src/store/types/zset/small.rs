//! A small sorted set in one piece of memory: for each member its bytes, then its
//! [score](super::score). Members are in order.

use super::Scored;
use super::score::{Bytes, order, read};
use crate::store::blob::{Blob, BlobRef};
use crate::store::packed::{self, Draft, Elements, Packed, Place};

/// The elements of a member.
const STRIDE: usize = 2;

/// The members, to be read.
#[derive(Clone, Copy)]
pub(super) struct View<'a>(Elements<'a>);

/// Members in order.
#[derive(Clone)]
pub(super) struct Iter<'a>(packed::Iter<'a>);

impl<'a> Iterator for Iter<'a> {
    type Item = Scored<'a>;

    #[inline]
    fn next(&mut self) -> Option<Scored<'a>> {
        let member = BlobRef::from(self.0.next()?);
        let score = read(self.0.next()?);
        Some(Scored { member, score })
    }
}

impl<'a> View<'a> {
    pub(super) fn of(packed: &'a Packed) -> View<'a> {
        View(packed.elements())
    }

    /// The number of members.
    pub(super) fn len(self) -> usize {
        self.0.len() / STRIDE
    }

    /// All members in order.
    pub(super) fn iter(self) -> Iter<'a> {
        Iter(self.0.iter())
    }

    /// The members from `index` on, which is at most their number.
    pub(super) fn iter_from(self, index: usize) -> Iter<'a> {
        Iter(self.0.iter_from(self.0.place(STRIDE * index)))
    }

    /// The score of `member`.
    pub(super) fn score(self, member: &[u8]) -> Option<f64> {
        let place = self.0.find(member, STRIDE)?;
        Some(read(self.0.get(self.0.after(place, 1))))
    }
}

/// Makes a packed sorted set of members in order.
pub(super) fn of_sorted(members: &[(f64, Blob)]) -> Packed {
    let mut packed = Packed::default();
    packed.edit(|draft| {
        let bytes = members
            .iter()
            .map(|(score, member)| member_bytes(member, *score));
        draft.reserve(bytes.sum());
        for (score, member) in members {
            draft.push(&[member, &Bytes::new(*score)]);
        }
    });
    packed
}

/// Upper bound of the bytes that a member takes.
pub(super) fn member_bytes(member: &[u8], score: f64) -> usize {
    packed::element_bytes(member.len()) + packed::element_bytes(Bytes::new(score).len())
}

/// Sets the score of `member`, which is new if it is not there. Returns its old score.
pub(super) fn insert(packed: &mut Packed, member: &[u8], score: f64) -> Option<f64> {
    packed.edit(|draft| {
        let elements = draft.elements();
        let held = elements.find(member, STRIDE);
        let old = held.map(|place| read(elements.get(elements.after(place, 1))));
        if let Some(place) = held {
            draft.remove(place, STRIDE);
        }
        let place = place_of(draft, member, score);
        draft.insert(place, &[member, &Bytes::new(score)]);
        old
    })
}

/// The place of `member`, or of the first member after it.
fn place_of(draft: &Draft, member: &[u8], score: f64) -> Place {
    let elements = draft.elements();
    let mut place = elements.place(0);
    for it in Iter(elements.iter()) {
        if order((it.score, &it.member), (score, member)).is_ge() {
            break;
        }
        place = elements.after(place, STRIDE);
    }
    place
}

/// Removes `member`. Returns whether it was there.
pub(super) fn remove(packed: &mut Packed, member: &[u8]) -> bool {
    let place = packed.elements().find(member, STRIDE);
    if let Some(place) = place {
        packed.edit(|draft| draft.remove(place, STRIDE));
    }
    place.is_some()
}

/// Removes `count` members, the first of them the one at `index`.
pub(super) fn remove_at(packed: &mut Packed, index: usize, count: usize) {
    let place = packed.elements().place(STRIDE * index);
    packed.edit(|draft| draft.remove(place, STRIDE * count));
}
