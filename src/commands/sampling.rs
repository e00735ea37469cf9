//! Random elements of a collection, each with the same probability: HRANDFIELD, SRANDMEMBER, SPOP.

use std::collections::HashSet;

use super::table::error::ReplyError;
use crate::store::random;

/// The error for a count that a reply cannot have.
pub(super) const OUT_OF_RANGE: ReplyError = ReplyError::Fixed("ERR value is out of range");

/// One random draw costs as much as walking past this many elements. If the walk is cheaper than
/// all draws, draws from a list.
const WALKED_PER_DRAW: usize = 32;

/// Upper bound of the bytes of a reply that may repeat elements. Redis has no limit, and can run
/// out of memory.
const MOST_BYTES: usize = 512 * 1024 * 1024;

/// Returns whether to draw `count` elements from a list of all `len`, instead of one by one.
pub(super) fn is_walk_short(count: usize, len: usize) -> bool {
    count.saturating_mul(WALKED_PER_DRAW) >= len
}

/// Returns `count` elements of `all` in their order, or all if there are not more.
pub(super) fn select<T>(all: Vec<T>, count: usize) -> Vec<T> {
    let mut selection = Selection::new(all.len(), count);
    all.into_iter().filter(|_| selection.next()).collect()
}

/// Selects elements of a walk, so that each subset of that size has the same probability.
pub(super) struct Selection {
    ahead: usize,
    wanted: usize,
}

impl Selection {
    /// Begins to select `count` of `all` elements.
    pub(super) fn new(all: usize, count: usize) -> Selection {
        Selection {
            ahead: all,
            wanted: count.min(all),
        }
    }

    /// Returns whether the next element is selected.
    pub(super) fn next(&mut self) -> bool {
        let is_selected = self.wanted > 0 && random::below(self.ahead) < self.wanted;
        self.ahead -= 1;
        self.wanted -= usize::from(is_selected);
        is_selected
    }
}

/// Draws `count` different elements. An element is the one that has the same `place`. There should
/// be many more than `count`, so that one is hardly ever drawn twice.
pub(super) fn different<T>(
    count: usize,
    draw: impl Fn() -> T,
    place: impl Fn(&T) -> *const u8,
) -> Vec<T> {
    let mut places = HashSet::new();
    let mut drawn = Vec::with_capacity(count);
    while drawn.len() < count {
        let element = draw();
        if places.insert(place(&element)) {
            drawn.push(element);
        }
    }
    drawn
}

/// Draws `count` elements, which may repeat. `bytes` returns how many an element adds to the reply.
///
/// # Errors
/// If the reply is too long.
pub(super) fn repeated<T>(
    count: usize,
    draw: impl Fn() -> T,
    bytes: impl Fn(&T) -> usize,
) -> Result<Vec<T>, ReplyError> {
    let mut drawn = Vec::new();
    let mut all_bytes = 0;
    for _ in 0..count {
        let element = draw();
        all_bytes += bytes(&element);
        if all_bytes > MOST_BYTES {
            return Err(OUT_OF_RANGE);
        }
        drawn.push(element);
    }
    Ok(drawn)
}
