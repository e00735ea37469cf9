//! DEBUG: commands for the tests of Redis.
//!
//! As in Redis, its subcommands have no rows, and COMMAND does not list them. So [`choose`] reads the
//! request and returns the handler, whose type tells which lock it needs.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use super::digest;
use crate::commands::help::help;
use crate::commands::table::error;
use crate::commands::table::{Command, Flag, Handler};
use crate::commands::{Call, Commands, Effect, ReplyError};
use crate::config;
use crate::rdb;
use crate::resp::args::Args;
use crate::resp::reply::{Protocol, Reply};
use crate::store::Databases;
use crate::store::blob::Blob;
use crate::store::keyspace::Keyspace;
use crate::store::types::Value;

const NO_KEY: ReplyError = ReplyError::Fixed("ERR no such key");
const DATABASE_RANGE: ReplyError = ReplyError::Fixed("ERR Out of range database");
const RESP2: ReplyError = ReplyError::Fixed("ERR RESP2 is not supported by this command");
const THRESHOLD_RANGE: ReplyError =
    ReplyError::Fixed("ERR argument must be a memory value bigger than 1 and smaller than 4gb");
const NO_TYPE: ReplyError = ReplyError::Fixed(
    "ERR Wrong protocol type name. Please use one of the following: \
     string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false",
);

const HELP: &[&str] = &[
    "DIGEST",
    "    Output a hex signature representing the current DB content.",
    "DIGEST-VALUE <key> [<key> ...]",
    "    Output a hex signature of the values of all the specified keys.",
    "ERROR <string>",
    "    Return a Redis protocol error with <string> as message. Useful for clients",
    "    unit tests to simulate Redis errors.",
    "LOG <message>",
    "    Write <message> to the server log.",
    "HTSTATS <dbid>",
    "    Return hash table statistics of the specified Redis database.",
    "LOADAOF",
    "    Flush the AOF buffers on disk and reload the AOF in memory.",
    "OBJECT <key>",
    "    Show low level info about `key` and associated value.",
    "PAUSE-CRON <0|1>",
    "    Do nothing: there is no periodic cron job.",
    "POPULATE <count> [<prefix>] [<size>]",
    "    Create <count> string keys named key:<num>. If <prefix> is specified then",
    "    it is used instead of the 'key' prefix. These are not propagated to",
    "    replicas. Cluster slots are not respected so keys not belonging to the",
    "    current node can be created in cluster mode.",
    "PROTOCOL <type>",
    "    Reply with a test value of the specified type. <type> can be: string,",
    "    integer, double, bignum, null, array, set, map, attrib, push, verbatim,",
    "    true, false.",
    "QUICKLIST-PACKED-THRESHOLD <size>",
    "    Check the <size> as Redis does, and ignore it.",
    "RELOAD",
    "    The same as LOADAOF.",
    "SET-ACTIVE-EXPIRE <0|1>",
    "    Setting it to 0 disables expiring keys in background when they are not",
    "    accessed (otherwise the Redis behavior). Setting it to 1 reenables back the",
    "    default.",
    "SLEEP <seconds>",
    "    Stop the server for <seconds>. Decimals allowed.",
];

pub(super) const COMMANDS: &[Command] = &[Command {
    name: "debug",
    arity: -2,
    flags: &[Flag::Admin, Flag::Noscript, Flag::Loading, Flag::Stale],
    group: "server",
    summary: "A container for debugging commands",
    complexity: "Depends on subcommand.",
    help: HELP,
    doc_flag: Some("syscmd"),
    handler: Handler::Debug(choose),
    ..Command::ROW
}];

fn choose(args: Args) -> Result<Handler, ReplyError> {
    let name = args.get(1).to_ascii_lowercase();
    Ok(match (&name[..], args.len()) {
        (b"digest", 2) => Handler::ReadAll(digest::of_all),
        (b"digest-value", _) => Handler::Read(digest::of_values),
        (b"error", 3) => Handler::Plain(fail),
        (b"help", 2) => Handler::Plain(help),
        (b"htstats", 3) => Handler::ReadAll(htstats),
        (b"loadaof" | b"reload", 2) => Handler::Reload,
        (b"log", 3) => Handler::Plain(log),
        (b"object", 3) => Handler::Read(object),
        (b"pause-cron", 3) => Handler::Plain(pause_cron),
        (b"populate", 3..=5) => Handler::Write(populate),
        (b"protocol", 3) => Handler::Plain(protocol),
        (b"quicklist-packed-threshold", 3) => Handler::Plain(check_threshold),
        (b"set-active-expire", 3) => Handler::Plain(set_active_expire),
        (b"sleep", 3) => Handler::Alone(sleep),
        _ => {
            return Err(ReplyError::about(
                "ERR unknown subcommand or wrong number of arguments for '",
                &args.get(1)[..args.get(1).len().min(128)],
                "'. Try DEBUG HELP.",
            ));
        }
    })
}

fn fail(call: &mut Call) -> Result<(), ReplyError> {
    Err(ReplyError::Composed(call.args.get(2).to_vec()))
}

fn htstats(call: &mut Call, databases: &Databases) -> Result<(), ReplyError> {
    let index = usize::try_from(call.integer(2)?).map_err(|_| DATABASE_RANGE)?;
    if index >= databases.count() {
        return Err(DATABASE_RANGE);
    }
    let keyspace = databases.get(index);
    let stats = |count| match count {
        0 => "No stats available for empty dictionaries\n".to_owned(),
        _ => format!(" table size: {count}\n number of elements: {count}\n"),
    };
    let head = "Hash table 0 stats (main hash table):\n";
    call.reply.verbatim(&format!(
        "[Dictionary HT]\n{head}{}[Expires HT]\n{head}{}",
        stats(keyspace.len()),
        stats(keyspace.expiring())
    ));
    Ok(())
}

