//! The hash of an element: it chooses a register, and gives the value for it.

/// The bits of a hash that choose the register.
const INDEX_BITS: u32 = 14;
/// The number of registers.
pub(super) const REGISTERS: usize = 1 << INDEX_BITS;
/// The bits of a hash in which the first 1 is looked for.
pub(super) const VALUE_BITS: u32 = 64 - INDEX_BITS;

/// Redis's seed of the hash.
const SEED: u64 = 0xadc8_3b19;
const MULTIPLIER: u64 = 0xc6a4_a793_5bd1_e995;
const SHIFT: u32 = 47;

/// Returns the register of an element, and the value that the register must at least have: the position
/// of the first 1 in the rest of the hash, from 1 to 51.
pub(super) fn register_of(element: &[u8]) -> (usize, u8) {
    let hash = murmur64a(element);
    let rest = hash >> INDEX_BITS | 1 << VALUE_BITS;
    (hash as usize % REGISTERS, rest.trailing_zeros() as u8 + 1)
}

/// `MurmurHash64A` (A. Appleby, 2008).
fn murmur64a(bytes: &[u8]) -> u64 {
    let mut hash = SEED ^ (bytes.len() as u64).wrapping_mul(MULTIPLIER);
    let (words, tail) = bytes.as_chunks::<8>();
    for word in words {
        let mut word = u64::from_le_bytes(*word).wrapping_mul(MULTIPLIER);
        word ^= word >> SHIFT;
        hash = (hash ^ word.wrapping_mul(MULTIPLIER)).wrapping_mul(MULTIPLIER);
    }
    if !tail.is_empty() {
        let mut word = [0; 8];
        word[..tail.len()].copy_from_slice(tail);
        hash = (hash ^ u64::from_le_bytes(word)).wrapping_mul(MULTIPLIER);
    }
    hash = (hash ^ hash >> SHIFT).wrapping_mul(MULTIPLIER);
    hash ^ hash >> SHIFT
}
