//! A sorted set as ZADDs of its members.

use std::io;

use super::pieces::{Pieces, Word};
use crate::num::double;
use crate::store::blob::BlobRef;
use crate::store::types::zset::ZSet;

/// A score's text, or a member.
enum Part<'a> {
    Score(String),
    Member(BlobRef<'a>),
}

impl Word for Part<'_> {
    fn blob(&self) -> BlobRef<'_> {
        match self {
            Part::Score(text) => BlobRef::from(text.as_bytes()),
            Part::Member(member) => *member,
        }
    }
}

/// Adds the commands that add the members of `zset` at `key`.
pub(super) fn add(pieces: &mut Pieces, key: &[u8], zset: &ZSet) -> io::Result<()> {
    let members = zset.iter();
    let pairs = members.map(|it| [Part::Score(double::text(it.score)), Part::Member(it.member)]);
    pieces.commands(&[b"ZADD", key], pairs)
}
