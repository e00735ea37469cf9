//! Registers of 6 bits each, one behind the other, the lowest bit first: four registers in three bytes.

use super::estimate::Histogram;
use super::hash::REGISTERS;
use super::header::HEAD_BYTES;

const BITS: usize = 6;
const MASK: u32 = (1 << BITS) - 1;
/// The length of a string with its head.
pub(super) const BYTES: usize = HEAD_BYTES + REGISTERS * BITS / 8;

/// Returns the value of the register `index` of a string of [`BYTES`].
pub(super) fn get(bytes: &[u8], index: usize) -> u8 {
    let (at, shift) = place(index);
    (pair(bytes, at) >> shift) as u8 & MASK as u8
}

/// Sets the register `index` of a string of [`BYTES`]. `value` has 6 bits.
pub(super) fn set(bytes: &mut [u8], index: usize, value: u8) {
    let (at, shift) = place(index);
    let pair = pair(bytes, at) & !((MASK as u16) << shift) | u16::from(value) << shift;
    let [low, high] = pair.to_le_bytes();
    bytes[at] = low;
    // The last register ends with the string.
    if let Some(byte) = bytes.get_mut(at + 1) {
        *byte = high;
    }
}

/// Returns the byte in which a register begins, and the number of its first bit.
fn place(index: usize) -> (usize, usize) {
    let bit = index * BITS;
    (HEAD_BYTES + bit / 8, bit % 8)
}

fn pair(bytes: &[u8], at: usize) -> u16 {
    let high = bytes.get(at + 1).copied().unwrap_or_default();
    u16::from_le_bytes([bytes[at], high])
}

/// Returns the values of all registers, four by four.
pub(super) fn values(bytes: &[u8]) -> impl Iterator<Item = [u8; 4]> {
    let groups = bytes[HEAD_BYTES..].as_chunks::<3>().0;
    groups.iter().map(|[a, b, c]| {
        let word = u32::from_le_bytes([*a, *b, *c, 0]);
        [0, 1, 2, 3].map(|index| (word >> (index * BITS) & MASK) as u8)
    })
}

/// Sets all registers to `values`, which have 6 bits each.
pub(super) fn set_all(bytes: &mut [u8], values: &[u8; REGISTERS]) {
    let groups = bytes[HEAD_BYTES..].as_chunks_mut::<3>().0;
    for (group, values) in groups.iter_mut().zip(values.as_chunks::<4>().0) {
        let values = values.iter().rev();
        let word = values.fold(0, |word, value| word << BITS | u32::from(*value));
        group.copy_from_slice(&word.to_le_bytes()[..3]);
    }
}

/// Counts the values of all registers. Neighbours mostly have the same value, so they are counted
/// in four places: the processor need not wait for the last addition.
pub(super) fn histogram(bytes: &[u8]) -> Histogram {
    let mut counts = [[0; 64]; 4];
    for group in values(bytes) {
        for (counts, value) in counts.iter_mut().zip(group) {
            counts[usize::from(value)] += 1;
        }
    }
    std::array::from_fn(|value| counts.iter().map(|counts| counts[value]).sum())
}
