//! Commands on single fields of hashes.

use crate::commands::notify::{HDEL, HSET};
use crate::commands::table::{Argument, Category, Command, Flag, Handler, Keys, Place};
use crate::commands::{Call, Effect, ReplyError};
use crate::store::blob::Blob;
use crate::store::keyspace::{Keyspace, WrongType};
use crate::store::types::hash::Hash;

const ROW: Command = Command {
    categories: &[Category::Hash],
    group: "hash",
    since: "2.0.0",
    ..Command::ROW
};

const READ: &[Flag] = &[Flag::Readonly, Flag::Fast];
const ADD: &[Flag] = &[Flag::Write, Flag::Denyoom, Flag::Fast];

const FIELD: Argument = Argument::new("field", "string");
const VALUE: Argument = Argument::new("value", "string");

const PAIRS: &[Argument] = &[
    Argument::KEY,
    Argument::block("field_value", &[FIELD, VALUE]).multiple(),
];

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "hdel",
        arity: -3,
        flags: &[Flag::Write, Flag::Fast],
        keys: &[Keys::one(&["RW", "delete"])],
        summary: "Delete one or more hash fields",
        complexity: "O(N) where N is the number of fields to be removed.",
        history: &[("2.4.0", "Accepts multiple `field` arguments.")],
        arguments: &[Argument::KEY, FIELD.multiple()],
        fields: Some(Place::from(2, 1)),
        handler: Handler::Write(hdel),
        ..ROW
    },
    Command {
        name: "hexists",
        arity: 3,
        flags: READ,
        keys: &[Keys::one(&["RO"])],
        summary: "Determine if a hash field exists",
        arguments: &[Argument::KEY, FIELD],
        fields: Some(Place::one(2)),
        handler: Handler::Read(hexists),
        ..ROW
    },
    Command {
        name: "hget",
        arity: 3,
        flags: READ,
        keys: &[Keys::one(&["RO", "access"])],
        summary: "Get the value of a hash field",
        arguments: &[Argument::KEY, FIELD],
        fields: Some(Place::one(2)),
        handler: Handler::Read(hget),
        ..ROW
    },
    Command {
        name: "hlen",
        arity: 2,
        flags: READ,
        keys: &[Keys::one(&["RO"])],
        summary: "Get the number of fields in a hash",
        arguments: &[Argument::KEY],
        handler: Handler::Read(hlen),
        ..ROW
    },
    Command {
        name: "hmget",
        arity: -3,
        flags: READ,
        keys: &[Keys::one(&["RO", "access"])],
        summary: "Get the values of all the given hash fields",
        complexity: "O(N) where N is the number of fields being requested.",
        arguments: &[Argument::KEY, FIELD.multiple()],
        fields: Some(Place::from(2, 1)),
        handler: Handler::Read(hmget),
        ..ROW
    },
    Command {
        name: "hmset",
        arity: -4,
        flags: ADD,
        keys: &[Keys::one(&["RW", "update"])],
        summary: "Set multiple hash fields to multiple values",
        complexity: "O(N) where N is the number of fields being set.",
        doc_flag: Some("deprecated"),
        deprecated: Some(("4.0.0", "`HSET` with multiple field-value pairs")),
        arguments: PAIRS,
        fields: Some(Place::from(2, 2)),
        handler: Handler::Write(hmset),
        ..ROW
    },
    Command {
        name: "hset",
        arity: -4,
        flags: ADD,
        keys: &[Keys::one(&["RW", "update"])],
        summary: "Set the string value of a hash field",
        complexity: "O(1) for each field/value pair added, so O(N) to add N field/value pairs \
                     when the command is called with multiple field/value pairs.",
        history: &[("4.0.0", "Accepts multiple `field` and `value` arguments.")],
        arguments: PAIRS,
        fields: Some(Place::from(2, 2)),
        handler: Handler::Write(hset),
        ..ROW
    },
    Command {
        name: "hsetnx",
        arity: 4,
        flags: ADD,
        keys: &[Keys::one(&["RW", "insert"])],
        summary: "Set the value of a hash field, only if the field does not exist",
        arguments: &[Argument::KEY, FIELD, VALUE],
        fields: Some(Place::one(2)),
        handler: Handler::Write(hsetnx),
        ..ROW
    },
    Command {
        name: "hstrlen",
        arity: 3,
        flags: READ,
        keys: &[Keys::one(&["RO"])],
        since: "3.2.0",
        summary: "Get the length of the value of a hash field",
        arguments: &[Argument::KEY, FIELD],
        fields: Some(Place::one(2)),
        handler: Handler::Read(hstrlen),
        ..ROW
    },
];

