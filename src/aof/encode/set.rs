//! A set as SADDs of its members.

use std::io;

use super::pieces::Pieces;
use crate::store::types::set::Set;

/// Adds the commands that add the members of `set` at `key`.
pub(super) fn add(pieces: &mut Pieces, key: &[u8], set: &Set) -> io::Result<()> {
    pieces.commands(&[b"SADD", key], set.iter().map(|member| [member]))
}
