//! Commands on whole databases, and on keys of several databases.

use crate::commands::key::{self, database_index};
use crate::commands::table::error;
use crate::commands::table::{Argument, Category, Command, Flag, Handler, Keys, Place};
use crate::commands::{Call, Effect, ReplyError};
use crate::config::EventClass;
use crate::num::integer;
use crate::store::Databases;
use crate::store::keyspace::Keyspace;
use crate::store::types::Entry;

/// COPY and MOVE of a key to itself.
const SAME_OBJECT: ReplyError =
    ReplyError::Fixed("ERR source and destination objects are the same");
const FIRST_INDEX: ReplyError = ReplyError::Fixed("ERR invalid first DB index");
const SECOND_INDEX: ReplyError = ReplyError::Fixed("ERR invalid second DB index");

const ROW: Command = Command {
    categories: &[Category::Keyspace],
    ..Command::ROW
};

const FLUSHING: Command = Command {
    arity: -1,
    flags: &[Flag::Write],
    categories: &[Category::Keyspace, Category::Dangerous],
    tips: &["request_policy:all_shards", "response_policy:all_succeeded"],
    group: "server",
    history: &[
        ("4.0.0", "Added the `ASYNC` flushing mode modifier."),
        ("6.2.0", "Added the `SYNC` flushing mode modifier."),
    ],
    arguments: &[Argument::one_of(
        "async",
        &[
            Argument::word("async", "ASYNC").since("4.0.0"),
            Argument::word("sync", "SYNC").since("6.2.0"),
        ],
    )
    .optional()],
    ..ROW
};

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "copy",
        arity: -3,
        flags: &[Flag::Write, Flag::Denyoom],
        keys: &[
            Keys::one(&["RO", "access"]),
            Keys::at(Place::one(2), &["OW", "update"]),
        ],
        group: "generic",
        since: "6.2.0",
        summary: "Copy a key",
        complexity: "O(N) worst case for collections, where N is the number of nested items. O(1) \
                     for string values.",
        arguments: &[
            Argument::key("source", 0),
            Argument::key("destination", 1),
            Argument::new("destination-db", "integer")
                .after("DB")
                .optional(),
            Argument::word("replace", "REPLACE").optional(),
        ],
        handler: Handler::WriteAll(copy),
        ..ROW
    },
    Command {
        name: "dbsize",
        arity: 1,
        flags: &[Flag::Readonly, Flag::Fast],
        tips: &["request_policy:all_shards", "response_policy:agg_sum"],
        group: "server",
        summary: "Return the number of keys in the selected database",
        handler: Handler::Read(dbsize),
        ..ROW
    },
    Command {
        name: "flushall",
        summary: "Remove all keys from all databases",
        complexity: "O(N) where N is the total number of keys in all databases",
        handler: Handler::WriteAll(flushall),
        ..FLUSHING
    },
    Command {
        name: "flushdb",
        summary: "Remove all keys from the current database",
        complexity: "O(N) where N is the number of keys in the selected database",
        handler: Handler::Write(flushdb),
        ..FLUSHING
    },
    Command {
        name: "move",
        arity: 3,
        flags: &[Flag::Write, Flag::Fast],
        keys: &[Keys::one(&["RW", "access", "update"])],
        group: "generic",
        summary: "Move a key to another database",
        arguments: &[Argument::KEY, Argument::new("db", "integer")],
        handler: Handler::WriteAll(move_key),
        ..ROW
    },
    Command {
        name: "swapdb",
        arity: 3,
        flags: &[Flag::Write, Flag::Fast],
        categories: &[Category::Keyspace, Category::Dangerous],
        group: "server",
        since: "4.0.0",
        summary: "Swaps two Redis databases",
        complexity: "O(N) where N is the count of clients watching or blocking on keys from both \
                     databases.",
        arguments: &[
            Argument::new("index1", "integer"),
            Argument::new("index2", "integer"),
        ],
        handler: Handler::WriteAll(swapdb),
        ..ROW
    },
];

