//! Hashes: fields with values. Each field may have a time to live.

mod access;
mod basic;
mod changes;
mod counters;
mod expiry;
mod listing;
mod options;
mod random;
mod scan;

use super::table::Command;

/// The rows of this group, file by file.
pub(super) const TABLES: &[&[Command]] = &[
    access::COMMANDS,
    basic::COMMANDS,
    counters::COMMANDS,
    expiry::COMMANDS,
    listing::COMMANDS,
    random::COMMANDS,
    scan::COMMANDS,
];
