//! The result of checking a file.

use std::collections::BTreeSet;
use std::fmt;

use super::replay::Damage;

/// The result of a check.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The length of the file in bytes.
    pub size: u64,
    /// The good part.
    pub good: Extent,
    /// The databases that the file selects.
    pub databases: BTreeSet<u16>,
    /// Why the good part ends before the file, if it does.
    pub fault: Option<Fault>,
    /// Where the fault was found: at the end of the good part or behind it.
    pub(super) found_at: u64,
    /// The good part up to the last checksum that was right.
    pub(super) covered: Extent,
    /// Whether the bytes behind it must be covered by further checksums.
    pub(super) is_covered: bool,
}

/// A part of the file, from its beginning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    /// Its length in bytes.
    pub bytes: u64,
    /// The commands in it.
    pub commands: u64,
    /// The transactions in it.
    pub transactions: u64,
    /// The number of its bytes that checksums cover.
    pub checksummed: u64,
}

/// Why the good part ends before the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The file ends within a command or a transaction, as after a crash.
    Torn,
    /// The file holds bytes that no server has written there.
    Damaged(Damage),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Torn => f.write_str("it ends within a command or a transaction"),
            Fault::Damaged(damage) => write!(f, "{damage}"),
        }
    }
}
