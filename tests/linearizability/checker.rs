//! The search for an order that explains a history, after Wing & Gong (1993) and Lowe
//! (2017): try every operation that may come next, and never the same place twice.
//!
//! A place is a set of operations that have been put in order, and the state that they
//! leave. Sets are small to write because the history is sorted by the ends of its
//! operations:
//!
//! ```text
//!   done = 3     . . . x x x o ~ o o ~ o o o      x done, o to come, ~ ahead of its turn
//! ```
//!
//! All before `done` are in the set, and those ahead of their turn began before the
//! first that is missing ended. Whoever waits for one reply before asking again is ahead
//! with one operation at most. So the search holds as many as there are clients, however
//! long the history is and however long one operation takes.
//!
//! An operation without a reply may have taken effect since it began, or not at all. If
//! it is known when that could happen at the latest, it sorts there; the search would go
//! through all that may still happen again and again otherwise.

use std::collections::HashSet;
use std::fmt;

use super::model::{Operation, State};
use crate::support::Reply;

/// One operation and what its client saw. Instants count from the history's beginning,
/// on one clock that never goes back.
#[derive(Clone)]
pub(super) struct Call {
    pub(super) operation: Operation,
    pub(super) invoked: u64,
    /// When it had taken effect, if it ever did; `u64::MAX` if nobody knows.
    pub(super) returned: u64,
    /// Missing if the connection ended first.
    pub(super) reply: Option<Reply>,
}

impl Call {
    /// The state after it, if `state` explains its reply.
    fn apply(&self, state: &State) -> Option<State> {
        let (next, reply) = self.operation.apply(state);
        let is_explained = self.reply.as_ref().is_none_or(|heard| *heard == reply);
        is_explained.then_some(next)
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}-{} {:?} ",
            self.invoked, self.returned, self.operation
        )?;
        match &self.reply {
            None => f.write_str("unanswered"),
            Some(Reply::Bulk(bytes)) => write!(f, "\"{}\"", bytes.escape_ascii()),
            Some(reply) => write!(f, "{reply:?}"),
        }
    }
}

/// Whether one order explains all that one key's clients saw. The key is not there at
/// the beginning.
pub(super) fn is_linearizable(history: &[Call]) -> bool {
    let mut calls = history.to_vec();
    calls.sort_by_key(|call| call.returned);

    let mut seen = HashSet::new();
    let mut open = vec![Place::default()];
    while let Some(place) = open.pop() {
        if place.done == calls.len() {
            return true;
        }
        let next = place.next(&calls);
        // The one that ended first is tried first: most often it is right.
        for place in next.into_iter().rev() {
            if seen.insert(place.clone()) {
                open.push(place);
            }
        }
    }
    false
}

/// Where the search is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Place {
    /// All calls before this one are in order.
    done: usize,
    /// Those after it that are, ascending.
    ahead: Vec<usize>,
    state: State,
}

impl Place {
    /// The places that one more call leads to.
    fn next(&self, calls: &[Call]) -> Vec<Place> {
        let first = &calls[self.done];
        let mut places = Vec::new();
        if first.reply.is_none() {
            // It has not happened.
            places.push(self.with(self.done, self.state.clone()));
        }
        for (index, call) in calls.iter().enumerate().skip(self.done) {
            if call.invoked > first.returned || self.ahead.contains(&index) {
                continue;
            }
            let Some(state) = call.apply(&self.state) else {
                continue;
            };
            if call.operation.only_reads() {
                // It is explained here and changes nothing: what can be reached without
                // it can be reached from there as well.
                return vec![self.with(index, state)];
            }
            places.push(self.with(index, state));
        }
        places
    }

    /// The place after call `index`, which leaves `state`.
    fn with(&self, index: usize, state: State) -> Place {
        let mut place = Place {
            state,
            ..self.clone()
        };
        let position = place.ahead.partition_point(|other| *other < index);
        place.ahead.insert(position, index);
        let caught_up = place.ahead.iter().zip(self.done..);
        let caught_up = caught_up.take_while(|(ahead, done)| **ahead == *done);
        let count = caught_up.count();
        place.done += count;
        place.ahead.drain(..count);
        place
    }
}
