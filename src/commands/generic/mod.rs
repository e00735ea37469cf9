//! Keys of any type.

mod dump;
mod expire;
mod keys;
pub(super) mod object;
mod scan;
mod sort;

use super::table::Command;

/// The rows of this group, file by file.
pub(super) const TABLES: &[&[Command]] = &[
    dump::COMMANDS,
    expire::COMMANDS,
    keys::COMMANDS,
    object::COMMANDS,
    scan::COMMANDS,
    sort::COMMANDS,
];
