//! HyperLogLogs: strings that estimate the number of different elements.
//!
//! | file | content |
//! |---|---|
//! | `hash` | the register of an element, and its value |
//! | `header`, `dense`, `sparse` | the bytes of a string, which are those of Redis |
//! | `estimate` | the cardinality from the values of the registers |
//! | `sketch` | a string as a whole: add, merge, count |
//! | `basic`, `debug`, `self_test` | the commands |

mod basic;
mod debug;
mod dense;
mod estimate;
mod hash;
mod header;
mod self_test;
mod sketch;
mod sparse;

use super::table::Command;

/// The rows of this group, file by file.
pub(super) const TABLES: &[&[Command]] = &[basic::COMMANDS, debug::COMMANDS, self_test::COMMANDS];