fn copy(call: &mut Call, databases: &mut Databases) -> Result<Effect, ReplyError> {
    let (source, destination) = (call.args.get(1), call.args.get(2));
    let selected = call.session.database();
    let (target, replaces) = copy_options(call, databases.count())?;
    if target == selected && source == destination {
        return Err(SAME_OBJECT);
    }
    let found = call.lookup_entry(databases.get(selected), source);
    let copy = found.map(|entry| Entry::new(entry.value().copied(), entry.expires_at()));
    let keyspace = databases.get_mut(target);
    let is_free = replaces || keyspace.get(destination, call.now_ms()).is_none();
    let Some(copy) = copy.filter(|_| is_free) else {
        call.reply.integer(0);
        return Ok(Effect::Nothing);
    };
    key::set(call, keyspace, destination, copy);
    call.notify_put(keyspace, target, destination);
    call.notify_in(target, destination, (EventClass::Generic, "copy_to"));
    call.reply.integer(1);
    Ok(Effect::AsRequested)
}

/// Parses the options of COPY: the target database, and whether an existing key is replaced.
fn copy_options(call: &Call, count: usize) -> Result<(usize, bool), ReplyError> {
    let mut target = call.session.database();
    let mut replaces = false;
    let mut options = call.args.from(3);
    while let Some(option) = options.next() {
        if option.eq_ignore_ascii_case(b"replace") {
            replaces = true;
        } else if option.eq_ignore_ascii_case(b"db") {
            target = database_index(options.next().ok_or(error::SYNTAX)?, count)?;
        } else {
            return Err(error::SYNTAX);
        }
    }
    Ok((target, replaces))
}

fn dbsize(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    call.reply.count(keyspace.len());
    Ok(())
}

fn flushall(call: &mut Call, databases: &mut Databases) -> Result<Effect, ReplyError> {
    check_flush_mode(call)?;
    let mut changed = false;
    for keyspace in databases.iter_mut() {
        changed |= !keyspace.is_empty();
        call.state.count_freed(keyspace.len());
        call.discard_later(keyspace.clear());
    }
    call.reply.ok();
    Ok(Effect::if_changed(changed))
}

fn flushdb(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    check_flush_mode(call)?;
    let changed = !keyspace.is_empty();
    call.state.count_freed(keyspace.len());
    call.discard_later(keyspace.clear());
    call.reply.ok();
    Ok(Effect::if_changed(changed))
}

/// Checks SYNC and ASYNC, which have no effect: the client's own thread always frees the memory, after
/// the lock is released, so that no other client waits for it.
fn check_flush_mode(call: &Call) -> Result<(), ReplyError> {
    let mut options = call.args.from(1);
    match (options.next(), options.next()) {
        (None, _) => Ok(()),
        (Some(mode), None)
            if mode.eq_ignore_ascii_case(b"sync") || mode.eq_ignore_ascii_case(b"async") =>
        {
            Ok(())
        }
        _ => Err(error::SYNTAX),
    }
}

fn move_key(call: &mut Call, databases: &mut Databases) -> Result<Effect, ReplyError> {
    let key = call.args.get(1);
    let selected = call.session.database();
    let target = database_index(call.args.get(2), databases.count())?;
    if target == selected {
        return Err(SAME_OBJECT);
    }
    let [from, to] = databases.get_both_mut(selected, target);
    if from.get(key, call.now_ms()).is_none() || to.get(key, call.now_ms()).is_some() {
        call.reply.integer(0);
        return Ok(Effect::Nothing);
    }
    if let Some(entry) = from.remove(key, call.now_ms()) {
        to.set(key, entry);
        call.notify_put(to, target, key);
        call.notify(key, (EventClass::Generic, "move_from"));
        call.notify_in(target, key, (EventClass::Generic, "move_to"));
    }
    call.reply.integer(1);
    Ok(Effect::AsRequested)
}

fn swapdb(call: &mut Call, databases: &mut Databases) -> Result<Effect, ReplyError> {
    let number = |at| integer::parse(call.args.get(at)).and_then(|it| i32::try_from(it).ok());
    let numbers = [
        number(1).ok_or(FIRST_INDEX)?,
        number(2).ok_or(SECOND_INDEX)?,
    ];
    let [first, second] = numbers.map(|it| {
        let index = usize::try_from(it).ok();
        index.filter(|index| *index < databases.count())
    });
    let (first, second) = first.zip(second).ok_or(error::DB_INDEX)?;
    if first != second {
        let [one, other] = databases.get_both_mut(first, second);
        one.swap(other, call.now_ms());
    }
    call.reply.ok();
    Ok(Effect::if_changed(first != second))
}