fn hdel(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    let (mut count, mut removed) = (0, Vec::new());
    keyspace.edit(call.args.get(1), call.now_ms(), |hash: &mut Hash| {
        for field in call.args.from(2) {
            let old = hash.remove(field, call.now_ms());
            count += usize::from(!old.is_absent());
            removed.extend(old.held());
        }
        Ok::<_, WrongType>((count > 0).then_some(()))
    })?;
    if count > 0 {
        call.notify_edit(keyspace, call.args.get(1), HDEL);
    }
    call.reply.count(count);
    call.discard_values(removed);
    Ok(Effect::if_changed(count > 0))
}

fn hexists(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    let hash = call.lookup::<Hash>(keyspace, call.args.get(1))?;
    let value = hash.and_then(|hash| hash.get(call.args.get(2), call.now_ms()));
    call.reply.count(usize::from(value.is_some()));
    Ok(())
}

fn hget(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    let hash = call.lookup::<Hash>(keyspace, call.args.get(1))?;
    match hash.and_then(|hash| hash.get(call.args.get(2), call.now_ms())) {
        Some(value) => call.reply_blob(value),
        None => call.reply.null(),
    }
    Ok(())
}

fn hlen(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    let hash = call.lookup::<Hash>(keyspace, call.args.get(1))?;
    call.reply
        .count(hash.map_or(0, |hash| hash.len(call.now_ms())));
    Ok(())
}

fn hmget(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    let hash = call.lookup::<Hash>(keyspace, call.args.get(1))?;
    let fields = call.args.from(2);
    call.reply.array(fields.len());
    for field in fields {
        match hash.and_then(|hash| hash.get(field, call.now_ms())) {
            Some(value) => call.reply_blob(value),
            None => call.reply.null(),
        }
    }
    Ok(())
}

fn hmset(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    set_pairs(call, keyspace, "hmset")?;
    call.reply.ok();
    Ok(Effect::AsRequested)
}

fn hset(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    let added = set_pairs(call, keyspace, "hset")?;
    call.reply.count(added);
    Ok(Effect::AsRequested)
}

/// Sets fields for HSET or HMSET, without a time. Returns how many of them are new.
fn set_pairs(call: &mut Call, keyspace: &mut Keyspace, name: &str) -> Result<usize, ReplyError> {
    if !call.args.len().is_multiple_of(2) {
        return Err(ReplyError::wrong_arity(name));
    }
    let small = call.state.thresholds().hash;
    let mut replaced: Vec<Blob> = Vec::new();
    let indexes = (2..call.args.len()).step_by(2);
    let pairs = indexes.map(|index| (call.args.get(index), call.value(index + 1)));
    let added = keyspace.edit_or_new(call.args.get(1), call.now_ms(), |hash: &mut Hash| {
        let added = hash.set_all(pairs, small, |old| replaced.push(old));
        Ok::<_, WrongType>(Some(added))
    })?;
    call.notify_edit(keyspace, call.args.get(1), HSET);
    if !replaced.is_empty() {
        call.discard_later(replaced);
    }
    Ok(added.unwrap_or_default())
}

fn hsetnx(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    let (field, value) = (call.args.get(2), call.value(3));
    let small = call.state.thresholds().hash;
    let added = keyspace.edit_or_new(call.args.get(1), call.now_ms(), |hash: &mut Hash| {
        let is_new = hash.get(field, call.now_ms()).is_none();
        if is_new {
            hash.set(field, value, small);
        }
        Ok::<_, WrongType>(is_new.then_some(()))
    })?;
    if added.is_some() {
        call.notify_edit(keyspace, call.args.get(1), HSET);
    }
    call.reply.count(usize::from(added.is_some()));
    Ok(Effect::if_changed(added.is_some()))
}

fn hstrlen(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    let hash = call.lookup::<Hash>(keyspace, call.args.get(1))?;
    let value = hash.and_then(|hash| hash.get(call.args.get(2), call.now_ms()));
    call.reply.count(value.map_or(0, |value| value.len()));
    Ok(())
}
