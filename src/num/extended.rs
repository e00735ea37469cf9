//! The numbers INCRBYFLOAT adds: C's `long double` as x86 has it, in software.
//!
//! Redis computes in the 80-bit extended format of the x87: 64 bits of significand,
//! where f64 has 53. This is why 0.1 + 0.2 gives 0.3 there, and 0.30000000000000004 in
//! f64. Rust has no such type, so here it is, with the one operation that is needed.
//!
//! Owns the format, its rounding and its addition. Refuses to know how a number is
//! spelled; that is [`float`](super::float)'s.

use std::ops::Add;

/// The exponent of the smallest numbers. Those below 2^63 times this are subnormal: they
/// have fewer bits of significand, since the exponent can't fall any further.
const MIN_EXPONENT: i32 = -16_445;

/// The exponent of the greatest numbers.
const MAX_EXPONENT: i32 = 16_320;

/// The number of bits of a significand.
const SIGNIFICAND_BITS: i32 = 64;

/// The number `significand` * 2^`exponent`, or infinity. There is no NaN, and zero has
/// no sign: no reply of Redis's would show it.
///
/// The highest bit of the significand is set, unless the exponent is the smallest, so
/// that equal numbers have equal fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extended {
    negative: bool,
    significand: u64,
    exponent: i32,
}

impl Extended {
    /// What a key or field that does not exist counts as.
    pub const ZERO: Extended = Extended {
        negative: false,
        significand: 0,
        exponent: MIN_EXPONENT,
    };

    pub(super) fn infinity(negative: bool) -> Extended {
        Extended {
            negative,
            significand: 1 << (SIGNIFICAND_BITS - 1),
            exponent: MAX_EXPONENT + 1,
        }
    }

    /// Whether this is a number, and not one of the infinities.
    pub fn is_finite(self) -> bool {
        self.exponent <= MAX_EXPONENT
    }

    pub(super) fn is_zero(self) -> bool {
        self.significand == 0
    }

    pub(super) fn is_negative(self) -> bool {
        self.negative
    }

    /// The significand and the power of two it is multiplied by.
    pub(super) fn parts(self) -> (u64, i32) {
        (self.significand, self.exponent)
    }

    /// The number next to `bits` * 2^`exponent`, the even one of two that are equally
    /// near; infinity if that is too great, zero if it is too small.
    ///
    /// `bits` is below 2^127. Who has more bits than that passes the highest of them,
    /// at least 66, with the lowest set if any of the others is: this leaves the number
    /// on its side of the middle between two neighbours.
    pub(super) fn round(negative: bool, bits: u128, exponent: i32) -> Extended {
        if bits == 0 {
            return Extended::ZERO;
        }
        let length = bits.ilog2() as i32 + 1;
        let rounded_exponent = (exponent + length - SIGNIFICAND_BITS).max(MIN_EXPONENT);
        let rounded = match exponent - rounded_exponent {
            left @ 0.. => bits << left,
            right => shift_right(bits, right.unsigned_abs()),
        };
        // Rounding up all ones takes one bit more, and leaves zeros.
        let (rounded, rounded_exponent) = match u64::try_from(rounded) {
            Ok(0) => return Extended::ZERO,
            Ok(significand) => (significand, rounded_exponent),
            Err(_) => ((rounded >> 1) as u64, rounded_exponent + 1),
        };
        if rounded_exponent > MAX_EXPONENT {
            return Extended::infinity(negative);
        }
        Extended {
            negative,
            significand: rounded,
            exponent: rounded_exponent,
        }
    }
}

/// The sum, correctly rounded. It is infinite if it is too great or an operand is
/// infinite, even where it would be NaN, as the reply is the same.
impl Add for Extended {
    type Output = Extended;

    fn add(self, other: Extended) -> Extended {
        if !self.is_finite() || !other.is_finite() {
            return Extended::infinity(self.negative);
        }
        let (high, low) = if self.exponent >= other.exponent {
            (self, other)
        } else {
            (other, self)
        };
        // To add them, both need one exponent. The higher number can be moved by this
        // many bits without loss. If that is not enough to reach the lower one, this is
        // moved the other way, and what it loses is far below the sum's last bit.
        const ROOM: i32 = 62;
        let distance = high.exponent - low.exponent;
        let moved = distance.min(ROOM);
        let high_bits = i128::from(high.significand) << moved;
        let low_bits = shift_right_sticky(low.significand, (distance - moved) as u32);
        let sum = high.signed(high_bits) + low.signed(low_bits.into());
        Extended::round(sum < 0, sum.unsigned_abs(), high.exponent - moved)
    }
}

impl Extended {
    fn signed(self, bits: i128) -> i128 {
        if self.negative { -bits } else { bits }
    }
}

/// `bits` / 2^`by`, rounded to the nearest, the even one of two that are equally near.
/// `bits` is below 2^127.
pub(super) fn shift_right(bits: u128, by: u32) -> u128 {
    match by {
        0 => bits,
        1..128 => {
            let kept = bits >> by;
            let lost = bits - (kept << by);
            let half = 1 << (by - 1);
            let up = lost > half || (lost == half && kept % 2 == 1);
            kept + u128::from(up)
        }
        _ => 0,
    }
}

/// `bits` / 2^`by`, rounded down, with the lowest bit set if any was lost.
fn shift_right_sticky(bits: u64, by: u32) -> u64 {
    let kept = bits.checked_shr(by).unwrap_or(0);
    let lost = kept.checked_shl(by).unwrap_or(0) != bits;
    kept | u64::from(lost)
}
