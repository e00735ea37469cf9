//! The checksum by multiplication of polynomials, which processors of this kind have had since
//! 2010: PCLMULQDQ multiplies two of 64 coefficients.
//!
//! A checksum is what the bytes, as one long polynomial, leave when they are divided by ours.
//! So a block of it can be replaced by anything that leaves the same. A block of 16 bytes
//! that `D` bits follow up to the end of the next one is folded onto that:
//!
//! ```text
//!   |-- high --|-- low --|  ...  |-- next --|        64 coefficients are 8 bytes
//!         x^(D+64)      x^D              1
//!
//!   next + high * (x^(D+64) mod P) + low * (x^D mod P)
//! ```
//!
//! What is left in the end are 16 bytes for all. Four such sums are kept, each of every
//! fourth block, since a product takes a while and several can be under way.
//!
//! After V. Gopal et al., "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ
//! Instruction" (Intel, 2009).

use std::arch::is_x86_feature_detected;
use std::arch::x86_64::{
    __m128i, _mm_clmulepi64_si128, _mm_cvtsi128_si64, _mm_set_epi64x, _mm_unpackhi_epi64,
    _mm_xor_si128,
};

use super::{by_tables, times_x};

const BLOCK_BITS: usize = 128;

/// How many sums are kept.
const SUMS: usize = 4;

/// What the halves of a block are multiplied by to be folded onto another.
struct Factors {
    high: u64,
    low: u64,
}

impl Factors {
    /// For the block that is `blocks` further on. With the order of bits that this checksum
    /// has, a product comes out multiplied by x, so these have one x less.
    const fn over(blocks: usize) -> Factors {
        let distance = blocks * BLOCK_BITS;
        Factors {
            high: power_of_x(distance + 64 - 1),
            low: power_of_x(distance - 1),
        }
    }
}

const fn power_of_x(exponent: usize) -> u64 {
    let mut power = 1 << 63;
    let mut count = 0;
    while count < exponent {
        power = times_x(power);
        count += 1;
    }
    power
}

const OVER_ONE: Factors = Factors::over(1);
const OVER_ALL: Factors = Factors::over(SUMS);

/// As [`super::crc64`]; `None` if the processor cannot do this, or it is not worth it.
#[allow(unsafe_code)]
pub(super) fn crc64(crc: u64, bytes: &[u8]) -> Option<u64> {
    let (blocks, rest) = bytes.as_chunks();
    let (rows, blocks) = blocks.as_chunks();
    let (first, rows) = rows.split_first()?;
    if !is_x86_feature_detected!("pclmulqdq") {
        return None;
    }
    // SAFETY: the processor has the instruction that the function may use.
    let left = unsafe { fold(crc, first, rows, blocks) };
    Some(by_tables(by_tables(0, &left), rest))
}

/// 16 bytes that leave what all blocks do, after `crc`.
#[target_feature(enable = "pclmulqdq")]
fn fold(
    crc: u64,
    first: &[[u8; 16]; SUMS],
    rows: &[[[u8; 16]; SUMS]],
    blocks: &[[u8; 16]],
) -> [u8; 16] {
    let mut sums = first.map(|block| load(u128::from_le_bytes(block)));
    sums[0] = _mm_xor_si128(sums[0], load(crc.into()));
    for row in rows {
        for (sum, block) in sums.iter_mut().zip(row) {
            *sum = onto(load(u128::from_le_bytes(*block)), *sum, &OVER_ALL);
        }
    }
    let [first, others @ ..] = sums;
    let blocks = blocks.iter().map(|block| load(u128::from_le_bytes(*block)));
    let sum = others
        .into_iter()
        .chain(blocks)
        .fold(first, |sum, block| onto(block, sum, &OVER_ONE));
    store(sum).to_le_bytes()
}

/// Folds `block` onto `next`. The first of its bytes have the high powers of x.
#[target_feature(enable = "pclmulqdq")]
fn onto(next: __m128i, block: __m128i, factors: &Factors) -> __m128i {
    let factors = load(u128::from(factors.low) << 64 | u128::from(factors.high));
    let high = _mm_clmulepi64_si128(block, factors, 0x00);
    let low = _mm_clmulepi64_si128(block, factors, 0x11);
    _mm_xor_si128(next, _mm_xor_si128(high, low))
}

#[target_feature(enable = "pclmulqdq")]
fn load(block: u128) -> __m128i {
    _mm_set_epi64x((block >> 64) as i64, block as i64)
}

#[target_feature(enable = "pclmulqdq")]
fn store(block: __m128i) -> u128 {
    let first = _mm_cvtsi128_si64(block) as u64;
    let last = _mm_cvtsi128_si64(_mm_unpackhi_epi64(block, block)) as u64;
    u128::from(last) << 64 | u128::from(first)
}
