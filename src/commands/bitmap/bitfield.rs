//! BITFIELD: integers of any width in a string.
//!
//! The whole request is parsed before the data is read. Then its operations run one after the
//! other, each on the result of the ones before it.

use super::basic::{BIT_OFFSET, check_offset, edit, note_edit};
use super::bits::field::{Overflow, Width};
use crate::commands::notify::SETBIT;
use crate::commands::table::error;
use crate::commands::table::{Argument, Category, Command, Flag, Handler, Keys};
use crate::commands::{Call, Effect, ReplyError};
use crate::num::integer;
use crate::resp::args::Args;
use crate::resp::reply::Reply;
use crate::store::blob::Blob;
use crate::store::keyspace::Keyspace;

const FIELD_TYPE: ReplyError = ReplyError::Fixed(
    "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 \
     is.",
);
const OVERFLOW_TYPE: ReplyError = ReplyError::Fixed("ERR Invalid OVERFLOW type specified");
const ONLY_GET: ReplyError = ReplyError::Fixed("ERR BITFIELD_RO only supports the GET subcommand");

const ROW: Command = Command {
    categories: &[Category::Bitmap],
    group: "bitmap",
    ..Command::ROW
};

const ENCODING: Argument = Argument::new("encoding", "string");
const OFFSET: Argument = Argument::new("offset", "integer");
const GET: Argument = Argument::block("encoding_offset", &[ENCODING, OFFSET]).after("GET");
const SET: Argument = Argument::block(
    "encoding_offset_value",
    &[ENCODING, OFFSET, Argument::new("value", "integer")],
)
.after("SET");
const INCRBY: Argument = Argument::block(
    "encoding_offset_increment",
    &[ENCODING, OFFSET, Argument::new("increment", "integer")],
)
.after("INCRBY");
const OVERFLOW: Argument = Argument::one_of(
    "wrap_sat_fail",
    &[
        Argument::word("wrap", "WRAP"),
        Argument::word("sat", "SAT"),
        Argument::word("fail", "FAIL"),
    ],
)
.after("OVERFLOW");

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "bitfield",
        arity: -2,
        flags: &[Flag::Write, Flag::Denyoom],
        keys: &[Keys::one(&["RW", "access", "update"])
            .varying(key_flags)
            .note("This command allows both access and modification of the key")],
        since: "3.2.0",
        summary: "Perform arbitrary bitfield integer operations on strings",
        complexity: "O(1) for each subcommand specified",
        arguments: &[
            Argument::KEY,
            Argument::one_of(
                "operation",
                &[
                    GET,
                    Argument::block(
                        "write",
                        &[
                            OVERFLOW.optional(),
                            Argument::one_of("write_operation", &[SET, INCRBY]),
                        ],
                    ),
                ],
            )
            .optional()
            .multiple(),
        ],
        handler: Handler::Write(bitfield),
        ..ROW
    },
    Command {
        name: "bitfield_ro",
        arity: -2,
        flags: &[Flag::Readonly, Flag::Fast],
        keys: &[Keys::one(&["RO", "access"])],
        since: "6.0.0",
        summary: "Perform arbitrary bitfield integer operations on strings. Read-only variant of \
                  BITFIELD",
        complexity: "O(1) for each subcommand specified",
        arguments: &[Argument::KEY, GET.optional().multiple().multiple_token()],
        handler: Handler::Read(bitfield_ro),
        ..ROW
    },
];

/// Returns the flags of the key: BITFIELD only reads it if all operations are GET.
fn key_flags(args: Args) -> &'static [&'static str] {
    const CHANGED: &[&str] = &["RW", "access", "update"];
    let mut words = args.from(2);
    while let Some(word) = words.next() {
        let values = match word.to_ascii_lowercase().as_slice() {
            b"get" => 2,
            b"overflow" => 1,
            _ => return CHANGED,
        };
        if words.len() < values {
            return CHANGED;
        }
        words.by_ref().take(values).for_each(drop);
    }
    &["RO", "access"]
}

