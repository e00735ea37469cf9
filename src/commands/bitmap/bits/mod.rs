//! Counts, finds and combines the bits of strings.
//!
//! Bit 0 is the highest bit of the first byte, as in all bit commands of Redis. Owns the arithmetic;
//! knows no requests and no keys.

pub mod field;

use std::ops::RangeInclusive;

/// The number of bytes of a result that are computed at a time. They stay in the fastest cache until
/// the last string has been combined.
const BLOCK_BYTES: usize = 8 * 1024;

/// Returns the bit at `offset`. Bits behind the end are zero.
pub fn get(bytes: &[u8], offset: usize) -> bool {
    let byte = bytes.get(offset / 8).copied().unwrap_or_default();
    byte & mask_of(offset) != 0
}

/// Sets or clears the bit at `offset`.
///
/// # Panics
/// If it is behind the end.
pub fn set(bytes: &mut [u8], offset: usize, bit: bool) {
    let byte = &mut bytes[offset / 8];
    if bit {
        *byte |= mask_of(offset);
    } else {
        *byte &= !mask_of(offset);
    }
}

fn mask_of(offset: usize) -> u8 {
    0x80 >> (offset % 8)
}

/// Appends zeros up to `length` bytes.
pub fn grow(bytes: &mut Vec<u8>, length: usize) {
    if length / 2 > bytes.len() {
        // The system provides memory with zeros, so that most of it need not be written here.
        let mut grown = vec![0; length];
        grown[..bytes.len()].copy_from_slice(bytes);
        *bytes = grown;
    } else if length > bytes.len() {
        bytes.resize(length, 0);
    }
}

/// Counts the bits that are set in a range of `bytes`.
///
/// ```
/// assert_eq!(threadbare::commands::bitmap::bits::count(b"\xff\x01", 4..=15), 5);
/// ```
///
/// # Panics
/// If the range is empty or ends behind the end.
pub fn count(bytes: &[u8], part: RangeInclusive<usize>) -> usize {
    let (first, last) = part.into_inner();
    let bytes = &bytes[first / 8..=last / 8];
    let before = !(0xff >> (first % 8)) & bytes[0];
    let behind = (0x7f >> (last % 8)) & bytes[bytes.len() - 1];
    ones(bytes) - (before.count_ones() + behind.count_ones()) as usize
}

fn ones(bytes: &[u8]) -> usize {
    let (words, rest) = bytes.as_chunks();
    let words = words.iter().map(|word| u64::from_ne_bytes(*word));
    let in_words: usize = words.map(|word| word.count_ones() as usize).sum();
    let in_rest: u32 = rest.iter().map(|byte| byte.count_ones()).sum();
    in_words + in_rest as usize
}

/// Finds the first bit with the value `bit` in a range of `bytes`.
///
/// ```
/// assert_eq!(threadbare::commands::bitmap::bits::position(b"\x0f\xf0", true, 6..=15), Some(6));
/// ```
///
/// # Panics
/// If the range is empty or ends behind the end.
pub fn position(bytes: &[u8], bit: bool, part: RangeInclusive<usize>) -> Option<usize> {
    let (first, last) = part.into_inner();
    let bytes = &bytes[first / 8..=last / 8];
    // A byte without such a bit. XOR with it turns the search into one for a bit that is set.
    let other = if bit { 0x00 } else { 0xff };
    let head = (bytes[0] ^ other) & (0xff >> (first % 8));
    let (index, byte) = if head != 0 {
        (0, head)
    } else {
        let index = 1 + position_of_other(&bytes[1..], other)?;
        (index, bytes[index] ^ other)
    };
    let found = (first / 8 + index) * 8 + byte.leading_zeros() as usize;
    (found <= last).then_some(found)
}

/// Finds the first byte that differs from `byte`.
fn position_of_other(bytes: &[u8], byte: u8) -> Option<usize> {
    let (words, _) = bytes.as_chunks::<8>();
    let skipped = words.iter().take_while(|word| **word == [byte; 8]).count() * 8;
    let rest = bytes[skipped..].iter();
    Some(skipped + rest.into_iter().position(|it| *it != byte)?)
}

