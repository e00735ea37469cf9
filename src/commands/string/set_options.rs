//! The options of SET and GETEX. Parses them, and knows no data.

use crate::commands::ReplyError;
use crate::commands::expiry::TimeUnit;
use crate::commands::table::Argument;
use crate::commands::table::error;
use crate::resp::args::Args;
use crate::store::types::Moment;

pub(super) const SET_HISTORY: &[(&str, &str)] = &[
    ("2.6.12", "Added the `EX`, `PX`, `NX` and `XX` options."),
    ("6.0.0", "Added the `KEEPTTL` option."),
    ("6.2.0", "Added the `GET`, `EXAT` and `PXAT` option."),
    (
        "7.0.0",
        "Allowed the `NX` and `GET` options to be used together.",
    ),
];

pub(super) const SET_ARGUMENTS: &[Argument] = &[
    Argument::KEY,
    Argument::new("value", "string"),
    Argument::one_of(
        "condition",
        &[Argument::word("nx", "NX"), Argument::word("xx", "XX")],
    )
    .since("2.6.12")
    .optional(),
    Argument::word("get", "GET").since("6.2.0").optional(),
    Argument::one_of(
        "expiration",
        &[
            SECONDS.since("2.6.12"),
            MILLISECONDS.since("2.6.12"),
            UNIX_TIME_SECONDS.since("6.2.0"),
            UNIX_TIME_MILLISECONDS.since("6.2.0"),
            Argument::word("keepttl", "KEEPTTL").since("6.0.0"),
        ],
    )
    .optional(),
];

pub(super) const GETEX_ARGUMENTS: &[Argument] = &[
    Argument::KEY,
    Argument::one_of(
        "expiration",
        &[
            SECONDS,
            MILLISECONDS,
            UNIX_TIME_SECONDS,
            UNIX_TIME_MILLISECONDS,
            Argument::word("persist", "PERSIST"),
        ],
    )
    .optional(),
];

const SECONDS: Argument = Argument::new("seconds", "integer").after("EX");
const MILLISECONDS: Argument = Argument::new("milliseconds", "integer").after("PX");
const UNIX_TIME_SECONDS: Argument = Argument::new("unix-time-seconds", "unix-time").after("EXAT");
const UNIX_TIME_MILLISECONDS: Argument =
    Argument::new("unix-time-milliseconds", "unix-time").after("PXAT");

/// Returns the flags of the key: SET only reads it with the option GET.
pub(super) fn key_flags(args: Args) -> &'static [&'static str] {
    let mut options = args.from(3);
    match options.any(|option| option.eq_ignore_ascii_case(b"get")) {
        true => &["RW", "access", "update"],
        false => &["OW", "update"],
    }
}

/// The expiry that a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expiry<'a> {
    /// No option says anything.
    Unset,
    /// The key keeps its expiry: KEEPTTL.
    Kept,
    /// The key loses its expiry: PERSIST.
    Removed,
    /// A number in a unit of time.
    Until(TimeUnit, &'a [u8]),
}

impl<'a> Expiry<'a> {
    /// Returns the moment that the options name, if they do. Errors are about `command`.
    pub(super) fn moment(self, clock_ms: u64, command: &str) -> Result<Option<Moment>, ReplyError> {
        match self {
            Expiry::Until(unit, number) => unit.moment(number, clock_ms, command).map(Some),
            _ => Ok(None),
        }
    }

    /// Parses `option`, whose value is the next of `rest`. It is a unit of time, or `word`, which stands
    /// for `meaning`. If a unit is repeated, the last one counts.
    fn parse(
        &mut self,
        option: &[u8],
        (word, meaning): (&[u8], Expiry<'a>),
        rest: &mut impl Iterator<Item = &'a [u8]>,
    ) -> Result<(), ReplyError> {
        let given = if option.eq_ignore_ascii_case(word) {
            meaning
        } else {
            let unit = TimeUnit::of(option).ok_or(error::SYNTAX)?;
            Expiry::Until(unit, rest.next().ok_or(error::SYNTAX)?)
        };
        let fits_together = match (*self, given) {
            (Expiry::Unset, _) => true,
            (Expiry::Until(unit, _), Expiry::Until(new_unit, _)) => unit == new_unit,
            (old, new) => old == new,
        };
        *self = given;
        fits_together.then_some(()).ok_or(error::SYNTAX)
    }
}

/// The options of SET.
#[derive(Debug)]
pub(super) struct SetOptions<'a> {
    /// Whether the key must exist (XX) or must not (NX).
    pub(super) must_exist: Option<bool>,
    /// Whether the reply is the old value (GET).
    pub(super) get: bool,
    /// The expiry of the key.
    pub(super) expiry: Expiry<'a>,
}

impl<'a> SetOptions<'a> {
    /// Parses the arguments behind the value.
    pub(super) fn parse(args: Args<'a>) -> Result<SetOptions<'a>, ReplyError> {
        let mut options = SetOptions {
            must_exist: None,
            get: false,
            expiry: Expiry::Unset,
        };
        let mut rest = args.from(3);
        while let Some(option) = rest.next() {
            if option.eq_ignore_ascii_case(b"nx") {
                options.demand(false)?;
            } else if option.eq_ignore_ascii_case(b"xx") {
                options.demand(true)?;
            } else if option.eq_ignore_ascii_case(b"get") {
                options.get = true;
            } else {
                let keepttl = (&b"keepttl"[..], Expiry::Kept);
                options.expiry.parse(option, keepttl, &mut rest)?;
            }
        }
        Ok(options)
    }

    fn demand(&mut self, must_exist: bool) -> Result<(), ReplyError> {
        let before = self.must_exist.replace(must_exist);
        if before == Some(!must_exist) {
            return Err(error::SYNTAX);
        }
        Ok(())
    }
}

/// Parses the arguments of GETEX behind the key.
pub(super) fn parse_getex<'a>(args: Args<'a>) -> Result<Expiry<'a>, ReplyError> {
    let mut expiry = Expiry::Unset;
    let mut rest = args.from(2);
    while let Some(option) = rest.next() {
        expiry.parse(option, (b"persist", Expiry::Removed), &mut rest)?;
    }
    Ok(expiry)
}