fn log(call: &mut Call) -> Result<(), ReplyError> {
    let logger = &call.state.logger;
    logger.warning(format_args!("DEBUG LOG: {}", call.text(2)));
    call.reply.ok();
    Ok(())
}

fn object(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    let key = call.args.get(2);
    let entry = keyspace.get(key, call.now_ms()).ok_or(NO_KEY)?;
    // Values move in memory, so the address is made from the key.
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    let address = 0x7f00_0000_0000 | hasher.finish() >> 24 & !0xf;
    call.reply.simple(&format!(
        "Value at:{address:#x} refcount:{} encoding:{} serializedlength:{} lru:0 \
         lru_seconds_idle:0",
        entry.value().references(),
        entry.value().encoding(),
        serialized_length(call, entry.value())
    ));
    Ok(())
}

/// The length of Redis's serialisation of `value`: the payload of DUMP without the type before it,
/// and without the version and checksum behind it.
fn serialized_length(call: &Call, value: &Value) -> usize {
    const AROUND_BYTES: usize = 1 + 2 + 8;
    rdb::dump(value, call.now_ms(), call.state.thresholds()).len() - AROUND_BYTES
}

/// Creates keys, and records them as SETs in a transaction.
fn populate(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    let positive = |index| call.at_least(index, 0, error::NOT_POSITIVE);
    let count = positive(2)?;
    let has_length = call.args.len() == 5;
    let length = if has_length { positive(4)? } else { 0 };
    let prefix = if call.args.len() > 3 {
        call.args.get(3)
    } else {
        b"key"
    };
    let mut made = Commands::default();
    for number in 0..count {
        let key = [prefix, format!(":{number}").as_bytes()].concat();
        if keyspace.get(&key, call.now_ms()).is_some() {
            continue;
        }
        let mut value = format!("value:{number}").into_bytes();
        if length > 0 {
            value.resize(length, 0);
        }
        made.push(&[b"SET", &key, &value]);
        keyspace.set(&key, Value::String(Blob::from(&value[..])).into());
    }
    call.reply.ok();
    Ok(Effect::of(made))
}

/// Replies with a value of the type that the request names.
fn protocol(call: &mut Call) -> Result<(), ReplyError> {
    let name = call.args.get(2).to_ascii_lowercase();
    let reply = &mut call.reply;
    match &name[..] {
        b"string" => reply.bulk(b"Hello World"),
        b"integer" => reply.integer(12_345),
        b"double" => reply.double("3.141"),
        b"bignum" => reply.big_number("1234567999999999999999999999999999999"),
        b"null" => reply.null(),
        b"array" | b"set" => {
            match &name[..] {
                b"set" => reply.set(3),
                _ => reply.array(3),
            }
            (0..3).for_each(|number| reply.integer(number));
        }
        b"map" => {
            reply.map(3);
            for number in 0..3 {
                reply.integer(number);
                reply.boolean(number == 1);
            }
        }
        b"attrib" => reply_with_attribute(reply),
        b"push" => return push(reply),
        b"verbatim" => reply.verbatim("This is a verbatim\nstring"),
        b"true" => reply.boolean(true),
        b"false" => reply.boolean(false),
        _ => return Err(NO_TYPE),
    }
    Ok(())
}

fn reply_with_attribute(reply: &mut Reply) {
    if reply.protocol() == Protocol::Resp3 {
        reply.attribute(1);
        reply.bulk(b"key-popularity");
        reply.array(2);
        reply.bulk(b"key:123");
        reply.integer(90);
    }
    reply.bulk(b"Some real reply following the attribute");
}

fn push(reply: &mut Reply) -> Result<(), ReplyError> {
    if reply.protocol() == Protocol::Resp2 {
        return Err(RESP2);
    }
    reply.push(2);
    reply.bulk(b"server-cpu-usage");
    reply.integer(42);
    reply.bulk(b"Some real reply following the push reply");
    Ok(())
}

/// Replies as Redis does, whose tests set this threshold. Lists here have none.
fn check_threshold(call: &mut Call) -> Result<(), ReplyError> {
    const MOST_BYTES: u64 = (1 << 32) - (1 << 20);
    match config::memory_bytes(&call.text(2)) {
        Some(0..=MOST_BYTES) => call.reply.ok(),
        _ => return Err(THRESHOLD_RANGE),
    }
    Ok(())
}

fn set_active_expire(call: &mut Call) -> Result<(), ReplyError> {
    let is_on = call.integer(2).is_ok_and(|number| number != 0);
    call.state.active_expire.store(is_on, Ordering::Relaxed);
    call.reply.ok();
    Ok(())
}

/// Tests of Redis pause the job that removes tracked keys. Here CONFIG SET removes them.
fn pause_cron(call: &mut Call) -> Result<(), ReplyError> {
    call.reply.ok();
    Ok(())
}

/// DEBUG SLEEP: sleeps with the store's lock held alone. As in Redis, other clients wait meanwhile, unless
/// their commands need no data.
fn sleep(call: &mut Call) -> Result<(), ReplyError> {
    let seconds = call.text(2).parse().unwrap_or(0.0);
    thread::sleep(Duration::try_from_secs_f64(seconds).unwrap_or_default());
    call.reply.ok();
    Ok(())
}