/// An operation of BITOP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// The bits that are set in all strings.
    And,
    /// The bits that are set in any string.
    Or,
    /// The bits that are set in an odd number of strings.
    Xor,
    /// The bits that are not set in the only string.
    Not,
    /// The bits that are set in the first string and in no other.
    Diff,
    /// The bits that are set in another string than the first, and not in the first.
    Diff1,
    /// The bits that are set in the first string and in another one.
    AndOr,
    /// The bits that are set in exactly one string.
    One,
}

impl Operation {
    /// Returns the result, which is as long as the longest of `strings`. Zeros are appended to
    /// shorter ones.
    pub fn combine(self, strings: &[&[u8]]) -> Vec<u8> {
        let length = strings.iter().map(|it| it.len()).max().unwrap_or(0);
        let mut result = Vec::with_capacity(length);
        while result.len() < length {
            let start = result.len();
            let end = length.min(start + BLOCK_BYTES);
            let mut parts = strings.iter().map(|it| part(it, start, end));
            result.extend_from_slice(parts.next().unwrap_or_default());
            result.resize(end, 0);
            self.finish(&mut result[start..], parts);
        }
        result
    }

    /// Combines `block`, a part of the first string, with the same part of the others.
    fn finish<'a>(self, block: &mut [u8], others: impl Iterator<Item = &'a [u8]>) {
        match self {
            Operation::Not => block.iter_mut().for_each(|byte| *byte = !*byte),
            Operation::And => others.for_each(|other| {
                block[other.len()..].fill(0);
                each(block, other, |byte, other| byte & other);
            }),
            Operation::Or => {
                others.for_each(|other| each(block, other, |byte, other| byte | other))
            }
            Operation::Xor => {
                others.for_each(|other| each(block, other, |byte, other| byte ^ other));
            }
            Operation::Diff => each(block, &any(others), |byte, any| byte & !any),
            Operation::Diff1 => each(block, &any(others), |byte, any| !byte & any),
            Operation::AndOr => each(block, &any(others), |byte, any| byte & any),
            Operation::One => {
                let mut repeated = [0; BLOCK_BYTES];
                for other in others {
                    let seen = repeated.iter_mut().zip(&*block).zip(other);
                    seen.for_each(|((repeated, byte), other)| *repeated |= byte & other);
                    each(block, other, |byte, other| byte ^ other);
                }
                each(block, &repeated, |byte, repeated| byte & !repeated);
            }
        }
    }
}

/// Replaces each byte of `block` by the result of `combine` with the byte of `other`, as far as both
/// go. The compiler turns the loop into vector instructions.
#[inline]
fn each(block: &mut [u8], other: &[u8], combine: impl Fn(u8, u8) -> u8) {
    for (byte, other) in block.iter_mut().zip(other) {
        *byte = combine(*byte, *other);
    }
}

/// Returns the bits that are set in any of `parts`, each of which is at most a block.
fn any<'a>(parts: impl Iterator<Item = &'a [u8]>) -> [u8; BLOCK_BYTES] {
    let mut any = [0; BLOCK_BYTES];
    parts.for_each(|part| each(&mut any, part, |any, byte| any | byte));
    any
}