fn bitfield(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    let operations = Operation::parse_all(call)?;
    let Some(length) = operations.iter().filter_map(Operation::needed_bytes).max() else {
        return get_all(call, keyspace, &operations).map(|()| Effect::Nothing);
    };
    let key = call.args.get(1);
    let value = keyspace.get_as::<Blob>(key, call.now_ms())?;
    let bytes: &[u8] = value.map_or(b"", |value| value);
    if length <= bytes.len() && operations.iter().all(|operation| operation.is_idle(bytes)) {
        reply_all(call.reply, &operations, |operation| operation.result(bytes));
        note_edit(keyspace, key, call.now_ms())?;
        return Ok(Effect::Nothing);
    }
    // The string grows even if every operation fails by an overflow.
    edit(keyspace, key, call.now_ms(), length, |bytes| {
        reply_all(call.reply, &operations, |operation| operation.run(bytes));
    })?;
    call.notify_edit(keyspace, key, SETBIT);
    Ok(Effect::AsRequested)
}

fn bitfield_ro(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    let operations = Operation::parse_all(call)?;
    if operations.iter().any(|it| it.needed_bytes().is_some()) {
        return Err(ONLY_GET);
    }
    get_all(call, keyspace, &operations)
}

/// Runs operations which are all GET.
fn get_all(
    call: &mut Call,
    keyspace: &Keyspace,
    operations: &[Operation],
) -> Result<(), ReplyError> {
    let value = call.lookup::<Blob>(keyspace, call.args.get(1))?;
    let bytes: &[u8] = value.map_or(b"", |value| value);
    reply_all(call.reply, operations, |operation| operation.result(bytes));
    Ok(())
}

/// Replies with what `run` returns for each operation.
fn reply_all(
    reply: &mut Reply,
    operations: &[Operation],
    mut run: impl FnMut(&Operation) -> Option<i64>,
) {
    reply.array(operations.len());
    for operation in operations {
        match run(operation) {
            Some(number) => reply.integer(number),
            None => reply.null(),
        }
    }
}

/// One operation of a request.
struct Operation {
    width: Width,
    /// The offset of its first bit.
    offset: usize,
    kind: Kind,
}

enum Kind {
    Get,
    /// Stores a number. The result is the old number.
    Set(i64, Overflow),
    /// Adds a number. The result is the sum.
    Incrby(i64, Overflow),
}

impl Operation {
    /// Returns the number to store in place of `old`; `None` for GET, and if an overflow makes it
    /// fail.
    fn stored(&self, old: i64) -> Option<i64> {
        match self.kind {
            Kind::Get => None,
            Kind::Set(value, overflow) => self.width.fit(value, overflow),
            Kind::Incrby(increment, overflow) => self.width.add(old, increment, overflow),
        }
    }

    /// Returns its result; `None` if an overflow makes it fail.
    fn result(&self, bytes: &[u8]) -> Option<i64> {
        let old = self.width.get(bytes, self.offset);
        match self.kind {
            Kind::Get => Some(old),
            Kind::Set(..) => self.stored(old).map(|_| old),
            Kind::Incrby(..) => self.stored(old),
        }
    }

    /// Returns whether it would leave `bytes` unchanged.
    fn is_idle(&self, bytes: &[u8]) -> bool {
        let old = self.width.get(bytes, self.offset);
        self.stored(old).is_none_or(|new| new == old)
    }

    /// Runs it, and returns what [`Operation::result`] returned before.
    fn run(&self, bytes: &mut [u8]) -> Option<i64> {
        let result = self.result(bytes);
        if let Some(new) = self.stored(self.width.get(bytes, self.offset)) {
            self.width.set(bytes, self.offset, new);
        }
        result
    }

