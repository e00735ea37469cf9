//! ZCOUNT, ZLEXCOUNT and ZREMRANGEBY...: they count or remove the members between two bounds.

use std::ops::Range;

use super::bounds::{Members, Scores};
use super::{ROW, zset};
use crate::commands::table::{Argument, Command, Flag, Handler, Keys};
use crate::commands::{Call, Effect, ReplyError, positions};
use crate::config::EventClass;
use crate::store::keyspace::{Keyspace, WrongType};
use crate::store::types::zset::ZSet;

const COUNT: Command = Command {
    arity: 4,
    flags: &[Flag::Readonly, Flag::Fast],
    keys: &[Keys::one(&["RO", "access"])],
    complexity: "O(log(N)) with N being the number of elements in the sorted set.",
    ..ROW
};

const REMOVE: Command = Command {
    arity: 4,
    flags: &[Flag::Write],
    keys: &[Keys::one(&["RW", "delete"])],
    complexity: "O(log(N)+M) with N being the number of elements in the sorted set and M the \
                 number of elements removed by the operation.",
    ..ROW
};

const BY_SCORE: &[Argument] = &[
    Argument::KEY,
    Argument::new("min", "double"),
    Argument::new("max", "double"),
];
const BY_MEMBER: &[Argument] = &[
    Argument::KEY,
    Argument::new("min", "string"),
    Argument::new("max", "string"),
];

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "zcount",
        since: "2.0.0",
        summary: "Count the members in a sorted set with scores within the given values",
        arguments: BY_SCORE,
        handler: Handler::Read(zcount),
        ..COUNT
    },
    Command {
        name: "zlexcount",
        since: "2.8.9",
        summary: "Count the number of members in a sorted set between a given lexicographical range",
        arguments: BY_MEMBER,
        handler: Handler::Read(zlexcount),
        ..COUNT
    },
    Command {
        name: "zremrangebylex",
        since: "2.8.9",
        summary: "Remove all members in a sorted set between the given lexicographical range",
        arguments: BY_MEMBER,
        handler: Handler::Write(zremrangebylex),
        ..REMOVE
    },
    Command {
        name: "zremrangebyrank",
        since: "2.0.0",
        summary: "Remove all members in a sorted set within the given indexes",
        arguments: &[
            Argument::KEY,
            Argument::new("start", "integer"),
            Argument::new("stop", "integer"),
        ],
        handler: Handler::Write(zremrangebyrank),
        ..REMOVE
    },
    Command {
        name: "zremrangebyscore",
        since: "1.2.0",
        summary: "Remove all members in a sorted set within the given scores",
        arguments: BY_SCORE,
        handler: Handler::Write(zremrangebyscore),
        ..REMOVE
    },
];

fn zcount(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    let scores = Scores::parse(call.args.get(2), call.args.get(3))?;
    count(call, keyspace, |zset| scores.range(zset))
}

fn zlexcount(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    let members = Members::parse(call.args.get(2), call.args.get(3))?;
    count(call, keyspace, |zset| members.range(zset))
}

fn count(
    call: &mut Call,
    keyspace: &Keyspace,
    range: impl Fn(&ZSet) -> Range<usize>,
) -> Result<(), ReplyError> {
    let count = zset(call, keyspace)?.map_or(0, |zset| range(zset).len());
    call.reply.count(count);
    Ok(())
}

fn zremrangebylex(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    let members = Members::parse(call.args.get(2), call.args.get(3))?;
    remove(call, keyspace, "zremrangebylex", |zset| members.range(zset))
}

fn zremrangebyrank(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    let (start, stop) = (call.integer(2)?, call.integer(3)?);
    remove(call, keyspace, "zremrangebyrank", |zset| {
        positions::range(start, stop, zset.len())
    })
}

fn zremrangebyscore(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    let scores = Scores::parse(call.args.get(2), call.args.get(3))?;
    remove(call, keyspace, "zremrangebyscore", |zset| {
        scores.range(zset)
    })
}

fn remove(
    call: &mut Call,
    keyspace: &mut Keyspace,
    event: &'static str,
    range: impl Fn(&ZSet) -> Range<usize>,
) -> Result<Effect, ReplyError> {
    let key = call.args.get(1);
    let removed = keyspace.edit(key, call.now_ms(), |zset: &mut ZSet| {
        let range = range(zset);
        let count = range.len();
        Ok::<_, WrongType>((count > 0).then(|| (count, zset.remove_range(range))))
    })?;
    let Some((count, removed)) = removed else {
        call.reply.integer(0);
        return Ok(Effect::Nothing);
    };
    call.notify_edit(keyspace, key, (EventClass::Zset, event));
    call.discard_later(removed);
    call.reply.count(count);
    Ok(Effect::AsRequested)
}
