//! Sorted sets.

use super::version::REDIS_7_0;
use crate::config::Small;
use crate::rdb::error::BadFormat;
use crate::rdb::reader::Reader;
use crate::rdb::writer::Writer;
use crate::store::blob::BlobRef;
use crate::store::types::zset::ZSet;

/// Members with scores of eight bytes.
const TABLE: u8 = 5;

/// The type bytes.
pub(super) const KINDS: [u8; 1] = [TABLE];

/// Writes type and sorted set. Returns the version of the format.
pub(super) fn write(writer: &mut Writer, zset: &ZSet) -> u16 {
    writer.bytes(&[TABLE]);
    writer.length(zset.len() as u64);
    for it in zset.iter_back_from(zset.len().saturating_sub(1)) {
        writer.string(&it.member);
        writer.bytes(&it.score.to_le_bytes());
    }
    REDIS_7_0
}

/// Reads a sorted set of this type.
pub(super) fn read(_kind: u8, reader: &mut Reader<'_>, small: Small) -> Result<ZSet, BadFormat> {
    let mut zset = ZSet::default();
    for _ in 0..reader.length()? {
        let member = reader.string()?;
        let score = f64::from_le_bytes(reader.array()?);
        let is_new = !score.is_nan()
            && zset
                .insert(BlobRef::from(member.as_ref()), score, small)
                .is_none();
        if !is_new {
            return Err(BadFormat);
        }
    }
    match zset.is_empty() {
        true => Err(BadFormat),
        false => Ok(zset),
    }
}
