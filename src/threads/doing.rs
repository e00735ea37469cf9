//! What a thread does, as the page shows it. A thread notes this in one word of its own memory.

/// How a thread holds the store's lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// With other readers.
    Shared,
    /// Alone, for writing.
    Alone,
}

/// The work of a thread. While it also waits, this says what it waits in the middle of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doing {
    /// Nothing of the following.
    Runs,
    /// Receives: a part of a request is there.
    Reads,
    /// Polls for the next request or for a record's commit.
    Polls,
    /// Parses requests.
    Parses,
    /// Sends replies.
    Answers,
    /// Waits for the store's lock.
    Wants(Mode),
    /// Holds the store's lock, since this time in milliseconds since 1970.
    Holds(Mode, u64),
    /// Sends records to the log and holds the lock alone, since this time in milliseconds since 1970.
    Records(u64),
}

/// Bits of the word that hold the kind of work. The others hold the time.
const KIND_BITS: u32 = 4;

impl Doing {
    /// Returns how the thread holds the store's lock, and since when in milliseconds since 1970.
    pub fn hold(self) -> Option<(Mode, u64)> {
        match self {
            Doing::Holds(mode, since_ms) => Some((mode, since_ms)),
            Doing::Records(since_ms) => Some((Mode::Alone, since_ms)),
            _ => None,
        }
    }

    #[inline]
    pub(super) fn to_word(self) -> u64 {
        match self {
            Doing::Runs => 0,
            Doing::Reads => 1,
            Doing::Polls => 2,
            Doing::Parses => 3,
            Doing::Answers => 4,
            Doing::Wants(Mode::Shared) => 5,
            Doing::Wants(Mode::Alone) => 6,
            Doing::Holds(Mode::Shared, since_ms) => since_ms << KIND_BITS | 7,
            Doing::Holds(Mode::Alone, since_ms) => since_ms << KIND_BITS | 8,
            Doing::Records(since_ms) => since_ms << KIND_BITS | 9,
        }
    }

    pub(super) fn from_word(word: u64) -> Doing {
        let since_ms = word >> KIND_BITS;
        match word & ((1 << KIND_BITS) - 1) {
            1 => Doing::Reads,
            2 => Doing::Polls,
            3 => Doing::Parses,
            4 => Doing::Answers,
            5 => Doing::Wants(Mode::Shared),
            6 => Doing::Wants(Mode::Alone),
            7 => Doing::Holds(Mode::Shared, since_ms),
            8 => Doing::Holds(Mode::Alone, since_ms),
            9 => Doing::Records(since_ms),
            _ => Doing::Runs,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_work_has_a_word_of_its_own() {
        use Mode::{Alone, Shared};
        let all = [
            Doing::Runs,
            Doing::Reads,
            Doing::Polls,
            Doing::Parses,
            Doing::Answers,
            Doing::Wants(Shared),
            Doing::Wants(Alone),
            Doing::Holds(Shared, 1 << 41),
            Doing::Holds(Alone, 1 << 41),
            Doing::Records(1 << 41),
        ];
        for doing in all {
            assert_eq!(Doing::from_word(doing.to_word()), doing);
        }
    }
}
