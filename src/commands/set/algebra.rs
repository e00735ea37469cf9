//! Intersection, union and difference of sets. An absent key is an empty set.
//!
//! A result begins as Redis's does, as an empty intset, so OBJECT ENCODING of a stored result and
//! the order of integers agree with Redis.

use std::cmp::Reverse;
use std::ptr;

use crate::store::types::set::{Member, Set};

/// Returns the members that all of `sets` have, in the order of the smallest one.
pub(super) fn intersection<'a>(sets: &[Option<&'a Set>]) -> impl Iterator<Item = Member<'a>> {
    let sets: Option<Vec<&Set>> = sets.iter().copied().collect();
    let mut sets = sets.unwrap_or_default();
    sets.sort_by_key(|set| set.len());
    let smallest = sets.first().copied();
    sets.retain(|set| smallest.is_some_and(|smallest| !ptr::eq(*set, smallest)));
    let members = smallest.into_iter().flat_map(Set::iter);
    members.filter(move |member| sets.iter().all(|set| set.contains(member)))
}

/// Returns the members that one of `sets` has. At most `most_integers` integers are an intset.
pub(super) fn union(sets: &[Option<&Set>], most_integers: usize) -> Set {
    let mut sets: Vec<&Set> = sets.iter().copied().flatten().collect();
    sets.sort_by_key(|set| Reverse(set.len()));
    let Some((biggest, others)) = sets.split_first() else {
        return Set::default();
    };
    let mut union = copy(biggest, most_integers);
    for set in others.iter().filter(|set| !ptr::eq(**set, *biggest)) {
        union.insert_all(set.iter(), most_integers);
    }
    union
}

/// Returns the members that the first of `sets` has, and no other. See [`union`].
pub(super) fn difference(sets: &[Option<&Set>], most_integers: usize) -> Set {
    let Some((Some(first), others)) = sets.split_first() else {
        return Set::default();
    };
    let mut others: Vec<&Set> = others.iter().copied().flatten().collect();
    if others.iter().any(|set| ptr::eq(*set, *first)) {
        return Set::default();
    }
    let removals = others.iter().map(|set| set.len()).sum();
    if is_lookup_cheaper(first.len(), others.len(), removals) {
        // A big set is more likely to have a member.
        others.sort_by_key(|set| Reverse(set.len()));
        let is_left = |member: &Member| !others.iter().any(|set| set.contains(member));
        return collect(first.iter().filter(is_left), most_integers);
    }
    let mut left = copy(first, most_integers);
    for member in others.iter().flat_map(|set| set.iter()) {
        if left.is_empty() {
            break;
        }
        left.remove(&member);
    }
    left
}

/// Whether to look up each of `len` members in `others` other sets, instead of removing the
/// `removals` members of all other sets. Redis decides in the same way.
pub(in crate::commands) fn is_lookup_cheaper(len: usize, others: usize, removals: usize) -> bool {
    let lookups = len.saturating_mul(1 + others) / 2;
    lookups <= len + removals
}

/// Returns a set of `members`.
pub(super) fn collect<'a>(members: impl Iterator<Item = Member<'a>>, most_integers: usize) -> Set {
    let mut set = Set::default();
    set.insert_all(members, most_integers);
    set
}

/// Returns a set of the members of `set`. A big one shares its parts.
fn copy(set: &Set, most_integers: usize) -> Set {
    match set.is_map() && set.len() > most_integers {
        true => set.clone(),
        false => collect(set.iter(), most_integers),
    }
}
