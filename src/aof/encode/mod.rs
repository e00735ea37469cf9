//! A value as the commands that make it, for a fresh file.
//!
//! Commands are gathered and handed on in pieces, so that a value of any size takes no more
//! memory than a piece. A big hash is encoded part by part. Each part is released when its
//! commands are encoded, because a write to a shared part copies it.

use std::io;

use super::rewrite::PIECE_BYTES;
use crate::config::limits::FIELDS_PER_COMMAND;
use crate::resp::output::Output;
use crate::store::blob::{Blob, BlobRef};
use crate::store::types::hash::{Field, Parts};
use crate::store::types::{Entry, Moment, Value};

/// A hash of at least this many fields is encoded after all other keys have been released.
const BIG_FIELDS: usize = 1000;

/// Gathers commands, and has `write` write them whenever they make a piece, which empties it.
pub(super) struct Encoder<'a, W> {
    pub(super) piece: &'a mut Output,
    pub(super) write: W,
}

/// A key whose value is encoded later, without what it lies beside.
pub(super) struct Big {
    key: Blob,
    fields: Parts,
    expires_at: Option<Moment>,
}

impl Big {
    /// A hash of many fields. Holds its parts, but not the hash itself.
    pub(super) fn of(key: &Blob, entry: &Entry) -> Option<Big> {
        match entry.value() {
            Value::Hash(hash) if hash.all_len() >= BIG_FIELDS => Some(Big {
                key: key.clone(),
                fields: hash.parts(),
                expires_at: entry.expires_at(),
            }),
            _ => None,
        }
    }
}

impl<W: FnMut(&mut Output) -> io::Result<()>> Encoder<'_, W> {
    /// Adds the commands that make `key` what it is.
    pub(super) fn add(&mut self, key: &Blob, entry: &Entry) -> io::Result<()> {
        match entry.value() {
            Value::String(value) => self.add_string(key, value, entry.expires_at()),
            Value::Hash(hash) => {
                self.add_fields(key, hash.all())?;
                self.add_expiry(key, entry.expires_at())
            }
        }
    }

    /// The same for what was put off.
    pub(super) fn add_big(&mut self, big: Big) -> io::Result<()> {
        for part in big.fields {
            self.add_fields(&big.key, part.iter())?;
        }
        self.add_expiry(&big.key, big.expires_at)
    }

    fn add_string(
        &mut self,
        key: &Blob,
        value: &Blob,
        expires_at: Option<Moment>,
    ) -> io::Result<()> {
        let words = if expires_at.is_some() { 5 } else { 3 };
        self.piece.push_header(b'*', words);
        self.piece.push_bulk(b"SET");
        self.piece.push_bulk(key);
        self.push_blob(value.into());
        if let Some(at) = expires_at {
            self.piece.push_bulk(b"PXAT");
            self.piece.push_bulk(at.to_string().as_bytes());
        }
        self.end_command()
    }

    fn add_expiry(&mut self, key: &Blob, expires_at: Option<Moment>) -> io::Result<()> {
        if let Some(at) = expires_at {
            let at = at.to_string();
            self.piece.push_command(&[b"PEXPIREAT", key, at.as_bytes()]);
            self.end_command()?;
        }
        Ok(())
    }

    fn add_fields<'a>(
        &mut self,
        key: &Blob,
        fields: impl Iterator<Item = Field<'a>> + Clone,
    ) -> io::Result<()> {
        let mut group = Vec::with_capacity(FIELDS_PER_COMMAND);
        let mut bytes = 0;
        for field in fields.clone() {
            group.push(field);
            bytes += field.name.len() + field.value.len();
            if group.len() == FIELDS_PER_COMMAND || bytes >= PIECE_BYTES {
                self.add_hset(key, &group)?;
                group.clear();
                bytes = 0;
            }
        }
        if !group.is_empty() {
            self.add_hset(key, &group)?;
        }
        for field in fields {
            if let Some(at) = field.expires_at {
                let at = at.to_string();
                let (at, name) = (at.as_bytes(), field.name.bytes());
                let words: [&[u8]; 6] = [b"HPEXPIREAT", key, at, b"FIELDS", b"1", name];
                self.piece.push_command(&words);
                self.end_command()?;
            }
        }
        Ok(())
    }

    /// Adds an HSET of `fields`.
    fn add_hset(&mut self, key: &Blob, fields: &[Field<'_>]) -> io::Result<()> {
        self.piece.push_header(b'*', 2 + 2 * fields.len() as i64);
        self.piece.push_bulk(b"HSET");
        self.piece.push_bulk(key);
        for field in fields {
            self.push_blob(field.name);
            self.push_blob(field.value);
        }
        self.end_command()
    }

    /// Appends a bulk string; big ones are not copied.
    fn push_blob(&mut self, blob: BlobRef) {
        match blob {
            BlobRef::Big(bytes) => self.piece.push_bulk_shared(bytes),
            BlobRef::Bytes(bytes) => self.piece.push_bulk(bytes),
        }
    }

    fn end_command(&mut self) -> io::Result<()> {
        if self.piece.len() < PIECE_BYTES {
            return Ok(());
        }
        (self.write)(self.piece)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Small;
    use crate::store::types::hash::Hash;

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
        let write = |piece: &mut Output| {
            (count, total) = (count + 1, total + piece.len());
            longest = longest.max(piece.len());
            piece.clear();
            Ok(())
        };
        let mut encoder = Encoder {
            piece: &mut piece,
            write,
        };
        match Big::of(&key, entry) {
            Some(big) => encoder.add_big(big).unwrap(),
            None => encoder.add(&key, entry).unwrap(),
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
