//! Times that a request gives a value: `EX`, `PX`, `EXAT` and `PXAT`.

use super::{ReplyError, error};
use crate::resp::integer;
use crate::store::value::Moment;

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
        let base = match self {
            Form::Ex | Form::Px => clock_ms as i64,
            Form::ExAt | Form::PxAt => 0,
        };
        milliseconds
            .filter(|milliseconds| *milliseconds > 0)
            .and_then(|milliseconds| milliseconds.checked_add(base))
            .and_then(|milliseconds| Moment::new(milliseconds as u64))
            .ok_or_else(|| invalid(command))
    }
}

/// A time that is none for `command`.
pub(super) fn invalid(command: &str) -> ReplyError {
    format!("ERR invalid expire time in '{command}' command").into()
}
