//! LINSERT, LREM, LSET and LTRIM: they change a list anywhere.

use super::options::{ELEMENT, ROW};
use crate::commands::table::{Argument, Command, Flag, Handler, Keys};
use crate::commands::{Call, Effect, ReplyError, error, positions};
use crate::config::EventClass;
use crate::store::keyspace::{Keyspace, WrongType};
use crate::store::types::list::{End, List};

const INDEX_RANGE: ReplyError = ReplyError::Fixed("ERR index out of range");

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "linsert",
        arity: 5,
        flags: &[Flag::Write, Flag::Denyoom],
        keys: &[Keys::one(&["RW", "insert"])],
        since: "2.2.0",
        summary: "Insert an element before or after another element in a list",
        complexity: "O(N) where N is the number of elements to traverse before seeing the value \
                     pivot. This means that inserting somewhere on the left end on the list (head) \
                     can be considered O(1) and inserting somewhere on the right end (tail) is \
                     O(N).",
        arguments: &[
            Argument::KEY,
            Argument::one_of(
                "where",
                &[
                    Argument::word("before", "BEFORE"),
                    Argument::word("after", "AFTER"),
                ],
            ),
            Argument::new("pivot", "string"),
            ELEMENT,
        ],
        handler: Handler::Write(linsert),
        ..ROW
    },
    Command {
        name: "lrem",
        arity: 4,
        flags: &[Flag::Write],
        keys: &[Keys::one(&["RW", "delete"])],
        summary: "Remove elements from a list",
        complexity: "O(N+M) where N is the length of the list and M is the number of elements \
                     removed.",
        arguments: &[Argument::KEY, Argument::new("count", "integer"), ELEMENT],
        handler: Handler::Write(lrem),
        ..ROW
    },
    Command {
        name: "lset",
        arity: 4,
        flags: &[Flag::Write, Flag::Denyoom],
        keys: &[Keys::one(&["RW", "update"])],
        summary: "Set the value of an element in a list by its index",
        complexity: "O(N) where N is the length of the list. Setting either the first or the last \
                     element of the list is O(1).",
        arguments: &[Argument::KEY, Argument::new("index", "integer"), ELEMENT],
        handler: Handler::Write(lset),
        ..ROW
    },
    Command {
        name: "ltrim",
        arity: 4,
        flags: &[Flag::Write],
        keys: &[Keys::one(&["RW", "delete"])],
        summary: "Trim a list to the specified range",
        complexity: "O(N) where N is the number of elements to be removed by the operation.",
        arguments: &[
            Argument::KEY,
            Argument::new("start", "integer"),
            Argument::new("stop", "integer"),
        ],
        handler: Handler::Write(ltrim),
        ..ROW
    },
];

fn linsert(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    let place = call.args.get(2);
    let offset = if place.eq_ignore_ascii_case(b"after") {
        1
    } else if place.eq_ignore_ascii_case(b"before") {
        0
    } else {
        return Err(error::SYNTAX);
    };
    let (key, pivot, element) = (call.args.get(1), call.args.get(3), call.value(4));
    if keyspace.get_as::<List>(key, call.now_ms())?.is_none() {
        call.reply.integer(0);
        return Ok(Effect::Nothing);
    }
    let length = keyspace.edit(key, call.now_ms(), |list: &mut List| {
        let found = list.positions(pivot, End::Left, usize::MAX).next();
        Ok::<_, WrongType>(found.map(|index| {
            list.insert(index + offset, element);
            list.len() as i64
        }))
    })?;
    if length.is_some() {
        call.notify_edit(keyspace, key, (EventClass::List, "linsert"));
    }
    call.reply.integer(length.unwrap_or(-1));
    Ok(Effect::if_changed(length.is_some()))
}

fn lrem(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    let (key, element) = (call.args.get(1), call.args.get(3));
    let count = call.integer(2)?;
    let from = if count < 0 { End::Right } else { End::Left };
    let most = match count.unsigned_abs() as usize {
        0 => usize::MAX,
        count => count,
    };
    let removed = keyspace.edit(key, call.now_ms(), |list: &mut List| {
        let (count, removed) = list.remove_equal(element, from, most);
        Ok::<_, WrongType>((count > 0).then_some((count, removed)))
    })?;
    let (count, removed) = removed.unwrap_or_default();
    if count > 0 {
        call.notify_edit(keyspace, key, (EventClass::List, "lrem"));
    }
    call.reply.count(count);
    call.discard_values(removed);
    Ok(Effect::if_changed(count > 0))
}

fn lset(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    let (key, element) = (call.args.get(1), call.value(3));
    let list = keyspace.get_as::<List>(key, call.now_ms())?;
    let length = list.map(List::len).ok_or(error::NO_SUCH_KEY)?;
    let position = positions::position(call.integer(2)?, length).ok_or(INDEX_RANGE)?;
    let old = keyspace.edit(key, call.now_ms(), |list: &mut List| {
        Ok::<_, WrongType>(Some(list.set(position, element)))
    })?;
    call.notify_edit(keyspace, key, (EventClass::List, "lset"));
    call.discard_values(old.into_iter().collect());
    call.reply.ok();
    Ok(Effect::AsRequested)
}

fn ltrim(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    let (start, stop) = (call.integer(2)?, call.integer(3)?);
    let removed = keyspace.edit(call.args.get(1), call.now_ms(), |list: &mut List| {
        let kept = positions::range(start, stop, list.len());
        let tail = list.remove(kept.end..list.len());
        // As in Redis, watchers hear of a LTRIM that removes nothing.
        Ok::<_, WrongType>(Some((list.remove(0..kept.start), tail)))
    })?;
    call.reply.ok();
    let Some((head, tail)) = removed else {
        return Ok(Effect::Nothing);
    };
    call.notify_edit(keyspace, call.args.get(1), (EventClass::List, "ltrim"));
    let has_removed = !head.is_empty() || !tail.is_empty();
    call.discard_later((head, tail));
    Ok(Effect::if_changed(has_removed))
}
