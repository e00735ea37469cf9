//! ZADD and ZINCRBY.

use super::{MEMBER, ROW, push_score, small};
use crate::commands::table::{Argument, Command, Flag, Handler, Keys, Place};
use crate::commands::{Call, Effect, ReplyError, error};
use crate::config::EventClass;
use crate::config::Small;
use crate::num::double;
use crate::store::blob::BlobRef;
use crate::store::keyspace::Keyspace;
use crate::store::types::zset::ZSet;

const NX_AND_XX: ReplyError =
    ReplyError::Fixed("ERR XX and NX options at the same time are not compatible");
const GT_LT_NX: ReplyError =
    ReplyError::Fixed("ERR GT, LT, and/or NX options at the same time are not compatible");
const ONE_INCREMENT: ReplyError =
    ReplyError::Fixed("ERR INCR option supports a single increment-element pair");
const NO_NUMBER: ReplyError = ReplyError::Fixed("ERR resulting score is not a number (NaN)");

const ADD: Command = Command {
    flags: &[Flag::Write, Flag::Denyoom, Flag::Fast],
    ..ROW
};

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "zadd",
        arity: -4,
        keys: &[Keys::one(&["RW", "update"])],
        summary: "Add one or more members to a sorted set, or update its score if it already \
                  exists",
        complexity: "O(log(N)) for each item added, where N is the number of elements in the \
                     sorted set.",
        history: &[
            ("2.4.0", "Accepts multiple elements."),
            ("3.0.2", "Added the `XX`, `NX`, `CH` and `INCR` options."),
            ("6.2.0", "Added the `GT` and `LT` options."),
        ],
        arguments: &[
            Argument::KEY,
            Argument::one_of(
                "condition",
                &[Argument::word("nx", "NX"), Argument::word("xx", "XX")],
            )
            .since("3.0.2")
            .optional(),
            Argument::one_of(
                "comparison",
                &[Argument::word("gt", "GT"), Argument::word("lt", "LT")],
            )
            .since("6.2.0")
            .optional(),
            Argument::word("change", "CH").since("3.0.2").optional(),
            Argument::word("increment", "INCR")
                .since("3.0.2")
                .optional(),
            Argument::block("score_member", &[Argument::new("score", "double"), MEMBER]).multiple(),
        ],
        fields: Some(Place::from(3, 2)),
        handler: Handler::Write(|call, keyspace| add(call, keyspace, Options::default())),
        ..ADD
    },
    Command {
        name: "zincrby",
        arity: 4,
        keys: &[Keys::one(&["RW", "access", "update"])],
        summary: "Increment the score of a member in a sorted set",
        complexity: "O(log(N)) where N is the number of elements in the sorted set.",
        arguments: &[Argument::KEY, Argument::new("increment", "integer"), MEMBER],
        fields: Some(Place::one(3)),
        handler: Handler::Write(|call, keyspace| add(call, keyspace, Options::INCREMENT)),
        ..ADD
    },
];

/// What ZADD does with members that are there, or are not.
#[derive(Clone, Copy, Default)]
pub(in crate::commands) struct Options {
    pub(in crate::commands) only_new: bool,
    pub(in crate::commands) only_existing: bool,
    only_greater: bool,
    only_less: bool,
    counts_changed: bool,
    increments: bool,
}

impl Options {
    const INCREMENT: Options = Options {
        only_new: false,
        only_existing: false,
        only_greater: false,
        only_less: false,
        counts_changed: false,
        increments: true,
    };

    /// Takes the option `word`. Returns whether it is one.
    pub(in crate::commands) fn take(&mut self, word: &[u8]) -> bool {
        let option = [
            (&b"nx"[..], &mut self.only_new),
            (b"xx", &mut self.only_existing),
            (b"gt", &mut self.only_greater),
            (b"lt", &mut self.only_less),
            (b"ch", &mut self.counts_changed),
            (b"incr", &mut self.increments),
        ]
        .into_iter()
        .find(|(name, _)| word.eq_ignore_ascii_case(name));
        option.map(|(_, is_set)| *is_set = true).is_some()
    }

