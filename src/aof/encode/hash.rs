//! A hash as HSETs of its fields, and HPEXPIREATs of the fields that have a time.

use std::io;

use super::pieces::{PIECE_BYTES, Pieces};
use crate::config::limits::FIELDS_PER_COMMAND;
use crate::store::types::hash::Hash;
use crate::store::types::{Element, Facts};

/// Adds the commands that set the fields of `hash` at `key`.
pub(super) fn add(pieces: &mut Pieces, key: &[u8], hash: &Hash) -> io::Result<()> {
    let mut group = Vec::with_capacity(FIELDS_PER_COMMAND);
    let mut bytes = 0;
    for field in hash.elements() {
        bytes += field.name.len() + field.value.len();
        group.push(field);
        if group.len() == FIELDS_PER_COMMAND || bytes >= PIECE_BYTES {
            set(pieces, key, &group)?;
            group.clear();
            bytes = 0;
        }
    }
    if !group.is_empty() {
        set(pieces, key, &group)?;
    }
    for field in hash.elements() {
        if let Some(at) = field.expires_at {
            let at = at.to_string();
            let (at, name) = (at.as_bytes(), field.name.bytes());
            pieces.command(&[b"HPEXPIREAT", key, at, b"FIELDS", b"1", name])?;
        }
    }
    Ok(())
}

fn set(pieces: &mut Pieces, key: &[u8], fields: &[Element]) -> io::Result<()> {
    pieces.begin(2 + 2 * fields.len(), &[b"HSET", key]);
    for field in fields {
        pieces.word(field.name);
        pieces.word(field.value);
    }
    pieces.end()
}
