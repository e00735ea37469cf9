//! Union, intersection and difference of sorted sets. Sets take part with the score 1, and absent keys
//! are empty.

use std::collections::{HashMap, HashSet};

use crate::commands::set::algebra::is_lookup_cheaper;
use crate::config::Small;
use crate::store::blob::{Blob, BlobRef};
use crate::store::key::{Key, Probe, TableHasher};
use crate::store::keyspace::WrongType;
use crate::store::types::Value;
use crate::store::types::set::{Member, Set};
use crate::store::types::zset::ZSet;

/// A value that takes part.
#[derive(Clone, Copy, Debug)]
pub(super) enum Source<'a> {
    Absent,
    Set(&'a Set),
    ZSet(&'a ZSet),
}

impl<'a> Source<'a> {
    /// Returns the source that a key's value is.
    pub(super) fn of(value: Option<&'a Value>) -> Result<Source<'a>, WrongType> {
        match value {
            None => Ok(Source::Absent),
            Some(Value::Set(set)) => Ok(Source::Set(set)),
            Some(Value::ZSet(zset)) => Ok(Source::ZSet(zset)),
            Some(Value::String(_) | Value::Hash(_) | Value::List(_)) => Err(WrongType),
        }
    }

    fn len(self) -> usize {
        match self {
            Source::Absent => 0,
            Source::Set(set) => set.len(),
            Source::ZSet(zset) => zset.len(),
        }
    }

    fn score(self, member: &[u8]) -> Option<f64> {
        match self {
            Source::Absent => None,
            Source::Set(set) => set.contains(member).then_some(1.0),
            Source::ZSet(zset) => zset.score(member),
        }
    }

    fn iter(self) -> impl Iterator<Item = (Member<'a>, f64)> {
        let (set, zset) = match self {
            Source::Absent => (None, None),
            Source::Set(set) => (Some(set), None),
            Source::ZSet(zset) => (None, Some(zset)),
        };
        let members = set.into_iter().flat_map(Set::iter);
        let scored = zset.into_iter().flat_map(ZSet::iter);
        members
            .map(|member| (member, 1.0))
            .chain(scored.map(|it| (Member::Bytes(it.member), it.score)))
    }
}

/// How the scores of a member become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Aggregate {
    Sum,
    Min,
    Max,
    /// The sum of the weights of the sources that have the member.
    Count,
}

impl Aggregate {
    fn weighted(self, score: f64, weight: f64) -> f64 {
        match self {
            Aggregate::Count => weight,
            Aggregate::Sum | Aggregate::Min | Aggregate::Max => score * weight,
        }
    }

    /// Combines the result so far and the next source's weighted score. As in Redis, infinity and its
    /// negative add up to 0, and a product that is not a number does not count.
    fn combine(self, result: f64, next: f64) -> f64 {
        match self {
            Aggregate::Sum | Aggregate::Count => number_or_0(result + next),
            Aggregate::Min if next < result => next,
            Aggregate::Max if next > result => next,
            Aggregate::Min | Aggregate::Max => result,
        }
    }
}

fn number_or_0(score: f64) -> f64 {
    if score.is_nan() { 0.0 } else { score }
}

/// Sources with their weights, the smallest one first. Redis combines scores in this order, and the
/// order can change a sum's last bits.
#[derive(Clone, Debug)]
pub(super) struct Sources<'a> {
    sources: Vec<(Source<'a>, f64)>,
    aggregate: Aggregate,
}

impl<'a> Sources<'a> {
    /// `weights` has as many elements as `sources`.
    pub(super) fn new(
        sources: Vec<Source<'a>>,
        weights: &[f64],
        aggregate: Aggregate,
    ) -> Sources<'a> {
        let mut sources: Vec<_> = sources.into_iter().zip(weights.iter().copied()).collect();
        sources.sort_by_key(|(source, _)| source.len());
        Sources { sources, aggregate }
    }

    /// Returns the members that all sources have.
    pub(super) fn intersection(&self) -> impl Iterator<Item = (Member<'a>, f64)> {
        let (first, others) = match self.sources.split_first() {
            Some((first, others)) => (*first, others),
            None => ((Source::Absent, 1.0), &[][..]),
        };
        let members = first.0.iter();
        members.filter_map(move |(member, score)| {
            let score = number_or_0(self.aggregate.weighted(score, first.1));
            let score = others.iter().try_fold(score, |result, (source, weight)| {
                let next = self.aggregate.weighted(source.score(&member)?, *weight);
                Some(self.aggregate.combine(result, next))
            });
            Some((member, score?))
        })
    }

    /// Returns the members that one of the sources has, in no order.
    pub(super) fn union(&self) -> Vec<(f64, Blob)> {
        let mut found: HashMap<Blob, f64, TableHasher> = HashMap::default();
        let Some((biggest, others)) = self.sources.split_last() else {
            return Vec::new();
        };
        for (source, weight) in others {
            for (member, score) in source.iter() {
                let score = number_or_0(self.aggregate.weighted(score, *weight));
                match found.get_mut(&Probe::new(&member) as &dyn Key) {
                    Some(result) => *result = self.aggregate.combine(*result, score),
                    None => {
                        found.insert(BlobRef::from(&member).to_blob(), score);
                    }
                }
            }
        }
        // Most members are in the biggest source, which needs no table.
        let mut union = Vec::with_capacity(biggest.0.len() + found.len());
        for (member, score) in biggest.0.iter() {
            let score = number_or_0(self.aggregate.weighted(score, biggest.1));
            union.push(match found.remove_entry(&Probe::new(&member) as &dyn Key) {
                Some((member, result)) => (self.aggregate.combine(result, score), member),
                None => (score, BlobRef::from(&member).to_blob()),
            });
        }
        union.extend(found.into_iter().map(|(member, score)| (score, member)));
        union
    }
}

/// Returns the members that the first of `sources` has, and no other.
pub(super) fn difference(sources: &[Source], small: Small) -> ZSet {
    let Some((first, others)) = sources.split_first() else {
        return ZSet::default();
    };
    let removals = others.iter().map(|source| source.len()).sum();
    if is_lookup_cheaper(first.len(), others.len(), removals) {
        let is_left = |member: &Member| others.iter().all(|it| it.score(member).is_none());
        return collect(first.iter().filter(|(member, _)| is_left(member)), small);
    }
    let removed = others.iter().flat_map(|source| source.iter());
    let removed: HashSet<Blob, TableHasher> = removed
        .map(|(member, _)| BlobRef::from(&member).to_blob())
        .collect();
    let is_left = |member: &Member| !removed.contains(&Probe::new(member) as &dyn Key);
    collect(first.iter().filter(|(member, _)| is_left(member)), small)
}

/// Returns a sorted set of `members`, none of which comes twice.
pub(super) fn collect<'a>(members: impl Iterator<Item = (Member<'a>, f64)>, small: Small) -> ZSet {
    let members = members.map(|(member, score)| (score, BlobRef::from(&member).to_blob()));
    ZSet::new(members.collect(), small)
}
