//! The expiry of keys: EXPIRE, TTL, PERSIST and their variants.

use crate::commands::expiry::CONDITION;
use crate::commands::notify::EXPIRE;
use crate::commands::table::error;
use crate::commands::table::{Argument, Category, Command, Flag, Handler, Keys};
use crate::commands::{Call, Effect, ReplyError, expiry, key};
use crate::num::integer;
use crate::store::keyspace::Keyspace;
use crate::store::types::{Entry, Moment};

const NX_AND_OTHERS: ReplyError =
    ReplyError::Fixed("ERR NX and XX, GT or LT options at the same time are not compatible");
const GT_AND_LT: ReplyError =
    ReplyError::Fixed("ERR GT and LT options at the same time are not compatible");

const ROW: Command = Command {
    categories: &[Category::Keyspace],
    group: "generic",
    ..Command::ROW
};

const EXPIRING: Command = Command {
    arity: -3,
    flags: &[Flag::Write, Flag::Fast],
    keys: &[Keys::one(&["RW", "update"])],
    history: &[("7.0.0", "Added options: `NX`, `XX`, `GT` and `LT`.")],
    ..ROW
};

/// A command that replies with the expiry of a key.
const REPORTING: Command = Command {
    arity: 2,
    flags: &[Flag::Readonly, Flag::Fast],
    keys: &[Keys::one(&["RO", "access"])],
    arguments: &[Argument::KEY],
    ..ROW
};

const REPORTING_TTL: Command = Command {
    tips: &["nondeterministic_output"],
    history: &[("2.8.0", "Added the -2 reply.")],
    ..REPORTING
};

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "expire",
        summary: "Set a key's time to live in seconds",
        arguments: &[
            Argument::KEY,
            Argument::new("seconds", "integer"),
            CONDITION.since("7.0.0"),
        ],
        handler: Handler::Write(expire),
        ..EXPIRING
    },
    Command {
        name: "expireat",
        since: "1.2.0",
        summary: "Set the expiration for a key as a UNIX timestamp",
        arguments: &[
            Argument::KEY,
            Argument::new("unix-time-seconds", "unix-time"),
            CONDITION.since("7.0.0"),
        ],
        handler: Handler::Write(expireat),
        ..EXPIRING
    },
    Command {
        name: "pexpire",
        since: "2.6.0",
        summary: "Set a key's time to live in milliseconds",
        arguments: &[
            Argument::KEY,
            Argument::new("milliseconds", "integer"),
            CONDITION.since("7.0.0"),
        ],
        handler: Handler::Write(pexpire),
        ..EXPIRING
    },
    Command {
        name: "pexpireat",
        since: "2.6.0",
        summary: "Set the expiration for a key as a UNIX timestamp specified in milliseconds",
        arguments: &[
            Argument::KEY,
            Argument::new("unix-time-milliseconds", "unix-time"),
            CONDITION.since("7.0.0"),
        ],
        handler: Handler::Write(pexpireat),
        ..EXPIRING
    },
    Command {
        name: "ttl",
        summary: "Get the time to live for a key in seconds",
        handler: Handler::Read(ttl),
        ..REPORTING_TTL
    },
    Command {
        name: "pttl",
        since: "2.6.0",
        summary: "Get the time to live for a key in milliseconds",
        handler: Handler::Read(pttl),
        ..REPORTING_TTL
    },
    Command {
        name: "expiretime",
        since: "7.0.0",
        summary: "Get the expiration Unix timestamp for a key",
        handler: Handler::Read(expiretime),
        ..REPORTING
    },
    Command {
        name: "pexpiretime",
        since: "7.0.0",
        summary: "Get the expiration Unix timestamp for a key in milliseconds",
        handler: Handler::Read(pexpiretime),
        ..REPORTING
    },
    Command {
        name: "persist",
        arity: 2,
        flags: &[Flag::Write, Flag::Fast],
        keys: &[Keys::one(&["RW", "update"])],
        since: "2.2.0",
        summary: "Remove the expiration from a key",
        arguments: &[Argument::KEY],
        handler: Handler::Write(persist),
        ..ROW
    },
];

/// Units of time in milliseconds.
const SECOND: i64 = 1000;
const MILLISECOND: i64 = 1;

fn expire(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    let request = ExpiryRequest::parse(call, "expire", SECOND, call.clock_ms())?;
    set_expiry(call, keyspace, request)
}

fn expireat(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    let request = ExpiryRequest::parse(call, "expireat", SECOND, 0)?;
    set_expiry(call, keyspace, request)
}

fn pexpire(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    let request = ExpiryRequest::parse(call, "pexpire", MILLISECOND, call.clock_ms())?;
    set_expiry(call, keyspace, request)
}

