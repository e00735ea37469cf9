//! Strings: their bytes, numbers in them and ranges of them.

mod basic;
pub mod common_subsequence;
mod compare;
mod condition;
mod counters;
mod increx;
mod lcs;
mod mset;
mod number;
mod ranges;
mod set_options;
mod write;
pub mod xxh3;

use super::table::Command;

/// The rows of this group, file by file.
pub(super) const TABLES: &[&[Command]] = &[
    basic::COMMANDS,
    compare::COMMANDS,
    counters::COMMANDS,
    increx::COMMANDS,
    lcs::COMMANDS,
    mset::COMMANDS,
    ranges::COMMANDS,
];
