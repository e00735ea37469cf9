//! Sets: members without values.

mod algebra;
mod basic;
mod combine;
mod random;
mod scan;

use super::table::{Category, Command};

/// The rows of this group, file by file.
pub(super) const TABLES: &[&[Command]] = &[
    basic::COMMANDS,
    combine::COMMANDS,
    random::COMMANDS,
    scan::COMMANDS,
];

/// A row of this group.
const ROW: Command = Command {
    categories: &[Category::Set],
    group: "set",
    since: "1.0.0",
    ..Command::ROW
};
