//! Commands that compare a string: DELEX with a value or a digest, DIGEST for a client that will.
//! SET has the same comparisons among its options.

use super::condition::{self, Comparison, IFDEQ, IFDNE, IFEQ, IFNE};
use crate::commands::table::{Argument, Category, Command, Flag, Handler, Keys, Rest};
use crate::commands::{Call, Effect, ReplyError, key};
use crate::resp::args::Args;
use crate::store::blob::Blob;
use crate::store::keyspace::{Keyspace, WrongType};

const NOT_A_STRING: ReplyError =
    ReplyError::Fixed("ERR Key should be of string type if conditions are specified");
const NO_CONDITION: ReplyError =
    ReplyError::Fixed("ERR Invalid condition. Use IFEQ, IFNE, IFDEQ, or IFDNE");

const ROW: Command = Command {
    categories: &[Category::String],
    group: "string",
    since: "8.4.0",
    ..Command::ROW
};

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "delex",
        arity: -2,
        flags: &[Flag::Write, Flag::Fast],
        keys: &[Keys::one(&["RW", "delete"]).varying(delex_key_flags)],
        summary: "Conditionally removes the specified key based on value or digest comparison.",
        complexity: "O(1) for IFEQ/IFNE, O(N) for IFDEQ/IFDNE where N is the length of the string \
                     value.",
        arguments: &[
            Argument::KEY,
            Argument::one_of("condition", &[IFEQ, IFNE, IFDEQ, IFDNE]).optional(),
        ],
        handler: Handler::Write(delex),
        ..ROW
    },
    Command {
        name: "digest",
        arity: 2,
        flags: &[Flag::Readonly, Flag::Fast],
        keys: &[Keys::one(&["RO", "access"])],
        summary: "Returns the XXH3 hash of a string value.",
        complexity: "O(N) where N is the length of the string value.",
        arguments: &[Argument::KEY],
        handler: Handler::ReadThen(digest),
        ..ROW
    },
];

/// Returns the flags of the key: DELEX reads it only if there is a condition.
fn delex_key_flags(args: Args) -> &'static [&'static str] {
    let is_condition = |word: &[u8]| Comparison::named(word).is_some();
    match args.from(2).any(is_condition) {
        true => &["RW", "delete"],
        false => &["RM", "delete"],
    }
}

/// Checks in Redis's order: a missing key meets no condition, whatever the condition says.
fn delex(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    let key = call.args.get(1);
    let is_due = match call.args.len() {
        2 => true,
        4 => match keyspace.get_as::<Blob>(key, call.now_ms()) {
            Ok(Some(value)) => {
                let comparison = Comparison::named(call.args.get(2)).ok_or(NO_CONDITION)?;
                comparison.with(call.args.get(3)).holds(value)?
            }
            Ok(None) => false,
            Err(WrongType) => return Err(NOT_A_STRING),
        },
        _ => return Err(ReplyError::wrong_arity("delex")),
    };
    let effect = match is_due {
        true => key::delete(call, keyspace, key),
        false => Effect::Nothing,
    };
    call.reply.count(effect.count());
    Ok(effect)
}

/// Takes the string, and hashes it after the lock is released.
fn digest(call: &mut Call, keyspace: &Keyspace) -> Result<Option<Rest>, ReplyError> {
    let value = call.lookup::<Blob>(keyspace, call.args.get(1))?;
    let Some(value) = value.cloned() else {
        call.reply.null();
        return Ok(None);
    };
    Ok(Some(Box::new(move |reply| {
        reply.bulk(condition::digest(&value).as_bytes());
        Ok(())
    })))
}
