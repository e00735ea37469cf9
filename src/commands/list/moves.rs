//! LMOVE and RPOPLPUSH: they move an element from one list to another. BLMOVE and BRPOPLPUSH move
//! it with the same function.

use super::options::{ROW, WHERE_FROM, WHERE_TO};
use super::{options, pop, push};
use crate::commands::table::{Argument, Command, Flag, Handler, Keys, Place};
use crate::commands::{Call, Effect, ReplyError};
use crate::store::blob::{Blob, BlobRef};
use crate::store::keyspace::{Keyspace, WrongType};
use crate::store::types::list::{End, List};

/// A row of a command that moves an element, to build others on.
pub(super) const MOVE: Command = Command {
    flags: &[Flag::Write, Flag::Denyoom],
    keys: &[
        Keys::one(&["RW", "access", "delete"]),
        Keys::at(Place::one(2), &["RW", "insert"]),
    ],
    ..ROW
};

pub(super) const SOURCE: Argument = Argument::key("source", 0);
pub(super) const DESTINATION: Argument = Argument::key("destination", 1);

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "lmove",
        arity: 5,
        since: "6.2.0",
        summary: "Pop an element from a list, push it to another list and return it",
        arguments: &[SOURCE, DESTINATION, WHERE_FROM, WHERE_TO],
        handler: Handler::Write(lmove),
        ..MOVE
    },
    Command {
        name: "rpoplpush",
        arity: 3,
        since: "1.2.0",
        summary: "Remove the last element in a list, prepend it to another list and return it",
        doc_flag: Some("deprecated"),
        deprecated: Some(("6.2.0", "`LMOVE` with the `RIGHT` and `LEFT` arguments")),
        arguments: &[SOURCE, DESTINATION],
        handler: Handler::Write(rpoplpush),
        ..MOVE
    },
];

fn lmove(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    let from = options::end(call.args.get(3))?;
    let to = options::end(call.args.get(4))?;
    move_or_null(call, keyspace, from, to)
}

fn rpoplpush(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    move_or_null(call, keyspace, End::Right, End::Left)
}

fn move_or_null(
    call: &mut Call,
    keyspace: &mut Keyspace,
    from: End,
    to: End,
) -> Result<Effect, ReplyError> {
    let is_moved = reply_moved(call, keyspace, from, to)?;
    if !is_moved {
        call.reply.null();
    }
    Ok(Effect::if_changed(is_moved))
}

/// Moves an element between the lists at the first two arguments of the request, and replies with
/// it. Returns whether there was one; if not, there is no reply.
pub(super) fn reply_moved(
    call: &mut Call,
    keyspace: &mut Keyspace,
    from: End,
    to: End,
) -> Result<bool, ReplyError> {
    let moved = move_one(call, keyspace, from, to)?;
    if moved.is_some() {
        // In the order of Redis, which pushes before it removes a source that is empty.
        call.notify_new(keyspace);
        call.notify(call.args.get(2), push::event(to));
        call.notify_edit(keyspace, call.args.get(1), pop::event(from));
    }
    moved.iter().for_each(|element| call.reply_blob(element));
    Ok(moved.is_some())
}

/// Moves an element between the lists at the first two arguments of the request. `None` if there is
/// no source.
fn move_one(
    call: &Call,
    keyspace: &mut Keyspace,
    from: End,
    to: End,
) -> Result<Option<Blob>, WrongType> {
    let (source, destination) = (call.args.get(1), call.args.get(2));
    let push = |list: &mut List, element: &Blob| list.push(to, BlobRef::from(element));
    if source == destination {
        // One edit, because a list that becomes empty in between would lose its expiry.
        return keyspace.edit(source, call.now_ms(), |list: &mut List| {
            let element = list.pop(from);
            element.iter().for_each(|element| push(list, element));
            Ok(element)
        });
    }
    if keyspace.get_as::<List>(source, call.now_ms())?.is_none() {
        return Ok(None);
    }
    keyspace.get_as::<List>(destination, call.now_ms())?;
    let element = pop::take_one(call, keyspace, source, from)?;
    if let Some(element) = &element {
        keyspace.edit_or_new(destination, call.now_ms(), |list: &mut List| {
            push(list, element);
            Ok::<_, WrongType>(Some(()))
        })?;
    }
    Ok(element)
}
