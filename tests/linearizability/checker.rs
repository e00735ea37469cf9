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
//! An operation without a reply may have taken effect at any time since it began, or
//! not at all. It sorts behind all others, and need not be reached.

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
    /// Missing if the connection ended first.
    pub(super) answer: Option<Answer>,
}

#[derive(Clone)]
pub(super) struct Answer {
    pub(super) returned: u64,
    pub(super) reply: Reply,
}

impl Call {
    /// When it ended; what has no answer never did.
    fn returned(&self) -> u64 {
        self.answer
            .as_ref()
            .map_or(u64::MAX, |answer| answer.returned)
    }

    /// The state after it, if `state` explains its answer.
    fn apply(&self, state: &State) -> Option<State> {
        let (next, reply) = self.operation.apply(state);
        let is_explained = match &self.answer {
            Some(answer) => answer.reply == reply,
            None => true,
        };
        is_explained.then_some(next)
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}", self.invoked, self.operation)?;
        match &self.answer {
            None => f.write_str(" unanswered"),
            Some(Answer { returned, reply }) => match reply {
                Reply::Bulk(bytes) => write!(f, " {returned} \"{}\"", bytes.escape_ascii()),
                reply => write!(f, " {returned} {reply:?}"),
            },
        }
    }
}

/// Whether one order explains all that one key's clients saw. The key is not there at
/// the beginning.
pub(super) fn is_linearizable(history: &[Call]) -> bool {
    let mut calls = history.to_vec();
    calls.sort_by_key(Call::returned);
    let answered = calls.iter().filter(|call| call.answer.is_some()).count();

    let mut seen = HashSet::new();
    let mut open = vec![Place::default()];
    while let Some(place) = open.pop() {
        if place.done >= answered {
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
        let end = calls[self.done].returned();
        let mut places = Vec::new();
        for (index, call) in calls.iter().enumerate().skip(self.done) {
            if call.invoked > end || self.ahead.contains(&index) {
                continue;
            }
            let Some(state) = call.apply(&self.state) else {
                continue;
            };
            if call.operation.only_reads() && call.answer.is_some() {
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
