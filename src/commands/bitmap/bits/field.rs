//! Integers of any width at any bit of a string, as BITFIELD uses them.
//!
//! Owns the position of their bits, and the rules for overflows.

/// The width of an integer and its sign: BITFIELD's `i1` to `i64` and `u1` to `u63`. All of them fit
/// into an `i64`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Width {
    bits: u32,
    signed: bool,
}

/// The result for a number that is too great or too small.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overflow {
    /// Its lowest bits.
    Wrap,
    /// The greatest or smallest number that fits.
    Saturate,
    /// None.
    Fail,
}

/// The bytes that an integer can touch: up to 64 bits, which may begin within a byte.
const MOST_BYTES: usize = 9;

impl Width {
    /// Returns a width of `bits` bits; `None` if no integer has that many.
    pub fn new(bits: i64, signed: bool) -> Option<Width> {
        let most = if signed { 64 } else { 63 };
        let bits = u32::try_from(bits).ok()?;
        (1..=most).contains(&bits).then_some(Width { bits, signed })
    }

    /// Returns the number of bits.
    pub fn bits(self) -> usize {
        self.bits as usize
    }

    /// Returns the integer whose bits begin at `offset`. Bits behind the end are zero.
    ///
    /// ```
    /// # use threadbare::commands::bitmap::bits::field::Width;
    /// let width = Width::new(5, false).unwrap();
    /// assert_eq!(width.get(&[0b0000_0001, 0b0111_0000], 7), 0b10111);
    /// ```
    pub fn get(self, bytes: &[u8], offset: usize) -> i64 {
        self.narrow((window(bytes, offset) >> self.shift(offset)) as i64)
    }

    /// Stores `value`, which must fit, where [`Width::get`] finds it.
    ///
    /// # Panics
    /// If one of its bits would be behind the end.
    pub fn set(self, bytes: &mut [u8], offset: usize, value: i64) {
        let mask = u128::MAX >> (u128::BITS - self.bits) << self.shift(offset);
        let value = (value as u128) << self.shift(offset);
        let window = window(bytes, offset) & !mask | value & mask;
        let bytes = &mut bytes[offset / 8..=(offset + self.bits() - 1) / 8];
        bytes.copy_from_slice(&window.to_be_bytes()[..bytes.len()]);
    }

    /// Returns the number that SET stores. For an unsigned integer, a negative `value` means the
    /// great number with the same 64 bits.
    pub fn fit(self, value: i64, overflow: Overflow) -> Option<i64> {
        let (least, most) = self.limits();
        if !self.signed {
            let value = i128::from(value as u64);
            return self.resolve(value, value > most, overflow);
        }
        let value = i128::from(value);
        // Redis takes a very small number for too great, because the distance from `most` overflows
        // its 64 bits.
        let is_far = value < least && most - value > i128::from(i64::MAX);
        self.resolve(value, value > most || is_far, overflow)
    }

    /// Returns the number that INCRBY stores in place of `value`.
    pub fn add(self, value: i64, increment: i64, overflow: Overflow) -> Option<i64> {
        let sum = i128::from(value) + i128::from(increment);
        self.resolve(sum, increment > 0, overflow)
    }

    /// Returns `value`, or the number that is stored instead if it does not fit.
    fn resolve(self, value: i128, is_great: bool, overflow: Overflow) -> Option<i64> {
        let (least, most) = self.limits();
        if (least..=most).contains(&value) {
            return Some(value as i64);
        }
        match overflow {
            Overflow::Wrap => Some(self.narrow(value as i64)),
            Overflow::Saturate => Some(if is_great { most } else { least } as i64),
            Overflow::Fail => None,
        }
    }

    /// Returns the least and the greatest number that fit.
    fn limits(self) -> (i128, i128) {
        if self.signed {
            let half = 1 << (self.bits - 1);
            (-half, half - 1)
        } else {
            (0, (1 << self.bits) - 1)
        }
    }

    /// Returns the integer in the lowest bits of `value`.
    fn narrow(self, value: i64) -> i64 {
        let unused = i64::BITS - self.bits;
        if self.signed {
            value << unused >> unused
        } else {
            ((value as u64) << unused >> unused) as i64
        }
    }

    /// Returns how many bits of its window follow the integer at `offset`.
    fn shift(self, offset: usize) -> u32 {
        u128::BITS - self.bits - (offset % 8) as u32
    }
}

