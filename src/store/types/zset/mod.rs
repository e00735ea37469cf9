//! A sorted set: members in the order of their scores. Members of one score are in the order of
//! their bytes.

mod facts;

use std::cmp::Ordering;
use std::ops::Range;
use std::sync::Arc;

use super::old::Old;
use crate::config::Small;
use crate::store::blob::{Blob, BlobRef};
use crate::store::map::{Position, Walk};
use crate::store::random;
use crate::store::sequence::End;

/// The members of one sorted set. Cloning it is cheap.
#[derive(Clone, Debug, Default)]
pub struct ZSet {
    /// Sorted.
    members: Arc<Vec<(f64, Blob)>>,
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
pub struct Removed(#[allow(dead_code)] Vec<(f64, Blob)>);

/// The order of members: -0 and 0 are one score.
fn order(score: f64, member: &[u8], other: &(f64, Blob)) -> Ordering {
    let by_score = score.partial_cmp(&other.0).unwrap_or(Ordering::Equal);
    by_score.then_with(|| member.cmp(&other.1))
}

fn scored((score, member): &(f64, Blob)) -> Scored<'_> {
    Scored {
        member: BlobRef::from(member),
        score: *score,
    }
}

impl ZSet {
    /// Makes a sorted set of members in any order, none of which comes twice.
    pub fn new(members: Vec<(f64, Blob)>, _small: Small) -> ZSet {
        let mut members = members;
        members.sort_by(|a, b| order(a.0, &a.1, b));
        ZSet {
            members: Arc::new(members),
        }
    }

    /// The number of members.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether there are no members.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The score of `member`.
    pub fn score(&self, member: &[u8]) -> Option<f64> {
        self.find(member).map(|index| self.members[index].0)
    }

    /// The number of members before `member`, and its score.
    pub fn rank(&self, member: &[u8]) -> Option<(usize, f64)> {
        self.find(member)
            .map(|index| (index, self.members[index].0))
    }

    /// The member at `index` in the order.
    pub fn get(&self, index: usize) -> Option<Scored<'_>> {
        self.members.get(index).map(scored)
    }

    /// All members in order.
    pub fn iter(&self) -> impl Iterator<Item = Scored<'_>> + Clone {
        self.iter_from(0)
    }

    /// The members from `index` on.
    pub fn iter_from(&self, index: usize) -> impl Iterator<Item = Scored<'_>> + Clone {
        self.members[index.min(self.len())..].iter().map(scored)
    }

    /// The members from `index` back to the first one.
    pub fn iter_back_from(&self, index: usize) -> impl Iterator<Item = Scored<'_>> + Clone {
        let end = (index + 1).min(self.len());
        self.members[..end].iter().rev().map(scored)
    }

    /// The number of members for which `is_before` is true, if it is true for the first ones and
    /// false for all others.
    pub fn partition_point(&self, is_before: impl Fn(f64, &[u8]) -> bool) -> usize {
        self.members
            .partition_point(|(score, member)| is_before(*score, member))
    }

    /// A piece of a walk through the members. See `ShardMap::scan`. A small sorted set comes in one
    /// piece, whatever `position` and `count` are.
    pub fn scan(&self, _position: Position, _count: usize) -> Walk<Vec<Scored<'_>>> {
        (self.iter().collect(), None)
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
    pub fn insert(&mut self, member: BlobRef<'_>, score: f64, _small: Small) -> Option<f64> {
        let index = self.find(&member);
        let members = Arc::make_mut(&mut self.members);
        let old = index.map(|index| members.remove(index).0);
        let place = members.partition_point(|it| order(score, &member, it) == Ordering::Greater);
        members.insert(place, (score, member.to_blob()));
        old
    }

    /// Removes a member. A big one is returned, to be freed.
    pub fn remove(&mut self, member: &[u8]) -> Old {
        match self.find(member) {
            None => Old::Absent,
            Some(index) => Old::Held(Arc::make_mut(&mut self.members).remove(index).1),
        }
    }

    /// Removes and returns the member at an end.
    pub fn pop(&mut self, end: End) -> Option<(Blob, f64)> {
        let members = Arc::make_mut(&mut self.members);
        let (score, member) = match end {
            End::Left => (!members.is_empty()).then(|| members.remove(0)),
            End::Right => members.pop(),
        }?;
        Some((member, score))
    }

    /// Removes the members with these indexes, which must exist.
    pub fn remove_range(&mut self, range: Range<usize>) -> Removed {
        let members = Arc::make_mut(&mut self.members);
        Removed(members.drain(range).collect())
    }

    fn find(&self, member: &[u8]) -> Option<usize> {
        self.members.iter().position(|(_, it)| it[..] == *member)
    }
}
