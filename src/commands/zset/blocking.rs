//! BZPOPMIN, BZPOPMAX and BZMPOP: they wait for a member if there is none. In the log they are the
//! commands that do not wait.

use std::ops::Range;
use std::time::Duration;

use super::pop::{SEVERAL, WHERE, end, name, pop_from, pop_up_to};
use super::{Form, ROW};
use crate::commands::several::Several;
use crate::commands::table::{Argument, Command, Flag, Handler, Keys, Place};
use crate::commands::{Awaited, Call, Effect, Outcome, ReplyError};
use crate::resp::reply::Reply;
use crate::store::keyspace::Keyspace;
use crate::store::sequence::End;

const TIMEOUT: Argument = Argument::new("timeout", "double");

const POP: Command = Command {
    arity: -3,
    flags: &[Flag::Write, Flag::Noscript, Flag::Blocking, Flag::Fast],
    keys: &[Keys::at(
        Place::range(1, -2, 1),
        &["RW", "access", "delete"],
    )],
    since: "5.0.0",
    complexity: "O(log(N)) with N being the number of elements in the sorted set.",
    history: &[(
        "6.0.0",
        "`timeout` is interpreted as a double instead of an integer.",
    )],
    arguments: &[Argument::KEY.multiple(), TIMEOUT],
    ..ROW
};

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "bzmpop",
        arity: -5,
        flags: &[Flag::Write, Flag::Blocking],
        keys: &[Keys::at(Place::counted(2), &["RW", "access", "delete"])],
        since: "7.0.0",
        summary: "Remove and return members with scores in a sorted set or block until one is \
                  available",
        complexity: SEVERAL,
        arguments: &[
            TIMEOUT,
            Argument::new("numkeys", "integer"),
            Argument::KEY.multiple(),
            WHERE,
            Argument::new("count", "integer").after("COUNT").optional(),
        ],
        handler: Handler::MayWait(bzmpop),
        ..ROW
    },
    Command {
        name: "bzpopmax",
        summary: "Remove and return the member with the highest score from one or more sorted \
                  sets, or block until one is available",
        handler: Handler::MayWait(|call, keyspace| pop(call, keyspace, End::Right)),
        ..POP
    },
    Command {
        name: "bzpopmin",
        summary: "Remove and return the member with the lowest score from one or more sorted sets, \
                  or block until one is available",
        handler: Handler::MayWait(|call, keyspace| pop(call, keyspace, End::Left)),
        ..POP
    },
];

fn pop(call: &mut Call, keyspace: &mut Keyspace, from: End) -> Result<Outcome, ReplyError> {
    let last = call.args.len() - 1;
    let timeout = call.timeout(last)?;
    for key in call.awaited_keys(1..last) {
        let popped = pop_up_to(call, keyspace, (key, from), 1, |reply, _| {
            reply.array(3);
            reply.bulk(key);
            Form::Flat
        })?;
        if popped > 0 {
            return Ok(Outcome::Done(Effect::instead(&[name(from), key])));
        }
    }
    Ok(wait(1..last, timeout))
}

fn bzmpop(call: &mut Call, keyspace: &mut Keyspace) -> Result<Outcome, ReplyError> {
    let Several {
        keys,
        end: from,
        count,
    } = Several::parse(call, 2, end)?;
    let timeout = call.timeout(1)?;
    for key in call.awaited_keys(keys.clone()) {
        if let Some(effect) = pop_from(call, keyspace, (key, from), count)? {
            return Ok(Outcome::Done(effect));
        }
    }
    Ok(wait(keys, timeout))
}

/// The outcome of a request that waits for a sorted set at one of these arguments.
fn wait(keys: Range<usize>, timeout: Option<Duration>) -> Outcome {
    Outcome::Wait(Awaited {
        keys,
        type_name: "zset",
        timeout,
        null: Reply::null_array,
    })
}
