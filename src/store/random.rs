//! Random numbers. Their start cannot be foreseen; nothing here needs more than that.

use std::cell::Cell;
use std::hash::{BuildHasher, RandomState};

thread_local! {
    /// The standard library's only source of randomness is the seed of its hasher.
    static STATE: Cell<u64> = Cell::new(RandomState::new().hash_one(0u8));
}

/// Any number of 64 bits: `SplitMix64` (G. Steele, D. Lea, C. Flood, 2014).
pub fn number() -> u64 {
    let state = STATE.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
    STATE.set(state);
    let mut mixed = state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// Any number below `bound`, which is not 0.
pub fn below(bound: usize) -> usize {
    ((u128::from(number()) * bound as u128) >> 64) as usize
}
