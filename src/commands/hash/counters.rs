//! Commands that read the value of a field as a number and add to it.

use crate::commands::table::error;
use crate::commands::table::{Argument, Category, Command, Flag, Handler, Keys, Place};
use crate::commands::{Call, Effect, ReplyError};
use crate::config::EventClass;
use crate::num::extended::Extended;
use crate::num::{float, integer};
use crate::store::blob::{Blob, BlobRef};
use crate::store::keyspace::Keyspace;
use crate::store::types::hash::Hash;

/// The value for HINCRBY is not an integer.
const NOT_AN_INTEGER: ReplyError = ReplyError::Fixed("ERR hash value is not an integer");
/// The value for HINCRBYFLOAT is not a number.
const NOT_A_FLOAT: ReplyError = ReplyError::Fixed("ERR hash value is not a float");
/// The increment of HINCRBYFLOAT is infinite.
const INFINITE_INCREMENT: ReplyError = ReplyError::Fixed("ERR value is NaN or Infinity");

const ROW: Command = Command {
    arity: 4,
    flags: &[Flag::Write, Flag::Denyoom, Flag::Fast],
    categories: &[Category::Hash],
    keys: &[Keys::one(&["RW", "access", "update"])],
    fields: Some(Place::one(2)),
    group: "hash",
    ..Command::ROW
};

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "hincrby",
        since: "2.0.0",
        summary: "Increment the integer value of a hash field by the given number",
        arguments: &[
            Argument::KEY,
            Argument::new("field", "string"),
            Argument::new("increment", "integer"),
        ],
        handler: Handler::Write(hincrby),
        ..ROW
    },
    Command {
        name: "hincrbyfloat",
        since: "2.6.0",
        summary: "Increment the float value of a hash field by the given amount",
        arguments: &[
            Argument::KEY,
            Argument::new("field", "string"),
            Argument::new("increment", "double"),
        ],
        handler: Handler::Write(hincrbyfloat),
        ..ROW
    },
];

/// Records the request: run again on the same number, it gives the same sum, and the field's time
/// stays.
fn hincrby(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    let increment = call.integer(3)?;
    let (key, field) = (call.args.get(1), call.args.get(2));
    let small = call.state.thresholds().hash;
    let mut old = None;
    let sum = keyspace.edit_or_new(key, call.now_ms(), |hash: &mut Hash| {
        let number = match hash.get(field, call.now_ms()) {
            Some(value) => integer::parse(&value).ok_or(NOT_AN_INTEGER)?,
            None => 0,
        };
        let sum = number.checked_add(increment).ok_or(error::SUM_OVERFLOWS)?;
        let mut buffer = integer::Buffer::default();
        let text = BlobRef::from(integer::text(sum, &mut buffer));
        old = hash
            .set_keeping_time(field, text, call.now_ms(), small)
            .held();
        Ok::<_, ReplyError>(Some(sum))
    })?;
    call.notify_edit(keyspace, key, (EventClass::Hash, "hincrby"));
    call.discard_values(Vec::from_iter(old));
    call.reply.integer(sum.unwrap_or_default());
    Ok(Effect::AsRequested)
}

/// Records the sum, because another server may compute it with fewer bits. If the field has a time,
/// records HSETEX, because HSET would remove the time.
fn hincrbyfloat(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    let increment = float::parse(call.args.get(3)).ok_or(error::NOT_A_FLOAT)?;
    if !increment.is_finite() {
        return Err(INFINITE_INCREMENT);
    }
    let (key, field) = (call.args.get(1), call.args.get(2));
    let small = call.state.thresholds().hash;
    let (mut has_time, mut old) = (false, None);
    let sum = keyspace.edit_or_new(key, call.now_ms(), |hash: &mut Hash| {
        let found = hash.field(field, call.now_ms());
        has_time = found.is_some_and(|field| field.expires_at.is_some());
        let number = match found {
            Some(field) => float::parse(&field.value).ok_or(NOT_A_FLOAT)?,
            None => Extended::ZERO,
        };
        let sum = sum_of(number, increment)?;
        let text = BlobRef::from(&sum);
        old = hash
            .set_keeping_time(field, text, call.now_ms(), small)
            .held();
        Ok::<_, ReplyError>(Some(sum))
    })?;
    let sum = sum.unwrap_or_default();
    call.notify_edit(keyspace, key, (EventClass::Hash, "hincrbyfloat"));
    call.discard_values(Vec::from_iter(old));
    call.reply_blob(&sum);
    Ok(if has_time {
        Effect::instead(&[b"HSETEX", key, b"KEEPTTL", b"FIELDS", b"1", field, &sum])
    } else {
        Effect::instead(&[b"HSET", key, field, &sum])
    })
}

/// Returns `number` plus `increment` as text.
fn sum_of(number: Extended, increment: Extended) -> Result<Blob, ReplyError> {
    let sum = number + increment;
    if !sum.is_finite() {
        return Err(error::SUM_IS_NO_NUMBER);
    }
    Ok(Blob::from(float::to_text(sum).as_bytes()))
}