/// Returns the bytes from the byte of `offset` on, as a number with the first byte highest.
fn window(bytes: &[u8], offset: usize) -> u128 {
    let bytes = bytes.get(offset / 8..).unwrap_or_default();
    let length = bytes.len().min(MOST_BYTES);
    let mut window = [0; 16];
    window[..length].copy_from_slice(&bytes[..length]);
    u128::from_be_bytes(window)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::bitmap::bits::get;

    fn signed(bits: i64) -> Width {
        Width::new(bits, true).unwrap()
    }

    fn unsigned(bits: i64) -> Width {
        Width::new(bits, false).unwrap()
    }

    #[test]
    fn there_are_integers_of_one_to_64_bits() {
        for (bits, with_sign, without) in [
            (0, false, false),
            (1, true, true),
            (63, true, true),
            (64, true, false),
            (65, false, false),
            (-1, false, false),
            (1 << 32 | 8, false, false),
        ] {
            assert_eq!(Width::new(bits, true).is_some(), with_sign);
            assert_eq!(Width::new(bits, false).is_some(), without);
        }
    }

    #[test]
    fn what_is_set_is_got_and_its_neighbours_stay() {
        for bits in 1..=64 {
            for offset in 0..20 {
                let width = signed(bits);
                let end = offset + width.bits();
                for around in [0, 0xff] {
                    let mut bytes = vec![around; end.div_ceil(8)];
                    let value = width.narrow(0x5a5a_5a5a_5a5a_5a5a);
                    width.set(&mut bytes, offset, value);
                    assert_eq!(width.get(&bytes, offset), value);
                    let others = (0..offset).chain(end..8 * bytes.len());
                    for other in others {
                        assert_eq!(get(&bytes, other), around != 0, "bit {other}");
                    }
                }
            }
        }
    }

    #[test]
    fn bits_behind_the_end_are_zero() {
        assert_eq!(unsigned(16).get(&[0xff], 4), 0xf000);
        assert_eq!(signed(16).get(&[0xff], 4), -0x1000);
        assert_eq!(signed(64).get(&[0xff], 8), 0);
        assert_eq!(signed(64).get(&[], usize::MAX), 0);
    }

    #[test]
    fn a_sum_wraps_saturates_or_fails() {
        let at = |width: Width, value, increment| {
            [Overflow::Wrap, Overflow::Saturate, Overflow::Fail]
                .map(|overflow| width.add(value, increment, overflow))
        };
        let (min, max) = (i64::MIN, i64::MAX);
        assert_eq!(at(signed(8), 100, 27), [Some(127); 3]);
        assert_eq!(at(signed(8), 100, 28), [Some(-128), Some(127), None]);
        assert_eq!(at(signed(8), -100, -29), [Some(127), Some(-128), None]);
        assert_eq!(at(unsigned(8), 255, 2), [Some(1), Some(255), None]);
        assert_eq!(at(unsigned(8), 0, -1), [Some(255), Some(0), None]);
        assert_eq!(at(signed(64), max, 1), [Some(min), Some(max), None]);
        assert_eq!(at(signed(64), min, -1), [Some(max), Some(min), None]);
        assert_eq!(at(unsigned(63), max, 1), [Some(0), Some(max), None]);
        assert_eq!(at(signed(1), 0, 1), [Some(-1), Some(0), None]);
        assert_eq!(at(signed(8), -128, min), [Some(-128), Some(-128), None]);
    }

    #[test]
    fn what_is_set_wraps_saturates_or_fails() {
        let at = |width: Width, value| {
            [Overflow::Wrap, Overflow::Saturate, Overflow::Fail]
                .map(|overflow| width.fit(value, overflow))
        };
        assert_eq!(at(signed(8), -128), [Some(-128); 3]);
        assert_eq!(at(signed(8), 128), [Some(-128), Some(127), None]);
        assert_eq!(at(signed(8), -129), [Some(127), Some(-128), None]);
        assert_eq!(at(signed(64), i64::MIN), [Some(i64::MIN); 3]);
        // The results of redis-server.
        assert_eq!(at(unsigned(8), -1), [Some(255), Some(255), None]);
        assert_eq!(at(signed(8), i64::MIN), [Some(0), Some(127), None]);
        assert_eq!(at(signed(8), i64::MIN + 127), [Some(127), Some(127), None]);
        assert_eq!(
            at(signed(8), i64::MIN + 128),
            [Some(-128), Some(-128), None]
        );
    }
}
