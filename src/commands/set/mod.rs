//! Sets: members without values.

pub(super) mod algebra;
mod basic;
mod combine;
mod random;
mod scan;

use super::Call;
use super::table::{Category, Command};
use crate::store::types::set::Set;

/// The rows of this group, file by file.
pub(super) const TABLES: &[&[Command]] = &[
    basic::COMMANDS,
    combine::COMMANDS,
    random::COMMANDS,
    scan::COMMANDS,
];

/// A row of this group.
const ROW: Command = Command {
    categories: &[Category::Set],
    group: "set",
    since: "1.0.0",
    ..Command::ROW
};

/// Returns the upper bound of the integers of an intset.
fn most_integers(call: &Call) -> usize {
    call.state.thresholds().intset_entries
}

/// Replies with all members of `set`.
fn reply_all(call: &mut Call, set: &Set) {
    call.reply.set(set.len());
    for member in set.iter() {
        call.reply_blob(&member);
    }
}
