//! Whole numbers of any length, with the arithmetic that [`float`](crate::num::float) needs for
//! numbers beyond 128 bits.
//!
//! The methods are those taught in school, digit by digit. A digit ("limb") has 32 bits. The
//! longest number has about 750 of them. Knows nothing of fractions.

use std::cmp::Ordering;

const LIMB_BITS: usize = u32::BITS as usize;

/// A whole number, not negative.
pub(super) struct Big {
    /// The limbs, the lowest first. The last one is not zero, so zero has no limbs.
    limbs: Vec<u32>,
}

impl Big {
    pub(super) fn new(value: u64) -> Big {
        let mut big = Big {
            limbs: vec![value as u32, (value >> LIMB_BITS) as u32],
        };
        big.trim();
        big
    }

    /// Multiplies this by `factor` and adds `addend`.
    pub(super) fn multiply_add(&mut self, factor: u32, addend: u32) {
        let mut carry = u64::from(addend);
        for limb in &mut self.limbs {
            carry += u64::from(*limb) * u64::from(factor);
            *limb = carry as u32;
            carry >>= LIMB_BITS;
        }
        if carry > 0 {
            self.limbs.push(carry as u32);
        }
    }

    /// Multiplies this by `base` to the power of `exponent`. `base` must be small, so that a limb
    /// can hold some of its powers. More of them make this faster.
    pub(super) fn multiply_power(&mut self, base: u32, exponent: u32) {
        let step = u32::MAX.ilog(base);
        for _ in 0..exponent / step {
            self.multiply_add(base.pow(step), 0);
        }
        self.multiply_add(base.pow(exponent % step), 0);
    }

    pub(super) fn shift_left(&mut self, bits: usize) {
        self.multiply_add(1 << (bits % LIMB_BITS), 0);
        let zeros = if self.is_zero() { 0 } else { bits / LIMB_BITS };
        self.limbs.splice(..0, std::iter::repeat_n(0, zeros));
    }

    /// Returns the highest bits of the quotient and the power of two that they are multiplied by.
    /// If lower bits are cut off that are not zero, the lowest returned bit is set, as
    /// [`Extended::round`](crate::num::extended::Extended::round) needs it.
    ///
    /// This is long division in base two. `divisor` must not be zero.
    pub(super) fn quotient(mut self, mut divisor: Big) -> (u128, i32) {
        const QUOTIENT_BITS: i32 = 68;
        let (length, divisor_length) = (self.bit_length(), divisor.bit_length());
        self.shift_left(divisor_length.saturating_sub(length));
        divisor.shift_left(length.saturating_sub(divisor_length));
        // The remainder is less than twice the divisor, here and after each round.
        let mut quotient = 0;
        for _ in 0..QUOTIENT_BITS {
            quotient <<= 1;
            if self.compare(&divisor).is_ge() {
                self.subtract(&divisor);
                quotient |= 1;
            }
            self.shift_left(1);
        }
        let inexact = u128::from(!self.is_zero());
        let exponent = length as i32 - divisor_length as i32 - (QUOTIENT_BITS - 1);
        (quotient | inexact, exponent)
    }

    /// Returns all decimal digits.
    pub(super) fn into_text(mut self) -> String {
        const NINE_DIGITS: u32 = 1_000_000_000;
        let mut groups = vec![self.divide(NINE_DIGITS)];
        while !self.is_zero() {
            groups.push(self.divide(NINE_DIGITS));
        }
        let mut groups = groups.into_iter().rev();
        let first = groups.next().map(|group| group.to_string());
        first
            .into_iter()
            .chain(groups.map(|group| format!("{group:09}")))
            .collect()
    }

    /// Divides this by `divisor` and returns the remainder.
    fn divide(&mut self, divisor: u32) -> u32 {
        let mut remainder = 0;
        for limb in self.limbs.iter_mut().rev() {
            let dividend = remainder << LIMB_BITS | u64::from(*limb);
            *limb = (dividend / u64::from(divisor)) as u32;
            remainder = dividend % u64::from(divisor);
        }
        self.trim();
        remainder as u32
    }

    /// Subtracts `other`, which must not be greater.
    fn subtract(&mut self, other: &Big) {
        let mut borrow = false;
        let others = other.limbs.iter().chain(std::iter::repeat(&0));
        for (limb, other) in self.limbs.iter_mut().zip(others) {
            let (difference, first) = limb.overflowing_sub(*other);
            let (difference, second) = difference.overflowing_sub(u32::from(borrow));
            *limb = difference;
            borrow = first || second;
        }
        debug_assert!(!borrow, "the subtrahend is greater");
        self.trim();
    }

    fn compare(&self, other: &Big) -> Ordering {
        let by_length = self.limbs.len().cmp(&other.limbs.len());
        by_length.then_with(|| self.limbs.iter().rev().cmp(other.limbs.iter().rev()))
    }

    fn is_zero(&self) -> bool {
        self.limbs.is_empty()
    }

    /// Returns the position of the highest set bit, counted from 1.
    fn bit_length(&self) -> usize {
        let unused = self.limbs.last().map_or(0, |limb| limb.leading_zeros());
        self.limbs.len() * LIMB_BITS - unused as usize
    }

    fn trim(&mut self) {
        while self.limbs.last() == Some(&0) {
            self.limbs.pop();
        }
    }
}