    /// Checks that the options fit each other and a number of members.
    fn check(self, members: usize) -> Result<(), ReplyError> {
        if self.only_new && self.only_existing {
            return Err(NX_AND_XX);
        }
        let exclusive = [self.only_new, self.only_greater, self.only_less];
        if exclusive.iter().filter(|is_set| **is_set).count() > 1 {
            return Err(GT_LT_NX);
        }
        if self.increments && members > 1 {
            return Err(ONE_INCREMENT);
        }
        Ok(())
    }

    /// Returns the new score of a member with the score `old`, or of a new member. `None` if the
    /// options exclude it.
    fn score(self, old: Option<f64>, given: f64) -> Result<Option<f64>, ReplyError> {
        let Some(old) = old else {
            return Ok((!self.only_existing).then_some(given));
        };
        if self.only_new {
            return Ok(None);
        }
        let score = if self.increments { old + given } else { given };
        if score.is_nan() {
            return Err(NO_NUMBER);
        }
        let is_excluded = self.only_less && score >= old || self.only_greater && score <= old;
        Ok((!is_excluded).then_some(score))
    }
}

/// The result of ZADD.
#[derive(Default)]
struct Added {
    added: usize,
    updated: usize,
    /// The last member's score, unless the options excluded it.
    score: Option<f64>,
}

impl Added {
    /// Sets the score of a member, as `options` say.
    fn add(
        &mut self,
        zset: &mut ZSet,
        (member, given): (BlobRef<'_>, f64),
        options: Options,
        small: Small,
    ) -> Result<(), ReplyError> {
        let old = zset.score(&member);
        self.score = options.score(old, given)?;
        // A score that is equal stays as it is: 0 does not become -0.
        if let Some(score) = self.score.filter(|score| Some(*score) != old) {
            zset.insert(member, score, small);
            match old {
                None => self.added += 1,
                Some(_) => self.updated += 1,
            }
        }
        Ok(())
    }
}

fn add(
    call: &mut Call,
    keyspace: &mut Keyspace,
    mut options: Options,
) -> Result<Effect, ReplyError> {
    let taken = call.args.from(2).take_while(|word| options.take(word));
    let first = 2 + taken.count();
    let count = call.args.len() - first;
    if count == 0 || !count.is_multiple_of(2) {
        return Err(error::SYNTAX);
    }
    options.check(count / 2)?;
    let pairs = scores(call, first)?;
    let is_changed = add_all(call, keyspace, &pairs, options)?;
    Ok(Effect::if_changed(is_changed))
}

/// Adds members with scores to the sorted set at the first key, as `options` say, and replies.
/// Returns whether anything has changed.
pub(in crate::commands) fn add_all(
    call: &mut Call,
    keyspace: &mut Keyspace,
    pairs: &[(BlobRef<'_>, f64)],
    options: Options,
) -> Result<bool, ReplyError> {
    let small = small(call);
    let mut result = Added::default();
    keyspace.edit_or_new(call.args.get(1), call.now_ms(), |zset: &mut ZSet| {
        for pair in pairs {
            result.add(zset, *pair, options, small)?;
        }
        Ok::<_, ReplyError>((result.added + result.updated > 0).then_some(()))
    })?;
    let changed = result.added + result.updated;
    if changed > 0 {
        let name = if options.increments { "zincr" } else { "zadd" };
        call.notify_edit(keyspace, call.args.get(1), (EventClass::Zset, name));
    }
    match (options.increments, result.score) {
        (true, Some(score)) => push_score(call.reply, score),
        (true, None) => call.reply.null(),
        _ if options.counts_changed => call.reply.count(changed),
        _ => call.reply.count(result.added),
    }
    Ok(changed > 0)
}

/// Parses the scores of the members from argument `first` on.
fn scores<'a>(call: &Call<'a>, first: usize) -> Result<Vec<(BlobRef<'a>, f64)>, ReplyError> {
    let pairs = (first..call.args.len()).step_by(2).map(|index| {
        let score = double::score(call.args.get(index)).ok_or(error::NOT_A_FLOAT)?;
        Ok((call.value(index + 1), score))
    });
    pairs.collect()
}