    /// Returns the length in bytes that the string must have; `None` for GET.
    fn needed_bytes(&self) -> Option<usize> {
        match self.kind {
            Kind::Get => None,
            Kind::Set(..) | Kind::Incrby(..) => Some((self.offset + self.width.bits()).div_ceil(8)),
        }
    }

    /// Parses all operations of a request.
    fn parse_all(call: &Call) -> Result<Vec<Operation>, ReplyError> {
        let mut operations = Vec::new();
        let mut overflow = Overflow::Wrap;
        let most = call.session.rules().max_bulk_bytes();
        let words: Vec<&[u8]> = call.args.from(2).collect();
        let mut rest = &words[..];
        while let Some((name, words)) = rest.split_first() {
            if name.eq_ignore_ascii_case(b"overflow") {
                let (kind, words) = words.split_first().ok_or(error::SYNTAX)?;
                overflow = parse_overflow(kind)?;
                rest = words;
            } else {
                let (operation, words) = Operation::parse(name, words, overflow, most)?;
                operations.push(operation);
                rest = words;
            }
        }
        // Redis lets a string grow some bytes beyond the greatest length.
        let length = operations.iter().filter_map(Operation::needed_bytes).max();
        match length {
            Some(length) if length > most => Err(BIT_OFFSET),
            _ => Ok(operations),
        }
    }

    /// Parses the operation `name`. Returns the rest of `words` too.
    fn parse<'a>(
        name: &[u8],
        words: &'a [&'a [u8]],
        overflow: Overflow,
        most: usize,
    ) -> Result<(Operation, &'a [&'a [u8]]), ReplyError> {
        let is = |own: &[u8]| name.eq_ignore_ascii_case(own);
        let count = if is(b"get") {
            2
        } else if is(b"set") || is(b"incrby") {
            3
        } else {
            return Err(error::SYNTAX);
        };
        let (words, rest) = words.split_at_checked(count).ok_or(error::SYNTAX)?;
        let (width, offset) = parse_field(words[0], words[1], most)?;
        let number = words
            .get(2)
            .map(|number| integer::parse(number).ok_or(error::NOT_AN_INTEGER));
        let kind = match number.transpose()? {
            None => Kind::Get,
            Some(value) if is(b"set") => Kind::Set(value, overflow),
            Some(increment) => Kind::Incrby(increment, overflow),
        };
        let operation = Operation {
            width,
            offset,
            kind,
        };
        Ok((operation, rest))
    }
}

/// Parses a width, such as `i16` or `u8`, and an offset within a string of `most` bytes. The offset
/// is in bits, such as `100`, or in integers of that width, such as `#100`.
fn parse_field(width: &[u8], offset: &[u8], most: usize) -> Result<(Width, usize), ReplyError> {
    let width = match width.split_first() {
        Some((b'i', bits)) => integer::parse(bits).and_then(|bits| Width::new(bits, true)),
        Some((b'u', bits)) => integer::parse(bits).and_then(|bits| Width::new(bits, false)),
        _ => None,
    };
    let width = width.ok_or(FIELD_TYPE)?;
    let offset = match offset.strip_prefix(b"#") {
        // It may overflow, as in Redis.
        Some(index) => integer::parse(index).map(|it| it.wrapping_mul(width.bits() as i64)),
        None => integer::parse(offset),
    };
    Ok((width, check_offset(offset.ok_or(BIT_OFFSET)?, most)?))
}

fn parse_overflow(name: &[u8]) -> Result<Overflow, ReplyError> {
    let kinds: [(&[u8], Overflow); 3] = [
        (b"wrap", Overflow::Wrap),
        (b"sat", Overflow::Saturate),
        (b"fail", Overflow::Fail),
    ];
    kinds
        .into_iter()
        .find(|(own, _)| own.eq_ignore_ascii_case(name))
        .map(|(_, overflow)| overflow)
        .ok_or(OVERFLOW_TYPE)
}
