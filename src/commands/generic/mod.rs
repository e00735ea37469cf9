//! Keys of any type.

mod dump;
pub(super) mod expire;
pub(super) mod keys;
pub(super) mod object;
pub(super) mod scan;

use super::table::Command;

/// The rows of this group, file by file.
pub(super) const TABLES: &[&[Command]] = &[
    dump::COMMANDS,
    expire::COMMANDS,
    keys::COMMANDS,
    object::COMMANDS,
    scan::COMMANDS,
];
