//! Numbers that look random, and what the environment says about a test.

use std::hash::{BuildHasher, RandomState};

/// The same numbers for the same seed.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        // Seeds that are neighbours must not begin alike, and none may begin with 0.
        let spread = seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        Random((spread ^ (spread >> 32)) | 1)
    }

    /// A number from 0 to `below - 1`.
    pub(crate) fn next(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % below
    }

    /// A number that counts something, from 0 to `below - 1`.
    pub(crate) fn index(&mut self, below: usize) -> usize {
        self.next(below as u64) as usize
    }

    /// One of `choices`.
    pub(crate) fn pick<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.index(choices.len())]
    }

    /// Bytes of any kind, up to `most` of them.
    pub(crate) fn bytes(&mut self, most: usize) -> Vec<u8> {
        let length = self.index(most + 1);
        (0..length).map(|_| self.next(256) as u8).collect()
    }
}

/// The seed of a test: another one each time, unless the environment's SEED names it.
/// It is printed, which cargo shows only if the test fails.
pub(crate) fn seed() -> u64 {
    let seed = from_environment("SEED", RandomState::new().hash_one("seed"));
    println!("again with SEED={seed}");
    seed
}

/// A number that the environment may name.
pub(crate) fn from_environment(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().expect("a number"))
}
