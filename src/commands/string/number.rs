//! The two kinds of numbers that INCREX counts in.

use std::cmp::Ordering;

use super::counters;
use crate::commands::ReplyError;
use crate::num::extended::Extended;
use crate::num::{float, integer};
use crate::resp::reply::Reply;
use crate::store::blob::Blob;

/// A kind of number.
pub(super) trait Number: Copy + Ord {
    const ZERO: Self;
    /// The bounds of a request that names none.
    const BOUNDS: (Self, Self);
    /// The end of the error for a text that is no such number.
    const IS_NONE: &str;
    /// The error for a difference that is no such number.
    const NO_DIFFERENCE: ReplyError;

    /// Parses a number. It may be infinite.
    fn parse(text: &[u8]) -> Option<Self>;

    fn is_finite(self) -> bool;

    /// Returns the sum. If it overflows, returns the side: above all numbers or below them.
    fn plus(self, other: Self) -> Result<Self, Ordering>;

    /// Returns the difference, if it is a finite number.
    fn minus(self, other: Self) -> Option<Self>;

    /// Returns the text, as a key holds it.
    fn to_blob(self) -> Blob;

    /// Appends the number to a reply.
    fn append_to(self, reply: &mut Reply);
}

impl Number for i64 {
    const ZERO: i64 = 0;
    const BOUNDS: (i64, i64) = (i64::MIN, i64::MAX);
    const IS_NONE: &str = "is not an integer or out of range";
    const NO_DIFFERENCE: ReplyError = ReplyError::Fixed("ERR applied increment would overflow");

    fn parse(text: &[u8]) -> Option<i64> {
        integer::parse(text)
    }

    fn is_finite(self) -> bool {
        true
    }

    fn plus(self, other: i64) -> Result<i64, Ordering> {
        self.checked_add(other).ok_or(other.cmp(&0))
    }

    fn minus(self, other: i64) -> Option<i64> {
        self.checked_sub(other)
    }

    fn to_blob(self) -> Blob {
        counters::to_blob(self)
    }

    fn append_to(self, reply: &mut Reply) {
        reply.integer(self);
    }
}

impl Number for Extended {
    const ZERO: Extended = Extended::ZERO;
    const BOUNDS: (Extended, Extended) = (Extended::MIN, Extended::MAX);
    const IS_NONE: &str = "is not a valid float";
    const NO_DIFFERENCE: ReplyError = ReplyError::Fixed("ERR applied increment would be Infinity");

    fn parse(text: &[u8]) -> Option<Extended> {
        float::parse(text)
    }

    fn is_finite(self) -> bool {
        Extended::is_finite(self)
    }

    fn plus(self, other: Extended) -> Result<Extended, Ordering> {
        let sum = self + other;
        match sum.is_finite() {
            true => Ok(sum),
            false => Err(sum.cmp(&Extended::ZERO)),
        }
    }

    fn minus(self, other: Extended) -> Option<Extended> {
        Some(self - other).filter(|difference| difference.is_finite())
    }

    fn to_blob(self) -> Blob {
        counters::float_to_blob(self)
    }

    fn append_to(self, reply: &mut Reply) {
        reply.double(&float::to_text(self));
    }
}
