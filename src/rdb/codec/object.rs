//! One value, without the type byte before it: which types there are, and how each is
//! laid out.

use std::num::NonZeroU64;

use crate::rdb::fields::{Fields, expiry};
use crate::rdb::legacy::ziplist;
use crate::rdb::reader::Reader;
use crate::rdb::writer::Writer;
use crate::rdb::{BadFormat, Field, Object, RestoreError, listpack};

/// The type byte of a string.
pub(super) const STRING: u8 = 0;
const HASH: u8 = 4;
pub(super) const HASH_ZIPLIST: u8 = 13;
pub(super) const HASH_LISTPACK: u8 = 16;
const HASH_METADATA: u8 = 24;
const HASH_LISTPACK_EX: u8 = 25;

/// The version that Redis 7.0 writes.
pub(super) const REDIS_7_0: u16 = 10;

/// The version that Redis 7.4 writes, the first whose fields expire.
pub(super) const REDIS_7_4: u16 = 12;

/// Reads a value of the type that the byte `kind` stands for, and leaves `reader`
/// behind it.
pub fn read_object(kind: u8, reader: &mut Reader<'_>) -> Result<Object, RestoreError> {
    let fields = match kind {
        STRING => return Ok(Object::String(reader.string()?.into_owned())),
        HASH => read_fields(reader, |_| Ok(None)),
        HASH_METADATA => {
            let first_ms = u64::from_le_bytes(reader.array()?);
            read_fields(reader, |reader| after(first_ms, reader.length()?))
        }
        HASH_ZIPLIST => Fields::of_elements(ziplist::elements(&reader.string()?)?, false),
        HASH_LISTPACK => Fields::of_elements(listpack::elements(&reader.string()?)?, false),
        HASH_LISTPACK_EX => {
            // When the first field expires; the fields say that themselves.
            reader.array::<8>()?;
            Fields::of_elements(listpack::elements(&reader.string()?)?, true)
        }
        _ => return Err(unsupported(kind)),
    };
    Ok(Object::Hash(fields?))
}

fn unsupported(kind: u8) -> RestoreError {
    RestoreError::Unsupported(match kind {
        1 | 10 | 14 | 18 => "list",
        2 | 11 | 20 => "set",
        3 | 5 | 12 | 17 => "zset",
        6 | 7 => "module",
        9 => "zipmap",
        15 | 19 | 21 => "stream",
        _ => return RestoreError::BadFormat,
    })
}

/// Reads a count and that many fields, each with what `read_expiry` reads before it.
fn read_fields<'a>(
    reader: &mut Reader<'a>,
    read_expiry: impl Fn(&mut Reader<'a>) -> Result<Option<NonZeroU64>, BadFormat>,
) -> Result<Vec<Field>, BadFormat> {
    let count = reader.length()?;
    let mut fields = Fields::default();
    for _ in 0..count {
        let expires_at_ms = read_expiry(reader)?;
        fields.push(Field {
            name: reader.string()?.into_owned(),
            value: reader.string()?.into_owned(),
            expires_at_ms,
        })?;
    }
    fields.finish()
}

/// The time that is `distance - 1` after the first; never if `distance` is 0.
fn after(first_ms: u64, distance: u64) -> Result<Option<NonZeroU64>, BadFormat> {
    match distance.checked_sub(1) {
        None => Ok(None),
        Some(later) => expiry(first_ms.checked_add(later).ok_or(BadFormat)?),
    }
}

/// How a hash is written.
#[derive(Clone, Copy)]
pub(super) enum HashLayout {
    /// In a listpack, as Redis keeps one so small.
    Listpack,
    /// Names and values.
    Table,
    /// Names, values and times, the first of which this is.
    Expiring { first_ms: NonZeroU64 },
}

impl HashLayout {
    /// The layout for these fields.
    pub(super) fn of<'a>(
        is_small: bool,
        fields: impl Iterator<Item = (&'a [u8], &'a [u8], Option<NonZeroU64>)>,
    ) -> HashLayout {
        match fields.filter_map(|(_, _, at)| at).min() {
            Some(first_ms) => HashLayout::Expiring { first_ms },
            None if is_small => HashLayout::Listpack,
            None => HashLayout::Table,
        }
    }

    /// The type byte.
    pub(super) fn kind(self) -> u8 {
        match self {
            HashLayout::Listpack => HASH_LISTPACK,
            HashLayout::Table => HASH,
            HashLayout::Expiring { .. } => HASH_METADATA,
        }
    }

    /// The oldest version of the format that has it.
    pub(super) fn version(self) -> u16 {
        match self {
            HashLayout::Listpack | HashLayout::Table => REDIS_7_0,
            HashLayout::Expiring { .. } => REDIS_7_4,
        }
    }
}

/// Writes a hash in the layout for its fields.
pub(super) fn write_hash<'a>(
    writer: &mut Writer,
    layout: HashLayout,
    fields: impl ExactSizeIterator<Item = (&'a [u8], &'a [u8], Option<NonZeroU64>)>,
) {
    match layout {
        HashLayout::Listpack => {
            let mut listpack = listpack::Builder::new();
            for (name, value, _) in fields {
                listpack.push(name);
                listpack.push(value);
            }
            writer.string(&listpack.finish());
        }
        HashLayout::Table => {
            writer.length(fields.len() as u64);
            for (name, value, _) in fields {
                writer.string(name);
                writer.string(value);
            }
        }
        HashLayout::Expiring { first_ms } => {
            writer.bytes(&first_ms.get().to_le_bytes());
            writer.length(fields.len() as u64);
            for (name, value, expires_at_ms) in fields {
                writer.length(expires_at_ms.map_or(0, |at| at.get() - first_ms.get() + 1));
                writer.string(name);
                writer.string(value);
            }
        }
    }
}
