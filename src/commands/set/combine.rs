//! Commands that combine several sets: they reply with the result, count it or store it.

use super::{ROW, algebra, most_integers, reply_all};
use crate::commands::table::error;
use crate::commands::table::{Argument, Command, Flag, Handler, Keys, Place};
use crate::commands::{Call, Effect, ReplyError, key};
use crate::config::EventClass;
use crate::num::integer;
use crate::store::keyspace::Keyspace;
use crate::store::types::Value;
use crate::store::types::set::Set;

const TOO_MANY_KEYS: ReplyError =
    ReplyError::Fixed("ERR Number of keys can't be greater than number of args");

const INTERSECTION: &str = "O(N*M) worst case where N is the cardinality of the smallest set and M \
                            is the number of sets.";
const ALL: &str = "O(N) where N is the total number of elements in all given sets.";

/// A row that replies with a set.
const READ: Command = Command {
    arity: -2,
    flags: &[Flag::Readonly],
    keys: &[Keys::all(&["RO", "access"])],
    tips: &["nondeterministic_output_order"],
    complexity: ALL,
    arguments: &[Argument::KEY.multiple()],
    ..ROW
};

const SOURCES: Keys = Keys::at(Place::from(2, 1), &["RO", "access"]);

/// A row that stores a set.
const STORE: Command = Command {
    arity: -3,
    flags: &[Flag::Write, Flag::Denyoom],
    keys: &[Keys::one(&["OW", "update"]), SOURCES],
    complexity: ALL,
    arguments: &[
        Argument::key("destination", 0),
        Argument::key("key", 1).multiple(),
    ],
    ..ROW
};

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "sdiff",
        summary: "Subtract multiple sets",
        handler: Handler::Read(sdiff),
        ..READ
    },
    Command {
        name: "sdiffstore",
        summary: "Subtract multiple sets and store the resulting set in a key",
        handler: Handler::Write(sdiffstore),
        ..STORE
    },
    Command {
        name: "sinter",
        summary: "Intersect multiple sets",
        complexity: INTERSECTION,
        handler: Handler::Read(sinter),
        ..READ
    },
    Command {
        name: "sintercard",
        arity: -3,
        keys: &[Keys::at(Place::counted(1), &["RO", "access"])],
        tips: &[],
        since: "7.0.0",
        summary: "Intersect multiple sets and return the cardinality of the result",
        complexity: INTERSECTION,
        arguments: &[
            Argument::new("numkeys", "integer"),
            Argument::KEY.multiple(),
            Argument::new("limit", "integer").after("LIMIT").optional(),
        ],
        handler: Handler::Read(sintercard),
        ..READ
    },
    Command {
        name: "sinterstore",
        keys: &[Keys::one(&["RW", "update"]), SOURCES],
        summary: "Intersect multiple sets and store the resulting set in a key",
        complexity: INTERSECTION,
        handler: Handler::Write(sinterstore),
        ..STORE
    },
    Command {
        name: "sunion",
        summary: "Add multiple sets",
        handler: Handler::Read(sunion),
        ..READ
    },
    Command {
        name: "sunionstore",
        summary: "Add multiple sets and store the resulting set in a key",
        handler: Handler::Write(sunionstore),
        ..STORE
    },
];

fn sdiff(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    let sets = sets(call, keyspace, 1, call.args.len())?;
    reply(call, algebra::difference(&sets, most_integers(call)));
    Ok(())
}

fn sdiffstore(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    let sets = sets(call, keyspace, 2, call.args.len())?;
    let set = algebra::difference(&sets, most_integers(call));
    Ok(store(call, keyspace, set, "sdiffstore"))
}

fn sinter(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    let sets = sets(call, keyspace, 1, call.args.len())?;
    let members: Vec<_> = algebra::intersection(&sets).collect();
    call.reply.set(members.len());
    for member in &members {
        call.reply_blob(member);
    }
    Ok(())
}

fn sintercard(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    let count = call.at_least(1, 1, error::NUMKEYS_NOT_POSITIVE)?;
    if count > call.args.len() - 2 {
        return Err(TOO_MANY_KEYS);
    }
    let end = 2 + count;
    let limit = limit(call, end)?;
    let sets = sets(call, keyspace, 2, end)?;
    let most = if limit == 0 { usize::MAX } else { limit };
    call.reply
        .count(algebra::intersection(&sets).take(most).count());
    Ok(())
}

/// Parses the options of SINTERCARD, from argument `first` on. Returns 0 if there is no limit.
fn limit(call: &Call, first: usize) -> Result<usize, ReplyError> {
    let mut limit = 0;
    let mut words = call.args.from(first);
    while let Some(word) = words.next() {
        if !word.eq_ignore_ascii_case(b"limit") {
            return Err(error::SYNTAX);
        }
        let number = integer::parse(words.next().ok_or(error::SYNTAX)?);
        let number = number.and_then(|number| usize::try_from(number).ok());
        limit = number.ok_or(error::NEGATIVE_LIMIT)?;
    }
    Ok(limit)
}

fn sinterstore(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    let sets = sets(call, keyspace, 2, call.args.len())?;
    let set = algebra::collect(algebra::intersection(&sets), most_integers(call));
    Ok(store(call, keyspace, set, "sinterstore"))
}

fn sunion(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    let sets = sets(call, keyspace, 1, call.args.len())?;
    reply(call, algebra::union(&sets, most_integers(call)));
    Ok(())
}

fn sunionstore(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    let sets = sets(call, keyspace, 2, call.args.len())?;
    let set = algebra::union(&sets, most_integers(call));
    Ok(store(call, keyspace, set, "sunionstore"))
}

/// Returns the sets at the keys from argument `first` to before `end`, and counts hits and misses.
fn sets<'a>(
    call: &mut Call,
    keyspace: &'a Keyspace,
    first: usize,
    end: usize,
) -> Result<Vec<Option<&'a Set>>, ReplyError> {
    (first..end)
        .map(|index| Ok(call.lookup(keyspace, call.args.get(index))?))
        .collect()
}

/// Replies with `set`, which is freed after the lock is released.
fn reply(call: &mut Call, set: Set) {
    reply_all(call, &set);
    call.discard(Value::from(set).into());
}

/// Puts `set` in the place of the request's first key, or removes the key if the set is empty.
fn store(call: &mut Call, keyspace: &mut Keyspace, set: Set, event: &'static str) -> Effect {
    call.reply.count(set.len());
    let key = call.args.get(1);
    key::store(call, keyspace, (key, (EventClass::Set, event)), set)
}
