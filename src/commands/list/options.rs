//! What the commands on lists have in common: the base of their rows, the two ends, and indexes
//! that count from either end.

use std::ops::Range;

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

/// Returns the position of the element at `index` among `length`, if there is one. A negative
/// index counts from the end.
pub(super) fn position(index: i64, length: usize) -> Option<usize> {
    let from_start = if index < 0 {
        index + length as i64
    } else {
        index
    };
    usize::try_from(from_start).ok().filter(|it| *it < length)
}

/// Returns the positions from `start` to `stop`, both included, among `length` elements. Negative
/// indexes count from the end. The range may be empty.
pub(super) fn range(start: i64, stop: i64, length: usize) -> Range<usize> {
    let length = length as i64;
    let from_start = |index: i64| if index < 0 { index + length } else { index };
    let start = from_start(start).clamp(0, length);
    let end = from_start(stop).saturating_add(1).clamp(start, length);
    start as usize..end as usize
}
