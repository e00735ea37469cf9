//! INCREX: adds to the number in a string, within bounds, and sets its expiry.
//!
//! It is a limiter in one command: a sum outside of the bounds is refused, or becomes the bound.

use super::number::Number;
use super::set_options::{EXPIRY_OR_PERSIST, Expiry, NewExpiry};
use super::write::Write;
use crate::commands::table::error;
use crate::commands::table::{Argument, Category, Command, Flag, Handler, Keys};
use crate::commands::{Call, Commands, Effect, ReplyError, key};
use crate::num::extended::Extended;
use crate::resp::args::Args;
use crate::store::blob::Blob;
use crate::store::keyspace::Keyspace;

const INFINITE_INCREMENT: ReplyError =
    ReplyError::Fixed("ERR BYFLOAT increment cannot be Infinity");
const INFINITE_VALUE: ReplyError = ReplyError::Fixed("ERR value cannot be Infinity");
const CROSSED_BOUNDS: ReplyError = ReplyError::Fixed("ERR LBOUND can't be greater than UBOUND");
const ENX_ALONE: ReplyError = ReplyError::Fixed("ERR ENX flag requires an expiration");

pub(super) const COMMANDS: &[Command] = &[Command {
    name: "increx",
    arity: -2,
    flags: &[Flag::Write, Flag::Denyoom, Flag::Fast],
    categories: &[Category::String],
    keys: &[Keys::one(&["RW", "access", "update"])],
    group: "string",
    since: "8.8.0",
    summary: "Increments the numeric value of a key by a number and sets its expiration time. Uses \
              0 as initial value if the key doesn't exist.",
    arguments: &[
        Argument::KEY,
        Argument::one_of(
            "increment",
            &[
                Argument::new("float", "double").after("BYFLOAT"),
                Argument::new("integer", "integer").after("BYINT"),
            ],
        )
        .optional(),
        Argument::word("saturate", "SATURATE").optional(),
        Argument::new("lowerbound", "string")
            .after("LBOUND")
            .optional(),
        Argument::new("upperbound", "string")
            .after("UBOUND")
            .optional(),
        EXPIRY_OR_PERSIST,
        Argument::word("enx", "ENX").optional(),
    ],
    handler: Handler::Write(increx),
    ..Command::ROW
}];

/// The options of INCREX. Unlike those of SET, none may be repeated.
#[derive(Debug)]
struct Options<'a> {
    /// Whether it counts in floats (BYFLOAT), not in integers.
    is_float: bool,
    /// The increment, behind BYINT or BYFLOAT.
    increment: Option<&'a [u8]>,
    lower_bound: Option<&'a [u8]>,
    upper_bound: Option<&'a [u8]>,
    /// Whether a sum outside of the bounds becomes the bound (SATURATE).
    saturates: bool,
    expiry: Expiry<'a>,
    /// Whether an expiry that the key has is kept (ENX).
    keeps_old_expiry: bool,
}

impl<'a> Options<'a> {
    fn parse(args: Args<'a>) -> Result<Options<'a>, ReplyError> {
        let mut options = Options {
            is_float: false,
            increment: None,
            lower_bound: None,
            upper_bound: None,
            saturates: false,
            expiry: Expiry::Unset,
            keeps_old_expiry: false,
        };
        let mut rest = args.from(2);
        while let Some(option) = rest.next() {
            options.add(option, &mut rest)?;
        }
        match options.expiry {
            Expiry::Removed if options.keeps_old_expiry => Err(error::SYNTAX),
            Expiry::Unset if options.keeps_old_expiry => Err(ENX_ALONE),
            _ => Ok(options),
        }
    }

    /// Adds `option`, whose value is the next of `rest`.
    fn add(
        &mut self,
        option: &[u8],
        rest: &mut impl Iterator<Item = &'a [u8]>,
    ) -> Result<(), ReplyError> {
        let is = |name: &[u8]| option.eq_ignore_ascii_case(name);
        let was_there = if is(b"byint") || is(b"byfloat") {
            self.is_float = is(b"byfloat");
            self.increment.replace(value_of(rest)?).is_some()
        } else if is(b"lbound") {
            self.lower_bound.replace(value_of(rest)?).is_some()
        } else if is(b"ubound") {
            self.upper_bound.replace(value_of(rest)?).is_some()
        } else if is(b"saturate") {
            std::mem::replace(&mut self.saturates, true)
        } else if is(b"enx") {
            std::mem::replace(&mut self.keeps_old_expiry, true)
        } else {
            let was_there = self.expiry != Expiry::Unset;
            self.expiry
                .parse(option, (b"persist", Expiry::Removed), rest)?;
            was_there
        };
        (!was_there).then_some(()).ok_or(error::SYNTAX)
    }

    /// Returns the expiry that the key gets, as far as the request decides it.
    fn expiry(&self, clock_ms: u64) -> Result<NewExpiry, ReplyError> {
        match self.expiry {
            Expiry::Unset => Ok(NewExpiry::Kept),
            expiry => expiry.of_write(clock_ms, "increx"),
        }
    }
}

fn value_of<'a>(rest: &mut impl Iterator<Item = &'a [u8]>) -> Result<&'a [u8], ReplyError> {
    rest.next().ok_or(error::SYNTAX)
}

