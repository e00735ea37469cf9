//! Expiries that a request names: the options `EX`, `PX`, `EXAT` and `PXAT`.

use super::ReplyError;
use super::table::Argument;
use super::table::error;
use crate::config::limits::LAST_KEY_EXPIRY_MS;
use crate::num::integer;
use crate::store::types::Moment;

/// The documentation of the options NX, XX, GT and LT, of keys and of fields.
pub(super) const CONDITION: Argument = Argument::one_of(
    "condition",
    &[
        Argument::word("nx", "NX"),
        Argument::word("xx", "XX"),
        Argument::word("gt", "GT"),
        Argument::word("lt", "LT"),
    ],
)
.optional();

/// The unit of a time, and the moment from which it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TimeUnit {
    /// Seconds from now.
    Ex,
    /// Milliseconds from now.
    Px,
    /// Seconds since 1970.
    ExAt,
    /// Milliseconds since 1970.
    PxAt,
}

impl TimeUnit {
    /// Returns the unit that `option` names, in any case.
    pub(super) fn of(option: &[u8]) -> Option<TimeUnit> {
        let units: [(&[u8], TimeUnit); 4] = [
            (b"ex", TimeUnit::Ex),
            (b"px", TimeUnit::Px),
            (b"exat", TimeUnit::ExAt),
            (b"pxat", TimeUnit::PxAt),
        ];
        units
            .into_iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(option))
            .map(|(_, unit)| unit)
    }

    /// Returns `number` of this unit in milliseconds, unless that overflows.
    pub(super) fn to_ms(self, number: i64) -> Option<i64> {
        match self {
            TimeUnit::Ex | TimeUnit::ExAt => number.checked_mul(1000),
            TimeUnit::Px | TimeUnit::PxAt => Some(number),
        }
    }

    /// Returns the moment from which it counts, in milliseconds since 1970. Now is `clock_ms`.
    pub(super) fn base_ms(self, clock_ms: u64) -> u64 {
        match self {
            TimeUnit::Ex | TimeUnit::Px => clock_ms,
            TimeUnit::ExAt | TimeUnit::PxAt => 0,
        }
    }

    /// Parses `number`, an argument of `command`, and returns the moment that it names. Now is
    /// `clock_ms`. The moment may have passed.
    pub(super) fn moment(
        self,
        number: &[u8],
        clock_ms: u64,
        command: &str,
    ) -> Result<Moment, ReplyError> {
        let number = integer::parse(number).ok_or(error::NOT_AN_INTEGER)?;
        self.to_ms(number)
            .and_then(|distance_ms| moment(distance_ms, self.base_ms(clock_ms)))
            .ok_or_else(|| invalid(command))
    }
}

/// Returns the moment `distance_ms` after `base_ms`, if it is after `base_ms` and a key can expire
/// then.
pub(super) fn moment(distance_ms: i64, base_ms: u64) -> Option<Moment> {
    let distance_ms = u64::try_from(distance_ms).ok().filter(|it| *it > 0)?;
    let at_ms = base_ms.checked_add(distance_ms)?;
    Moment::new(at_ms).filter(|_| at_ms <= LAST_KEY_EXPIRY_MS)
}

/// Returns the error of `command` for an invalid expiry.
pub(super) fn invalid(command: &str) -> ReplyError {
    format!("ERR invalid expire time in '{command}' command").into()
}
