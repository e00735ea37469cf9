//! Scripts and functions, of which there are none.

mod function;

use super::table::Command;

/// The rows of this group, file by file.
pub(super) const TABLES: &[&[Command]] = &[function::COMMANDS];
