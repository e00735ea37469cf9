//! Positions in an ordered value, as indexes of a request name them. A negative index counts from the
//! end.

use std::ops::Range;

/// Returns the position of the element at `index` among `length`, if there is one.
pub(super) fn position(index: i64, length: usize) -> Option<usize> {
    let from_start = if index < 0 {
        index + length as i64
    } else {
        index
    };
    usize::try_from(from_start).ok().filter(|it| *it < length)
}

/// Returns the positions from `start` to `stop`, both included, among `length` elements. The range
/// may be empty.
pub(super) fn range(start: i64, stop: i64, length: usize) -> Range<usize> {
    let length = length as i64;
    let from_start = |index: i64| if index < 0 { index + length } else { index };
    let start = from_start(start).clamp(0, length);
    let end = from_start(stop).saturating_add(1).clamp(start, length);
    start as usize..end as usize
}
