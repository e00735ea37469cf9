//! Sorted sets: members in the order of their scores.

use super::table::Command;

/// The rows of this group, file by file.
pub(super) const TABLES: &[&[Command]] = &[];
