//! Commands that add to the number in a string.

use crate::commands::table::error;
use crate::commands::table::{Argument, Category, Command, Flag, Handler, Keys};
use crate::commands::{Call, Effect, ReplyError};
use crate::config::EventClass;
use crate::num::extended::Extended;
use crate::num::{float, integer};
use crate::store::blob::{Blob, Form};
use crate::store::keyspace::Keyspace;
use crate::store::types::Value;

/// DECRBY by the only number without an opposite.
const DECREMENT_OVERFLOWS: ReplyError = ReplyError::Fixed("ERR decrement would overflow");

const ROW: Command = Command {
    flags: &[Flag::Write, Flag::Denyoom, Flag::Fast],
    categories: &[Category::String],
    keys: &[Keys::one(&["RW", "access", "update"])],
    group: "string",
    ..Command::ROW
};

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "decr",
        arity: 2,
        summary: "Decrement the integer value of a key by one",
        arguments: &[Argument::KEY],
        handler: Handler::Write(decr),
        ..ROW
    },
    Command {
        name: "decrby",
        arity: 3,
        summary: "Decrement the integer value of a key by the given number",
        arguments: &[Argument::KEY, Argument::new("decrement", "integer")],
        handler: Handler::Write(decrby),
        ..ROW
    },
    Command {
        name: "incr",
        arity: 2,
        summary: "Increment the integer value of a key by one",
        arguments: &[Argument::KEY],
        handler: Handler::Write(incr),
        ..ROW
    },
    Command {
        name: "incrby",
        arity: 3,
        summary: "Increment the integer value of a key by the given amount",
        arguments: &[Argument::KEY, Argument::new("increment", "integer")],
        handler: Handler::Write(incrby),
        ..ROW
    },
    Command {
        name: "incrbyfloat",
        arity: 3,
        since: "2.6.0",
        summary: "Increment the float value of a key by the given amount",
        arguments: &[Argument::KEY, Argument::new("increment", "double")],
        handler: Handler::Write(incrbyfloat),
        ..ROW
    },
];

fn incr(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    add(call, keyspace, 1)
}

fn decr(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    add(call, keyspace, -1)
}

fn incrby(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    let increment = call.integer(2)?;
    add(call, keyspace, increment)
}

fn decrby(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    let decrement = call.integer(2)?;
    let increment = decrement.checked_neg().ok_or(DECREMENT_OVERFLOWS)?;
    add(call, keyspace, increment)
}

/// Adds to the integer at the key; a missing key counts as 0. The record is the request: repeated on
/// the same number, it gives the same sum.
fn add(call: &mut Call, keyspace: &mut Keyspace, increment: i64) -> Result<Effect, ReplyError> {
    let key = call.args.get(1);
    let sum = keyspace.edit(key, call.now_ms(), |value: &mut Blob| {
        let number = integer::parse(value).ok_or(error::NOT_AN_INTEGER)?;
        let sum = number.checked_add(increment).ok_or(error::SUM_OVERFLOWS)?;
        *value = to_blob(sum);
        Ok::<_, ReplyError>(Some(sum))
    })?;
    if sum.is_none() {
        keyspace.set(key, Value::String(to_blob(increment)).into());
    }
    call.notify_edit(keyspace, key, (EventClass::String, "incrby"));
    call.reply.integer(sum.unwrap_or(increment));
    Ok(Effect::AsRequested)
}

/// Returns the text of an integer.
pub(super) fn to_blob(number: i64) -> Blob {
    Blob::from(integer::text(number, &mut integer::Buffer::default()))
}

/// Returns the text of a float. Redis does not keep it as an integer, even if it is one.
pub(super) fn float_to_blob(number: Extended) -> Blob {
    Blob::from(float::to_text(number).as_bytes()).with_form(Form::Text)
}

/// The record is the sum, because another server may compute or print it with fewer bits.
fn incrbyfloat(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    let (key, increment) = (call.args.get(1), call.args.get(2));
    let edited = keyspace.edit(key, call.now_ms(), |value: &mut Blob| {
        let number = float::parse(value).ok_or(error::NOT_A_FLOAT)?;
        *value = add_float(number, increment)?;
        Ok::<_, ReplyError>(Some(value.clone()))
    })?;
    let sum = match edited {
        Some(sum) => sum,
        None => {
            let sum = add_float(Extended::ZERO, increment)?;
            keyspace.set(key, Value::String(sum.clone()).into());
            sum
        }
    };
    call.notify_edit(keyspace, key, (EventClass::String, "incrbyfloat"));
    call.reply_blob(&sum);
    Ok(Effect::set(key, &sum, &[b"KEEPTTL"]))
}

/// Returns the text of the sum of `number` and `increment`.
fn add_float(number: Extended, increment: &[u8]) -> Result<Blob, ReplyError> {
    let increment = float::parse(increment).ok_or(error::NOT_A_FLOAT)?;
    let sum = number + increment;
    if !sum.is_finite() {
        return Err(error::SUM_IS_NO_NUMBER);
    }
    Ok(float_to_blob(sum))
}
