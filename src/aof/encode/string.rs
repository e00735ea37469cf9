//! A string as a SET.

use std::io;

use super::pieces::Pieces;
use crate::store::blob::{Blob, BlobRef};
use crate::store::types::Moment;

/// Adds the SET that makes `key`.
pub(super) fn add(
    pieces: &mut Pieces,
    key: &[u8],
    value: &Blob,
    expires_at: Option<Moment>,
) -> io::Result<()> {
    let length = if expires_at.is_some() { 5 } else { 3 };
    pieces.begin(length, &[b"SET", key]);
    pieces.word(BlobRef::from(value));
    if let Some(at) = expires_at {
        pieces.word(BlobRef::from(&b"PXAT"[..]));
        pieces.word(BlobRef::from(at.to_string().as_bytes()));
    }
    pieces.end()
}
