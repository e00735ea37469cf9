//! When keys go: EXPIRE and its like, TTL and its like, PERSIST.

use crate::commands::table::error;
use crate::commands::table::{Argument, Category, Command, Flag, Handler, Keys};
use crate::commands::{Call, Effect, ReplyError, deadline, key};
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

const CONDITION: Argument = Argument::one_of(
    "condition",
    &[
        Argument::word("nx", "NX"),
        Argument::word("xx", "XX"),
        Argument::word("gt", "GT"),
        Argument::word("lt", "LT"),
    ],
)
.since("7.0.0")
.optional();

/// A command that tells when a key goes.
const TELLING: Command = Command {
    arity: 2,
    flags: &[Flag::Readonly, Flag::Fast],
    keys: &[Keys::one(&["RO", "access"])],
    arguments: &[Argument::KEY],
    ..ROW
};

const TELLING_WHAT_IS_LEFT: Command = Command {
    tips: &["nondeterministic_output"],
    history: &[("2.8.0", "Added the -2 reply.")],
    ..TELLING
};

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "expire",
        summary: "Set a key's time to live in seconds",
        arguments: &[
            Argument::KEY,
            Argument::new("seconds", "integer"),
            CONDITION,
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
            CONDITION,
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
            CONDITION,
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
            CONDITION,
        ],
        handler: Handler::Write(pexpireat),
        ..EXPIRING
    },
    Command {
        name: "ttl",
        summary: "Get the time to live for a key in seconds",
        handler: Handler::Read(ttl),
        ..TELLING_WHAT_IS_LEFT
    },
    Command {
        name: "pttl",
        since: "2.6.0",
        summary: "Get the time to live for a key in milliseconds",
        handler: Handler::Read(pttl),
        ..TELLING_WHAT_IS_LEFT
    },
    Command {
        name: "expiretime",
        since: "7.0.0",
        summary: "Get the expiration Unix timestamp for a key",
        handler: Handler::Read(expiretime),
        ..TELLING
    },
    Command {
        name: "pexpiretime",
        since: "7.0.0",
        summary: "Get the expiration Unix timestamp for a key in milliseconds",
        handler: Handler::Read(pexpiretime),
        ..TELLING
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

/// Milliseconds in the unit of a time.
const SECOND: i64 = 1000;
const MILLISECOND: i64 = 1;

fn expire(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    let wish = Wish::read(call, "expire", SECOND, call.clock_ms())?;
    set_time(call, keyspace, wish)
}

fn expireat(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    let wish = Wish::read(call, "expireat", SECOND, 0)?;
    set_time(call, keyspace, wish)
}

fn pexpire(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    let wish = Wish::read(call, "pexpire", MILLISECOND, call.clock_ms())?;
    set_time(call, keyspace, wish)
}

fn pexpireat(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    let wish = Wish::read(call, "pexpireat", MILLISECOND, 0)?;
    set_time(call, keyspace, wish)
}

/// A time, and on what conditions a key is to get it.
struct Wish {
    /// Milliseconds since 1970, be they past or even negative.
    at: i64,
    conditions: Conditions,
}

impl Wish {
    /// What `command` was asked for, in units of `unit_ms` from `base_ms` on.
    fn read(call: &Call, command: &str, unit_ms: i64, base_ms: u64) -> Result<Wish, ReplyError> {
        let conditions = Conditions::read(call)?;
        let number = integer::parse(call.args.get(2)).ok_or(error::NOT_AN_INTEGER)?;
        let at = number
            .checked_mul(unit_ms)
            .and_then(|distance| distance.checked_add(base_ms as i64))
            .ok_or_else(|| deadline::invalid(command))?;
        Ok(Wish { at, conditions })
    }
}

fn set_time(call: &mut Call, keyspace: &mut Keyspace, wish: Wish) -> Result<Effect, ReplyError> {
    let key = call.args.get(1);
    let entry = keyspace.get(key, call.now_ms);
    let is_granted = entry.is_some_and(|entry| wish.conditions.allow(wish.at, entry.expires_at()));
    call.reply.integer(i64::from(is_granted));
    if !is_granted {
        return Ok(Effect::Nothing);
    }
    if call.is_past(wish.at) {
        return Ok(key::delete(call, keyspace, key));
    }
    keyspace.expire(key, Moment::new(wish.at as u64));
    let at = wish.at.to_string();
    Ok(Effect::instead(&[b"PEXPIREAT", key, at.as_bytes()]))
}

/// What must be so for a time to be set.
#[derive(Default)]
struct Conditions {
    nx: bool,
    xx: bool,
    gt: bool,
    lt: bool,
}

impl Conditions {
    fn read(call: &Call) -> Result<Conditions, ReplyError> {
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

    /// Whether a key that goes at `current` may get the time `at`. A key without an end
    /// counts as one that goes later than any other.
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
    tell_time(call, keyspace, |at| in_seconds(at.saturating_sub(clock_ms)))
}

fn pttl(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    let clock_ms = call.clock_ms();
    tell_time(call, keyspace, |at| at.saturating_sub(clock_ms))
}

fn expiretime(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    tell_time(call, keyspace, in_seconds)
}

fn pexpiretime(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    tell_time(call, keyspace, |at| at)
}

/// Replies with what `form` makes of the key's time, with -1 if it has none and with -2 if
/// there is no key.
fn tell_time(
    call: &mut Call,
    keyspace: &Keyspace,
    form: impl Fn(u64) -> u64,
) -> Result<(), ReplyError> {
    let entry = call.counted(Ok(keyspace.get(call.args.get(1), call.now_ms)))?;
    call.reply.integer(match entry.map(Entry::expires_at) {
        None => -2,
        Some(None) => -1,
        Some(Some(at)) => form(at.get()) as i64,
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
