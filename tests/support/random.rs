//! Pseudo-random numbers, and numbers from environment variables.

use std::hash::{BuildHasher, RandomState};

/// Makes a generator. The same seed gives the same numbers.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        // Neighbouring seeds must not begin with similar numbers, and the state must not be 0.
        let spread = seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        Random((spread ^ (spread >> 32)) | 1)
    }

    /// Returns a number from 0 to `below - 1`.
    pub(crate) fn next(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % below
    }

    /// Returns an index from 0 to `below - 1`.
    pub(crate) fn index(&mut self, below: usize) -> usize {
        self.next(below as u64) as usize
    }

    /// Returns one of `choices`.
    pub(crate) fn pick<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.index(choices.len())]
    }

    /// Returns up to `most` random bytes.
    pub(crate) fn bytes(&mut self, most: usize) -> Vec<u8> {
        let length = self.index(most + 1);
        (0..length).map(|_| self.next(256) as u8).collect()
    }
}

/// Returns the seed of a test: the environment variable SEED, or else another one each time. Prints
/// it; cargo shows that if the test fails.
pub(crate) fn seed() -> u64 {
    let seed = from_environment("SEED", RandomState::new().hash_one("seed"));
    println!("again with SEED={seed}");
    seed
}

/// Returns a number from an environment variable.
pub(crate) fn from_environment(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().expect("a number"))
}
