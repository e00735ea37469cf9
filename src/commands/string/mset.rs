//! Commands that get or set several strings at once.

use super::condition::Condition;
use super::set_options::{MSETEX_ARGUMENTS, SetOptions};
use super::write::Write;
use crate::commands::table::{
    Argument, Begin, Category, Command, Extent, Flag, Handler, Keys, Place, error,
};
use crate::commands::{Call, Commands, Effect, ReplyError, key};
use crate::num::integer;
use crate::resp::args::Args;
use crate::store::blob::Blob;
use crate::store::keyspace::Keyspace;
use crate::store::types::Value;

const ROW: Command = Command {
    categories: &[Category::String],
    group: "string",
    ..Command::ROW
};

const SET_ROW: Command = Command {
    arity: -3,
    flags: &[Flag::Write, Flag::Denyoom],
    since: "1.0.1",
    complexity: "O(N) where N is the number of keys to set.",
    arguments: &[Argument::block(
        "key_value",
        &[Argument::KEY, Argument::new("value", "string")],
    )
    .multiple()],
    ..ROW
};

/// MSETEX with a number of keys that is not positive, or that Redis's `int` cannot hold.
const INVALID_COUNT: ReplyError = ReplyError::Fixed("ERR invalid numkeys value");
const TOO_FEW_PAIRS: ReplyError = ReplyError::Fixed("ERR wrong number of key-value pairs");

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "mget",
        arity: -2,
        flags: &[Flag::Readonly, Flag::Fast],
        keys: &[Keys::all(&["RO", "access"])],
        tips: &["request_policy:multi_shard"],
        summary: "Get the values of all the given keys",
        complexity: "O(N) where N is the number of keys to retrieve.",
        arguments: &[Argument::KEY.multiple()],
        handler: Handler::Read(mget),
        ..ROW
    },
    Command {
        name: "mset",
        keys: &[Keys::at(Place::from(1, 2), &["OW", "update"])],
        tips: &[
            "request_policy:multi_shard",
            "response_policy:all_succeeded",
        ],
        summary: "Set multiple keys to multiple values",
        handler: Handler::Write(mset),
        ..SET_ROW
    },
    Command {
        name: "msetex",
        arity: -4,
        keys: &[Keys::at(NUMBERED_PAIRS, &["OW", "update"])],
        tips: &[
            "request_policy:multi_shard",
            "response_policy:all_succeeded",
        ],
        since: "8.4.0",
        summary: "Atomically sets multiple string keys with a shared expiration in a single \
                  operation. Supports flexible argument parsing where condition and expiration \
                  flags can appear in any order.",
        arguments: MSETEX_ARGUMENTS,
        handler: Handler::Write(msetex),
        ..SET_ROW
    },
    Command {
        name: "msetnx",
        keys: &[Keys::at(Place::from(1, 2), &["OW", "insert"])],
        tips: &["request_policy:multi_shard", "response_policy:agg_min"],
        summary: "Set multiple keys to multiple values, only if none of the keys exist",
        handler: Handler::Write(msetnx),
        ..SET_ROW
    },
];

/// The keys behind their number, each with its value.
const NUMBERED_PAIRS: Place = Place {
    begin: Begin::Index(1),
    extent: Extent::Number {
        at: 0,
        first: 1,
        step: 2,
    },
};

/// A key that holds another type counts as missing here.
fn mget(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    let keys = call.args.from(1);
    call.reply.array(keys.len());
    for key in keys {
        match call.lookup::<Blob>(keyspace, key) {
            Ok(Some(value)) => call.reply_blob(value),
            Ok(None) | Err(_) => call.reply.null(),
        }
    }
    Ok(())
}

fn mset(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    check_pairs(call, "mset")?;
    set_pairs(call, keyspace);
    call.reply.ok();
    Ok(Effect::AsRequested)
}

fn msetnx(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    check_pairs(call, "msetnx")?;
    let mut keys = call.args.from(1).step_by(2);
    let are_new = keys.all(|key| keyspace.get(key, call.now_ms()).is_none());
    if are_new {
        set_pairs(call, keyspace);
    }
    call.reply.integer(are_new.into());
    Ok(Effect::if_changed(are_new))
}

fn check_pairs(call: &Call, command: &str) -> Result<(), ReplyError> {
    if call.args.len().is_multiple_of(2) {
        return Err(ReplyError::wrong_arity(command));
    }
    Ok(())
}

fn set_pairs(call: &mut Call, keyspace: &mut Keyspace) {
    for index in (1..call.args.len()).step_by(2) {
        let value = Value::String(call.blob(index + 1));
        let key = call.args.get(index);
        key::set(call, keyspace, key, value.into());
        call.notify_set(keyspace, key, false);
    }
}

/// The record is a SET for each key, because it must hold an absolute expiry and no condition.
fn msetex(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    let end = end_of_pairs(call.args)?;
    let options = SetOptions::parse(call.args, end)?;
    if options.get || matches!(options.condition, Some(Condition::Compares(_))) {
        return Err(error::SYNTAX);
    }
    let expiry = options.expiry.of_write(call.clock_ms(), "msetex")?;
    let pairs = (2..end).step_by(2);
    for index in pairs.clone() {
        let key = call.args.get(index);
        if let Some(condition) = options.condition
            && !condition.is_met(keyspace, key, call.now_ms())?
        {
            call.reply.integer(0);
            return Ok(Effect::Nothing);
        }
    }
    let mut records = Commands::default();
    for index in pairs {
        let (key, value) = (call.args.get(index), call.blob(index + 1));
        Write { key, value, expiry }.run(call, keyspace, &mut records);
    }
    call.reply.integer(1);
    Ok(Effect::of(records))
}

/// Returns the index behind the pairs of MSETEX.
fn end_of_pairs(args: Args) -> Result<usize, ReplyError> {
    let count = integer::parse(args.get(1)).and_then(|count| i32::try_from(count).ok());
    let count = count.filter(|count| *count > 0).ok_or(INVALID_COUNT)?;
    let end = 2 + 2 * count as usize;
    (end <= args.len()).then_some(end).ok_or(TOO_FEW_PAIRS)
}
