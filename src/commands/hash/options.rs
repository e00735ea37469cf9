//! What commands on fields with a time to live may be told: `FIELDS`, and times. Refuses to
//! know what comes of it.

use crate::commands::ReplyError;
use crate::commands::expiry;
use crate::commands::expiry::TimeUnit;
use crate::commands::table::error;
use crate::commands::table::{Argument, Place};
use crate::config::limits::LAST_FIELD_EXPIRY_MS;
use crate::num::integer;
use crate::resp::args::Args;
use crate::store::types::Moment;

/// No word `FIELDS` where it must be.
const FIELDS_MISSING: ReplyError =
    ReplyError::Fixed("ERR Mandatory argument FIELDS is missing or not at the right position");
/// More or fewer fields than announced.
const FIELD_COUNT: ReplyError =
    ReplyError::Fixed("ERR The `numfields` parameter must match the number of arguments");
/// No number of fields.
pub(super) const FIELDS_POSITIVE: ReplyError =
    ReplyError::Fixed("ERR Number of fields must be a positive integer");
/// The same, to HEXPIRE and its kin.
pub(super) const NUM_FIELDS_POSITIVE: ReplyError =
    ReplyError::Fixed("ERR Parameter `numFields` should be greater than 0");
/// A time before the first.
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

/// Where the fields begin, of which `FIELDS numfields` at `index` tells; they must be all
/// that is left. `not_positive` is what to say to a wrong number.
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

/// Whether `word` announces fields.
pub(super) fn is_fields(word: &[u8]) -> bool {
    word.eq_ignore_ascii_case(b"fields")
}

/// Parses `number`, an argument of `command`, and returns the moment that it names for a field. Now
/// is `clock_ms`. The moment may have passed; it is 1 at least.
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
