//! Scripts and functions, which this server does not have yet.

mod function;

use super::table::Command;

/// The rows of this group, file by file.
pub(super) const TABLES: &[&[Command]] = &[function::COMMANDS];
