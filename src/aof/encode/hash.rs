//! A hash as HSETs of its fields, and HPEXPIREATs of the fields that have a time.

use std::io;

use super::pieces::Pieces;
use crate::store::types::hash::Hash;

/// Adds the commands that set the fields of `hash` at `key`.
pub(super) fn add(pieces: &mut Pieces, key: &[u8], hash: &Hash) -> io::Result<()> {
    let fields = hash.all().map(|field| [field.name, field.value]);
    pieces.commands(&[b"HSET", key], fields)?;
    for field in hash.all() {
        if let Some(at) = field.expires_at {
            let at = at.to_string();
            let (at, name) = (at.as_bytes(), field.name.bytes());
            pieces.command(&[b"HPEXPIREAT", key, at, b"FIELDS", b"1", name])?;
        }
    }
    Ok(())
}
