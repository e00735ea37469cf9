//! Lists: elements in order.

mod basic;

use super::table::Command;

/// The rows of this group, file by file.
pub(super) const TABLES: &[&[Command]] = &[basic::COMMANDS];
