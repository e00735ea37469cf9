//! ZPOPMIN, ZPOPMAX and ZMPOP: they remove members at an end of a sorted set. The commands that
//! wait for members pop them with the same functions.

use std::ops::Range;

use super::{Form, ROW};
use crate::commands::several::Several;
use crate::commands::table::{Argument, Command, Flag, Handler, Keys, Place};
use crate::commands::{Call, Effect, ReplyError, error};
use crate::config::EventClass;
use crate::num::integer;
use crate::resp::reply::Reply;
use crate::store::keyspace::{Keyspace, WrongType};
use crate::store::sequence::End;
use crate::store::types::zset::ZSet;

const POP: Command = Command {
    arity: -2,
    flags: &[Flag::Write, Flag::Fast],
    keys: &[Keys::one(&["RW", "access", "delete"])],
    since: "5.0.0",
    complexity: "O(log(N)*M) with N being the number of elements in the sorted set, and M being \
                 the number of elements popped.",
    arguments: &[Argument::KEY, Argument::new("count", "integer").optional()],
    ..ROW
};

/// The complexity of the commands with several keys.
pub(super) const SEVERAL: &str = "O(K) + O(M*log(N)) where K is the number of provided keys, N \
                                  being the number of elements in the sorted set, and M being the \
                                  number of elements popped.";

/// The argument that names an end.
pub(super) const WHERE: Argument = Argument::one_of(
    "where",
    &[Argument::word("min", "MIN"), Argument::word("max", "MAX")],
);

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "zmpop",
        arity: -4,
        flags: &[Flag::Write],
        keys: &[Keys::at(Place::counted(1), &["RW", "access", "delete"])],
        since: "7.0.0",
        summary: "Remove and return members with scores in a sorted set",
        complexity: SEVERAL,
        arguments: &[
            Argument::new("numkeys", "integer"),
            Argument::KEY.multiple(),
            WHERE,
            Argument::new("count", "integer").after("COUNT").optional(),
        ],
        handler: Handler::Write(zmpop),
        ..ROW
    },
    Command {
        name: "zpopmax",
        summary: "Remove and return members with the highest scores in a sorted set",
        handler: Handler::Write(|call, keyspace| pop(call, keyspace, End::Right)),
        ..POP
    },
    Command {
        name: "zpopmin",
        summary: "Remove and return members with the lowest scores in a sorted set",
        handler: Handler::Write(|call, keyspace| pop(call, keyspace, End::Left)),
        ..POP
    },
];

/// Parses the name of an end.
///
/// # Errors
/// If the word names none.
pub(super) fn end(word: &[u8]) -> Result<End, ReplyError> {
    if word.eq_ignore_ascii_case(b"min") {
        Ok(End::Left)
    } else if word.eq_ignore_ascii_case(b"max") {
        Ok(End::Right)
    } else {
        Err(error::SYNTAX)
    }
}

/// Returns the name of the command that pops at `end`.
pub(super) fn name(end: End) -> &'static [u8] {
    match end {
        End::Left => b"ZPOPMIN",
        End::Right => b"ZPOPMAX",
    }
}

fn pop(call: &mut Call, keyspace: &mut Keyspace, end: End) -> Result<Effect, ReplyError> {
    let (count, form) = match call.args.len() {
        2 => (1, Form::Flat),
        3 => {
            let count = call.at_least(2, 0, error::NOT_POSITIVE)?;
            (count, Form::with_scores(call.reply))
        }
        _ => return Err(error::SYNTAX),
    };
    let popped = pop_up_to(
        call,
        keyspace,
        (call.args.get(1), end),
        count,
        |reply, count| {
            form.begin(reply, count);
            form
        },
    )?;
    if popped == 0 {
        call.reply.array(0);
    }
    Ok(Effect::if_changed(popped > 0))
}

fn zmpop(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    let Several {
        keys,
        end: from,
        count,
    } = Several::parse(call, 1, end)?;
    for index in keys {
        if let Some(effect) = pop_from(call, keyspace, (call.args.get(index), from), count)? {
            return Ok(effect);
        }
    }
    call.reply.null_array();
    Ok(Effect::Nothing)
}

/// Removes up to `count` members at an end of the sorted set at a key. Replies with the key and
/// pairs of members and scores, and returns the effect. `None`, without a reply, if there is no
/// sorted set.
pub(super) fn pop_from(
    call: &mut Call,
    keyspace: &mut Keyspace,
    (key, end): (&[u8], End),
    count: usize,
) -> Result<Option<Effect>, ReplyError> {
    let popped = pop_up_to(call, keyspace, (key, end), count, |reply, count| {
        reply.array(2);
        reply.bulk(key);
        reply.array(count);
        Form::Pairs
    })?;
    let mut number = integer::Buffer::default();
    let number = integer::text(popped as i64, &mut number);
    Ok((popped > 0).then(|| Effect::instead(&[name(end), key, number])))
}

/// Removes up to `count` members at an end of the sorted set at a key. `begin` begins the reply,
/// unless there are none, and tells the form of the members. Returns their number.
pub(super) fn pop_up_to(
    call: &mut Call,
    keyspace: &mut Keyspace,
    (key, end): (&[u8], End),
    count: usize,
    begin: impl FnOnce(&mut Reply, usize) -> Form,
) -> Result<usize, WrongType> {
    let popped = keyspace.edit(key, call.now_ms(), |zset: &mut ZSet| {
        let count = count.min(zset.len());
        if count == 0 {
            return Ok(None);
        }
        let form = begin(call.reply, count);
        let range = match end {
            End::Left => 0..count,
            End::Right => zset.len() - count..zset.len(),
        };
        reply_range(call.reply, zset, (range.clone(), end), form);
        Ok::<_, WrongType>(Some((count, zset.remove_range(range))))
    })?;
    let Some((count, removed)) = popped else {
        return Ok(0);
    };
    let event = match end {
        End::Left => "zpopmin",
        End::Right => "zpopmax",
    };
    call.notify_edit(keyspace, key, (EventClass::Zset, event));
    call.discard_later(removed);
    Ok(count)
}

/// Replies with the members of a range, beginning at `from`.
fn reply_range(reply: &mut Reply, zset: &ZSet, (range, from): (Range<usize>, End), form: Form) {
    let count = range.len();
    match from {
        End::Left => zset
            .iter_from(range.start)
            .take(count)
            .for_each(|it| form.push(reply, it)),
        End::Right => zset
            .iter_back_from(range.end - 1)
            .take(count)
            .for_each(|it| form.push(reply, it)),
    }
}
