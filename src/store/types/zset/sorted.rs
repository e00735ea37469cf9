//! A big sorted set: a map from members to scores, and a sequence of members in order.
//!
//! An element of the sequence is a score of eight bytes, then the member.

use std::cmp::Ordering;
use std::ops::Range;

use super::Scored;
use super::score::{LONG, order};
use crate::store::blob::{Blob, BlobRef};
use crate::store::map::{Due, NEVER, ShardMap};
use crate::store::sequence::{Bound, Elements, End, Sequence, Start};
use crate::store::types::facts::SHARD_ELEMENTS;

/// The members of a big sorted set.
#[derive(Clone, Debug, Default)]
pub(super) struct Sorted {
    /// The scores of all members. A part of a sorted set has none; see [`Sorted::parts`].
    pub(super) scores: ShardMap<f64>,
    pub(super) order: Sequence,
}

/// Removed members.
#[derive(Debug, Default)]
pub(super) struct Garbage {
    /// The members and their scores.
    pub(super) order: Sequence,
    /// The members that have memory of their own.
    pub(super) members: Vec<Blob>,
    /// The old map, if most of its members were removed.
    pub(super) scores: ShardMap<f64>,
}

impl Due for f64 {
    const SHARD_ENTRIES: usize = SHARD_ELEMENTS;

    fn due_ms(&self) -> u64 {
        NEVER
    }
}

/// Members up to this length make an element without an allocation.
const SHORT_BYTES: usize = 120;

/// Calls `take` with the element of a member.
fn with_element<R>(score: f64, member: &[u8], take: impl FnOnce(&[u8]) -> R) -> R {
    let score = score.to_ne_bytes();
    if member.len() > SHORT_BYTES {
        return take(&[&score, member].concat());
    }
    let mut element = [0; LONG + SHORT_BYTES];
    let length = LONG + member.len();
    element[..LONG].copy_from_slice(&score);
    element[LONG..length].copy_from_slice(member);
    take(&element[..length])
}

/// The score and the member of an element.
#[inline]
fn parts_of(element: &[u8]) -> (f64, &[u8]) {
    match element.split_first_chunk() {
        Some((score, member)) => (f64::from_ne_bytes(*score), member),
        None => (0.0, element),
    }
}

/// The member of an element.
pub(super) fn scored(element: BlobRef<'_>) -> Scored<'_> {
    let (score, member) = parts_of(element.bytes());
    let member = BlobRef::from(member);
    Scored { member, score }
}

/// The place before or behind a member in the order.
struct Place<'a> {
    score: f64,
    member: &'a [u8],
    includes_member: bool,
}

impl Place<'_> {
    fn before(score: f64, member: &[u8]) -> Place<'_> {
        Place {
            score,
            member,
            includes_member: false,
        }
    }

    fn behind(score: f64, member: &[u8]) -> Place<'_> {
        Place {
            includes_member: true,
            ..Place::before(score, member)
        }
    }
}

impl Bound for Place<'_> {
    fn is_behind(&self, element: &[u8]) -> bool {
        match order(parts_of(element), (self.score, self.member)) {
            Ordering::Less => true,
            Ordering::Equal => self.includes_member,
            Ordering::Greater => false,
        }
    }

    /// An element begins with its score.
    fn is_behind_start(&self, start: &Start) -> Option<bool> {
        let score = f64::from_ne_bytes(*start);
        (score != self.score).then_some(score < self.score)
    }
}

impl Sorted {
    /// Makes a sorted set of members in order.
    pub(super) fn of_sorted(members: Vec<(f64, Blob)>) -> Sorted {
        let mut sorted = Sorted::default();
        for (score, member) in members {
            sorted.push(score, &member);
            sorted.scores.insert_ref(BlobRef::from(&member), score);
        }
        sorted
    }

    fn push(&mut self, score: f64, member: &[u8]) {
        with_element(score, member, |element| {
            self.order.push(End::Right, BlobRef::from(element));
        });
    }

    /// The members in order.
    pub(super) fn elements(&self) -> Elements<'_> {
        self.order.elements()
    }

    /// The number of members before `member`, which has or gets this score.
    pub(super) fn place(&self, score: f64, member: &[u8]) -> usize {
        self.order.partition_point(&Place::before(score, member))
    }

    /// The number of members for which `is_before` is true.
    pub(super) fn partition_point(&self, is_before: impl Fn(f64, &[u8]) -> bool) -> usize {
        self.order.partition_point(&|element: &[u8]| {
            let (score, member) = parts_of(element);
            is_before(score, member)
        })
    }

    /// Sets the score of `member`, which is new if it is not there. Returns its old score.
    pub(super) fn insert(&mut self, member: BlobRef<'_>, score: f64) -> Option<f64> {
        let old = self.scores.insert_ref(member, score);
        with_element(score, &member, |element| match old {
            Some(old) if old.to_bits() == score.to_bits() => {}
            Some(old) => self.move_element(old, element),
            None => self.insert_element(element),
        });
        old
    }

    fn insert_element(&mut self, element: &[u8]) {
        let (score, member) = parts_of(element);
        self.order.insert_at(&Place::before(score, member), element);
    }

    /// Puts `element` in the place of the element with the same member and the score `old`.
    fn move_element(&mut self, old: f64, element: &[u8]) {
        let (score, member) = parts_of(element);
        let (old, new) = (Place::behind(old, member), Place::before(score, member));
        self.order.move_before(&old, &new, element);
    }

    /// Removes `member`. Returns the stored member.
    pub(super) fn remove(&mut self, member: &[u8]) -> Option<Blob> {
        let (stored, score) = self.scores.remove_pair(member)?;
        self.order.remove_before(&Place::behind(score, member));
        Some(stored)
    }

    /// Removes and returns the member at an end.
    pub(super) fn pop(&mut self, end: End) -> Option<(Blob, f64)> {
        let element = self.order.pop(end)?;
        self.scores.remove_pair(parts_of(&element).1)
    }

    /// Removes the members with these indexes, which must exist.
    pub(super) fn remove_range(&mut self, range: Range<usize>) -> Garbage {
        let mut garbage = Garbage {
            order: self.order.remove(range),
            ..Garbage::default()
        };
        if garbage.order.len() > self.order.len() {
            // A new map of the members that are left takes less time than the removals.
            let scores = self.order.elements().iter_from(0).map(scored);
            let mut map = ShardMap::default();
            for Scored { member, score } in scores {
                map.insert_ref(member, score);
            }
            garbage.scores = std::mem::replace(&mut self.scores, map);
            return garbage;
        }
        for element in garbage.order.elements().iter_from(0) {
            let removed = self.scores.remove_pair(parts_of(&element).1);
            let big = removed.filter(|(member, _)| member.heap_bytes() > 0);
            garbage.members.extend(big.map(|(member, _)| member));
        }
        garbage
    }

    /// The members in parts, each of which can only be read in order.
    pub(super) fn parts(&self) -> impl Iterator<Item = Sorted> {
        self.order.parts().into_iter().map(|order| Sorted {
            order,
            scores: ShardMap::default(),
        })
    }
}
