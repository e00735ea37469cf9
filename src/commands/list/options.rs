//! What the commands on lists have in common: the base of their rows, and the two ends.

use crate::commands::table::{Argument, Category, Command};
use crate::commands::{ReplyError, error};
use crate::store::types::list::End;

/// A row of this group, to build others on.
pub(super) const ROW: Command = Command {
    categories: &[Category::List],
    group: "list",
    ..Command::ROW
};

pub(super) const ELEMENT: Argument = Argument::new("element", "string");

const ENDS: &[Argument] = &[
    Argument::word("left", "LEFT"),
    Argument::word("right", "RIGHT"),
];
/// The end of LMPOP.
pub(super) const WHERE: Argument = Argument::one_of("where", ENDS);
/// The ends of LMOVE.
pub(super) const WHERE_FROM: Argument = Argument::one_of("wherefrom", ENDS);
pub(super) const WHERE_TO: Argument = Argument::one_of("whereto", ENDS);

/// Parses `LEFT` or `RIGHT`, in any case.
pub(super) fn end(word: &[u8]) -> Result<End, ReplyError> {
    if word.eq_ignore_ascii_case(b"left") {
        Ok(End::Left)
    } else if word.eq_ignore_ascii_case(b"right") {
        Ok(End::Right)
    } else {
        Err(error::SYNTAX)
    }
}
