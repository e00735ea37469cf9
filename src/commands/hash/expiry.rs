//! HEXPIRE, HTTL, HPERSIST and related commands: the expiry of fields. Redis has them since 7.4.

use super::changes::{Change, Changes};
use super::options;
use super::options::{
    FIELDS, FIELDS_POSITIVE, MILLISECONDS, NUM_FIELDS_POSITIVE, SECONDS, UNIX_TIME_MILLISECONDS,
    UNIX_TIME_SECONDS,
};
use crate::commands::expiry::{CONDITION, TimeUnit};
use crate::commands::table::{Argument, Category, Command, Flag, Handler, Keys};
use crate::commands::{Call, Effect, ReplyError};
use crate::store::keyspace::Keyspace;
use crate::store::types::Moment;
use crate::store::types::hash::Hash;

/// The reply for a field that does not exist.
const NO_FIELD: i64 = -2;
/// The reply for a field without a time.
const NO_TIME: i64 = -1;
/// The reply if the condition does not hold.
const REFUSED: i64 = 0;
/// The reply for a changed field.
const DONE: i64 = 1;
/// The reply for a field that was removed, because the time has passed.
const DELETED: i64 = 2;

const ROW: Command = Command {
    categories: &[Category::Hash],
    group: "hash",
    since: "7.4.0",
    complexity: "O(N) where N is the number of specified fields",
    ..Command::ROW
};

const EXPIRE_ROW: Command = Command {
    arity: -6,
    flags: &[Flag::Write, Flag::Denyoom, Flag::Fast],
    keys: &[Keys::one(&["RW", "update"])],
    fields: Some(options::NUMBERED_FIELDS),
    ..ROW
};

const TELL_ROW: Command = Command {
    arity: -5,
    flags: &[Flag::Readonly, Flag::Fast],
    keys: &[Keys::one(&["RO", "access"])],
    arguments: &[Argument::KEY, FIELDS],
    fields: Some(options::NUMBERED_FIELDS),
    ..ROW
};

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "hexpire",
        summary: "Set expiry for hash field using relative time to expire (seconds)",
        arguments: &[Argument::KEY, SECONDS, CONDITION, FIELDS],
        handler: Handler::Write(hexpire),
        ..EXPIRE_ROW
    },
    Command {
        name: "hexpireat",
        summary: "Set expiry for hash field using an absolute Unix timestamp (seconds)",
        arguments: &[Argument::KEY, UNIX_TIME_SECONDS, CONDITION, FIELDS],
        handler: Handler::Write(hexpireat),
        ..EXPIRE_ROW
    },
    Command {
        name: "hexpiretime",
        summary: "Returns the expiration time of a hash field as a Unix timestamp, in seconds.",
        handler: Handler::Read(hexpiretime),
        ..TELL_ROW
    },
    Command {
        name: "hpersist",
        arity: -5,
        flags: &[Flag::Write, Flag::Fast],
        keys: &[Keys::one(&["RW", "update"])],
        summary: "Removes the expiration time for each specified field",
        arguments: &[Argument::KEY, FIELDS],
        fields: Some(options::NUMBERED_FIELDS),
        handler: Handler::Write(hpersist),
        ..ROW
    },
    Command {
        name: "hpexpire",
        summary: "Set expiry for hash field using relative time to expire (milliseconds)",
        arguments: &[Argument::KEY, MILLISECONDS, CONDITION, FIELDS],
        handler: Handler::Write(hpexpire),
        ..EXPIRE_ROW
    },
    Command {
        name: "hpexpireat",
        summary: "Set expiry for hash field using an absolute Unix timestamp (milliseconds)",
        arguments: &[Argument::KEY, UNIX_TIME_MILLISECONDS, CONDITION, FIELDS],
        handler: Handler::Write(hpexpireat),
        ..EXPIRE_ROW
    },
    Command {
        name: "hpexpiretime",
        summary: "Returns the expiration time of a hash field as a Unix timestamp, in msec.",
        handler: Handler::Read(hpexpiretime),
        ..TELL_ROW
    },
    Command {
        name: "hpttl",
        tips: &["nondeterministic_output"],
        summary: "Returns the TTL in milliseconds of a hash field.",
        handler: Handler::Read(hpttl),
        ..TELL_ROW
    },
    Command {
        name: "httl",
        summary: "Returns the TTL in seconds of a hash field.",
        handler: Handler::Read(httl),
        ..TELL_ROW
    },
];

/// The option NX, XX, GT or LT.
enum Condition {
    Nx,
    Xx,
    Gt,
    Lt,
}

