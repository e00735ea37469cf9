//! The bounds of a range by score or by member, and the positions between them.

use std::ops::Range;

use crate::commands::ReplyError;
use crate::num::double;
use crate::store::types::zset::ZSet;

const NOT_SCORES: ReplyError = ReplyError::Fixed("ERR min or max is not a float");
const NOT_MEMBERS: ReplyError = ReplyError::Fixed("ERR min or max not valid string range item");

/// A range of scores.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scores {
    min: ScoreBound,
    max: ScoreBound,
}

/// A score, and whether members of this score are outside of the range.
#[derive(Clone, Copy, Debug)]
struct ScoreBound {
    score: f64,
    is_exclusive: bool,
}

impl Scores {
    /// Parses two scores. A `(` before one excludes it.
    pub(super) fn parse(min: &[u8], max: &[u8]) -> Result<Scores, ReplyError> {
        let (min, max) = (ScoreBound::parse(min)?, ScoreBound::parse(max)?);
        Ok(Scores { min, max })
    }

    /// Returns the positions of the members in the range.
    pub(super) fn range(&self, zset: &ZSet) -> Range<usize> {
        let (min, max) = (self.min, self.max);
        let is_before = |score, _: &[u8]| score < min.score || min.excludes(score);
        let is_within = |score, _: &[u8]| score <= max.score && !max.excludes(score);
        let start = zset.partition_point(is_before);
        start..zset.partition_point(is_within).max(start)
    }
}

impl ScoreBound {
    fn parse(text: &[u8]) -> Result<ScoreBound, ReplyError> {
        let exclusive = text.strip_prefix(b"(");
        let score = double::bound(exclusive.unwrap_or(text)).ok_or(NOT_SCORES)?;
        Ok(ScoreBound {
            score,
            is_exclusive: exclusive.is_some(),
        })
    }

    fn excludes(self, score: f64) -> bool {
        self.is_exclusive && score == self.score
    }
}

/// A range of members, for sorted sets whose members all have one score.
#[derive(Clone, Copy, Debug)]
pub(super) struct Members<'a> {
    min: MemberBound<'a>,
    max: MemberBound<'a>,
}

/// An end of a range of members.
#[derive(Clone, Copy, Debug)]
enum MemberBound<'a> {
    /// `-`: before all members.
    Before,
    /// `+`: after all members.
    After,
    /// `[member`: the range has it.
    Included(&'a [u8]),
    /// `(member`: the range does not have it.
    Excluded(&'a [u8]),
}

impl<'a> Members<'a> {
    /// Parses two bounds.
    pub(super) fn parse(min: &'a [u8], max: &'a [u8]) -> Result<Members<'a>, ReplyError> {
        let (min, max) = (MemberBound::parse(min)?, MemberBound::parse(max)?);
        Ok(Members { min, max })
    }

    /// Returns the positions of the members in the range.
    pub(super) fn range(&self, zset: &ZSet) -> Range<usize> {
        let start = match self.min {
            MemberBound::Before => 0,
            MemberBound::After => zset.len(),
            MemberBound::Included(min) => zset.partition_point(|_, member| member < min),
            MemberBound::Excluded(min) => zset.partition_point(|_, member| member <= min),
        };
        let end = match self.max {
            MemberBound::Before => 0,
            MemberBound::After => zset.len(),
            MemberBound::Included(max) => zset.partition_point(|_, member| member <= max),
            MemberBound::Excluded(max) => zset.partition_point(|_, member| member < max),
        };
        start..end.max(start)
    }
}

impl<'a> MemberBound<'a> {
    fn parse(text: &'a [u8]) -> Result<MemberBound<'a>, ReplyError> {
        match text {
            // For Redis, a NUL ends the text.
            b"-" | [b'-', b'\0', ..] => Ok(MemberBound::Before),
            b"+" | [b'+', b'\0', ..] => Ok(MemberBound::After),
            [b'[', member @ ..] => Ok(MemberBound::Included(member)),
            [b'(', member @ ..] => Ok(MemberBound::Excluded(member)),
            _ => Err(NOT_MEMBERS),
        }
    }
}
