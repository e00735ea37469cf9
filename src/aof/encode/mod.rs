//! Encodes a value as the commands that make it, for a fresh file.
//!
//! Commands are handed on in pieces, so that a value of any size takes no more memory than a
//! piece. A big value is encoded part by part. Each part is released when its commands are
//! encoded, because a write to a part that is still held copies it.

mod hash;
mod list;
mod pieces;
mod set;
mod string;
mod zset;

use std::io;

use crate::store::blob::Blob;
use crate::store::types::{Entry, Moment, Value};

pub(super) use pieces::PIECE_BYTES;
pub(crate) use pieces::Pieces;

/// Adds the commands that make `key`.
///
/// # Errors
/// Errors of writing a piece.
pub(crate) fn add(pieces: &mut Pieces, key: &[u8], entry: &Entry) -> io::Result<()> {
    let expires_at = entry.expires_at();
    match entry.value() {
        Value::String(value) => return string::add(pieces, key, value, expires_at),
        Value::Hash(hash) => hash::add(pieces, key, hash)?,
        Value::List(list) => list::add(pieces, key, list)?,
        Value::Set(set) => set::add(pieces, key, set)?,
        Value::ZSet(zset) => zset::add(pieces, key, zset)?,
    }
    add_time(pieces, key, expires_at)
}

fn add_time(pieces: &mut Pieces, key: &[u8], expires_at: Option<Moment>) -> io::Result<()> {
    match expires_at {
        None => Ok(()),
        Some(at) => pieces.command(&[b"PEXPIREAT", key, at.to_string().as_bytes()]),
    }
}

/// A key with a big value, to be encoded after all other keys have been released.
pub(super) struct Big {
    key: Blob,
    parts: Vec<Value>,
    expires_at: Option<Moment>,
}

impl Big {
    /// Takes a big value. Holds its parts, but not the value itself.
    pub(super) fn of(key: &Blob, entry: &Entry) -> Option<Big> {
        Some(Big {
            key: key.clone(),
            parts: entry.value().parts()?,
            expires_at: entry.expires_at(),
        })
    }

    /// As [`add`].
    pub(super) fn add(self, pieces: &mut Pieces) -> io::Result<()> {
        for part in self.parts {
            add(pieces, &self.key, &part.into())?;
        }
        add_time(pieces, &self.key, self.expires_at)
    }
}

#[cfg(test)]
mod tests {
    use super::pieces::PIECE_BYTES;
    use super::*;
    use crate::config::Small;
    use crate::resp::output::Output;
    use crate::store::blob::BlobRef;
    use crate::store::types::Moment;
    use crate::store::types::hash::{Field, Hash};

    fn hash(fields: usize, value_bytes: usize) -> Entry {
        let value = vec![b'x'; value_bytes];
        let names: Vec<String> = (0..fields).map(|it| it.to_string()).collect();
        let fields = names.iter().map(|name| Field {
            name: BlobRef::from(name.as_bytes()),
            value: BlobRef::from(&value[..]),
            expires_at: Moment::new(1 << 40),
        });
        Value::Hash(Hash::new(fields, Small::default())).into()
    }

    /// How many pieces `entry` makes, how long the longest is, and the length of all.
    fn pieces_of(entry: &Entry) -> (usize, usize, usize) {
        let key = Blob::from(&b"key"[..]);
        let mut piece = Output::default();
        let (mut count, mut longest, mut total) = (0, 0, 0);
        let mut write = |piece: &mut Output| {
            (count, total) = (count + 1, total + piece.len());
            longest = longest.max(piece.len());
            piece.clear();
            Ok(())
        };
        let mut pieces = Pieces {
            piece: &mut piece,
            write: &mut write,
        };
        match Big::of(&key, entry) {
            Some(big) => big.add(&mut pieces).unwrap(),
            None => add(&mut pieces, &key, entry).unwrap(),
        }
        (count, longest, total + piece.len())
    }

    #[test]
    fn a_big_hash_makes_many_pieces_and_none_is_big() {
        for (fields, value_bytes) in [(50_000, 10), (10_000, 1000), (500, 15_000)] {
            let (count, longest, total) = pieces_of(&hash(fields, value_bytes));
            assert!(count >= total / (2 * PIECE_BYTES), "{count} pieces");
            // A command of a piece's length may follow almost a piece; then there are the
            // lengths of its words, and its last field.
            assert!(longest < 5 * PIECE_BYTES / 2, "{longest} bytes");
        }
    }
}