impl Condition {
    fn of(option: &[u8]) -> Option<Condition> {
        let conditions: [(&[u8], Condition); 4] = [
            (b"nx", Condition::Nx),
            (b"xx", Condition::Xx),
            (b"gt", Condition::Gt),
            (b"lt", Condition::Lt),
        ];
        conditions
            .into_iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(option))
            .map(|(_, condition)| condition)
    }

    /// Whether the field's expiry may change from `old` to `new`. No expiry counts as infinitely
    /// late.
    fn allows(&self, old: Option<Moment>, new: Moment) -> bool {
        match self {
            Condition::Nx => old.is_none(),
            Condition::Xx => old.is_some(),
            Condition::Gt => old.is_some_and(|old| new > old),
            Condition::Lt => old.is_none_or(|old| new < old),
        }
    }
}

fn hexpire(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    expire(call, keyspace, TimeUnit::Ex, "hexpire")
}

fn hexpireat(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    expire(call, keyspace, TimeUnit::ExAt, "hexpireat")
}

fn hpexpire(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    expire(call, keyspace, TimeUnit::Px, "hpexpire")
}

fn hpexpireat(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    expire(call, keyspace, TimeUnit::PxAt, "hpexpireat")
}

fn expire(
    call: &mut Call,
    keyspace: &mut Keyspace,
    unit: TimeUnit,
    name: &str,
) -> Result<Effect, ReplyError> {
    let (key, now_ms) = (call.args.get(1), call.now_ms());
    keyspace.get_as::<Hash>(key, now_ms)?;
    let at = options::moment(unit, call.args.get(2), call.clock_ms(), name)?;
    let condition = Condition::of(call.args.get(3));
    let index = 3 + usize::from(condition.is_some());
    let first = options::fields_at(call.args, index, NUM_FIELDS_POSITIVE)?;

    let mut changes = Changes::new(call, Change::for_time(at, call));
    let fields = call.args.from(first);
    call.reply.array(fields.len());
    for field in fields {
        let hash = keyspace.get_as::<Hash>(key, now_ms)?;
        let found = hash.and_then(|hash| hash.field(field, now_ms));
        let outcome = match (found.map(|field| field.expires_at), &condition) {
            (None, _) => NO_FIELD,
            (Some(old), Some(condition)) if !condition.allows(old, at) => REFUSED,
            _ if changes.make(keyspace, field)? == Change::Delete => DELETED,
            _ => DONE,
        };
        call.reply.integer(outcome);
    }
    Ok(changes.end(call, keyspace))
}

fn hpersist(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    let (key, now_ms) = (call.args.get(1), call.now_ms());
    keyspace.get_as::<Hash>(key, now_ms)?;
    let first = options::fields_at(call.args, 2, FIELDS_POSITIVE)?;
    let mut changes = Changes::new(call, Change::Persist);
    let fields = call.args.from(first);
    call.reply.array(fields.len());
    for field in fields {
        let hash = keyspace.get_as::<Hash>(key, now_ms)?;
        let found = hash.and_then(|hash| hash.field(field, now_ms));
        let outcome = match found.map(|field| field.expires_at) {
            None => NO_FIELD,
            Some(None) => NO_TIME,
            Some(Some(_)) => {
                changes.make(keyspace, field)?;
                DONE
            }
        };
        call.reply.integer(outcome);
    }
    Ok(changes.end(call, keyspace))
}

fn httl(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    let clock_ms = call.clock_ms();
    tell(call, keyspace, |at| {
        seconds(at.get().saturating_sub(clock_ms))
    })
}

fn hpttl(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    let clock_ms = call.clock_ms();
    tell(call, keyspace, |at| at.get().saturating_sub(clock_ms))
}

fn hexpiretime(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    tell(call, keyspace, |at| seconds(at.get()))
}

fn hpexpiretime(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    tell(call, keyspace, Moment::get)
}

/// Returns seconds, rounded up.
fn seconds(milliseconds: u64) -> u64 {
    milliseconds.div_ceil(1000)
}

/// Replies with `view` of each field's expiry.
fn tell(
    call: &mut Call,
    keyspace: &Keyspace,
    view: impl Fn(Moment) -> u64,
) -> Result<(), ReplyError> {
    let hash = call.lookup::<Hash>(keyspace, call.args.get(1))?;
    let first = options::fields_at(call.args, 2, FIELDS_POSITIVE)?;
    let fields = call.args.from(first);
    call.reply.array(fields.len());
    for field in fields {
        let found = hash.and_then(|hash| hash.field(field, call.now_ms()));
        call.reply
            .integer(match found.map(|field| field.expires_at) {
                None => NO_FIELD,
                Some(None) => NO_TIME,
                Some(Some(at)) => view(at) as i64,
            });
    }
    Ok(())
}
