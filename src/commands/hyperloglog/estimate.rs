//! The estimate of a cardinality from the values of the registers (O. Ertl, "New cardinality estimation
//! algorithms for HyperLogLog sketches", 2017).

use super::hash::{REGISTERS, VALUE_BITS};

/// The number of registers that have each value.
pub(super) type Histogram = [u32; 64];

/// 0.5 / ln(2).
const ALPHA: f64 = 0.721_347_520_444_481_7;
const M: f64 = REGISTERS as f64;

/// Returns the estimated number of different elements. As in Redis, registers with values that no
/// element gives make it `1 << 63`.
pub(super) fn cardinality(histogram: &Histogram) -> u64 {
    let largest = VALUE_BITS as usize;
    let count = |value: usize| f64::from(histogram[value]);
    let mut sum = M * tau((M - count(largest + 1)) / M);
    for value in (1..=largest).rev() {
        sum = (sum + count(value)) * 0.5;
    }
    sum += M * sigma(count(0) / M);
    let estimate = (ALPHA * M * M / sum).round();
    match estimate < i64::MAX as f64 {
        true => estimate as u64,
        false => 1 << 63,
    }
}

/// The share of the registers that are 0.
fn sigma(mut x: f64) -> f64 {
    if x == 1.0 {
        return f64::INFINITY;
    }
    let (mut y, mut z) = (1.0, x);
    loop {
        x *= x;
        let before = z;
        z += x * y;
        y += y;
        if z == before {
            return z;
        }
    }
}

/// The share of the registers that have the largest value.
fn tau(mut x: f64) -> f64 {
    if x == 0.0 || x == 1.0 {
        return 0.0;
    }
    let (mut y, mut z) = (1.0, 1.0 - x);
    loop {
        x = x.sqrt();
        let before = z;
        y *= 0.5;
        z -= (1.0 - x).powi(2) * y;
        if z == before {
            return z / 3.0;
        }
    }
}