fn pexpireat(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    let request = ExpiryRequest::parse(call, "pexpireat", MILLISECOND, 0)?;
    set_expiry(call, keyspace, request)
}

/// An expiry that a request asks for.
struct ExpiryRequest {
    /// Milliseconds since 1970. It may have passed, and may even be negative.
    at: i64,
    conditions: Conditions,
}

impl ExpiryRequest {
    /// Parses a request of `command`, whose number is in units of `unit_ms` from `base_ms` on.
    fn parse(
        call: &Call,
        command: &str,
        unit_ms: i64,
        base_ms: u64,
    ) -> Result<ExpiryRequest, ReplyError> {
        let conditions = Conditions::parse(call)?;
        let number = integer::parse(call.args.get(2)).ok_or(error::NOT_AN_INTEGER)?;
        let at = number
            .checked_mul(unit_ms)
            .and_then(|distance| distance.checked_add(base_ms as i64))
            .ok_or_else(|| expiry::invalid(command))?;
        Ok(ExpiryRequest { at, conditions })
    }
}

fn set_expiry(
    call: &mut Call,
    keyspace: &mut Keyspace,
    request: ExpiryRequest,
) -> Result<Effect, ReplyError> {
    let key = call.args.get(1);
    let entry = keyspace.get(key, call.now_ms());
    let is_allowed =
        entry.is_some_and(|entry| request.conditions.allow(request.at, entry.expires_at()));
    call.reply.integer(i64::from(is_allowed));
    if !is_allowed {
        return Ok(Effect::Nothing);
    }
    if call.is_past(request.at) {
        return Ok(key::delete(call, keyspace, key));
    }
    keyspace.expire(key, Moment::new(request.at as u64));
    call.notify(key, EXPIRE);
    let at = request.at.to_string();
    Ok(Effect::instead(&[b"PEXPIREAT", key, at.as_bytes()]))
}

/// Conditions on the current expiry of the key.
#[derive(Default)]
struct Conditions {
    nx: bool,
    xx: bool,
    gt: bool,
    lt: bool,
}

impl Conditions {
    fn parse(call: &Call) -> Result<Conditions, ReplyError> {
        let mut conditions = Conditions::default();
        for option in call.args.from(3) {
            match &option.to_ascii_lowercase()[..] {
                b"nx" => conditions.nx = true,
                b"xx" => conditions.xx = true,
                b"gt" => conditions.gt = true,
                b"lt" => conditions.lt = true,
                _ => return Err(ReplyError::about("ERR Unsupported option ", option, "")),
            }
        }
        let Conditions { nx, xx, gt, lt } = conditions;
        if nx && (xx || gt || lt) {
            return Err(NX_AND_OTHERS);
        }
        if gt && lt {
            return Err(GT_AND_LT);
        }
        Ok(conditions)
    }

    /// Returns whether a key with the expiry `current` may get the expiry `at`. A key without an expiry
    /// counts as one that expires later than any other.
    fn allow(&self, at: i64, current: Option<Moment>) -> bool {
        let current = current.map(|current| current.get() as i64);
        match current {
            None => !self.xx && !self.gt,
            Some(current) => !self.nx && (!self.gt || at > current) && (!self.lt || at < current),
        }
    }
}

fn ttl(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    let clock_ms = call.clock_ms();
    reply_expiry(call, keyspace, |at| in_seconds(at.saturating_sub(clock_ms)))
}

fn pttl(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    let clock_ms = call.clock_ms();
    reply_expiry(call, keyspace, |at| at.saturating_sub(clock_ms))
}

fn expiretime(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    reply_expiry(call, keyspace, in_seconds)
}

fn pexpiretime(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    reply_expiry(call, keyspace, |at| at)
}

/// Replies with the key's expiry in the form that `view` returns; -1 if it has none, -2 if there is no
/// key.
fn reply_expiry(
    call: &mut Call,
    keyspace: &Keyspace,
    view: impl Fn(u64) -> u64,
) -> Result<(), ReplyError> {
    let entry = call.lookup_entry(keyspace, call.args.get(1));
    call.reply.integer(match entry.map(Entry::expires_at) {
        None => -2,
        Some(None) => -1,
        Some(Some(at)) => view(at.get()) as i64,
    });
    Ok(())
}

fn in_seconds(milliseconds: u64) -> u64 {
    (milliseconds + 500) / 1000
}

fn persist(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    let had_expiry = key::persist(call, keyspace, call.args.get(1));
    call.reply.integer(i64::from(had_expiry));
    Ok(Effect::if_changed(had_expiry))
}