/// The increment, and the bounds of the sum.
struct Addition<N> {
    increment: N,
    lower_bound: N,
    upper_bound: N,
}

impl<N: Number> Addition<N> {
    fn parse(options: &Options) -> Result<Addition<N>, ReplyError> {
        let increment = options.increment.unwrap_or(b"1");
        let increment: N = parse(increment, "Increment")?;
        if !increment.is_finite() {
            return Err(INFINITE_INCREMENT);
        }
        let bound = |text: Option<&[u8]>, name, default| match text {
            Some(text) => parse(text, name),
            None => Ok(default),
        };
        let lower_bound = bound(options.lower_bound, "LBOUND", N::BOUNDS.0)?;
        let upper_bound = bound(options.upper_bound, "UBOUND", N::BOUNDS.1)?;
        if lower_bound > upper_bound {
            return Err(CROSSED_BOUNDS);
        }
        Ok(Addition {
            increment,
            lower_bound,
            upper_bound,
        })
    }

    /// Returns the sum of `old` and the increment; or the bound that it is beyond.
    fn add_to(&self, old: N) -> Result<N, N> {
        match old.plus(self.increment) {
            Ok(sum) if sum > self.upper_bound => Err(self.upper_bound),
            Ok(sum) if sum < self.lower_bound => Err(self.lower_bound),
            Ok(sum) => Ok(sum),
            Err(side) if side.is_gt() => Err(self.upper_bound),
            Err(_) => Err(self.lower_bound),
        }
    }
}

/// Parses a number. The error is about `name`.
fn parse<N: Number>(text: &[u8], name: &str) -> Result<N, ReplyError> {
    N::parse(text).ok_or_else(|| format!("ERR {name} {}", N::IS_NONE).into())
}

fn increx(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    let options = Options::parse(call.args)?;
    if options.is_float {
        run::<Extended>(&options, call, keyspace)
    } else {
        run::<i64>(&options, call, keyspace)
    }
}

fn run<N: Number>(
    options: &Options,
    call: &mut Call,
    keyspace: &mut Keyspace,
) -> Result<Effect, ReplyError> {
    let addition = Addition::<N>::parse(options)?;
    let expiry = options.expiry(call.clock_ms())?;
    let old: N = current(call, keyspace)?;
    let new = match addition.add_to(old) {
        Ok(sum) => sum,
        Err(bound) if options.saturates => bound,
        Err(_) => {
            reply(call, [old, N::ZERO]);
            return Ok(Effect::Nothing);
        }
    };
    let applied = new.minus(old).ok_or(N::NO_DIFFERENCE)?;
    reply(call, [new, applied]);
    let has_expiry = || key::expiry(call, keyspace, call.args.get(1)).is_some();
    let expiry = match options.keeps_old_expiry && has_expiry() {
        true => NewExpiry::Kept,
        false => expiry,
    };
    Ok(store(call, keyspace, new.to_blob(), expiry))
}

/// Returns the number at the key. A missing key counts as zero.
fn current<N: Number>(call: &Call, keyspace: &Keyspace) -> Result<N, ReplyError> {
    let number: N = match keyspace.get_as::<Blob>(call.args.get(1), call.now_ms())? {
        Some(text) => parse(text, "value")?,
        None => N::ZERO,
    };
    match number.is_finite() {
        true => Ok(number),
        false => Err(INFINITE_VALUE),
    }
}

/// Replies with the number and the applied increment.
fn reply<N: Number>(call: &mut Call, numbers: [N; 2]) {
    call.reply.array(numbers.len());
    for number in numbers {
        number.append_to(call.reply);
    }
}

/// Sets the key; deletes it if it would have expired already. The record is the result, because a
/// replay knows no time, and another server may compute or print floats with fewer bits.
fn store(call: &mut Call, keyspace: &mut Keyspace, value: Blob, expiry: NewExpiry) -> Effect {
    let key = call.args.get(1);
    if let NewExpiry::At(at) = expiry
        && call.is_past(at.get() as i64)
    {
        return key::delete(call, keyspace, key);
    }
    let mut records = Commands::default();
    Write { key, value, expiry }.run(call, keyspace, &mut records);
    Effect::of(records)
}
