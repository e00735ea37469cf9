//! Parses options of commands on fields that expire: `FIELDS` and times. Applies none.

use crate::commands::ReplyError;
use crate::commands::expiry;
use crate::commands::expiry::TimeUnit;
use crate::commands::table::error;
use crate::commands::table::{Argument, Place};
use crate::config::limits::LAST_FIELD_EXPIRY_MS;
use crate::num::integer;
use crate::resp::args::Args;
use crate::store::types::Moment;

/// `FIELDS` is missing at its place.
const FIELDS_MISSING: ReplyError =
    ReplyError::Fixed("ERR Mandatory argument FIELDS is missing or not at the right position");
/// The number of fields is not `numfields`.
const FIELD_COUNT: ReplyError =
    ReplyError::Fixed("ERR The `numfields` parameter must match the number of arguments");
/// `numfields` is not a positive number.
pub(super) const FIELDS_POSITIVE: ReplyError =
    ReplyError::Fixed("ERR Number of fields must be a positive integer");
/// The same error of HEXPIRE, HPEXPIRE, HEXPIREAT and HPEXPIREAT.
pub(super) const NUM_FIELDS_POSITIVE: ReplyError =
    ReplyError::Fixed("ERR Parameter `numFields` should be greater than 0");
/// A negative time.
const NEGATIVE_TIME: ReplyError = ReplyError::Fixed("ERR invalid expire time, must be >= 0");

pub(super) const FIELD: Argument = Argument::new("field", "string");
pub(super) const NUM_FIELDS: Argument = Argument::new("numfields", "integer");
pub(super) const FIELDS: Argument =
    Argument::block("fields", &[NUM_FIELDS, FIELD.multiple()]).after("FIELDS");
pub(super) const SECONDS: Argument = Argument::new("seconds", "integer");
pub(super) const MILLISECONDS: Argument = Argument::new("milliseconds", "integer");
pub(super) const UNIX_TIME_SECONDS: Argument = Argument::new("unix-time-seconds", "unix-time");
pub(super) const UNIX_TIME_MILLISECONDS: Argument =
    Argument::new("unix-time-milliseconds", "unix-time");

/// The fields behind `FIELDS numfields`.
pub(super) const NUMBERED_FIELDS: Place = Place::numbered("FIELDS", 2, 1);

/// Checks `FIELDS numfields` at `index`, which exactly that many fields must follow. Returns the
/// index of the first. `not_positive` is the error for a bad number.
pub(super) fn fields_at(
    args: Args,
    index: usize,
    not_positive: ReplyError,
) -> Result<usize, ReplyError> {
    let mut words = args.from(index);
    if !words.next().is_some_and(is_fields) {
        return Err(FIELDS_MISSING);
    }
    let count = words.next().and_then(integer::parse);
    let count = count.filter(|count| *count > 0).ok_or(not_positive)?;
    if count != words.len() as i64 {
        return Err(FIELD_COUNT);
    }
    Ok(index + 2)
}

/// Whether `word` is `FIELDS`, in any case.
pub(super) fn is_fields(word: &[u8]) -> bool {
    word.eq_ignore_ascii_case(b"fields")
}

/// Parses `number`, an argument of `command`, and returns the field's expiry. `clock_ms` is the
/// time now. The result may have passed; it is at least 1.
pub(super) fn moment(
    unit: TimeUnit,
    number: &[u8],
    clock_ms: u64,
    command: &str,
) -> Result<Moment, ReplyError> {
    let number = integer::parse(number).ok_or(error::NOT_AN_INTEGER)?;
    if number < 0 {
        return Err(NEGATIVE_TIME);
    }
    let base_ms = unit.base_ms(clock_ms) as i64;
    unit.to_ms(number)
        .and_then(|distance_ms| distance_ms.checked_add(base_ms))
        .filter(|at_ms| *at_ms <= LAST_FIELD_EXPIRY_MS as i64)
        .and_then(|at_ms| Moment::new(at_ms.max(1) as u64))
        .ok_or_else(|| expiry::invalid(command))
}
