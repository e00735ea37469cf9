//! DUMP and RESTORE: values on their way to another server.
//!
//! To serialise or to read a big value takes long, so neither is done with the lock held: DUMP
//! clones the value by reference count, and RESTORE reads before it locks.

use crate::commands::table::error;
use crate::commands::table::{Argument, Category, Command, Flag, Handler, Keys};
use crate::commands::{Call, Effect, Prepared, ReplyError, Rest, expiry, key};
use crate::config::EventClass;
use crate::num::integer;
use crate::rdb;
use crate::resp::args::Args;
use crate::resp::output::Output;
use crate::state::ServerState;
use crate::store::keyspace::Keyspace;
use crate::store::types::{Entry, Moment};

const BUSY_KEY: ReplyError = ReplyError::Fixed("BUSYKEY Target key name already exists.");
const INVALID_TTL: ReplyError = ReplyError::Fixed("ERR Invalid TTL value, must be >= 0");
const INVALID_IDLETIME: ReplyError = ReplyError::Fixed("ERR Invalid IDLETIME value, must be >= 0");
const INVALID_FREQ: ReplyError =
    ReplyError::Fixed("ERR Invalid FREQ value, must be >= 0 and <= 255");

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "dump",
        arity: 2,
        flags: &[Flag::Readonly],
        categories: &[Category::Keyspace],
        keys: &[Keys::one(&["RO", "access"])],
        tips: &["nondeterministic_output"],
        group: "generic",
        since: "2.6.0",
        summary: "Return a serialized version of the value stored at the specified key.",
        complexity: "O(1) to access the key and additional O(N*M) to serialize it, where N is the \
                     number of Redis objects composing the value and M their average size. For \
                     small string values the time complexity is thus O(1)+O(1*M) where M is \
                     small, so simply O(1).",
        arguments: &[Argument::KEY],
        handler: Handler::ReadThen(dump),
        ..Command::ROW
    },
    Command {
        name: "restore",
        arity: -4,
        flags: &[Flag::Write, Flag::Denyoom],
        categories: &[Category::Keyspace, Category::Dangerous],
        keys: &[Keys::one(&["OW", "update"])],
        group: "generic",
        since: "2.6.0",
        summary: "Create a key using the provided serialized value, previously obtained using \
                  DUMP.",
        complexity: "O(1) to create the new key and additional O(N*M) to reconstruct the \
                     serialized value, where N is the number of Redis objects composing the value \
                     and M their average size. For small string values the time complexity is \
                     thus O(1)+O(1*M) where M is small, so simply O(1). However for sorted set \
                     values the complexity is O(N*M*log(N)) because inserting values into sorted \
                     sets is O(log(N)).",
        history: &[
            ("3.0.0", "Added the `REPLACE` modifier."),
            ("5.0.0", "Added the `ABSTTL` modifier."),
            ("5.0.0", "Added the `IDLETIME` and `FREQ` options."),
        ],
        arguments: &[
            Argument::KEY,
            Argument::new("ttl", "integer"),
            Argument::new("serialized-value", "string"),
            Argument::word("replace", "REPLACE")
                .since("3.0.0")
                .optional(),
            Argument::word("absttl", "ABSTTL").since("5.0.0").optional(),
            Argument::new("seconds", "integer")
                .after("IDLETIME")
                .since("5.0.0")
                .optional(),
            Argument::new("frequency", "integer")
                .after("FREQ")
                .since("5.0.0")
                .optional(),
        ],
        handler: Handler::PrepareWrite(restore),
        ..Command::ROW
    },
];

fn dump(call: &mut Call, keyspace: &Keyspace) -> Result<Option<Rest>, ReplyError> {
    let (now_ms, thresholds) = (call.now_ms(), call.state.thresholds());
    let entry = call.lookup_entry(keyspace, call.args.get(1));
    let value = entry.map(|entry| entry.value().clone());
    Ok(Some(Box::new(move |reply| {
        match value {
            Some(value) => reply.bulk(&rdb::dump(&value, now_ms, thresholds)),
            None => reply.null(),
        }
        Ok(())
    })))
}

