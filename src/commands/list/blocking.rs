//! BLPOP, BRPOP, BLMOVE, BRPOPLPUSH and BLMPOP: they wait for an element if there is none. In the
//! log they are the commands that do not wait.

use std::ops::Range;
use std::time::Duration;

use super::moves::{self, DESTINATION, MOVE, SOURCE};
use super::options::{self, ROW, WHERE, WHERE_FROM, WHERE_TO};
use super::pop;
use crate::commands::several::Several;
use crate::commands::table::{Argument, Command, Flag, Handler, Keys, Place};
use crate::commands::{Awaited, Call, Effect, Outcome, ReplyError};
use crate::resp::reply::Reply;
use crate::store::keyspace::Keyspace;
use crate::store::types::list::End;

const TIMEOUT: Argument = Argument::new("timeout", "double");
const DOUBLE_SINCE: &[(&str, &str)] = &[(
    "6.0.0",
    "`timeout` is interpreted as a double instead of an integer.",
)];

const POP: Command = Command {
    arity: -3,
    flags: &[Flag::Write, Flag::Noscript, Flag::Blocking],
    keys: &[Keys::at(
        Place::range(1, -2, 1),
        &["RW", "access", "delete"],
    )],
    since: "2.0.0",
    complexity: "O(N) where N is the number of provided keys.",
    history: DOUBLE_SINCE,
    arguments: &[Argument::KEY.multiple(), TIMEOUT],
    ..ROW
};

const WAITING_MOVE: Command = Command {
    flags: &[Flag::Write, Flag::Denyoom, Flag::Noscript, Flag::Blocking],
    summary: "Pop an element from a list, push it to another list and return it; or block until \
              one is available",
    ..MOVE
};

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "blmove",
        arity: 6,
        since: "6.2.0",
        arguments: &[SOURCE, DESTINATION, WHERE_FROM, WHERE_TO, TIMEOUT],
        handler: Handler::MayWait(blmove),
        ..WAITING_MOVE
    },
    Command {
        name: "blmpop",
        arity: -5,
        flags: &[Flag::Write, Flag::Blocking],
        keys: &[Keys::at(Place::counted(2), &["RW", "access", "delete"])],
        since: "7.0.0",
        summary: "Pop elements from a list, or block until one is available",
        complexity: "O(N+M) where N is the number of provided keys and M is the number of \
                     elements returned.",
        arguments: &[
            TIMEOUT,
            Argument::new("numkeys", "integer"),
            Argument::KEY.multiple(),
            WHERE,
            Argument::new("count", "integer").after("COUNT").optional(),
        ],
        handler: Handler::MayWait(blmpop),
        ..ROW
    },
    Command {
        name: "blpop",
        summary: "Remove and get the first element in a list, or block until one is available",
        handler: Handler::MayWait(|call, keyspace| pop(call, keyspace, End::Left)),
        ..POP
    },
    Command {
        name: "brpop",
        summary: "Remove and get the last element in a list, or block until one is available",
        handler: Handler::MayWait(|call, keyspace| pop(call, keyspace, End::Right)),
        ..POP
    },
    Command {
        name: "brpoplpush",
        arity: 4,
        since: "2.2.0",
        history: DOUBLE_SINCE,
        doc_flag: Some("deprecated"),
        deprecated: Some(("6.2.0", "`BLMOVE` with the `RIGHT` and `LEFT` arguments")),
        arguments: &[SOURCE, DESTINATION, TIMEOUT],
        handler: Handler::MayWait(brpoplpush),
        ..WAITING_MOVE
    },
];

fn pop(call: &mut Call, keyspace: &mut Keyspace, end: End) -> Result<Outcome, ReplyError> {
    let last = call.args.len() - 1;
    let timeout = call.timeout(last)?;
    for key in call.awaited_keys(1..last) {
        if let Some(element) = pop::pop_one(call, keyspace, key, end)? {
            call.reply.array(2);
            call.reply.bulk(key);
            call.reply_blob(&element);
            return Ok(Outcome::Done(Effect::instead(&[pop::name(end), key])));
        }
    }
    Ok(wait(1..last, timeout, Reply::null_array))
}

fn blmpop(call: &mut Call, keyspace: &mut Keyspace) -> Result<Outcome, ReplyError> {
    let Several { keys, end, count } = Several::parse(call, 2, options::end)?;
    let timeout = call.timeout(1)?;
    for key in call.awaited_keys(keys.clone()) {
        if let Some(effect) = pop::pop_from(call, keyspace, (key, end), count)? {
            return Ok(Outcome::Done(effect));
        }
    }
    Ok(wait(keys, timeout, Reply::null_array))
}

fn blmove(call: &mut Call, keyspace: &mut Keyspace) -> Result<Outcome, ReplyError> {
    let from = options::end(call.args.get(3))?;
    let to = options::end(call.args.get(4))?;
    let timeout = call.timeout(5)?;
    let words = [&b"LMOVE"[..]].into_iter().chain(call.args.from(1).take(4));
    let effect = Effect::instead(&words.collect::<Vec<_>>());
    let is_moved = moves::reply_moved(call, keyspace, from, to)?;
    Ok(done_or_wait(is_moved, effect, timeout))
}

fn brpoplpush(call: &mut Call, keyspace: &mut Keyspace) -> Result<Outcome, ReplyError> {
    let timeout = call.timeout(3)?;
    let effect = Effect::instead(&[b"RPOPLPUSH", call.args.get(1), call.args.get(2)]);
    let is_moved = moves::reply_moved(call, keyspace, End::Right, End::Left)?;
    Ok(done_or_wait(is_moved, effect, timeout))
}

/// The outcome of a move from the first key.
fn done_or_wait(is_moved: bool, effect: Effect, timeout: Option<Duration>) -> Outcome {
    match is_moved {
        true => Outcome::Done(effect),
        false => wait(1..2, timeout, Reply::null),
    }
}

/// The outcome of a request that waits for a list at one of these arguments.
fn wait(keys: Range<usize>, timeout: Option<Duration>, null: fn(&mut Reply)) -> Outcome {
    Outcome::Wait(Awaited {
        keys,
        type_name: "list",
        timeout,
        null,
    })
}
