//! A list as RPUSHes of its elements.

use std::io;

use super::pieces::Pieces;
use crate::store::types::list::List;

/// Adds the commands that append the elements of `list` at `key`.
pub(super) fn add(pieces: &mut Pieces, key: &[u8], list: &List) -> io::Result<()> {
    pieces.commands(&[b"RPUSH", key], list.iter().map(|element| [element]))
}
