//! The head of a HyperLogLog, whose form is Redis's: 16 bytes before the registers.
//!
//! | bytes | content |
//! |---|---|
//! | 4 | `HYLL` |
//! | 1 | the encoding of the registers: 0 for [`dense`](super::dense), 1 for [`sparse`](super::sparse) |
//! | 3 | unused |
//! | 8 | the cardinality when it was last computed, little-endian; invalid if the last bit is set |

use crate::commands::ReplyError;

/// The error for a string without this head, or of another length than its encoding has.
pub(super) const INVALID: ReplyError =
    ReplyError::Fixed("WRONGTYPE Key is not a valid HyperLogLog string value.");
/// The error for registers that are not what the head says.
pub(super) const CORRUPTED: ReplyError =
    ReplyError::Fixed("INVALIDOBJ Corrupted HLL object detected");

const MAGIC: &[u8] = b"HYLL";
const ENCODING: usize = 4;
const CARDINALITY: usize = 8;
/// The length of the head.
pub(super) const HEAD_BYTES: usize = 16;

/// The bit of the last byte that makes the cardinality invalid.
const IS_INVALID: u8 = 0x80;

/// How the registers are encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    /// All registers, in 6 bits each.
    Dense = 0,
    /// Runs of equal registers.
    Sparse = 1,
}

impl Encoding {
    /// Returns the encoding of a string.
    ///
    /// # Errors
    /// If it has no head of a HyperLogLog.
    pub(super) fn of(bytes: &[u8]) -> Result<Encoding, ReplyError> {
        if bytes.len() < HEAD_BYTES || !bytes.starts_with(MAGIC) {
            return Err(INVALID);
        }
        match bytes[ENCODING] {
            0 => Ok(Encoding::Dense),
            1 => Ok(Encoding::Sparse),
            _ => Err(INVALID),
        }
    }
}

/// Returns the head of a HyperLogLog whose cardinality is not known.
pub(super) fn new(encoding: Encoding) -> [u8; HEAD_BYTES] {
    let mut head = [0; HEAD_BYTES];
    head[..MAGIC.len()].copy_from_slice(MAGIC);
    set_encoding(&mut head, encoding);
    invalidate(&mut head);
    head
}

/// Sets the encoding in a head.
pub(super) fn set_encoding(bytes: &mut [u8], encoding: Encoding) {
    bytes[ENCODING] = encoding as u8;
}

/// Returns the cardinality, if it has been computed since the last change.
pub(super) fn cardinality(bytes: &[u8]) -> Option<u64> {
    let field = bytes[CARDINALITY..HEAD_BYTES].try_into();
    let cardinality = u64::from_le_bytes(field.expect("8 bytes"));
    (bytes[HEAD_BYTES - 1] & IS_INVALID == 0).then_some(cardinality)
}

/// Sets the cardinality, which is then valid.
pub(super) fn set_cardinality(bytes: &mut [u8], cardinality: u64) {
    bytes[CARDINALITY..HEAD_BYTES].copy_from_slice(&cardinality.to_le_bytes());
}

/// Marks the cardinality as invalid.
pub(super) fn invalidate(bytes: &mut [u8]) {
    bytes[HEAD_BYTES - 1] |= IS_INVALID;
}
