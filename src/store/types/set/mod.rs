//! A set: members without values.
//!
//! A set has one of three forms, as OBJECT ENCODING tells:
//!
//! - sorted integers, while all members are integers, up to `set-max-intset-entries`: `intset`;
//! - packed texts, while members are few and short;
//! - a map of shards, as a keyspace is. Redis has a hash table for both of these: `hashtable`.
//!
//! A set goes from one form to a later one, and never back.

mod facts;
mod integers;
mod member;
mod small;

use std::iter;
use std::sync::Arc;

use super::either::Either;
use super::facts::{COPIED_BYTES, SHARD_ELEMENTS};
use super::old::Old;
use crate::store::blob::{Blob, BlobRef};
use crate::store::map::{Due, NEVER, Position, ShardMap, Walk};
use crate::store::random;
use small::{Small, View};

pub use integers::Integers;
pub use member::Member;

/// Upper bound of the integers of an intset, whatever the setting is. Redis has the same.
const MOST_INTEGERS: usize = 1 << 30;

/// The members of one set. Cloning it is cheap.
#[derive(Clone, Debug)]
pub struct Set(Repr);

#[derive(Clone, Debug)]
enum Repr {
    /// At most [`COPIED_BYTES`].
    Small(Small),
    Shared(Arc<Body>),
}

#[derive(Clone, Debug)]
enum Body {
    Small(Small),
    Map(ShardMap<()>),
}

const _: () = assert!(size_of::<Set>() == 16);

