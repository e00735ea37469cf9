//! Commands that get or set one string as a whole.

use super::set_options;
use super::set_options::{Expiry, NewExpiry, SetOptions};
use super::write::Write;
use crate::commands::expiry::TimeUnit;
use crate::commands::notify::EXPIRE;
use crate::commands::table::{Argument, Category, Command, Flag, Handler, Keys};
use crate::commands::{Call, Commands, Effect, ReplyError, key};
use crate::num::integer;
use crate::store::blob::Blob;
use crate::store::keyspace::Keyspace;
use crate::store::types::{Entry, Moment, Value};

const ROW: Command = Command {
    categories: &[Category::String],
    group: "string",
    ..Command::ROW
};

const VALUE: Argument = Argument::new("value", "string");

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "get",
        arity: 2,
        flags: &[Flag::Readonly, Flag::Fast],
        keys: &[Keys::one(&["RO", "access"])],
        summary: "Get the value of a key",
        arguments: &[Argument::KEY],
        handler: Handler::Read(get),
        ..ROW
    },
    Command {
        name: "getdel",
        arity: 2,
        flags: &[Flag::Write, Flag::Fast],
        keys: &[Keys::one(&["RW", "access", "delete"])],
        since: "6.2.0",
        summary: "Get the value of a key and delete the key",
        arguments: &[Argument::KEY],
        handler: Handler::Write(getdel),
        ..ROW
    },
    Command {
        name: "getex",
        arity: -2,
        flags: &[Flag::Write, Flag::Fast],
        keys: &[
            Keys::one(&["RW", "access", "update"]).note("RW and UPDATE because it changes the TTL")
        ],
        since: "6.2.0",
        summary: "Get the value of a key and optionally set its expiration",
        arguments: set_options::GETEX_ARGUMENTS,
        handler: Handler::Write(getex),
        ..ROW
    },
    Command {
        name: "getset",
        arity: 3,
        flags: &[Flag::Write, Flag::Denyoom, Flag::Fast],
        keys: &[Keys::one(&["RW", "access", "update"])],
        summary: "Set the string value of a key and return its old value",
        doc_flag: Some("deprecated"),
        deprecated: Some(("6.2.0", "`SET` with the `!GET` argument")),
        arguments: &[Argument::KEY, VALUE],
        handler: Handler::Write(getset),
        ..ROW
    },
    Command {
        name: "psetex",
        arity: 4,
        flags: &[Flag::Write, Flag::Denyoom],
        keys: &[Keys::one(&["OW", "update"])],
        since: "2.6.0",
        summary: "Set the value and expiration in milliseconds of a key",
        arguments: &[
            Argument::KEY,
            Argument::new("milliseconds", "integer"),
            VALUE,
        ],
        handler: Handler::Write(psetex),
        ..ROW
    },
    Command {
        name: "set",
        arity: -3,
        flags: &[Flag::Write, Flag::Denyoom],
        keys: &[Keys::one(&["RW", "access", "update"])
            .varying(set_options::key_flags)
            .note("RW and ACCESS due to the optional `GET` argument")],
        summary: "Set the string value of a key",
        history: set_options::SET_HISTORY,
        arguments: set_options::SET_ARGUMENTS,
        handler: Handler::Write(set),
        ..ROW
    },
    Command {
        name: "setex",
        arity: 4,
        flags: &[Flag::Write, Flag::Denyoom],
        keys: &[Keys::one(&["OW", "update"])],
        since: "2.0.0",
        summary: "Set the value and expiration of a key",
        arguments: &[Argument::KEY, Argument::new("seconds", "integer"), VALUE],
        handler: Handler::Write(setex),
        ..ROW
    },
    Command {
        name: "setnx",
        arity: 3,
        flags: &[Flag::Write, Flag::Denyoom, Flag::Fast],
        keys: &[Keys::one(&["OW", "insert"])],
        summary: "Set the value of a key, only if the key does not exist",
        arguments: &[Argument::KEY, VALUE],
        handler: Handler::Write(setnx),
        ..ROW
    },
];

