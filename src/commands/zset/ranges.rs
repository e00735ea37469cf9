//! ZRANGE, ZRANGESTORE and the older commands for ranges.

use super::query::{By, Query, Syntax};
use super::{ROW, WITHSCORES, small, zset};
use crate::commands::table::{Argument, Command, Flag, Handler, Keys, Place};
use crate::commands::{Call, Effect, QUICK_ELEMENTS, ReplyError, Rest, key};
use crate::config::EventClass;
use crate::config::Small;
use crate::store::blob::Blob;
use crate::store::keyspace::Keyspace;
use crate::store::types::zset::ZSet;

const READ: Command = Command {
    arity: -4,
    flags: &[Flag::Readonly],
    keys: &[Keys::one(&["RO", "access"])],
    complexity: "O(log(N)+M) with N being the number of elements in the sorted set and M the \
                 number of elements returned.",
    ..ROW
};

const BY_BOUNDS: Command = Command {
    complexity: "O(log(N)+M) with N being the number of elements in the sorted set and M the \
                 number of elements being returned. If M is constant (e.g. always asking for the \
                 first 10 elements with LIMIT), you can consider it O(log(N)).",
    doc_flag: Some("deprecated"),
    ..READ
};

const SORTBY: Argument = Argument::one_of(
    "sortby",
    &[
        Argument::word("byscore", "BYSCORE"),
        Argument::word("bylex", "BYLEX"),
    ],
)
.optional();
const REV: Argument = Argument::word("rev", "REV").optional();
const LIMIT: Argument = Argument::block(
    "offset_count",
    &[
        Argument::new("offset", "integer"),
        Argument::new("count", "integer"),
    ],
)
.after("LIMIT")
.optional();
const MIN_SCORE: Argument = Argument::new("min", "double");
const MAX_SCORE: Argument = Argument::new("max", "double");
const MIN: Argument = Argument::new("min", "string");
const MAX: Argument = Argument::new("max", "string");

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "zrange",
        summary: "Return a range of members in a sorted set",
        history: &[(
            "6.2.0",
            "Added the `REV`, `BYSCORE`, `BYLEX` and `LIMIT` options.",
        )],
        arguments: &[
            Argument::KEY,
            Argument::new("start", "string"),
            Argument::new("stop", "string"),
            SORTBY.since("6.2.0"),
            REV.since("6.2.0"),
            LIMIT.since("6.2.0"),
            WITHSCORES,
        ],
        handler: Handler::ReadThen(|call, keyspace| read(call, keyspace, None, None)),
        ..READ
    },
    Command {
        name: "zrangebylex",
        since: "2.8.9",
        summary: "Return a range of members in a sorted set, by lexicographical range",
        deprecated: Some(("6.2.0", "`ZRANGE` with the `BYLEX` argument")),
        arguments: &[Argument::KEY, MIN, MAX, LIMIT],
        handler: Handler::ReadThen(|call, keyspace| {
            read(call, keyspace, Some(By::Member), Some(false))
        }),
        ..BY_BOUNDS
    },
    Command {
        name: "zrangebyscore",
        since: "1.0.5",
        summary: "Return a range of members in a sorted set, by score",
        history: &[("2.0.0", "Added the `WITHSCORES` modifier.")],
        deprecated: Some(("6.2.0", "`ZRANGE` with the `BYSCORE` argument")),
        arguments: &[
            Argument::KEY,
            MIN_SCORE,
            MAX_SCORE,
            WITHSCORES.since("2.0.0"),
            LIMIT,
        ],
        handler: Handler::ReadThen(|call, keyspace| {
            read(call, keyspace, Some(By::Score), Some(false))
        }),
        ..BY_BOUNDS
    },
    Command {
        name: "zrangestore",
        arity: -5,
        flags: &[Flag::Write, Flag::Denyoom],
        keys: &[
            Keys::one(&["OW", "update"]),
            Keys::at(Place::one(2), &["RO", "access"]),
        ],
        since: "6.2.0",
        summary: "Store a range of members from sorted set into another key",
        complexity: "O(log(N)+M) with N being the number of elements in the sorted set and M the \
                     number of elements stored into the destination key.",
        arguments: &[
            Argument::key("dst", 0),
            Argument::key("src", 1),
            MIN,
            MAX,
            SORTBY,
            REV,
            LIMIT,
        ],
        handler: Handler::Write(zrangestore),
        ..ROW
    },
    Command {
        name: "zrevrange",
        summary: "Return a range of members in a sorted set, by index, with scores ordered from \
                  high to low",
        doc_flag: Some("deprecated"),
        deprecated: Some(("6.2.0", "`ZRANGE` with the `REV` argument")),
        arguments: &[
            Argument::KEY,
            Argument::new("start", "integer"),
            Argument::new("stop", "integer"),
            WITHSCORES,
        ],
        handler: Handler::ReadThen(|call, keyspace| {
            read(call, keyspace, Some(By::Rank), Some(true))
        }),
        ..READ
    },
    Command {
        name: "zrevrangebylex",
        since: "2.8.9",
        summary: "Return a range of members in a sorted set, by lexicographical range, ordered \
                  from higher to lower strings.",
        deprecated: Some(("6.2.0", "`ZRANGE` with the `REV` and `BYLEX` arguments")),
        arguments: &[Argument::KEY, MAX, MIN, LIMIT],
        handler: Handler::ReadThen(|call, keyspace| {
            read(call, keyspace, Some(By::Member), Some(true))
        }),
        ..BY_BOUNDS
    },
    Command {
        name: "zrevrangebyscore",
        since: "2.2.0",
        summary: "Return a range of members in a sorted set, by score, with scores ordered from \
                  high to low",
        history: &[("2.1.6", "`min` and `max` can be exclusive.")],
        deprecated: Some(("6.2.0", "`ZRANGE` with the `REV` and `BYSCORE` arguments")),
        arguments: &[Argument::KEY, MAX_SCORE, MIN_SCORE, WITHSCORES, LIMIT],
        handler: Handler::ReadThen(|call, keyspace| {
            read(call, keyspace, Some(By::Score), Some(true))
        }),
        ..BY_BOUNDS
    },
];

