//! The options of SET, MSETEX and GETEX. Parses them, and knows no data.

use super::condition::{Comparison, Condition, IFDEQ, IFDNE, IFEQ, IFNE};
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
    ("8.4.0", "Added 'IFEQ', 'IFNE', 'IFDEQ', 'IFDNE' options."),
];

pub(super) const SET_ARGUMENTS: &[Argument] = &[
    Argument::KEY,
    Argument::new("value", "string"),
    Argument::one_of(
        "condition",
        &[
            NX,
            XX,
            IFEQ.since("8.4.0"),
            IFNE.since("8.4.0"),
            IFDEQ.since("8.4.0"),
            IFDNE.since("8.4.0"),
        ],
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
            KEEPTTL.since("6.0.0"),
        ],
    )
    .optional(),
];

pub(super) const MSETEX_ARGUMENTS: &[Argument] = &[
    Argument::new("numkeys", "integer"),
    Argument::block("data", &[Argument::KEY, Argument::new("value", "string")]).multiple(),
    Argument::one_of("condition", &[NX, XX]).optional(),
    Argument::one_of(
        "expiration",
        &[
            SECONDS,
            MILLISECONDS,
            UNIX_TIME_SECONDS,
            UNIX_TIME_MILLISECONDS,
            KEEPTTL,
        ],
    )
    .optional(),
];

pub(super) const GETEX_ARGUMENTS: &[Argument] = &[Argument::KEY, EXPIRY_OR_PERSIST];

/// The documentation of an option that sets or removes the expiry.
pub(super) const EXPIRY_OR_PERSIST: Argument = Argument::one_of(
    "expiration",
    &[
        SECONDS,
        MILLISECONDS,
        UNIX_TIME_SECONDS,
        UNIX_TIME_MILLISECONDS,
        Argument::word("persist", "PERSIST"),
    ],
)
.optional();

const NX: Argument = Argument::word("nx", "NX");
const XX: Argument = Argument::word("xx", "XX");
const KEEPTTL: Argument = Argument::word("keepttl", "KEEPTTL");
const SECONDS: Argument = Argument::new("seconds", "integer").after("EX");
const MILLISECONDS: Argument = Argument::new("milliseconds", "integer").after("PX");
const UNIX_TIME_SECONDS: Argument = Argument::new("unix-time-seconds", "unix-time").after("EXAT");
const UNIX_TIME_MILLISECONDS: Argument =
    Argument::new("unix-time-milliseconds", "unix-time").after("PXAT");

/// Returns the flags of the key: SET only reads it with the option GET or a comparison.
pub(super) fn key_flags(args: Args) -> &'static [&'static str] {
    let reads =
        |option: &[u8]| option.eq_ignore_ascii_case(b"get") || Comparison::named(option).is_some();
    match args.from(3).any(reads) {
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

/// The expiry that a write leaves on its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NewExpiry {
    /// None.
    Never,
    /// The one that the key has.
    Kept,
    /// A new one.
    At(Moment),
}

impl<'a> Expiry<'a> {
    /// Returns the expiry that a write with these options leaves. Errors are about `command`.
    pub(super) fn of_write(self, clock_ms: u64, command: &str) -> Result<NewExpiry, ReplyError> {
        Ok(match self.moment(clock_ms, command)? {
            Some(at) => NewExpiry::At(at),
            None if self == Expiry::Kept => NewExpiry::Kept,
            None => NewExpiry::Never,
        })
    }

    /// Returns the moment that the options name, if they do. Errors are about `command`.
    pub(super) fn moment(self, clock_ms: u64, command: &str) -> Result<Option<Moment>, ReplyError> {
        match self {
            Expiry::Until(unit, number) => unit.moment(number, clock_ms, command).map(Some),
            _ => Ok(None),
        }
    }

    /// Parses `option`, whose value is the next of `rest`. It is a unit of time, or `word`, which stands
    /// for `meaning`. If a unit is repeated, the last one counts.
    pub(super) fn parse(
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

/// The options of SET. MSETEX has some of them.
#[derive(Debug)]
pub(super) struct SetOptions<'a> {
    /// The condition on the key (NX, XX, IFEQ, IFNE, IFDEQ, IFDNE).
    pub(super) condition: Option<Condition<'a>>,
    /// Whether the reply is the old value (GET).
    pub(super) get: bool,
    /// The expiry of the key.
    pub(super) expiry: Expiry<'a>,
}

impl<'a> SetOptions<'a> {
    /// Parses the arguments from `from` on.
    pub(super) fn parse(args: Args<'a>, from: usize) -> Result<SetOptions<'a>, ReplyError> {
        let mut options = SetOptions {
            condition: None,
            get: false,
            expiry: Expiry::Unset,
        };
        let mut rest = args.from(from);
        while let Some(option) = rest.next() {
            if option.eq_ignore_ascii_case(b"nx") {
                options.demand(Condition::Exists(false))?;
            } else if option.eq_ignore_ascii_case(b"xx") {
                options.demand(Condition::Exists(true))?;
            } else if option.eq_ignore_ascii_case(b"get") {
                options.get = true;
            } else if let Some(comparison) = Comparison::named(option) {
                let operand = rest.next().ok_or(error::SYNTAX)?;
                options.demand(Condition::Compares(comparison.with(operand)))?;
            } else {
                let keepttl = (&b"keepttl"[..], Expiry::Kept);
                options.expiry.parse(option, keepttl, &mut rest)?;
            }
        }
        Ok(options)
    }

    /// Adds a condition. If one is repeated, the last operand counts.
    fn demand(&mut self, condition: Condition<'a>) -> Result<(), ReplyError> {
        let fits_together = match (self.condition.replace(condition), condition) {
            (None, _) => true,
            (Some(Condition::Compares(old)), Condition::Compares(new)) => old.is_like(new),
            (Some(old), new) => old == new,
        };
        fits_together.then_some(()).ok_or(error::SYNTAX)
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
