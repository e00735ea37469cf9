//! The operands of ZUNION, ZINTER, ZDIFF and their relatives: keys, weights and the other options.

use std::ops::Range;

use super::algebra::{self, Aggregate, Source, Sources};
use crate::commands::{Call, ReplyError, error};
use crate::config::Small;
use crate::num::{double, integer};
use crate::resp::args::Args;
use crate::store::keyspace::{Keyspace, WrongType};
use crate::store::types::zset::ZSet;
use crate::store::types::{Entry, Value};

const NOT_A_WEIGHT: ReplyError = ReplyError::Fixed("ERR weight value is not a float");

/// What becomes of several sorted sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    Union,
    Intersection,
    Difference,
}

impl Operation {
    /// Returns the name of the command that replies with the result.
    pub(super) fn name(self) -> &'static str {
        match self {
            Operation::Union => "zunion",
            Operation::Intersection => "zinter",
            Operation::Difference => "zdiff",
        }
    }

    /// Returns the options of the command. `scores` says whether WITHSCORES is one.
    pub(super) fn options(self, scores: bool) -> Allowed {
        Allowed {
            weights: self != Operation::Difference,
            scores,
            limit: false,
        }
    }

    /// Combines values.
    pub(super) fn run<'a>(
        self,
        values: impl Iterator<Item = Option<&'a Value>>,
        options: &Options,
        small: Small,
    ) -> Result<ZSet, WrongType> {
        Ok(match self {
            Operation::Union => ZSet::new(options.sources(values)?.union(), small),
            Operation::Intersection => {
                algebra::collect(options.sources(values)?.intersection(), small)
            }
            Operation::Difference => {
                let sources: Vec<Source> = values.map(Source::of).collect::<Result<_, _>>()?;
                algebra::difference(&sources, small)
            }
        })
    }
}

/// The options that a command has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Allowed {
    /// WEIGHTS and AGGREGATE.
    weights: bool,
    /// WITHSCORES.
    scores: bool,
    /// LIMIT.
    limit: bool,
}

impl Allowed {
    /// Only LIMIT.
    pub(super) const LIMIT: Allowed = Allowed {
        weights: false,
        scores: false,
        limit: true,
    };
}

/// The options of a request.
#[derive(Clone, Debug)]
pub(super) struct Options {
    /// One for each key.
    weights: Vec<f64>,
    aggregate: Aggregate,
    /// Whether scores are returned.
    pub(super) with_scores: bool,
    /// The highest number of members to count.
    pub(super) limit: usize,
}

impl Options {
    /// Parses the arguments behind `keys`.
    pub(super) fn parse(
        args: Args,
        keys: Range<usize>,
        allowed: Allowed,
    ) -> Result<Options, ReplyError> {
        let mut options = Options {
            weights: vec![1.0; keys.len()],
            aggregate: Aggregate::Sum,
            with_scores: false,
            limit: usize::MAX,
        };
        let mut words = args.from(keys.end);
        while let Some(word) = words.next() {
            let is = |name: &[u8]| word.eq_ignore_ascii_case(name);
            if allowed.weights && is(b"weights") && words.len() >= keys.len() {
                for (weight, word) in options.weights.iter_mut().zip(&mut words) {
                    *weight = double::score(word).ok_or(NOT_A_WEIGHT)?;
                }
            } else if allowed.weights && is(b"aggregate") {
                options.aggregate = aggregate(words.next().ok_or(error::SYNTAX)?)?;
            } else if allowed.scores && is(b"withscores") {
                options.with_scores = true;
            } else if allowed.limit && is(b"limit") {
                options.limit = limit(words.next().ok_or(error::SYNTAX)?)?;
            } else {
                return Err(error::SYNTAX);
            }
        }
        Ok(options)
    }

    /// Returns the sources of a union or an intersection.
    pub(super) fn sources<'a>(
        &self,
        values: impl Iterator<Item = Option<&'a Value>>,
    ) -> Result<Sources<'a>, WrongType> {
        let sources = values.map(Source::of).collect::<Result<_, _>>()?;
        Ok(Sources::new(sources, &self.weights, self.aggregate))
    }
}

fn aggregate(word: &[u8]) -> Result<Aggregate, ReplyError> {
    let all: [(&[u8], Aggregate); 4] = [
        (b"sum", Aggregate::Sum),
        (b"min", Aggregate::Min),
        (b"max", Aggregate::Max),
        (b"count", Aggregate::Count),
    ];
    let found = all.iter().find(|(name, _)| word.eq_ignore_ascii_case(name));
    found.map(|(_, it)| *it).ok_or(error::SYNTAX)
}

/// Parses the LIMIT of ZINTERCARD. 0 means no limit.
fn limit(word: &[u8]) -> Result<usize, ReplyError> {
    let limit = integer::parse(word).and_then(|limit| usize::try_from(limit).ok());
    match limit.ok_or(error::NEGATIVE_LIMIT)? {
        0 => Ok(usize::MAX),
        limit => Ok(limit),
    }
}

/// Returns the indexes of the keys behind their number, which has the index `at`, and looks their
/// values up. `command` is the name for the error.
pub(super) fn values<'a>(
    call: &mut Call,
    keyspace: &'a Keyspace,
    at: usize,
    command: &str,
) -> Result<(Range<usize>, Vec<Option<&'a Value>>), ReplyError> {
    let first = at + 1;
    let count = call.integer(at)?;
    if count < 1 {
        return Err(format!("ERR at least 1 input key is needed for '{command}' command").into());
    }
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    if count > call.args.len() - first {
        return Err(error::SYNTAX);
    }
    let keys = first..first + count;
    let values = keys.clone().map(|index| {
        let entry = call.lookup_entry(keyspace, call.args.get(index));
        let value = entry.map(Entry::value);
        Source::of(value).map(|_| value)
    });
    let values = values.collect::<Result<_, WrongType>>()?;
    Ok((keys, values))
}
