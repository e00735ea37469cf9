//! Sets: members without values.

mod member;

use std::sync::Arc;

use super::facts::{Element, Facts, PIECE_BYTES, blob_bytes, table_bytes};
use crate::store::blob::{Blob, BlobRef};
use crate::store::key::Probe;
use crate::store::map::{Due, NEVER, Position, ShardMap, Walk};

pub use member::Member;

/// A set of more members is slow to free.
const QUICK_MEMBERS: usize = 64;
/// A set of at least this many members comes in parts.
const BIG_MEMBERS: usize = 1000;

/// The members of a set.
#[derive(Clone, Debug, Default)]
pub struct Set(Arc<ShardMap<()>>);

impl Due for () {
    fn due_ms(&self) -> u64 {
        NEVER
    }
}

impl Set {
    /// Adds a member. Returns whether it is new. At most `most_integers` integers are an intset.
    pub fn insert(&mut self, member: BlobRef, _most_integers: usize) -> bool {
        Arc::make_mut(&mut self.0).insert(&member, ()).is_none()
    }

    /// Removes a member. Returns whether it was there.
    pub fn remove(&mut self, member: &[u8]) -> bool {
        Arc::make_mut(&mut self.0).remove(member).is_some()
    }

    /// Whether `member` is in the set.
    pub fn contains(&self, member: &[u8]) -> bool {
        self.0.get(member).is_some()
    }

    /// All members. Those of an intset are sorted.
    pub fn iter(&self) -> impl Iterator<Item = Member<'_>> + Clone {
        self.0.iter().map(stored)
    }

    /// A piece of a walk through the members: see [`ShardMap::scan`]. A small set comes in one
    /// piece, whatever `position` and `count` are.
    pub fn scan(&self, position: Position, count: usize) -> Walk<Vec<Member<'_>>> {
        let (found, next) = self.0.scan(position, count);
        (found.into_iter().map(stored).collect(), next)
    }

    /// Draws a member; each has the same probability.
    pub fn random(&self) -> Option<Member<'_>> {
        self.0.random().map(stored)
    }

    /// Removes a random member; each has the same probability.
    pub fn pop(&mut self) -> Option<Blob> {
        let (member, ()) = self.0.random()?;
        let member = member.clone();
        self.remove(&member);
        Some(member)
    }

    /// Whether the set is a map.
    pub fn is_map(&self) -> bool {
        true
    }

    /// The number of members.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no members.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The member that a map has stored.
fn stored<'a>((member, ()): (&'a Blob, &'a ())) -> Member<'a> {
    Member::Bytes(BlobRef::from(member))
}

impl Facts for Set {
    fn type_name(&self) -> &'static str {
        "set"
    }

    fn encoding(&self) -> &'static str {
        "hashtable"
    }

    fn elements(&self) -> impl Iterator<Item = Element<'_>> {
        self.0.iter().map(|(name, ())| Element {
            name: BlobRef::from(name),
            value: BlobRef::from(&b""[..]),
            expires_at: None,
        })
    }

    fn parts(&self) -> Option<Vec<Set>> {
        let parts = self.0.parts().into_iter();
        (self.len() >= BIG_MEMBERS).then(|| parts.map(|it| Set(Arc::new(it))).collect())
    }

    fn keeps_key(&self) -> bool {
        !self.is_empty()
    }

    fn has_names(&self) -> bool {
        true
    }

    fn prefetch(&self, name: &[u8]) {
        let _ = self.0.get_probed(&Probe::new(name));
    }

    fn bytes(&self, samples: usize) -> usize {
        let sampled = self.0.iter().take(samples);
        let bytes: usize = sampled
            .map(|(member, ())| blob_bytes(member) + table_bytes::<Blob, ()>())
            .sum();
        PIECE_BYTES + bytes / self.len().min(samples).max(1) * self.len()
    }

    fn is_slow_to_free(&self) -> bool {
        self.len() > QUICK_MEMBERS
    }
}
