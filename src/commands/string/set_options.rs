//! What SET and GETEX may be told besides the key and the value. Refuses to know what
//! comes of it.

use crate::commands::ReplyError;
use crate::commands::deadline::Form;
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

/// What a request says about the time at which the key goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lifetime<'a> {
    /// Nothing.
    Unsaid,
    /// That it stays as it is: KEEPTTL.
    Kept,
    /// That there is none: PERSIST.
    Endless,
    /// A time, in one of the forms.
    Until(Form, &'a [u8]),
}

impl<'a> Lifetime<'a> {
    /// The moment that is given, if one is. An error is about `command`.
    pub(super) fn moment(self, clock_ms: u64, command: &str) -> Result<Option<Moment>, ReplyError> {
        match self {
            Lifetime::Until(form, number) => form.moment(number, clock_ms, command).map(Some),
            _ => Ok(None),
        }
    }

    /// Reads `option`, and from `rest` what belongs to it. It is a form of time, or the word
    /// that comes with what it means. What is said twice, in the same form, counts the last
    /// time.
    fn read(
        &mut self,
        option: &[u8],
        (word, meaning): (&[u8], Lifetime<'a>),
        rest: &mut impl Iterator<Item = &'a [u8]>,
    ) -> Result<(), ReplyError> {
        let said = if option.eq_ignore_ascii_case(word) {
            meaning
        } else {
            let form = Form::of(option).ok_or(error::SYNTAX)?;
            Lifetime::Until(form, rest.next().ok_or(error::SYNTAX)?)
        };
        let goes_together = match (*self, said) {
            (Lifetime::Unsaid, _) => true,
            (Lifetime::Until(before, _), Lifetime::Until(now, _)) => before == now,
            (before, now) => before == now,
        };
        *self = said;
        goes_together.then_some(()).ok_or(error::SYNTAX)
    }
}

/// The options of SET.
#[derive(Debug)]
pub(super) struct SetOptions<'a> {
    /// Whether the key must be there (XX) or must not (NX).
    pub(super) must_exist: Option<bool>,
    /// Whether the reply is the old value (GET).
    pub(super) get: bool,
    /// When the key goes.
    pub(super) lifetime: Lifetime<'a>,
}

impl<'a> SetOptions<'a> {
    /// Reads what follows the value.
    pub(super) fn parse(args: Args<'a>) -> Result<SetOptions<'a>, ReplyError> {
        let mut options = SetOptions {
            must_exist: None,
            get: false,
            lifetime: Lifetime::Unsaid,
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
                let keepttl = (&b"keepttl"[..], Lifetime::Kept);
                options.lifetime.read(option, keepttl, &mut rest)?;
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

/// Reads what follows the key of GETEX.
pub(super) fn parse_getex<'a>(args: Args<'a>) -> Result<Lifetime<'a>, ReplyError> {
    let mut lifetime = Lifetime::Unsaid;
    let mut rest = args.from(2);
    while let Some(option) = rest.next() {
        lifetime.read(option, (b"persist", Lifetime::Endless), &mut rest)?;
    }
    Ok(lifetime)
}