/// Returns the bytes from `start` to `end`, as far as they exist.
fn part(bytes: &[u8], start: usize, end: usize) -> &[u8] {
    &bytes[start.min(bytes.len())..end.min(bytes.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns pseudo-random bytes for `seed`, with long runs of zeros and ones.
    fn bytes(length: usize, seed: u64) -> Vec<u8> {
        let mut state = seed;
        let mut byte = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            match state >> 60 {
                0 => (state >> 40) as u8,
                1..8 => 0xff,
                _ => 0,
            }
        };
        (0..length).map(|_| byte()).collect()
    }

    #[test]
    fn bits_are_counted_and_found_as_if_one_by_one() {
        for length in [1, 2, 7, 8, 9, 31] {
            let bytes = bytes(length, length as u64);
            for first in 0..8 * length {
                for last in first..8 * length {
                    let all = first..=last;
                    let set = |offset: &usize| get(&bytes, *offset);
                    assert_eq!(count(&bytes, first..=last), all.clone().filter(set).count());
                    assert_eq!(position(&bytes, true, first..=last), all.clone().find(set));
                    let clear = |offset: &usize| !set(offset);
                    assert_eq!(
                        position(&bytes, false, first..=last),
                        all.clone().find(clear)
                    );
                }
            }
        }
    }

    #[test]
    fn a_bit_is_set_and_cleared_among_its_neighbours() {
        let mut bytes = [0; 2];
        set(&mut bytes, 0, true);
        set(&mut bytes, 15, true);
        set(&mut bytes, 9, true);
        assert_eq!(bytes, [0x80, 0x41]);
        set(&mut bytes, 15, false);
        assert_eq!(bytes, [0x80, 0x40]);
        assert!(get(&bytes, 0) && !get(&bytes, 15) && !get(&bytes, 16));
    }

    #[test]
    fn what_grows_keeps_its_bytes() {
        let mut bytes = vec![7];
        for length in [0, 1, 2, 3, 4, 5, 1_000, 1_001, 5] {
            let before = bytes.len();
            grow(&mut bytes, length);
            assert_eq!(bytes.len(), before.max(length));
            assert_eq!(bytes[0], 7);
            assert!(bytes[1..].iter().all(|byte| *byte == 0));
        }
    }

    #[test]
    fn strings_are_combined_as_if_byte_by_byte() {
        let strings = [10, BLOCK_BYTES + 5, 0, 3 * BLOCK_BYTES].map(|length| bytes(length, 3));
        let all: Vec<&[u8]> = strings.iter().map(Vec::as_slice).collect();
        let at = |string: &[u8], index: usize| string.get(index).copied().unwrap_or(0);
        for strings in [&all[..], &all[..2], &all[1..2], &all[2..3]] {
            let length = strings.iter().map(|string| string.len()).max().unwrap();
            let fold = |operation: fn(u8, u8) -> u8| -> Vec<u8> {
                let column = |index| strings.iter().map(move |string| at(string, index));
                (0..length)
                    .map(|index| column(index).reduce(operation).unwrap())
                    .collect()
            };
            assert_eq!(Operation::And.combine(strings), fold(|a, b| a & b));
            assert_eq!(Operation::Or.combine(strings), fold(|a, b| a | b));
            assert_eq!(Operation::Xor.combine(strings), fold(|a, b| a ^ b));
        }
        let inverse: Vec<u8> = strings[1].iter().map(|byte| !byte).collect();
        assert_eq!(Operation::Not.combine(&all[1..2]), inverse);
    }

    #[test]
    fn the_first_string_is_compared_with_the_others_bit_by_bit() {
        type Rule = fn(bool, usize) -> bool;
        let rules: [(Operation, Rule); 4] = [
            (Operation::Diff, |first, others| first && others == 0),
            (Operation::Diff1, |first, others| !first && others > 0),
            (Operation::AndOr, |first, others| first && others > 0),
            (Operation::One, |first, others| {
                usize::from(first) + others == 1
            }),
        ];
        let lengths = [BLOCK_BYTES + 5, 10, 2 * BLOCK_BYTES, 0, BLOCK_BYTES];
        let strings = (1..).zip(lengths).map(|(seed, length)| bytes(length, seed));
        let strings: Vec<Vec<u8>> = strings.collect();
        let all: Vec<&[u8]> = strings.iter().map(Vec::as_slice).collect();
        for strings in [&all[..], &all[1..], &all[3..], &all[..2]] {
            let length = strings.iter().map(|string| string.len()).max().unwrap();
            for (operation, rule) in rules {
                let result = operation.combine(strings);
                assert_eq!(result.len(), length);
                for offset in 0..8 * length {
                    let others = strings[1..].iter().filter(|it| get(it, offset)).count();
                    let expected = rule(get(strings[0], offset), others);
                    assert_eq!(get(&result, offset), expected, "{operation:?} {offset}");
                }
            }
        }
    }
}
