//! A sorted set: members in the order of their scores. Members of one score are in the order of
//! their bytes.
//!
//! A small sorted set is packed: one piece of memory. Above the settings
//! `zset-max-listpack-entries` and `-value` it becomes a map and a
//! [sequence](crate::store::sequence), and stays that. Redis does the same: OBJECT ENCODING calls the two forms `listpack` and `skiplist`.

mod facts;
mod score;
mod small;
mod sorted;
#[cfg(test)]
mod tests;

use std::mem;
use std::ops::Range;
use std::sync::Arc;

use super::either::Either;
use super::facts::COPIED_BYTES;
use super::old::Old;
use crate::config::Small;
use crate::store::blob::{Blob, BlobRef};
use crate::store::map::{Position, Walk};
use crate::store::packed::{self, Packed};
use crate::store::random;
use crate::store::sequence::End;
use small::View;
use sorted::{Garbage, Sorted, scored};

/// The members of one sorted set. Cloning it is cheap.
#[derive(Clone, Debug)]
pub struct ZSet(Repr);

#[derive(Clone, Debug)]
enum Repr {
    /// At most [`COPIED_BYTES`].
    Small(Packed),
    Shared(Arc<Body>),
}

#[derive(Clone, Debug)]
enum Body {
    Packed(Packed),
    Sorted(Box<Sorted>),
}

const _: () = assert!(size_of::<ZSet>() == 16);

