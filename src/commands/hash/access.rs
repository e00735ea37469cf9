//! HGETDEL, HGETEX and HSETEX: they get or set fields, and remove them or change their expiry.
//! Redis has them since 8.0.

use super::changes::{Change, Changes};
use super::options;
use super::options::{
    FIELD, FIELDS, FIELDS_POSITIVE, MILLISECONDS, NUM_FIELDS, SECONDS, UNIX_TIME_MILLISECONDS,
    UNIX_TIME_SECONDS,
};
use crate::commands::expiry::TimeUnit;
use crate::commands::notify::{HDEL, HEXPIRE, HSET};
use crate::commands::table::{Argument, Category, Command, Flag, Handler, Keys, Place};
use crate::commands::{Call, Effect, ReplyError, push_blob};
use crate::num::integer;
use crate::resp::output::Output;
use crate::store::keyspace::{Keyspace, WrongType};
use crate::store::types::Moment;
use crate::store::types::hash::Hash;

const FIELD_COUNT: ReplyError = ReplyError::Fixed("ERR invalid number of fields");
const TWO_CONDITIONS: ReplyError =
    ReplyError::Fixed("ERR Only one of FXX or FNX arguments can be specified");
const TWO_TIMES: ReplyError =
    ReplyError::Fixed("ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified");

const ROW: Command = Command {
    categories: &[Category::Hash],
    group: "hash",
    since: "8.0.0",
    ..Command::ROW
};

const EX: Argument = SECONDS.after("EX");
const PX: Argument = MILLISECONDS.after("PX");
const EXAT: Argument = UNIX_TIME_SECONDS.after("EXAT");
const PXAT: Argument = UNIX_TIME_MILLISECONDS.after("PXAT");

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "hgetdel",
        arity: -5,
        flags: &[Flag::Write, Flag::Fast],
        keys: &[Keys::one(&["RW", "access", "delete"])],
        summary: "Returns the value of a field and deletes it from the hash.",
        complexity: "O(N) where N is the number of specified fields",
        arguments: &[Argument::KEY, FIELDS],
        fields: Some(options::NUMBERED_FIELDS),
        handler: Handler::Write(hgetdel),
        ..ROW
    },
    Command {
        name: "hgetex",
        arity: -5,
        flags: &[Flag::Write, Flag::Fast],
        keys: &[
            Keys::one(&["RW", "access", "update"]).note("RW and UPDATE because it changes the TTL")
        ],
        summary: "Get the value of one or more fields of a given hash key, and optionally set \
                  their expiration.",
        complexity: "O(N) where N is the number of specified fields",
        arguments: &[
            Argument::KEY,
            Argument::one_of(
                "expiration",
                &[EX, PX, EXAT, PXAT, Argument::word("persist", "PERSIST")],
            )
            .optional(),
            FIELDS,
        ],
        fields: Some(options::NUMBERED_FIELDS),
        handler: Handler::Write(hgetex),
        ..ROW
    },
    Command {
        name: "hsetex",
        arity: -6,
        flags: &[Flag::Write, Flag::Denyoom, Flag::Fast],
        keys: &[Keys::one(&["RW", "update"])],
        summary: "Set the value of one or more fields of a given hash key, and optionally set \
                  their expiration.",
        complexity: "O(N) where N is the number of fields being set.",
        arguments: &[
            Argument::KEY,
            Argument::one_of(
                "condition",
                &[Argument::word("fnx", "FNX"), Argument::word("fxx", "FXX")],
            )
            .optional(),
            Argument::one_of(
                "expiration",
                &[EX, PX, EXAT, PXAT, Argument::word("keepttl", "KEEPTTL")],
            )
            .optional(),
            Argument::block(
                "fields",
                &[
                    NUM_FIELDS,
                    Argument::block("data", &[FIELD, Argument::new("value", "string")]).multiple(),
                ],
            )
            .after("FIELDS"),
        ],
        fields: Some(Place::numbered("FIELDS", 2, 2)),
        handler: Handler::Write(hsetex),
        ..ROW
    },
];

