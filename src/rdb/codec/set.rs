//! Sets, as Redis writes them in a hash table.

use super::version::REDIS_7_0;
use crate::rdb::error::BadFormat;
use crate::rdb::reader::Reader;
use crate::rdb::writer::Writer;
use crate::store::blob::BlobRef;
use crate::store::types::set::Set;

/// The type byte.
pub(super) const KIND: u8 = 2;

/// Writes type and set. Returns the version of the format.
pub(super) fn write(writer: &mut Writer, set: &Set) -> u16 {
    writer.bytes(&[KIND]);
    writer.length(set.len() as u64);
    for member in set.iter() {
        writer.string(&member);
    }
    REDIS_7_0
}

/// Reads what follows the type. A set of at most `most_integers` integers is an intset.
pub(super) fn read(reader: &mut Reader<'_>, most_integers: usize) -> Result<Set, BadFormat> {
    let mut set = Set::default();
    for _ in 0..reader.length()? {
        if !set.insert(BlobRef::from(&reader.string()?[..]), most_integers) {
            return Err(BadFormat);
        }
    }
    match set.is_empty() {
        true => Err(BadFormat),
        false => Ok(set),
    }
}
