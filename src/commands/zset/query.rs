//! The requests of ZRANGE and its relatives: bounds, options, and the members that they select.

use std::ops::Range;

use super::Form;
use super::bounds::{Members, Scores};
use crate::commands::{ReplyError, error, positions};
use crate::num::integer;
use crate::resp::args::Args;
use crate::resp::reply::Reply;
use crate::store::types::zset::{Scored, ZSet};

const LIMIT_BY_RANK: ReplyError = ReplyError::Fixed(
    "ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX",
);
const SCORES_BY_MEMBER: ReplyError =
    ReplyError::Fixed("ERR syntax error, WITHSCORES not supported in combination with BYLEX");

/// What the bounds of a range are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// Positions.
    Rank,
    /// Scores.
    Score,
    /// Members.
    Member,
}

/// The part of a command's syntax that its name decides.
#[derive(Clone, Copy, Debug)]
pub(super) struct Syntax {
    /// The argument before the bounds.
    pub(super) key: usize,
    /// What the bounds are, unless BYSCORE and BYLEX choose.
    pub(super) by: Option<By>,
    /// Whether the range is reversed, unless REV chooses.
    pub(super) is_reverse: Option<bool>,
    /// Whether WITHSCORES is an option.
    pub(super) can_have_scores: bool,
}

/// Two bounds.
#[derive(Clone, Copy, Debug)]
enum Bounds<'a> {
    Ranks(i64, i64),
    Scores(Scores),
    Members(Members<'a>),
}

/// Selects members of a sorted set.
#[derive(Clone, Copy, Debug)]
pub(super) struct Query<'a> {
    bounds: Bounds<'a>,
    is_reverse: bool,
    /// How many members to pass over, and how many to return. A negative offset passes over all
    /// members, and a negative count returns all.
    limit: (i64, i64),
    with_scores: bool,
}

/// Selected members of a sorted set.
#[derive(Clone, Debug)]
pub(super) struct Selection {
    /// Their positions.
    pub(super) range: Range<usize>,
    is_reverse: bool,
}

/// The options of a request.
struct Options {
    by: Option<By>,
    is_reverse: Option<bool>,
    limit: (i64, i64),
    with_scores: bool,
}

impl Options {
    fn parse(args: Args, syntax: Syntax) -> Result<Options, ReplyError> {
        let mut options = Options {
            by: syntax.by,
            is_reverse: syntax.is_reverse,
            limit: (0, -1),
            with_scores: false,
        };
        let mut words = args.from(syntax.key + 3);
        while let Some(word) = words.next() {
            let is = |name: &[u8]| word.eq_ignore_ascii_case(name);
            if is(b"withscores") && syntax.can_have_scores {
                options.with_scores = true;
            } else if is(b"limit") && words.len() >= 2 {
                let mut number = || words.next().and_then(integer::parse);
                options.limit = number().zip(number()).ok_or(error::NOT_AN_INTEGER)?;
            } else if is(b"rev") && options.is_reverse.is_none() {
                options.is_reverse = Some(true);
            } else if is(b"bylex") && options.by.is_none() {
                options.by = Some(By::Member);
            } else if is(b"byscore") && options.by.is_none() {
                options.by = Some(By::Score);
            } else {
                return Err(error::SYNTAX);
            }
        }
        Ok(options)
    }
}

impl<'a> Query<'a> {
    /// Parses a request.
    pub(super) fn parse(args: Args<'a>, syntax: Syntax) -> Result<Query<'a>, ReplyError> {
        let options = Options::parse(args, syntax)?;
        let by = options.by.unwrap_or(By::Rank);
        let is_reverse = options.is_reverse.unwrap_or(false);
        if by == By::Rank && options.limit.1 != -1 {
            return Err(LIMIT_BY_RANK);
        }
        if by == By::Member && options.with_scores {
            return Err(SCORES_BY_MEMBER);
        }
        let (first, second) = (args.get(syntax.key + 1), args.get(syntax.key + 2));
        let (min, max) = match is_reverse {
            true => (second, first),
            false => (first, second),
        };
        let bounds = match by {
            By::Rank => ranks(first, second)?,
            By::Score => Bounds::Scores(Scores::parse(min, max)?),
            By::Member => Bounds::Members(Members::parse(min, max)?),
        };
        Ok(Query {
            bounds,
            is_reverse,
            limit: options.limit,
            with_scores: options.with_scores,
        })
    }

    /// Selects members of `zset`.
    pub(super) fn select(&self, zset: &ZSet) -> Selection {
        let range = match self.bounds {
            Bounds::Ranks(start, stop) => self.by_rank(start, stop, zset.len()),
            Bounds::Scores(scores) => self.limited(scores.range(zset)),
            Bounds::Members(members) => self.limited(members.range(zset)),
        };
        Selection {
            range,
            is_reverse: self.is_reverse,
        }
    }

    /// Returns whether the range is reversed.
    pub(super) fn is_reverse(&self) -> bool {
        self.is_reverse
    }

    /// Returns whether the bounds are positions.
    pub(super) fn is_by_rank(&self) -> bool {
        matches!(self.bounds, Bounds::Ranks(..))
    }

    fn by_rank(&self, start: i64, stop: i64, length: usize) -> Range<usize> {
        let range = positions::range(start, stop, length);
        match self.is_reverse {
            true => length - range.end..length - range.start,
            false => range,
        }
    }

    /// Returns the part of `range` that LIMIT leaves. It begins at the end if the range is reversed.
    fn limited(&self, range: Range<usize>) -> Range<usize> {
        let (offset, count) = self.limit;
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        let skipped = offset.min(range.len());
        let taken = count.min(range.len() - skipped);
        match self.is_reverse {
            true => range.end - skipped - taken..range.end - skipped,
            false => range.start + skipped..range.start + skipped + taken,
        }
    }

    /// Returns the form of the members in `reply`.
    pub(super) fn form(&self, reply: &Reply) -> Form {
        Form::of(reply, self.with_scores)
    }
}

/// Parses two positions.
fn ranks<'a>(start: &[u8], stop: &[u8]) -> Result<Bounds<'a>, ReplyError> {
    let ranks = integer::parse(start).zip(integer::parse(stop));
    let (start, stop) = ranks.ok_or(error::NOT_AN_INTEGER)?;
    Ok(Bounds::Ranks(start, stop))
}

impl Selection {
    /// Appends the selected members of `zset` in order.
    pub(super) fn push(&self, zset: &ZSet, form: Form, reply: &mut Reply) {
        let (start, count) = (self.range.start, self.range.len());
        match (self.range.clone().next_back(), self.is_reverse) {
            (Some(last), true) => {
                let members = zset.iter_back_from(last).take(count);
                form.push_all(reply, count, members);
            }
            _ => form.push_all(reply, count, zset.iter_from(start).take(count)),
        }
    }

    /// Returns the selected members of `zset`.
    pub(super) fn members<'a>(&self, zset: &'a ZSet) -> impl Iterator<Item = Scored<'a>> {
        zset.iter_from(self.range.start).take(self.range.len())
    }
}
