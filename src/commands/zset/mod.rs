//! Sorted sets: members in the order of their scores.

pub(super) mod add;
mod algebra;
mod basic;
mod blocking;
mod bounds;
mod combine;
mod operands;
mod pop;
mod query;
mod random;
mod ranges;
mod scan;
mod spans;

use super::table::{Argument, Category, Command, Place};
use super::{Call, ReplyError, push_blob};
use crate::config::Small;
use crate::num::double;
use crate::resp::reply::{Protocol, Reply};
use crate::store::keyspace::Keyspace;
use crate::store::types::zset::{Scored, ZSet};

/// The rows of this group, file by file.
pub(super) const TABLES: &[&[Command]] = &[
    add::COMMANDS,
    basic::COMMANDS,
    blocking::COMMANDS,
    combine::COMMANDS,
    pop::COMMANDS,
    random::COMMANDS,
    ranges::COMMANDS,
    scan::COMMANDS,
    spans::COMMANDS,
];

/// A row of this group.
const ROW: Command = Command {
    categories: &[Category::SortedSet],
    group: "sorted-set",
    since: "1.2.0",
    ..Command::ROW
};

const MEMBER: Argument = Argument::new("member", "string");
const MEMBERS: &[Argument] = &[Argument::KEY, MEMBER.multiple()];
const WITHSCORES: Argument = Argument::word("withscores", "WITHSCORES").optional();

/// The member of a row that looks one up.
const ONE_MEMBER: Option<Place> = Some(Place::one(2));

/// Returns the sizes up to which a sorted set is packed.
fn small(call: &Call) -> Small {
    call.state.thresholds().zset
}

/// Returns the sorted set at the first key of the request, and counts a hit or a miss.
fn zset<'a>(call: &mut Call, keyspace: &'a Keyspace) -> Result<Option<&'a ZSet>, ReplyError> {
    Ok(call.lookup::<ZSet>(keyspace, call.args.get(1))?)
}

/// Appends a score.
fn push_score(reply: &mut Reply, score: f64) {
    reply.double(&double::text(score));
}

/// How members stand in a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// Members without scores.
    Members,
    /// Members and scores in turn.
    Flat,
    /// An array of two for each member and its score.
    Pairs,
}

impl Form {
    /// Members with scores: pairs in RESP3.
    fn with_scores(reply: &Reply) -> Form {
        match reply.protocol() {
            Protocol::Resp2 => Form::Flat,
            Protocol::Resp3 => Form::Pairs,
        }
    }

    /// Members, with scores if `with_scores`.
    fn of(reply: &Reply, with_scores: bool) -> Form {
        match with_scores {
            true => Form::with_scores(reply),
            false => Form::Members,
        }
    }

    /// Appends the header of an array of `count` members.
    fn begin(self, reply: &mut Reply, count: usize) {
        match self {
            Form::Flat => reply.array(2 * count),
            Form::Members | Form::Pairs => reply.array(count),
        }
    }

    /// Appends a member.
    fn push(self, reply: &mut Reply, it: Scored<'_>) {
        if self == Form::Pairs {
            reply.array(2);
        }
        push_blob(reply.output(), it.member);
        if self != Form::Members {
            push_score(reply, it.score);
        }
    }

    /// Appends an array of `count` members.
    fn push_all<'a>(
        self,
        reply: &mut Reply,
        count: usize,
        members: impl Iterator<Item = Scored<'a>>,
    ) {
        self.begin(reply, count);
        members.for_each(|it| self.push(reply, it));
    }
}