/// The members, to be read.
enum Members<'a> {
    Small(View<'a>),
    Map(&'a ShardMap<()>),
}

impl Due for () {
    const SHARD_ENTRIES: usize = SHARD_ELEMENTS;

    fn due_ms(&self) -> u64 {
        NEVER
    }
}

impl Default for Set {
    fn default() -> Self {
        Set(Repr::Small(Small::default()))
    }
}

impl Set {
    /// Makes a set of the content of an intset: integers of `width` bytes each. More than
    /// `most_integers` of them are a map. `None` unless the content is sorted, and not empty.
    pub fn of_intset(width: usize, content: &[u8], most_integers: usize) -> Option<Set> {
        let small = Small::of_integers(integers::checked(width, content)?);
        let mut set = Set(Repr::of(small));
        if set.len() > most_integers.min(MOST_INTEGERS) {
            set.map_mut();
        }
        Some(set)
    }

    /// The number of members.
    pub fn len(&self) -> usize {
        match self.members() {
            Members::Small(view) => view.len(),
            Members::Map(map) => map.len(),
        }
    }

    /// Whether there are no members.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the set is a map.
    pub fn is_map(&self) -> bool {
        matches!(self.members(), Members::Map(_))
    }

    /// The integers, if the set is an intset.
    pub fn integers(&self) -> Option<Integers<'_>> {
        match self.members() {
            Members::Small(View::Integers(integers)) => Some(integers),
            _ => None,
        }
    }

    /// Whether `member` is in the set.
    pub fn contains(&self, member: &[u8]) -> bool {
        match self.members() {
            Members::Small(view) => view.contains(member),
            Members::Map(map) => map.get(member).is_some(),
        }
    }

    /// All members: integers sorted, packed texts in the order in which they were added, others in
    /// no order.
    pub fn iter(&self) -> impl Iterator<Item = Member<'_>> + Clone {
        match self.members() {
            Members::Small(view) => Either::Left(view.iter()),
            Members::Map(map) => Either::Right(map.iter().map(stored)),
        }
    }

    /// A piece of a walk through the members: see [`ShardMap::scan`]. A small set comes in one
    /// piece, whatever `position` and `count` are.
    pub fn scan(&self, position: Position, count: usize) -> Walk<Vec<Member<'_>>> {
        match self.members() {
            Members::Small(view) => (view.iter().collect(), None),
            Members::Map(map) => {
                let (found, next) = map.scan(position, count);
                (found.into_iter().map(stored).collect(), next)
            }
        }
    }

    /// Draws a member; each has the same probability.
    pub fn random(&self) -> Option<Member<'_>> {
        match self.members() {
            Members::Small(view) if view.len() == 0 => None,
            Members::Small(view) => Some(view.get(random::below(view.len()))),
            Members::Map(map) => map.random().map(stored),
        }
    }

    /// Adds a member. Returns whether it is new. See [`Set::insert_all`].
    pub fn insert(&mut self, member: BlobRef, most_integers: usize) -> bool {
        self.insert_all(iter::once(Member::Bytes(member)), most_integers) == 1
    }

    /// Adds members. Returns how many of them are new. At most `most_integers` integers are an
    /// intset.
    pub fn insert_all<'a>(
        &mut self,
        mut members: impl Iterator<Item = Member<'a>>,
        most_integers: usize,
    ) -> usize {
        let most = most_integers.min(MOST_INTEGERS);
        let filled = self.small_mut(|small| small.insert_all(&mut members, most));
        let (added, left) = filled.unwrap_or_else(|| (0, members.next()));
        let integers = self.integers().map_or(0, Integers::len);
        if left.is_none() && (added == 0 || integers <= most) {
            return added;
        }
        let map = self.map_mut();
        let left = left.into_iter().chain(members);
        added
            + left
                .filter(|it| map.insert_ref(it.into(), ()).is_none())
                .count()
    }

    /// Removes a member. A big one is returned, to be freed.
    pub fn remove(&mut self, member: &[u8]) -> Old {
        match self.small_mut(|small| small.remove(member)) {
            Some(true) => Old::Freed,
            Some(false) => Old::Absent,
            None => match self.map_mut().remove_pair(member) {
                Some((member, ())) if member.big().is_some() => Old::Held(member),
                Some(_) => Old::Freed,
                None => Old::Absent,
            },
        }
    }

    /// Removes a random member; each has the same probability.
    pub fn pop(&mut self) -> Option<Blob> {
        if let Members::Map(map) = self.members() {
            let (member, ()) = map.random()?;
            let member = member.clone();
            return self
                .map_mut()
                .remove_pair(&member)
                .map(|(member, ())| member);
        }
        self.small_mut(|small| small.pop()).flatten()
    }

    /// Bytes held on the heap, without the members of a map.
    fn heap_bytes(&self) -> usize {
        match &self.0 {
            Repr::Small(small) => small.heap_bytes(),
            Repr::Shared(body) => match &**body {
                Body::Small(small) => size_of::<Body>() + small.heap_bytes(),
                Body::Map(_) => size_of::<Body>(),
            },
        }
    }

    fn members(&self) -> Members<'_> {
        match &self.0 {
            Repr::Small(small) => Members::Small(small.view()),
            Repr::Shared(body) => match &**body {
                Body::Small(small) => Members::Small(small.view()),
                Body::Map(map) => Members::Map(map),
            },
        }
    }

    /// Changes a small set by `change`; `None` if the set is a map. A body that is shared is copied
    /// first.
    fn small_mut<R>(&mut self, change: impl FnOnce(&mut Small) -> R) -> Option<R> {
        match &mut self.0 {
            Repr::Small(small) => {
                let result = change(small);
                if small.heap_bytes() > COPIED_BYTES {
                    self.0 = Repr::of(std::mem::take(small));
                }
                Some(result)
            }
            Repr::Shared(body) if matches!(**body, Body::Map(_)) => None,
            Repr::Shared(body) => match Arc::make_mut(body) {
                Body::Small(small) => Some(change(small)),
                Body::Map(_) => None,
            },
        }
    }

    /// The map. A small set becomes one.
    fn map_mut(&mut self) -> &mut ShardMap<()> {
        if let Members::Small(view) = self.members() {
            let mut map = ShardMap::default();
            for member in view.iter() {
                map.insert(&member, ());
            }
            self.0 = Repr::Shared(Arc::new(Body::Map(map)));
        }
        match &mut self.0 {
            Repr::Shared(body) => match Arc::make_mut(body) {
                Body::Map(map) => map,
                Body::Small(_) => unreachable!("a small set has become a map"),
            },
            Repr::Small(_) => unreachable!("a small set has become a map"),
        }
    }
}

impl Repr {
    fn of(small: Small) -> Repr {
        match small.heap_bytes() <= COPIED_BYTES {
            true => Repr::Small(small),
            false => Repr::Shared(Arc::new(Body::Small(small))),
        }
    }
}

/// The member that a map has stored.
fn stored<'a>((member, ()): (&'a Blob, &'a ())) -> Member<'a> {
    Member::from(member)
}
