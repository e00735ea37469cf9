//! Transactions: MULTI, EXEC, WATCH.

mod multi;

use super::table::Command;

/// The rows of this group, file by file.
pub(super) const TABLES: &[&[Command]] = &[multi::COMMANDS];
