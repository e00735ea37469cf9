//! HyperLogLogs: strings that estimate the number of different elements.

use super::table::Command;

/// The rows of this group, file by file.
pub(super) const TABLES: &[&[Command]] = &[];
