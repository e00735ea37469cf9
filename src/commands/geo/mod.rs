//! Positions on the earth: sorted sets whose scores are geohashes.

use super::table::Command;

/// The rows of this group, file by file.
pub(super) const TABLES: &[&[Command]] = &[];
