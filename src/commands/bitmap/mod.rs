//! Bitmaps: the bits of strings, and small integers in them.

mod basic;
mod bitfield;
pub mod bits;

use super::table::Command;

/// The rows of this group, file by file.
pub(super) const TABLES: &[&[Command]] = &[basic::COMMANDS, bitfield::COMMANDS];