/// Replies with a range. `by` and `is_reverse` are what the command's name says.
fn read(
    call: &mut Call,
    keyspace: &Keyspace,
    by: Option<By>,
    is_reverse: Option<bool>,
) -> Result<Option<Rest>, ReplyError> {
    let syntax = Syntax {
        key: 1,
        by,
        is_reverse,
        can_have_scores: true,
    };
    let query = Query::parse(call.args, syntax)?;
    let Some(zset) = zset(call, keyspace)? else {
        call.reply.array(0);
        return Ok(None);
    };
    let (selection, form) = (query.select(zset), query.form(call.reply));
    if selection.range.len() <= QUICK_ELEMENTS {
        selection.push(zset, form, call.reply);
        return Ok(None);
    }
    let zset = zset.clone();
    Ok(Some(Box::new(move |reply| {
        selection.push(&zset, form, reply);
        Ok(())
    })))
}

fn zrangestore(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    let syntax = Syntax {
        key: 2,
        by: None,
        is_reverse: None,
        can_have_scores: false,
    };
    let query = Query::parse(call.args, syntax)?;
    let (destination, source) = (call.args.get(1), call.args.get(2));
    let source = call.lookup::<ZSet>(keyspace, source)?;
    let mut members = Vec::new();
    if let Some(zset) = source {
        let selected = query.select(zset);
        members.extend(
            selected
                .members(zset)
                .map(|it| (it.score, it.member.to_blob())),
        );
    }
    if query.is_reverse() {
        members.reverse();
    }
    let small = small(call);
    lose_signs(&mut members, small, query.is_by_rank());
    let result = ZSet::new(members, small);
    call.reply.count(result.len());
    let event = (EventClass::Zset, "zrangestore");
    Ok(key::store(call, keyspace, (destination, event), result))
}

/// Makes a score of -0 a 0 where Redis, in the order of `members`, adds it to a listpack. Redis
/// begins with a listpack unless it has counted too many members, which it does in a range of
/// positions. It leaves the listpack when that is full or when a member is too long.
fn lose_signs(members: &mut [(f64, Blob)], small: Small, are_counted: bool) {
    if are_counted && members.len() > small.entries {
        return;
    }
    let is_short = |it: &&mut (f64, Blob)| it.1.len() <= small.value_bytes;
    for it in members.iter_mut().take(small.entries).take_while(is_short) {
        it.0 += 0.0;
    }
}
