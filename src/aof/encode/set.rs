//! A set as SADDs of its members.

use std::io;

use super::pieces::Pieces;
use crate::store::types::Facts;
use crate::store::types::set::Set;

/// Adds the commands that add the members of `set` at `key`.
pub(super) fn add(pieces: &mut Pieces, key: &[u8], set: &Set) -> io::Result<()> {
    let members = set.elements().map(|member| [member.name]);
    pieces.commands(&[b"SADD", key], members)
}
