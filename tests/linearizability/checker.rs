//! Searches for an order that explains a history, after Wing & Gong (1993) and Lowe (2017): tries
//! every operation that may come next, and never visits the same place twice.
//!
//! A place is a set of operations that are already in order, and the state that they leave. The
//! history is sorted by the ends of its operations, so that a set has a short form:
//!
//! ```text
//!   done = 3     . . . x x x o ~ o o ~ o o o      x done, o to come, ~ ahead of its turn
//! ```
//!
//! All operations before `done` are in the set. The ones ahead of their turn began before the first
//! missing one ended. A client that waits for each reply is ahead with one operation at most. So a
//! set holds at most as many such operations as there are clients, however long the history is or
//! an operation takes.
//!
//! An operation without a reply may have taken effect at any time since it began, or not at all. If
//! the latest possible time is known, the operation is sorted there. Otherwise the search would try
//! it at every later place.

use std::collections::HashSet;
use std::fmt;

use super::model::{Operation, State};
use crate::support::Reply;

/// One operation and what its client saw. Times count from the history's beginning, on a monotonic
/// clock.
#[derive(Clone)]
pub(super) struct Call {
    pub(super) operation: Operation,
    pub(super) invoked: u64,
    /// The time when it must have taken effect, if it ever did; `u64::MAX` if that is unknown.
    pub(super) returned: u64,
    /// Missing if the connection ended first.
    pub(super) reply: Option<Reply>,
}

impl Call {
    /// Returns the state after it, if `state` explains its reply.
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

/// Returns whether an order explains all that the clients of one key saw. The key does not exist at
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
        // The operation that ended first is tried first, because it is usually the right one.
        for place in next.into_iter().rev() {
            if seen.insert(place.clone()) {
                open.push(place);
            }
        }
    }
    false
}

/// A place of the search.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Place {
    /// All calls before this index are in order.
    done: usize,
    /// The later calls that are in order, ascending.
    ahead: Vec<usize>,
    state: State,
}

impl Place {
    /// Returns the places that one more call leads to.
    fn next(&self, calls: &[Call]) -> Vec<Place> {
        let first = &calls[self.done];
        let mut places = Vec::new();
        if first.reply.is_none() {
            // The call has not taken effect.
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
                // The call is explained here and changes nothing. Every place that is reachable
                // without it is reachable with it.
                return vec![self.with(index, state)];
            }
            places.push(self.with(index, state));
        }
        places
    }

    /// Returns the place after call `index`, which leaves `state`.
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
