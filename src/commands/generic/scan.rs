//! Lists keys and fields: KEYS, SCAN, HSCAN, RANDOMKEY.
//!
//! A cursor is a position in the order of hashes ([`crate::store::map::Position`]). So the server
//! remembers nothing between two calls, and an element that exists from the first call to the last
//! is returned exactly once.
//!
//! The engine removes expired keys that SCAN and RANDOMKEY meet, as Redis does. KEYS and HSCAN
//! skip expired ones.

use crate::commands::table::error;
use crate::commands::table::{Argument, Category, Command, Flag, Handler, Keys};
use crate::commands::{Call, ReplyError};
use crate::glob;
use crate::num::integer;
use crate::store::blob::Blob;
use crate::store::keyspace::Keyspace;
use crate::store::map::Position;
use crate::store::types::Entry;
use crate::store::types::hash::Hash;

const INVALID_CURSOR: ReplyError = ReplyError::Fixed("ERR invalid cursor");

const ROW: Command = Command {
    flags: &[Flag::Readonly],
    categories: &[Category::Keyspace],
    group: "generic",
    ..Command::ROW
};

const CURSOR: Argument = Argument::new("cursor", "integer");
const MATCH: Argument = Argument::new("pattern", "pattern")
    .after("MATCH")
    .optional();
const COUNT: Argument = Argument::new("count", "integer").after("COUNT").optional();

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "keys",
        arity: 2,
        categories: &[Category::Keyspace, Category::Dangerous],
        tips: &["request_policy:all_shards", "nondeterministic_output_order"],
        summary: "Find all keys matching the given pattern",
        complexity: "O(N) with N being the number of keys in the database, under the assumption \
                     that the key names in the database and the given pattern have limited length.",
        arguments: &[Argument::new("pattern", "pattern")],
        handler: Handler::Read(keys),
        ..ROW
    },
    Command {
        name: "randomkey",
        arity: 1,
        tips: &["request_policy:all_shards", "nondeterministic_output"],
        summary: "Return a random key from the keyspace",
        handler: Handler::Read(randomkey),
        ..ROW
    },
    Command {
        name: "scan",
        arity: -2,
        tips: &["nondeterministic_output", "request_policy:special"],
        since: "2.8.0",
        summary: "Incrementally iterate the keys space",
        complexity: "O(1) for every call. O(N) for a complete iteration, including enough command \
                     calls for the cursor to return back to 0. N is the number of elements inside \
                     the collection.",
        history: &[("6.0.0", "Added the `TYPE` subcommand.")],
        arguments: &[
            CURSOR,
            MATCH,
            COUNT,
            Argument::new("type", "string")
                .after("TYPE")
                .since("6.0.0")
                .optional(),
        ],
        handler: Handler::Read(scan),
        ..ROW
    },
    Command {
        name: "hscan",
        arity: -3,
        categories: &[Category::Hash],
        keys: &[Keys::one(&["RO", "access"])],
        tips: &["nondeterministic_output"],
        group: "hash",
        since: "2.8.0",
        summary: "Incrementally iterate hash fields and associated values",
        complexity: "O(1) for every call. O(N) for a complete iteration, including enough command \
                     calls for the cursor to return back to 0. N is the number of elements inside \
                     the collection..",
        arguments: &[Argument::KEY, CURSOR, MATCH, COUNT],
        handler: Handler::Read(hscan),
        ..ROW
    },
];