fn hgetdel(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    keyspace.get_as::<Hash>(call.args.get(1), call.now_ms())?;
    let first = options::fields_at(call.args, 2, FIELDS_POSITIVE)?;
    get(call, keyspace, first, Some(Change::Delete))
}

fn hgetex(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    keyspace.get_as::<Hash>(call.args.get(1), call.now_ms())?;
    let option = call.args.get(2);
    let (change, index) = if let Some(unit) = TimeUnit::of(option) {
        let at = options::moment(unit, call.args.get(3), call.clock_ms(), "hgetex")?;
        (Some(Change::for_time(at, call)), 4)
    } else if option.eq_ignore_ascii_case(b"persist") {
        (Some(Change::Persist), 3)
    } else {
        (None, 2)
    };
    let first = options::fields_at(call.args, index, FIELDS_POSITIVE)?;
    get(call, keyspace, first, change)
}

/// Replies with the values of the fields from argument `first` on. Makes `change`, if there is one,
/// to each field that exists.
fn get(
    call: &mut Call,
    keyspace: &mut Keyspace,
    first: usize,
    change: Option<Change>,
) -> Result<Effect, ReplyError> {
    let (key, now_ms) = (call.args.get(1), call.now_ms());
    let mut changes = change.map(|change| Changes::new(call, change));
    let fields = call.args.from(first);
    call.reply.array(fields.len());
    for field in fields {
        let hash = keyspace.get_as::<Hash>(key, now_ms)?;
        let Some(found) = hash.and_then(|hash| hash.field(field, now_ms)) else {
            call.reply.null();
            continue;
        };
        call.reply_blob(found.value);
        let is_lasting = found.expires_at.is_none();
        match &mut changes {
            Some(_) if is_lasting && change == Some(Change::Persist) => {}
            Some(changes) => {
                changes.make(keyspace, field)?;
            }
            None => {}
        }
    }
    Ok(changes.map_or(Effect::Nothing, |changes| changes.end(call, keyspace)))
}

/// The options of HSETEX.
struct Options {
    /// Set the fields only if all of them exist (FXX), or none (FNX).
    all_there: Option<bool>,
    time: Time,
    /// The index of the first field; values stand after their fields.
    first: usize,
}

/// The expiry of the fields that are set.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Time {
    /// None.
    Unlimited,
    /// The expiry of the old field, if there is one (KEEPTTL).
    Kept,
    /// This time.
    Until(Moment),
}

impl Options {
    fn parse(call: &Call) -> Result<Options, ReplyError> {
        let mut options = Options {
            all_there: None,
            time: Time::Unlimited,
            first: 2,
        };
        let wrong_arity = || ReplyError::wrong_arity("hsetex");
        let mut words = call.args.from(2);
        loop {
            let word = words.next().ok_or_else(wrong_arity)?;
            options.first += 1;
            if options::is_fields(word) {
                options.first += 1;
                check_pairs(words)?;
                return Ok(options);
            } else if let Some(unit) = TimeUnit::of(word) {
                options.check_time()?;
                let number = words.next().ok_or_else(wrong_arity)?;
                let at = options::moment(unit, number, call.clock_ms(), "hsetex")?;
                options.time = Time::Until(at);
                options.first += 1;
            } else if word.eq_ignore_ascii_case(b"keepttl") {
                options.check_time()?;
                options.time = Time::Kept;
            } else if let Some(all_there) = condition(word) {
                if options.all_there.is_some() {
                    return Err(TWO_CONDITIONS);
                }
                options.all_there = Some(all_there);
            } else {
                return Err(ReplyError::about("ERR unknown argument: ", word, ""));
            }
        }
    }

    /// Checks that no option has set a time yet.
    fn check_time(&self) -> Result<(), ReplyError> {
        if self.time == Time::Unlimited {
            Ok(())
        } else {
            Err(TWO_TIMES)
        }
    }
}

fn condition(word: &[u8]) -> Option<bool> {
    if word.eq_ignore_ascii_case(b"fxx") {
        Some(true)
    } else if word.eq_ignore_ascii_case(b"fnx") {
        Some(false)
    } else {
        None
    }
}

