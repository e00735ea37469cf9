//! Lists, as Redis 2.6 to 3.0 writes them.

use super::version::REDIS_7_0;
use crate::rdb::error::BadFormat;
use crate::rdb::reader::Reader;
use crate::rdb::writer::Writer;
use crate::store::blob::BlobRef;
use crate::store::types::list::{End, List};

/// The type byte.
pub(super) const KIND: u8 = 1;

/// Writes type and list. Returns the version of the format.
pub(super) fn write(writer: &mut Writer, list: &List) -> u16 {
    writer.bytes(&[KIND]);
    writer.length(list.len() as u64);
    for element in list.iter() {
        writer.string(&element);
    }
    REDIS_7_0
}

/// Reads what follows the type.
pub(super) fn read(reader: &mut Reader<'_>) -> Result<List, BadFormat> {
    let mut list = List::default();
    for _ in 0..reader.length()? {
        list.push(End::Right, BlobRef::from(&reader.string()?[..]));
    }
    match list.is_empty() {
        true => Err(BadFormat),
        false => Ok(list),
    }
}
