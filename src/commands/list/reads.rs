//! LLEN, LINDEX and LRANGE: they read a list by position.

use std::ops::Range;

use super::options::ROW;
use crate::commands::table::{Argument, Command, Flag, Handler, Keys};
use crate::commands::{Call, QUICK_ELEMENTS, ReplyError, Rest, positions, push_blob};
use crate::resp::reply::Reply;
use crate::store::keyspace::Keyspace;
use crate::store::types::list::List;

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "lindex",
        arity: 3,
        flags: &[Flag::Readonly],
        keys: &[Keys::one(&["RO", "access"])],
        summary: "Get an element from a list by its index",
        complexity: "O(N) where N is the number of elements to traverse to get to the element at \
                     index. This makes asking for the first or the last element of the list O(1).",
        arguments: &[Argument::KEY, Argument::new("index", "integer")],
        handler: Handler::Read(lindex),
        ..ROW
    },
    Command {
        name: "llen",
        arity: 2,
        flags: &[Flag::Readonly, Flag::Fast],
        keys: &[Keys::one(&["RO"])],
        summary: "Get the length of a list",
        arguments: &[Argument::KEY],
        handler: Handler::Read(llen),
        ..ROW
    },
    Command {
        name: "lrange",
        arity: 4,
        flags: &[Flag::Readonly],
        keys: &[Keys::one(&["RO", "access"])],
        summary: "Get a range of elements from a list",
        complexity: "O(S+N) where S is the distance of start offset from HEAD for small lists, \
                     from nearest end (HEAD or TAIL) for large lists; and N is the number of \
                     elements in the specified range.",
        arguments: &[
            Argument::KEY,
            Argument::new("start", "integer"),
            Argument::new("stop", "integer"),
        ],
        handler: Handler::ReadThen(lrange),
        ..ROW
    },
];

fn lindex(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    let Some(list) = list(call, keyspace)? else {
        call.reply.null();
        return Ok(());
    };
    let position = positions::position(call.integer(2)?, list.len());
    match position.and_then(|position| list.get(position)) {
        Some(element) => call.reply_blob(element),
        None => call.reply.null(),
    }
    Ok(())
}

fn llen(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    let list = list(call, keyspace)?;
    call.reply.count(list.map_or(0, List::len));
    Ok(())
}

fn lrange(call: &mut Call, keyspace: &Keyspace) -> Result<Option<Rest>, ReplyError> {
    let (start, stop) = (call.integer(2)?, call.integer(3)?);
    let Some(list) = list(call, keyspace)? else {
        call.reply.array(0);
        return Ok(None);
    };
    let range = positions::range(start, stop, list.len());
    if range.len() <= QUICK_ELEMENTS {
        reply_range(list, range, call.reply);
        return Ok(None);
    }
    let list = list.clone();
    Ok(Some(Box::new(move |reply| {
        reply_range(&list, range, reply);
        Ok(())
    })))
}

fn reply_range(list: &List, range: Range<usize>, reply: &mut Reply) {
    reply.array(range.len());
    // `for_each` walks through a chunk in one loop; `for` would ask the list for each element.
    let elements = list.iter_from(range.start).take(range.len());
    elements.for_each(|element| push_blob(reply.output(), element));
}

/// Returns the list at the key of the request, and counts a hit or a miss.
fn list<'a>(call: &mut Call, keyspace: &'a Keyspace) -> Result<Option<&'a List>, ReplyError> {
    Ok(call.lookup::<List>(keyspace, call.args.get(1))?)
}