/// Checks that `words` are a number and that many pairs of field and value.
fn check_pairs<'a>(mut words: impl ExactSizeIterator<Item = &'a [u8]>) -> Result<(), ReplyError> {
    let wrong_arity = || ReplyError::wrong_arity("hsetex");
    if words.len() < 3 {
        return Err(wrong_arity());
    }
    let count = words.next().and_then(integer::parse);
    let count = count
        .filter(|count| (1..=i64::from(i32::MAX)).contains(count))
        .ok_or(FIELD_COUNT)?;
    if words.len() as i64 != 2 * count {
        return Err(wrong_arity());
    }
    Ok(())
}

fn hsetex(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    let options = Options::parse(call)?;
    let hash = keyspace.get_as::<Hash>(call.args.get(1), call.now_ms())?;
    let is_there = |field| hash.is_some_and(|hash| hash.get(field, call.now_ms()).is_some());
    let is_refused = options.all_there.is_some_and(|all_there| {
        let mut fields = call.args.from(options.first).step_by(2);
        fields.any(|field| is_there(field) != all_there)
    });
    call.reply.count(usize::from(!is_refused));
    if is_refused {
        return Ok(Effect::Nothing);
    }
    match options.time {
        Time::Until(at) if call.is_past(at.get() as i64) => delete(call, keyspace, options.first),
        time => set(call, keyspace, options.first, time),
    }
}

/// Handles an expiry that has passed: removes the fields that exist. The events are those of fields
/// that are set and removed.
fn delete(call: &mut Call, keyspace: &mut Keyspace, first: usize) -> Result<Effect, ReplyError> {
    let (key, now_ms) = (call.args.get(1), call.now_ms());
    let mut changes = Changes::new(call, Change::Delete);
    for field in call.args.from(first).step_by(2) {
        let hash = keyspace.get_as::<Hash>(key, now_ms)?;
        if hash.is_some_and(|hash| hash.get(field, now_ms).is_some()) {
            changes.make(keyspace, field)?;
        }
    }
    call.notify(key, HSET);
    if changes.is_empty() {
        call.notify_edit(keyspace, key, HDEL);
    }
    Ok(changes.end(call, keyspace))
}

fn set(
    call: &mut Call,
    keyspace: &mut Keyspace,
    first: usize,
    time: Time,
) -> Result<Effect, ReplyError> {
    let (key, now_ms) = (call.args.get(1), call.now_ms());
    let small = call.state.thresholds().hash;
    let mut replaced = Vec::new();
    keyspace.edit_or_new(key, now_ms, |hash: &mut Hash| {
        for index in (first..call.args.len()).step_by(2) {
            let (field, value) = (call.args.get(index), call.value(index + 1));
            let old = match time {
                Time::Kept => hash.set_keeping_time(field, value, now_ms, small),
                _ => hash.set(field, value, small),
            };
            replaced.extend(old.held());
            if let Time::Until(at) = time {
                hash.expire(field, Some(at));
            }
        }
        Ok::<_, WrongType>(Some(()))
    })?;
    call.notify_edit(keyspace, key, HSET);
    if let Time::Until(_) = time {
        call.notify(key, HEXPIRE);
    }
    call.discard_values(replaced);
    Ok(record(call, first, time))
}

/// Returns the effect, with an absolute time. Without a time it is an HSET, because older servers
/// have no HSETEX.
fn record(call: &Call, first: usize, time: Time) -> Effect {
    let key = call.args.get(1);
    let pairs = first..call.args.len();
    let (mut milliseconds, mut count) = (integer::Buffer::default(), integer::Buffer::default());
    let count = integer::text(pairs.len() as i64 / 2, &mut count);
    let words: &[&[u8]] = match time {
        Time::Unlimited => &[b"HSET", key],
        Time::Kept => &[b"HSETEX", key, b"KEEPTTL", b"FIELDS", count],
        Time::Until(at) => {
            let at = integer::text(at.get() as i64, &mut milliseconds);
            &[b"HSETEX", key, b"PXAT", at, b"FIELDS", count]
        }
    };
    let mut command = Output::default();
    command.begin_command(words.len() + pairs.len(), words);
    for index in pairs {
        push_blob(&mut command, call.value(index));
    }
    Effect::Instead(command.into())
}