/// The pattern of MATCH and KEYS.
#[derive(Clone, Copy)]
enum Pattern<'a> {
    Anything,
    /// A name without wildcards.
    Literal(&'a [u8]),
    Glob(&'a [u8]),
}

impl<'a> Pattern<'a> {
    fn new(text: &'a [u8]) -> Pattern<'a> {
        if text == b"*" {
            Pattern::Anything
        } else if text.iter().any(|byte| b"*?[\\".contains(byte)) {
            Pattern::Glob(text)
        } else {
            Pattern::Literal(text)
        }
    }

    fn matches(self, name: &[u8]) -> bool {
        match self {
            Pattern::Anything => true,
            Pattern::Literal(text) => text == name,
            Pattern::Glob(text) => glob::matches(text, name, false),
        }
    }
}

fn keys(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    let pattern = Pattern::new(call.args.get(1));
    if let Pattern::Literal(key) = pattern {
        let is_there = keyspace.get(key, call.now_ms()).is_some();
        call.reply.array(usize::from(is_there));
        if is_there {
            call.reply.bulk(key);
        }
        return Ok(());
    }
    let keys = keyspace.iter(call.now_ms()).map(|(key, _)| key);
    let found: Vec<&Blob> = keys.filter(|key| pattern.matches(key)).collect();
    call.reply.array(found.len());
    for key in found {
        call.reply_blob(key);
    }
    Ok(())
}

fn randomkey(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    let random = keyspace.random(call.now_ms(), |key| call.note_expired(key));
    match random {
        Some(key) => call.reply_blob(key),
        None => call.reply.null(),
    }
    Ok(())
}

/// The options of SCAN and HSCAN.
struct Options<'a> {
    /// The number of elements to visit, not the number to find.
    count: usize,
    pattern: Pattern<'a>,
    /// SCAN only.
    type_name: Option<&'a [u8]>,
    /// HSCAN only.
    has_values: bool,
}

fn scan(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    let position = cursor(call.args.get(1))?;
    let mut options = Options::default();
    let mut words = call.args.from(2);
    while let Some(word) = words.next() {
        if word.eq_ignore_ascii_case(b"type") {
            options.type_name = Some(words.next().ok_or(error::SYNTAX)?);
        } else {
            options.read(word, &mut words)?;
        }
    }
    let (mut found, next) = keyspace.scan(position, options.count);
    found.retain(|(key, entry)| {
        if !options.pattern.matches(key) {
            return false;
        }
        if entry.is_over(call.now_ms()) {
            call.note_expired(key);
            return false;
        }
        options.is_of_type(entry)
    });
    begin_reply(call, next, found.len());
    for (key, _) in found {
        call.reply_blob(key);
    }
    Ok(())
}

/// HSCAN. A packed hash is returned whole, whatever the cursor and the count are.
fn hscan(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    let position = cursor(call.args.get(2))?;
    let Some(hash) = call.counted(keyspace.get_as::<Hash>(call.args.get(1), call.now_ms()))? else {
        begin_reply(call, None, 0);
        return Ok(());
    };
    let mut options = Options::default();
    let mut words = call.args.from(3);
    while let Some(word) = words.next() {
        if word.eq_ignore_ascii_case(b"novalues") {
            options.has_values = false;
        } else {
            options.read(word, &mut words)?;
        }
    }
    let (mut found, next) = hash.scan(position, options.count, call.now_ms());
    found.retain(|field| options.pattern.matches(&field.name));
    begin_reply(
        call,
        next,
        found.len() * if options.has_values { 2 } else { 1 },
    );
    for field in found {
        call.reply_blob(field.name);
        if options.has_values {
            call.reply_blob(field.value);
        }
    }
    Ok(())
}

/// Appends the cursor and the header of an array of `count` elements.
fn begin_reply(call: &mut Call, next: Option<Position>, count: usize) {
    call.reply.array(2);
    call.reply.bulk(next.unwrap_or(0).to_string().as_bytes());
    call.reply.array(count);
}

/// Parses a cursor as Redis does, with C's `strtoul`: it may have a sign, but no space before it. An
/// empty one is 0.
fn cursor(text: &[u8]) -> Result<Position, ReplyError> {
    let text = text.split(|&byte| byte == 0).next().unwrap_or_default();
    let (is_negative, digits) = match text {
        [] => return Ok(0),
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    let digits = digits.iter().all(u8::is_ascii_digit).then_some(digits);
    let digits = digits.and_then(|digits| std::str::from_utf8(digits).ok());
    let number: u64 = digits
        .and_then(|digits| digits.parse().ok())
        .ok_or(INVALID_CURSOR)?;
    Ok(if is_negative {
        number.wrapping_neg()
    } else {
        number
    })
}

impl Default for Options<'_> {
    fn default() -> Self {
        Options {
            count: 10,
            pattern: Pattern::Anything,
            type_name: None,
            has_values: true,
        }
    }
}

impl<'a> Options<'a> {
    /// Parses the option `word`, whose value is the next of `words`.
    fn read(
        &mut self,
        word: &[u8],
        words: &mut impl Iterator<Item = &'a [u8]>,
    ) -> Result<(), ReplyError> {
        if word.eq_ignore_ascii_case(b"count") {
            let count = words.next().ok_or(error::SYNTAX)?;
            let count = integer::parse(count).ok_or(error::NOT_AN_INTEGER)?;
            let count = usize::try_from(count).ok().filter(|count| *count > 0);
            self.count = count.ok_or(error::SYNTAX)?;
        } else if word.eq_ignore_ascii_case(b"match") {
            self.pattern = Pattern::new(words.next().ok_or(error::SYNTAX)?);
        } else {
            return Err(error::SYNTAX);
        }
        Ok(())
    }

    fn is_of_type(&self, entry: &Entry) -> bool {
        let type_name = entry.value().type_name().as_bytes();
        self.type_name
            .is_none_or(|wanted| wanted.eq_ignore_ascii_case(type_name))
    }
}