fn restore(args: Args, state: &ServerState) -> Result<Prepared, ReplyError> {
    let options = Options::read(args)?;
    let restored = rdb::restore(args.get(3), state.thresholds());
    Ok(Box::new(move |call, keyspace| {
        match (options.expiry(call, keyspace), restored) {
            (Ok(expires_at), Ok(value)) => {
                let entry = Entry::new(value, expires_at);
                Ok(options.place(call, keyspace, entry))
            }
            (Err(error), restored) => {
                call.discard_later(restored);
                Err(error)
            }
            (Ok(_), Err(error)) => Err(format!("ERR {error}").into()),
        }
    }))
}

/// The options of RESTORE. IDLETIME and FREQ are checked and ignored, because nothing is evicted.
#[derive(Default)]
struct Options {
    replaces: bool,
    is_absolute: bool,
}

impl Options {
    fn read(args: Args) -> Result<Options, ReplyError> {
        let mut options = Options::default();
        let (mut has_idletime, mut has_freq) = (false, false);
        let mut words = args.from(4);
        while let Some(word) = words.next() {
            let is = |name: &[u8]| word.eq_ignore_ascii_case(name);
            if is(b"replace") {
                options.replaces = true;
            } else if is(b"absttl") {
                options.is_absolute = true;
            } else if is(b"idletime") && !has_freq {
                check(words.next(), i64::MAX, INVALID_IDLETIME)?;
                has_idletime = true;
            } else if is(b"freq") && !has_idletime {
                check(words.next(), 255, INVALID_FREQ)?;
                has_freq = true;
            } else {
                return Err(error::SYNTAX);
            }
        }
        Ok(options)
    }

    /// When the key will expire, if it may be set at all. Redis 7.0 deletes the key if the time has
    /// no room; later versions refuse it like this.
    fn expiry(&self, call: &Call, keyspace: &Keyspace) -> Result<Option<Moment>, ReplyError> {
        let is_there = keyspace.get(call.args.get(1), call.now_ms()).is_some();
        if is_there && !self.replaces {
            return Err(BUSY_KEY);
        }
        let ttl = integer::parse(call.args.get(2)).ok_or(error::NOT_AN_INTEGER)?;
        if ttl < 0 {
            return Err(INVALID_TTL);
        }
        let base_ms = match self.is_absolute {
            true => 0,
            false => call.clock_ms(),
        };
        match ttl {
            0 => Ok(None),
            ttl => expiry::moment(ttl, base_ms)
                .map(Some)
                .ok_or_else(|| expiry::invalid("restore")),
        }
    }

    /// Sets the key. If it would have expired already, deletes the old one instead.
    fn place(&self, call: &mut Call, keyspace: &mut Keyspace, entry: Entry) -> Effect {
        let key = call.args.get(1);
        call.reply.ok();
        let is_past = |at: Moment| call.is_past(at.get() as i64);
        if entry.is_over(call.now_ms()) || entry.expires_at().is_some_and(is_past) {
            call.discard(entry);
            return key::delete(call, keyspace, key);
        }
        let expires_at = entry.expires_at();
        key::set(call, keyspace, key, entry);
        call.notify_put(keyspace, call.session.database(), key);
        call.notify(key, (EventClass::Generic, "restore"));
        match expires_at {
            Some(at) if !self.is_absolute => {
                Effect::Instead(with_absolute_time(call.args, at).into())
            }
            _ => Effect::AsRequested,
        }
    }
}

/// Checks that the number behind an option is from 0 to `most`.
fn check(number: Option<&[u8]>, most: i64, invalid: ReplyError) -> Result<(), ReplyError> {
    let number = integer::parse(number.ok_or(error::SYNTAX)?).ok_or(error::NOT_AN_INTEGER)?;
    if (0..=most).contains(&number) {
        Ok(())
    } else {
        Err(invalid)
    }
}

/// The RESTORE that sets the same at any time.
fn with_absolute_time(args: Args, expires_at: Moment) -> Output {
    let mut command = Output::default();
    command.push_header(b'*', 6);
    command.push_bulk(b"RESTORE");
    command.push_bulk(args.get(1));
    command.push_bulk(expires_at.to_string().as_bytes());
    match args.shared(3) {
        Some(payload) => command.push_bulk_shared(payload),
        None => command.push_bulk(args.get(3)),
    }
    command.push_bulk(b"REPLACE");
    command.push_bulk(b"ABSTTL");
    command
}