/// The members, to be read.
enum Members<'a> {
    Packed(View<'a>),
    Sorted(&'a Sorted),
}

/// The members, to be changed.
enum MembersMut<'a> {
    Packed(&'a mut Packed),
    Sorted(&'a mut Sorted),
}

/// A member with its score, which is not NaN.
#[derive(Clone, Copy, Debug)]
pub struct Scored<'a> {
    /// The bytes of the member.
    pub member: BlobRef<'a>,
    /// Its score.
    pub score: f64,
}

/// Removed members, to be freed.
#[derive(Debug, Default)]
pub struct Removed(#[allow(dead_code)] Option<Garbage>);

impl Default for ZSet {
    fn default() -> Self {
        ZSet(Repr::Small(Packed::default()))
    }
}

impl ZSet {
    /// Makes a sorted set of members in any order, none of which comes twice.
    pub fn new(mut members: Vec<(f64, Blob)>, small: Small) -> ZSet {
        let is_before = |a: &(f64, Blob), b: &(f64, Blob)| score::order((a.0, &a.1), (b.0, &b.1));
        members.sort_unstable_by(is_before);
        let longest = members.iter().map(|it| it.1.len()).max().unwrap_or(0);
        let bytes = members
            .iter()
            .map(|it| small::member_bytes(&it.1, it.0))
            .sum();
        let fits = members.len() <= small.entries && longest <= small.value_bytes;
        ZSet(match fits && packed::has_room(0, bytes) {
            true => Repr::of(small::of_sorted(&members)),
            false => Repr::from(Sorted::of_sorted(members)),
        })
    }

    /// The number of members.
    pub fn len(&self) -> usize {
        match self.members() {
            Members::Packed(view) => view.len(),
            Members::Sorted(sorted) => sorted.order.len(),
        }
    }

    /// Whether there are no members.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the sorted set is packed, where Redis has a listpack.
    pub fn is_packed(&self) -> bool {
        matches!(self.members(), Members::Packed(_))
    }

    /// The score of `member`.
    pub fn score(&self, member: &[u8]) -> Option<f64> {
        match self.members() {
            Members::Packed(view) => view.score(member),
            Members::Sorted(sorted) => sorted.scores.get(member).copied(),
        }
    }

    /// The number of members before `member`, and its score.
    pub fn rank(&self, member: &[u8]) -> Option<(usize, f64)> {
        match self.members() {
            Members::Packed(view) => {
                let mut members = view.iter().enumerate();
                let found = members.find(|(_, it)| *it.member == *member);
                found.map(|(index, it)| (index, it.score))
            }
            Members::Sorted(sorted) => {
                let score = *sorted.scores.get(member)?;
                Some((sorted.place(score, member), score))
            }
        }
    }

    /// The member at `index` in the order.
    pub fn get(&self, index: usize) -> Option<Scored<'_>> {
        match self.members() {
            Members::Packed(view) => view.iter().nth(index),
            Members::Sorted(sorted) => sorted.elements().get(index).map(scored),
        }
    }

    /// All members in order.
    pub fn iter(&self) -> impl Iterator<Item = Scored<'_>> + Clone {
        self.iter_from(0)
    }

    /// The members from `index` on.
    pub fn iter_from(&self, index: usize) -> impl Iterator<Item = Scored<'_>> + Clone {
        match self.members() {
            Members::Packed(view) => Either::Left(view.iter_from(index.min(view.len()))),
            Members::Sorted(sorted) => {
                Either::Right(sorted.elements().iter_from(index).map(scored))
            }
        }
    }

    /// The members from `index` back to the first one.
    pub fn iter_back_from(&self, index: usize) -> impl Iterator<Item = Scored<'_>> + Clone {
        match self.members() {
            Members::Packed(view) => {
                let members: Vec<_> = view.iter().take(index.saturating_add(1)).collect();
                Either::Left(members.into_iter().rev())
            }
            Members::Sorted(sorted) => {
                Either::Right(sorted.elements().iter_back_from(index).map(scored))
            }
        }
    }

    /// The number of members for which `is_before` is true, if it is true for the first ones and
    /// false for all others.
    pub fn partition_point(&self, is_before: impl Fn(f64, &[u8]) -> bool) -> usize {
        match self.members() {
            Members::Packed(view) => {
                let members = view.iter();
                members
                    .take_while(|it| is_before(it.score, &it.member))
                    .count()
            }
            Members::Sorted(sorted) => sorted.partition_point(is_before),
        }
    }

    /// A piece of a walk through the members: see
    /// [`ShardMap::scan`](crate::store::map::ShardMap::scan). A small sorted set comes in one piece,
    /// whatever `position` and `count` are.
    pub fn scan(&self, position: Position, count: usize) -> Walk<Vec<Scored<'_>>> {
        match self.members() {
            Members::Packed(view) => (view.iter().collect(), None),
            Members::Sorted(sorted) => {
                let (found, next) = sorted.scores.scan(position, count);
                let found = found.into_iter().map(|(member, score)| Scored {
                    member: BlobRef::from(member),
                    score: *score,
                });
                (found.collect(), next)
            }
        }
    }

    /// Draws a member; each has the same probability.
    pub fn random(&self) -> Option<Scored<'_>> {
        match self.len() {
            0 => None,
            len => self.get(random::below(len)),
        }
    }

    /// Sets the score of `member`, which is new if it is not there. Returns its old score. `score`
    /// must not be NaN.
    pub fn insert(&mut self, member: BlobRef<'_>, score: f64, small: Small) -> Option<f64> {
        if !self.has_room(&member, score, small) {
            self.unpack();
        }
        self.change(|members| match members {
            MembersMut::Packed(packed) => small::insert(packed, &member, score),
            MembersMut::Sorted(sorted) => sorted.insert(member, score),
        })
    }

    /// Removes a member. A big one is returned, to be freed.
    pub fn remove(&mut self, member: &[u8]) -> Old {
        self.change(|members| match members {
            MembersMut::Packed(packed) => match small::remove(packed, member) {
                true => Old::Freed,
                false => Old::Absent,
            },
            MembersMut::Sorted(sorted) => match sorted.remove(member) {
                Some(member) if member.big().is_some() => Old::Held(member),
                Some(_) => Old::Freed,
                None => Old::Absent,
            },
        })
    }

    /// Removes and returns the member at an end.
    pub fn pop(&mut self, end: End) -> Option<(Blob, f64)> {
        self.change(|members| match members {
            MembersMut::Packed(packed) => {
                let view = View::of(packed);
                let last = view.len().checked_sub(1)?;
                let index = if end == End::Left { 0 } else { last };
                let it = view.iter_from(index).next()?;
                let popped = (it.member.to_blob(), it.score);
                small::remove_at(packed, index, 1);
                Some(popped)
            }
            MembersMut::Sorted(sorted) => sorted.pop(end),
        })
    }

    /// Removes the members with these indexes, which must exist.
    pub fn remove_range(&mut self, range: Range<usize>) -> Removed {
        if range.is_empty() {
            return Removed::default();
        }
        self.change(|members| match members {
            MembersMut::Packed(packed) => {
                small::remove_at(packed, range.start, range.len());
                Removed::default()
            }
            MembersMut::Sorted(sorted) => Removed(Some(sorted.remove_range(range))),
        })
    }

    fn members(&self) -> Members<'_> {
        match &self.0 {
            Repr::Small(packed) => Members::Packed(View::of(packed)),
            Repr::Shared(body) => match &**body {
                Body::Packed(packed) => Members::Packed(View::of(packed)),
                Body::Sorted(sorted) => Members::Sorted(sorted),
            },
        }
    }

    /// Changes the members by `change`. A body that is shared is copied first.
    fn change<R>(&mut self, change: impl FnOnce(MembersMut<'_>) -> R) -> R {
        match &mut self.0 {
            Repr::Small(packed) => {
                let mut packed = mem::take(packed);
                let result = change(MembersMut::Packed(&mut packed));
                self.0 = Repr::of(packed);
                result
            }
            Repr::Shared(body) => change(match Arc::make_mut(body) {
                Body::Packed(packed) => MembersMut::Packed(packed),
                Body::Sorted(sorted) => MembersMut::Sorted(sorted),
            }),
        }
    }

    /// Whether the form of the sorted set suits it with this member and score. A member that is
    /// there already stays packed, as in Redis.
    fn has_room(&self, member: &[u8], score: f64, small: Small) -> bool {
        let Members::Packed(view) = self.members() else {
            return true;
        };
        let fits = view.len() < small.entries && member.len() <= small.value_bytes;
        let bytes = small::member_bytes(member, score);
        packed::has_room(self.heap_bytes(), bytes) && (fits || view.score(member).is_some())
    }

    /// Makes a packed sorted set a map and a sequence.
    fn unpack(&mut self) {
        let members = self.iter().map(|it| (it.score, it.member.to_blob()));
        self.0 = Repr::from(Sorted::of_sorted(members.collect()));
    }

    /// Bytes held on the heap, without the members of a map and a sequence.
    fn heap_bytes(&self) -> usize {
        match &self.0 {
            Repr::Small(packed) => packed.heap_bytes(),
            Repr::Shared(body) => match &**body {
                Body::Packed(packed) => size_of::<Body>() + packed.heap_bytes(),
                Body::Sorted(_) => size_of::<Body>() + size_of::<Sorted>(),
            },
        }
    }
}

impl Repr {
    fn of(packed: Packed) -> Repr {
        match packed.heap_bytes() <= COPIED_BYTES {
            true => Repr::Small(packed),
            false => Repr::Shared(Arc::new(Body::Packed(packed))),
        }
    }
}

impl From<Sorted> for Repr {
    fn from(sorted: Sorted) -> Repr {
        Repr::Shared(Arc::new(Body::Sorted(Box::new(sorted))))
    }
}
