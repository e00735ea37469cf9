//! Bitmaps: strings as rows of bits and of small integers.

mod basic;
mod bitfield;
pub mod bits;

use super::table::Command;

/// The rows of this group, file by file.
pub(super) const TABLES: &[&[Command]] = &[basic::COMMANDS, bitfield::COMMANDS];
