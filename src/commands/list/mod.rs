//! Lists: elements in order, which are pushed and popped at both ends.

mod blocking;
mod changes;
mod moves;
mod options;
mod pop;
mod position;
mod push;
mod reads;

use super::table::Command;

/// The rows of this group, file by file.
pub(super) const TABLES: &[&[Command]] = &[
    blocking::COMMANDS,
    changes::COMMANDS,
    moves::COMMANDS,
    pop::COMMANDS,
    position::COMMANDS,
    push::COMMANDS,
    reads::COMMANDS,
];
