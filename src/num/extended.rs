//! The numbers that INCRBYFLOAT and INCREX add: C's `long double` on x86, in software.
//!
//! Redis computes in the 80-bit extended format of the x87, with 64 bits of significand where f64
//! has 53. So 0.1 + 0.2 is 0.3 in Redis and 0.30000000000000004 in f64. Rust has no such type. This
//! one has only the operations that are needed: addition, subtraction and comparison.
//!
//! Owns the format, its rounding and these operations. Does not know how a number is written: that is
//! the task of [`float`](super::float).

use std::cmp::Ordering;
use std::ops::{Add, Neg, Sub};

/// The exponent of the smallest numbers. Numbers below 2^63 times this are subnormal: they have
/// fewer bits of significand, because the exponent cannot be smaller.
const MIN_EXPONENT: i32 = -16_445;

/// The exponent of the greatest numbers.
const MAX_EXPONENT: i32 = 16_320;

/// The number of bits of a significand.
const SIGNIFICAND_BITS: i32 = 64;

/// The number `significand` * 2^`exponent`, or infinity. There is no NaN, and zero has no sign: no
/// reply of Redis would show them.
///
/// The highest bit of the significand is set, unless the exponent is the smallest. So equal numbers
/// have equal fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extended {
    negative: bool,
    significand: u64,
    exponent: i32,
}

impl Extended {
    /// Zero, which a missing key or field counts as.
    pub const ZERO: Extended = Extended {
        negative: false,
        significand: 0,
        exponent: MIN_EXPONENT,
    };

    /// The greatest number: C's `LDBL_MAX`.
    pub const MAX: Extended = Extended {
        negative: false,
        significand: u64::MAX,
        exponent: MAX_EXPONENT,
    };

    /// The least number.
    pub const MIN: Extended = Extended {
        negative: true,
        ..Extended::MAX
    };

    pub(super) fn infinity(negative: bool) -> Extended {
        Extended {
            negative,
            significand: 1 << (SIGNIFICAND_BITS - 1),
            exponent: MAX_EXPONENT + 1,
        }
    }

    /// Returns whether this is not infinite.
    pub fn is_finite(self) -> bool {
        self.exponent <= MAX_EXPONENT
    }

    /// Returns the rounded product.
    pub fn times(self, factor: u32) -> Extended {
        match self.is_finite() {
            true => {
                let bits = u128::from(self.significand) * u128::from(factor);
                Extended::round(self.negative, bits, self.exponent)
            }
            false => self,
        }
    }

    /// Returns the least integer that is not below this, if it has 64 bits.
    pub fn ceil(self) -> Option<i64> {
        if self.exponent > 0 {
            return None;
        }
        let right = self.exponent.unsigned_abs();
        let whole = self.significand.checked_shr(right).unwrap_or(0);
        let has_rest = whole.checked_shl(right).unwrap_or(0) != self.significand;
        match self.negative {
            true => 0i64.checked_sub_unsigned(whole),
            false => 0i64.checked_add_unsigned(whole + u64::from(has_rest)),
        }
    }

    pub(super) fn is_zero(self) -> bool {
        self.significand == 0
    }

    pub(super) fn is_negative(self) -> bool {
        self.negative
    }

    /// Returns the nearest double: infinity if this is too great, and less exact if it is very
    /// small.
    pub fn to_f64(self) -> f64 {
        let significand = self.significand as f64;
        let value = if self.negative {
            -significand
        } else {
            significand
        };
        // Two factors, because one could be infinite, or zero, where the product is not.
        let exponent = self.exponent.clamp(-2000, 2000);
        let half = exponent / 2;
        value * 2f64.powi(half) * 2f64.powi(exponent - half)
    }

    /// Returns the significand and the exponent of the power of two.
    pub(super) fn parts(self) -> (u64, i32) {
        (self.significand, self.exponent)
    }

    /// Rounds `bits` * 2^`exponent` to the nearest number, and a tie to the even one. Returns
    /// infinity if the result is too great, zero if it is too small.
    ///
    /// `bits` must be below 2^127. A caller with more bits passes the highest ones, at least 66,
    /// and sets the lowest of them if any cut-off bit is set. That keeps the number on its side of
    /// a tie.
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
        // Rounding up a significand of all ones needs one more bit.
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

/// Returns the correctly rounded sum. It is infinite if it is too great or an operand is infinite,
/// even where it would be NaN: the reply is the same.
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
        // Both need the same exponent. The number with the higher exponent can be shifted left by
        // this many bits without loss. If that is not enough, the lower number is shifted right,
        // and the lost bits are far below the sum's last bit.
        const ROOM: i32 = 62;
        let distance = high.exponent - low.exponent;
        let shift = distance.min(ROOM);
        let high_bits = i128::from(high.significand) << shift;
        let low_bits = shift_right_sticky(low.significand, (distance - shift) as u32);
        let sum = high.signed(high_bits) + low.signed(low_bits.into());
        Extended::round(sum < 0, sum.unsigned_abs(), high.exponent - shift)
    }
}

/// Returns the number with the other sign; zero has none.
impl Neg for Extended {
    type Output = Extended;

    fn neg(self) -> Extended {
        Extended {
            negative: !self.negative && !self.is_zero(),
            ..self
        }
    }
}

/// Returns the correctly rounded difference. It is infinite where the sum would be.
impl Sub for Extended {
    type Output = Extended;

    fn sub(self, other: Extended) -> Extended {
        self + -other
    }
}

impl Ord for Extended {
    fn cmp(&self, other: &Extended) -> Ordering {
        let magnitude = |it: &Extended| (it.exponent, it.significand);
        match (self.negative, other.negative) {
            (false, false) => magnitude(self).cmp(&magnitude(other)),
            (true, true) => magnitude(other).cmp(&magnitude(self)),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
        }
    }
}

impl PartialOrd for Extended {
    fn partial_cmp(&self, other: &Extended) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Extended {
    fn signed(self, bits: i128) -> i128 {
        if self.negative { -bits } else { bits }
    }
}

/// Returns `bits` / 2^`by`, rounded to the nearest number, and a tie to the even one. `bits` must
/// be below 2^127.
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

/// Returns `bits` / 2^`by`, rounded down, with the lowest bit set if any lost bit was set.
fn shift_right_sticky(bits: u64, by: u32) -> u64 {
    let kept = bits.checked_shr(by).unwrap_or(0);
    let lost = kept.checked_shl(by).unwrap_or(0) != bits;
    kept | u64::from(lost)
}
