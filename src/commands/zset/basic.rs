//! Commands on members by their names: ZREM, ZCARD, ZSCORE, ZMSCORE, ZRANK and ZREVRANK.

use super::{MEMBER, MEMBERS, ONE_MEMBER, ROW, push_score, zset};
use crate::commands::table::{Argument, Command, Flag, Handler, Keys, Place};
use crate::commands::{Call, Effect, ReplyError, error};
use crate::config::EventClass;
use crate::store::keyspace::{Keyspace, WrongType};
use crate::store::types::zset::ZSet;

const READ: Command = Command {
    flags: &[Flag::Readonly, Flag::Fast],
    keys: &[Keys::one(&["RO", "access"])],
    ..ROW
};

const RANK: Command = Command {
    arity: -3,
    since: "2.0.0",
    complexity: "O(log(N))",
    history: &[("7.2.0", "Added the optional `WITHSCORE` argument.")],
    arguments: &[
        Argument::KEY,
        MEMBER,
        Argument::word("withscore", "WITHSCORE")
            .since("7.2.0")
            .optional(),
    ],
    fields: ONE_MEMBER,
    ..READ
};

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "zcard",
        arity: 2,
        keys: &[Keys::one(&["RO"])],
        summary: "Get the number of members in a sorted set",
        arguments: &[Argument::KEY],
        handler: Handler::Read(zcard),
        ..READ
    },
    Command {
        name: "zmscore",
        arity: -3,
        since: "6.2.0",
        summary: "Get the score associated with the given members in a sorted set",
        complexity: "O(N) where N is the number of members being requested.",
        arguments: MEMBERS,
        fields: Some(Place::from(2, 1)),
        handler: Handler::Read(zmscore),
        ..READ
    },
    Command {
        name: "zrank",
        summary: "Determine the index of a member in a sorted set",
        handler: Handler::Read(|call, keyspace| rank(call, keyspace, false)),
        ..RANK
    },
    Command {
        name: "zrem",
        arity: -3,
        flags: &[Flag::Write, Flag::Fast],
        keys: &[Keys::one(&["RW", "delete"])],
        summary: "Remove one or more members from a sorted set",
        complexity: "O(M*log(N)) with N being the number of elements in the sorted set and M the \
                     number of elements to be removed.",
        history: &[("2.4.0", "Accepts multiple elements.")],
        arguments: MEMBERS,
        fields: Some(Place::from(2, 1)),
        handler: Handler::Write(zrem),
        ..ROW
    },
    Command {
        name: "zrevrank",
        summary: "Determine the index of a member in a sorted set, with scores ordered from high \
                  to low",
        handler: Handler::Read(|call, keyspace| rank(call, keyspace, true)),
        ..RANK
    },
    Command {
        name: "zscore",
        arity: 3,
        summary: "Get the score associated with the given member in a sorted set",
        arguments: &[Argument::KEY, MEMBER],
        fields: ONE_MEMBER,
        handler: Handler::Read(zscore),
        ..READ
    },
];

fn zcard(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    let zset = zset(call, keyspace)?;
    call.reply.count(zset.map_or(0, ZSet::len));
    Ok(())
}

fn zscore(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    let zset = zset(call, keyspace)?;
    reply_score(call, zset.and_then(|zset| zset.score(call.args.get(2))));
    Ok(())
}

fn zmscore(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    let zset = zset(call, keyspace)?;
    let members = call.args.from(2);
    call.reply.array(members.len());
    for member in members {
        reply_score(call, zset.and_then(|zset| zset.score(member)));
    }
    Ok(())
}

fn reply_score(call: &mut Call, score: Option<f64>) {
    match score {
        Some(score) => push_score(call.reply, score),
        None => call.reply.null(),
    }
}

fn rank(call: &mut Call, keyspace: &Keyspace, from_end: bool) -> Result<(), ReplyError> {
    let with_score = match call.args.len() {
        3 => false,
        4 if call.args.get(3).eq_ignore_ascii_case(b"withscore") => true,
        4 => return Err(error::SYNTAX),
        _ if from_end => return Err(ReplyError::wrong_arity("zrevrank")),
        _ => return Err(ReplyError::wrong_arity("zrank")),
    };
    let found =
        zset(call, keyspace)?.and_then(|zset| Some((zset.rank(call.args.get(2))?, zset.len())));
    let Some(((before, score), len)) = found else {
        match with_score {
            true => call.reply.null_array(),
            false => call.reply.null(),
        }
        return Ok(());
    };
    let rank = if from_end { len - 1 - before } else { before };
    if with_score {
        call.reply.array(2);
    }
    call.reply.count(rank);
    if with_score {
        push_score(call.reply, score);
    }
    Ok(())
}

fn zrem(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    let (mut count, mut removed) = (0, Vec::new());
    keyspace.edit(call.args.get(1), call.now_ms(), |zset: &mut ZSet| {
        for member in call.args.from(2) {
            let old = zset.remove(member);
            count += usize::from(!old.is_absent());
            removed.extend(old.held());
        }
        Ok::<_, WrongType>((count > 0).then_some(()))
    })?;
    if count > 0 {
        call.notify_edit(keyspace, call.args.get(1), (EventClass::Zset, "zrem"));
    }
    call.reply.count(count);
    call.discard_values(removed);
    Ok(Effect::if_changed(count > 0))
}
