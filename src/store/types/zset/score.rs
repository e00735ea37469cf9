//! Scores: their order, and their bytes in a packed sorted set.
//!
//! ```text
//!   4 bytes                     a float of 32 bits
//!   8 bytes                     a float of 64 bits
//!   1, 2, 3, 5, 6 or 7 bytes    an integer
//! ```
//!
//! All are little-endian. A score takes the fewest bytes that hold it exactly.

use std::cmp::Ordering;
use std::ops::Deref;

/// Bytes of a float of 32 bits.
const SHORT: usize = size_of::<f32>();
/// Bytes of a float of 64 bits.
pub(super) const LONG: usize = size_of::<f64>();

/// The order of members. -0 and 0 are one score. Members of one score are in the order of their
/// bytes.
#[inline]
pub(super) fn order(left: (f64, &[u8]), right: (f64, &[u8])) -> Ordering {
    match left.0.partial_cmp(&right.0) {
        Some(Ordering::Equal) | None => left.1.cmp(right.1),
        Some(order) => order,
    }
}

/// The bytes of a packed score.
pub(super) struct Bytes {
    bytes: [u8; LONG],
    len: usize,
}

impl Bytes {
    /// The bytes of `score`. -0 becomes 0, as in a listpack of Redis.
    pub(super) fn new(score: f64) -> Bytes {
        let integer = score as i64;
        let len = integer_len(integer);
        let (short, mut bytes) = (score as f32, [0; LONG]);
        if integer as f64 == score && len < LONG && (len < SHORT || f64::from(short) != score) {
            let len = if len == SHORT { SHORT + 1 } else { len };
            bytes = integer.to_le_bytes();
            return Bytes { bytes, len };
        }
        if f64::from(short) == score {
            bytes[..SHORT].copy_from_slice(&short.to_le_bytes());
            return Bytes { bytes, len: SHORT };
        }
        let bytes = score.to_le_bytes();
        Bytes { bytes, len: LONG }
    }
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

/// The number of bytes that hold `integer`: at least one.
fn integer_len(integer: i64) -> usize {
    let sign_bits = if integer < 0 {
        integer.leading_ones()
    } else {
        integer.leading_zeros()
    };
    LONG - (sign_bits as usize - 1) / 8
}

/// The score that has these bytes.
pub(super) fn read(bytes: &[u8]) -> f64 {
    if let Ok(bytes) = bytes.try_into() {
        return f64::from(f32::from_le_bytes(bytes));
    }
    if let Ok(bytes) = bytes.try_into() {
        return f64::from_le_bytes(bytes);
    }
    // Shifting from the top copies the sign to all higher bits.
    let mut top = [0; LONG];
    top[LONG - bytes.len()..].copy_from_slice(bytes);
    (i64::from_le_bytes(top) >> (8 * (LONG - bytes.len()))) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_takes_the_fewest_bytes_that_hold_it() {
        for (score, len) in [
            (0.0, 1),
            (-128.0, 1),
            (127.0, 1),
            (128.0, 2),
            (-32_768.0, 2),
            (32_768.0, 3),
            (8_388_607.0, 3),
            (0.5, 4),
            (8_388_608.0, 4),
            (f64::NEG_INFINITY, 4),
            (1e20_f32.into(), 4),
            (1_700_000_001.0, 5),
            (-1_700_000_000_001.0, 6),
            (4_503_599_627_370_497.0, 7),
            (0.1, 8),
            (1e300, 8),
            (-5e-324, 8),
        ] {
            let bytes = Bytes::new(score);
            assert_eq!((bytes.len(), read(&bytes)), (len, score));
        }
        assert!(read(&Bytes::new(-0.0)).is_sign_positive());
    }

    #[test]
    fn any_score_is_read_as_it_was_written() {
        for bits in 0..63 {
            for value in [1i64 << bits, (1 << bits) - 1, (1 << bits) + 1] {
                for score in [
                    value as f64,
                    -value as f64,
                    value as f64 / 1024.0,
                    1.0 / value as f64,
                ] {
                    assert_eq!(read(&Bytes::new(score)), score);
                }
            }
        }
    }
}
