//! Times that a request gives a value: `EX`, `PX`, `EXAT` and `PXAT`.

use super::ReplyError;
use super::table::error;
use crate::config::limits::LAST_KEY_EXPIRY_MS;
use crate::num::integer;
use crate::store::types::Moment;

/// How a time is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Seconds from now.
    Ex,
    /// Milliseconds from now.
    Px,
    /// Seconds since 1970.
    ExAt,
    /// Milliseconds since 1970.
    PxAt,
}

impl Form {
    /// The form that `option` names, in whatever case.
    pub(super) fn of(option: &[u8]) -> Option<Form> {
        let forms: [(&[u8], Form); 4] = [
            (b"ex", Form::Ex),
            (b"px", Form::Px),
            (b"exat", Form::ExAt),
            (b"pxat", Form::PxAt),
        ];
        forms
            .into_iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(option))
            .map(|(_, form)| form)
    }

    /// The moment that `number`, given to `command`, means at `clock_ms`; one that is past
    /// counts as well.
    pub(super) fn moment(
        self,
        number: &[u8],
        clock_ms: u64,
        command: &str,
    ) -> Result<Moment, ReplyError> {
        let number = integer::parse(number).ok_or(error::NOT_AN_INTEGER)?;
        let milliseconds = match self {
            Form::Ex | Form::ExAt => number.checked_mul(1000),
            Form::Px | Form::PxAt => Some(number),
        };
        let base_ms = match self {
            Form::Ex | Form::Px => clock_ms,
            Form::ExAt | Form::PxAt => 0,
        };
        milliseconds
            .and_then(|milliseconds| moment(milliseconds, base_ms))
            .ok_or_else(|| invalid(command))
    }
}

/// Returns the moment `distance_ms` after `base_ms`, if that is one after `base_ms` at which a
/// key can expire.
pub(super) fn moment(distance_ms: i64, base_ms: u64) -> Option<Moment> {
    let distance_ms = u64::try_from(distance_ms).ok().filter(|it| *it > 0)?;
    let at_ms = base_ms.checked_add(distance_ms)?;
    Moment::new(at_ms).filter(|_| at_ms <= LAST_KEY_EXPIRY_MS)
}

/// A time that is none for `command`.
pub(super) fn invalid(command: &str) -> ReplyError {
    format!("ERR invalid expire time in '{command}' command").into()
}