fn get(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    match call.lookup::<Blob>(keyspace, call.args.get(1))? {
        Some(value) => call.reply_blob(value),
        None => call.reply.null(),
    }
    Ok(())
}

fn getdel(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    get(call, keyspace)?;
    Ok(key::delete(call, keyspace, call.args.get(1)))
}

fn getex(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    let key = call.args.get(1);
    let expiry = set_options::parse_getex(call.args)?;
    let Some(value) = call.lookup::<Blob>(keyspace, key)? else {
        call.reply.null();
        return Ok(Effect::Nothing);
    };
    let expires_at = expiry.moment(call.clock_ms(), "getex")?;
    call.reply_blob(value);
    Ok(match expires_at {
        None if expiry == Expiry::Removed && key::persist(call, keyspace, key) => {
            Effect::instead(&[b"PERSIST", key])
        }
        None => Effect::Nothing,
        Some(at) if call.is_past(at.get() as i64) => key::delete(call, keyspace, key),
        Some(at) => {
            keyspace.expire(key, Some(at));
            call.notify(key, EXPIRE);
            let mut buffer = integer::Buffer::default();
            let at = integer::text(at.get() as i64, &mut buffer);
            Effect::instead(&[b"PEXPIREAT", key, at])
        }
    })
}

fn getset(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    get(call, keyspace)?;
    let value = call.blob(2);
    put(call, keyspace, value.clone(), None);
    Ok(Effect::set(call.args.get(1), &value, &[]))
}

fn set(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    if call.args.len() > 3 {
        return set_with_options(call, keyspace);
    }
    let value = call.blob(2);
    put(call, keyspace, value, None);
    call.reply.ok();
    Ok(Effect::AsRequested)
}

fn set_with_options(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    let options = SetOptions::parse(call.args, 3)?;
    let expiry = options.expiry.of_write(call.clock_ms(), "set")?;
    let is_met = match options.condition {
        Some(condition) => condition.is_met(keyspace, call.args.get(1), call.now_ms())?,
        None => true,
    };
    match options.get {
        true => get(call, keyspace)?,
        false if is_met => call.reply.ok(),
        false => call.reply.null(),
    }
    if !is_met {
        return Ok(Effect::Nothing);
    }
    let (key, value) = (call.args.get(1), call.blob(2));
    if let NewExpiry::At(at) = expiry {
        put(call, keyspace, value, Some(at));
        return Ok(Effect::SetUntil { value: 2, at });
    }
    let mut records = Commands::default();
    Write { key, value, expiry }.run(call, keyspace, &mut records);
    Ok(Effect::of(records))
}

fn setex(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    set_after(call, keyspace, TimeUnit::Ex, "setex")
}

fn psetex(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    set_after(call, keyspace, TimeUnit::Px, "psetex")
}

fn set_after(
    call: &mut Call,
    keyspace: &mut Keyspace,
    unit: TimeUnit,
    command: &str,
) -> Result<Effect, ReplyError> {
    let at = unit.moment(call.args.get(2), call.clock_ms(), command)?;
    let value = call.blob(3);
    call.reply.ok();
    put(call, keyspace, value, Some(at));
    Ok(Effect::SetUntil { value: 3, at })
}

fn setnx(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    let is_new = keyspace.get(call.args.get(1), call.now_ms()).is_none();
    if is_new {
        let value = call.blob(2);
        put(call, keyspace, value, None);
    }
    call.reply.integer(is_new.into());
    Ok(Effect::if_changed(is_new))
}

/// Sets the key to `value`, whatever it held.
fn put(call: &mut Call, keyspace: &mut Keyspace, value: Blob, expires_at: Option<Moment>) {
    let (key, entry) = (
        call.args.get(1),
        Entry::new(Value::String(value), expires_at),
    );
    key::set(call, keyspace, key, entry);
    call.notify_set(keyspace, key, expires_at.is_some());
}
