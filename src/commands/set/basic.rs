//! Commands on the members of one set, and SMOVE from one set to another.

use super::{ROW, most_integers, reply_all};
use crate::commands::notify::{SADD, SREM};
use crate::commands::table::{Argument, Command, Flag, Handler, Keys, Place};
use crate::commands::{Call, Effect, ReplyError};
use crate::store::keyspace::{Keyspace, WrongType};
use crate::store::types::Old;
use crate::store::types::set::{Member, Set};

const READ: &[Flag] = &[Flag::Readonly, Flag::Fast];
const REMOVE: &[Flag] = &[Flag::Write, Flag::Fast];

const MEMBER: Argument = Argument::new("member", "string");
const MEMBERS: &[Argument] = &[Argument::KEY, MEMBER.multiple()];

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "sadd",
        arity: -3,
        flags: &[Flag::Write, Flag::Denyoom, Flag::Fast],
        keys: &[Keys::one(&["RW", "insert"])],
        summary: "Add one or more members to a set",
        complexity: "O(1) for each element added, so O(N) to add N elements when the command is \
                     called with multiple arguments.",
        history: &[("2.4.0", "Accepts multiple `member` arguments.")],
        arguments: MEMBERS,
        fields: Some(Place::from(2, 1)),
        handler: Handler::Write(sadd),
        ..ROW
    },
    Command {
        name: "scard",
        arity: 2,
        flags: READ,
        keys: &[Keys::one(&["RO"])],
        summary: "Get the number of members in a set",
        arguments: &[Argument::KEY],
        handler: Handler::Read(scard),
        ..ROW
    },
    Command {
        name: "sismember",
        arity: 3,
        flags: READ,
        keys: &[Keys::one(&["RO"])],
        summary: "Determine if a given value is a member of a set",
        arguments: &[Argument::KEY, MEMBER],
        fields: Some(Place::one(2)),
        handler: Handler::Read(sismember),
        ..ROW
    },
    Command {
        name: "smembers",
        arity: 2,
        flags: &[Flag::Readonly],
        keys: &[Keys::one(&["RO", "access"])],
        tips: &["nondeterministic_output_order"],
        summary: "Get all the members in a set",
        complexity: "O(N) where N is the set cardinality.",
        arguments: &[Argument::KEY],
        handler: Handler::Read(smembers),
        ..ROW
    },
    Command {
        name: "smismember",
        arity: -3,
        flags: READ,
        keys: &[Keys::one(&["RO", "access"])],
        since: "6.2.0",
        summary: "Returns the membership associated with the given elements for a set",
        complexity: "O(N) where N is the number of elements being checked for membership",
        arguments: MEMBERS,
        fields: Some(Place::from(2, 1)),
        handler: Handler::Read(smismember),
        ..ROW
    },
    Command {
        name: "smove",
        arity: 4,
        flags: REMOVE,
        keys: &[
            Keys::one(&["RW", "access", "delete"]),
            Keys::at(Place::one(2), &["RW", "insert"]),
        ],
        summary: "Move a member from one set to another",
        arguments: &[
            Argument::key("source", 0),
            Argument::key("destination", 1),
            MEMBER,
        ],
        handler: Handler::Write(smove),
        ..ROW
    },
    Command {
        name: "srem",
        arity: -3,
        flags: REMOVE,
        keys: &[Keys::one(&["RW", "delete"])],
        summary: "Remove one or more members from a set",
        complexity: "O(N) where N is the number of members to be removed.",
        history: &[("2.4.0", "Accepts multiple `member` arguments.")],
        arguments: MEMBERS,
        fields: Some(Place::from(2, 1)),
        handler: Handler::Write(srem),
        ..ROW
    },
];

fn sadd(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    let most_integers = most_integers(call);
    let members = (2..call.args.len()).map(|index| Member::Bytes(call.value(index)));
    let added = keyspace.edit_or_new(call.args.get(1), call.now_ms(), |set: &mut Set| {
        let added = set.insert_all(members, most_integers);
        Ok::<_, WrongType>((added > 0).then_some(added))
    })?;
    if added.is_some() {
        call.notify_edit(keyspace, call.args.get(1), SADD);
    }
    call.reply.count(added.unwrap_or_default());
    Ok(Effect::if_changed(added.is_some()))
}

fn scard(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    let set = call.lookup::<Set>(keyspace, call.args.get(1))?;
    call.reply.count(set.map_or(0, Set::len));
    Ok(())
}

fn sismember(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    let set = call.lookup::<Set>(keyspace, call.args.get(1))?;
    let is_member = set.is_some_and(|set| set.contains(call.args.get(2)));
    call.reply.count(usize::from(is_member));
    Ok(())
}

fn smembers(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    let set = call.lookup::<Set>(keyspace, call.args.get(1))?;
    match set {
        Some(set) => reply_all(call, set),
        None => call.reply.set(0),
    }
    Ok(())
}

fn smismember(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    let set = call.lookup::<Set>(keyspace, call.args.get(1))?;
    let members = call.args.from(2);
    call.reply.array(members.len());
    for member in members {
        let is_member = set.is_some_and(|set| set.contains(member));
        call.reply.count(usize::from(is_member));
    }
    Ok(())
}

fn smove(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    let (source, destination) = (call.args.get(1), call.args.get(2));
    let (member, now_ms) = (call.args.get(3), call.now_ms());
    let Some(set) = keyspace.get_as::<Set>(source, now_ms)? else {
        call.reply.count(0);
        return Ok(Effect::Nothing);
    };
    keyspace.get_as::<Set>(destination, now_ms)?;
    let is_member = set.contains(member);
    call.reply.count(usize::from(is_member));
    if !is_member || source == destination {
        return Ok(Effect::Nothing);
    }
    let old = keyspace.edit(source, now_ms, |set: &mut Set| {
        Ok::<_, WrongType>(Some(set.remove(member)))
    })?;
    call.notify_edit(keyspace, source, SREM);
    if let Some(member) = old.and_then(Old::held) {
        call.discard_later(member);
    }
    let (value, most_integers) = (call.value(3), most_integers(call));
    let added = keyspace.edit_or_new(destination, now_ms, |set: &mut Set| {
        let is_new = set.insert(value, most_integers);
        Ok::<_, WrongType>(is_new.then_some(()))
    })?;
    if added.is_some() {
        call.notify_edit(keyspace, destination, SADD);
    }
    Ok(Effect::AsRequested)
}

fn srem(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    let (mut count, mut removed) = (0, Vec::new());
    keyspace.edit(call.args.get(1), call.now_ms(), |set: &mut Set| {
        for member in call.args.from(2) {
            let old = set.remove(member);
            count += usize::from(!old.is_absent());
            removed.extend(old.held());
        }
        Ok::<_, WrongType>((count > 0).then_some(()))
    })?;
    if count > 0 {
        call.notify_edit(keyspace, call.args.get(1), SREM);
    }
    call.reply.count(count);
    call.discard_values(removed);
    Ok(Effect::if_changed(count > 0))
}
