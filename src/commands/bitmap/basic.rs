//! Commands on the bits of strings.

use std::ops::RangeInclusive;

use super::bits;
use super::bits::Operation;
use crate::commands::notify::{DEL, SETBIT};
use crate::commands::table::error;
use crate::commands::table::{Argument, Category, Command, Flag, Handler, Keys, Place};
use crate::commands::{Call, Effect, ReplyError, key};
use crate::num::integer;
use crate::resp::args::Args;
use crate::store::blob::{Blob, Form};
use crate::store::keyspace::{Keyspace, WrongType};
use crate::store::types::Value;

/// An offset beyond the longest possible string.
pub(super) const BIT_OFFSET: ReplyError =
    ReplyError::Fixed("ERR bit offset is not an integer or out of range");
const BIT_VALUE: ReplyError = ReplyError::Fixed("ERR bit is not an integer or out of range");
const BIT_ARGUMENT: ReplyError = ReplyError::Fixed("ERR The bit argument must be 1 or 0.");
const ONE_SOURCE: ReplyError =
    ReplyError::Fixed("ERR BITOP NOT must be called with a single source key.");

const ROW: Command = Command {
    categories: &[Category::Bitmap],
    group: "bitmap",
    ..Command::ROW
};

const UNIT: Argument = Argument::one_of(
    "index_unit",
    &[Argument::word("byte", "BYTE"), Argument::word("bit", "BIT")],
)
.since("7.0.0")
.optional();

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "setbit",
        arity: 4,
        flags: &[Flag::Write, Flag::Denyoom],
        keys: &[Keys::one(&["RW", "access", "update"])],
        since: "2.2.0",
        summary: "Sets or clears the bit at offset in the string value stored at key",
        arguments: &[
            Argument::KEY,
            Argument::new("offset", "integer"),
            Argument::new("value", "integer"),
        ],
        handler: Handler::Write(setbit),
        ..ROW
    },
    Command {
        name: "getbit",
        arity: 3,
        flags: &[Flag::Readonly, Flag::Fast],
        keys: &[Keys::one(&["RO", "access"])],
        since: "2.2.0",
        summary: "Returns the bit value at offset in the string value stored at key",
        arguments: &[Argument::KEY, Argument::new("offset", "integer")],
        handler: Handler::Read(getbit),
        ..ROW
    },
    Command {
        name: "bitcount",
        arity: -2,
        flags: &[Flag::Readonly],
        keys: &[Keys::one(&["RO", "access"])],
        since: "2.6.0",
        summary: "Count set bits in a string",
        complexity: "O(N)",
        history: &[("7.0.0", "Added the `BYTE|BIT` option.")],
        arguments: &[
            Argument::KEY,
            Argument::block(
                "index",
                &[
                    Argument::new("start", "integer"),
                    Argument::new("end", "integer"),
                    UNIT,
                ],
            )
            .optional(),
        ],
        handler: Handler::Read(bitcount),
        ..ROW
    },
    Command {
        name: "bitpos",
        arity: -3,
        flags: &[Flag::Readonly],
        keys: &[Keys::one(&["RO", "access"])],
        since: "2.8.7",
        summary: "Find first bit set or clear in a string",
        complexity: "O(N)",
        history: &[("7.0.0", "Added the `BYTE|BIT` option.")],
        arguments: &[
            Argument::KEY,
            Argument::new("bit", "integer"),
            Argument::block(
                "index",
                &[
                    Argument::new("start", "integer"),
                    Argument::block("end_index", &[Argument::new("end", "integer"), UNIT])
                        .optional(),
                ],
            )
            .optional(),
        ],
        handler: Handler::Read(bitpos),
        ..ROW
    },
    Command {
        name: "bitop",
        arity: -4,
        flags: &[Flag::Write, Flag::Denyoom],
        keys: &[
            Keys::at(Place::one(2), &["OW", "update"]),
            Keys::at(Place::from(3, 1), &["RO", "access"]),
        ],
        since: "2.6.0",
        summary: "Perform bitwise operations between strings",
        complexity: "O(N)",
        arguments: &[
            Argument::one_of(
                "operation",
                &[
                    Argument::word("and", "AND"),
                    Argument::word("or", "OR"),
                    Argument::word("xor", "XOR"),
                    Argument::word("not", "NOT"),
                    Argument::word("diff", "DIFF").since("8.2.0"),
                    Argument::word("diff1", "DIFF1").since("8.2.0"),
                    Argument::word("andor", "ANDOR").since("8.2.0"),
                    Argument::word("one", "ONE").since("8.2.0"),
                ],
            ),
            Argument::key("destkey", 0),
            Argument::key("key", 1).multiple(),
        ],
        handler: Handler::Write(bitop),
        ..ROW
    },
];

fn setbit(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    let key = call.args.get(1);
    let offset = parse_offset(call)?;
    let bit = match call.args.get(3) {
        b"0" => false,
        b"1" => true,
        _ => return Err(BIT_VALUE),
    };
    let value = keyspace.get_as::<Blob>(key, call.now_ms())?;
    let old = value.is_some_and(|bytes| bits::get(bytes, offset));
    call.reply.integer(i64::from(old));
    let length = offset / 8 + 1;
    if old == bit && value.is_some_and(|bytes| bytes.len() >= length) {
        note_edit(keyspace, key, call.now_ms())?;
        return Ok(Effect::Nothing);
    }
    edit(keyspace, key, call.now_ms(), length, |bytes| {
        bits::set(bytes, offset, bit);
    })?;
    call.notify_edit(keyspace, key, SETBIT);
    Ok(Effect::AsRequested)
}

/// Marks the string at `key` as changed in place, although its bytes stay the same. Watchers of the
/// key are not notified.
pub(super) fn note_edit(keyspace: &mut Keyspace, key: &[u8], now_ms: u64) -> Result<(), WrongType> {
    keyspace.edit(key, now_ms, |value: &mut Blob| {
        *value = std::mem::take(value).with_form(Form::Raw);
        Ok::<Option<()>, WrongType>(None)
    })?;
    Ok(())
}

/// Calls `change` with the string at `key`, after zeros have been added up to `length` bytes. Creates
/// the key if it is missing.
pub(super) fn edit<R>(
    keyspace: &mut Keyspace,
    key: &[u8],
    now_ms: u64,
    length: usize,
    mut change: impl FnMut(&mut [u8]) -> R,
) -> Result<R, WrongType> {
    let edited = keyspace.edit(key, now_ms, |value: &mut Blob| {
        let change = |bytes: &mut Vec<u8>| {
            bits::grow(bytes, length);
            change(bytes)
        };
        Ok::<_, WrongType>(Some(value.edit(change)))
    })?;
    if let Some(result) = edited {
        return Ok(result);
    }
    let mut bytes = vec![0; length];
    let result = change(&mut bytes);
    keyspace.set(key, Value::String(Blob::raw(bytes)).into());
    Ok(result)
}

fn getbit(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    let offset = parse_offset(call)?;
    let value = call.lookup::<Blob>(keyspace, call.args.get(1))?;
    let bit = value.is_some_and(|bytes| bits::get(bytes, offset));
    call.reply.integer(i64::from(bit));
    Ok(())
}

/// Parses the offset of a bit that a string can have.
fn parse_offset(call: &Call) -> Result<usize, ReplyError> {
    let offset = integer::parse(call.args.get(2)).ok_or(BIT_OFFSET)?;
    check_offset(offset, call.session.rules().max_bulk_bytes())
}

/// Returns `offset`, if a string of `most` bytes has that bit.
pub(super) fn check_offset(offset: i64, most: usize) -> Result<usize, ReplyError> {
    let offset = usize::try_from(offset).ok();
    offset.filter(|offset| offset / 8 < most).ok_or(BIT_OFFSET)
}

fn bitcount(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    let Some(value) = call.lookup::<Blob>(keyspace, call.args.get(1))? else {
        // Redis does not check the other arguments either.
        call.reply.integer(0);
        return Ok(());
    };
    let part = match call.args.len() {
        2 => all_of(value),
        4 | 5 => {
            let (start, end) = (call.integer(2)?, call.integer(3)?);
            // If both are before the first bit, they would become equal.
            if start < 0 && end < 0 && start > end {
                call.reply.integer(0);
                return Ok(());
            }
            part_of(value, start, end, parse_unit(call, 4)?)
        }
        _ => return Err(error::SYNTAX),
    };
    let count = part.map_or(0, |part| bits::count(value, part));
    call.reply.count(count);
    Ok(())
}

fn bitpos(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    let bit = match call.integer(2)? {
        0 => false,
        1 => true,
        _ => return Err(BIT_ARGUMENT),
    };
    let Some(value) = call.lookup::<Blob>(keyspace, call.args.get(1))? else {
        // A missing string counts as zeros without an end, in any range.
        call.reply.integer(if bit { -1 } else { 0 });
        return Ok(());
    };
    let part = match call.args.len() {
        3 => all_of(value),
        4 => part_of(value, call.integer(3)?, -1, Unit::Byte),
        5 | 6 => {
            let start = call.integer(3)?;
            let unit = parse_unit(call, 5)?;
            part_of(value, start, call.integer(4)?, unit)
        }
        _ => return Err(error::SYNTAX),
    };
    let found = part.and_then(|part| {
        // Zeros follow the string, unless the request has an end.
        let behind = (!bit && call.args.len() < 5).then_some(part.end() + 1);
        bits::position(value, bit, part).or(behind)
    });
    call.reply
        .integer(found.map_or(-1, |position| position as i64));
    Ok(())
}

/// The unit of a range.
#[derive(Clone, Copy)]
enum Unit {
    Byte = 8,
    Bit = 1,
}

/// Parses the unit at `index`; without this argument it is a byte.
fn parse_unit(call: &Call, index: usize) -> Result<Unit, ReplyError> {
    if index >= call.args.len() {
        return Ok(Unit::Byte);
    }
    let name = call.args.get(index);
    if name.eq_ignore_ascii_case(b"bit") {
        Ok(Unit::Bit)
    } else if name.eq_ignore_ascii_case(b"byte") {
        Ok(Unit::Byte)
    } else {
        Err(error::SYNTAX)
    }
}

/// Returns the range of all bits, if there are any.
fn all_of(value: &[u8]) -> Option<RangeInclusive<usize>> {
    part_of(value, 0, -1, Unit::Byte)
}

/// Returns the range of bits from `start` to `end`, both included, if it has any. Negative numbers
/// count from the last byte or bit, which is -1.
fn part_of(value: &[u8], start: i64, end: i64, unit: Unit) -> Option<RangeInclusive<usize>> {
    let bits = unit as usize;
    let length = (value.len() * 8 / bits) as i64;
    let position = |index: i64| {
        if index < 0 {
            (length + index).max(0)
        } else {
            index
        }
    };
    let (start, end) = (position(start), position(end).min(length - 1));
    (start <= end).then(|| start as usize * bits..=end as usize * bits + bits - 1)
}

/// Computes the result with the lock held, because it must be right when it is stored and
/// recorded.
fn bitop(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    let operation = parse_operation(call.args)?;
    let mut sources: Vec<&[u8]> = Vec::with_capacity(call.args.len() - 3);
    for key in call.args.from(3) {
        let source = call.lookup::<Blob>(keyspace, key)?;
        sources.push(source.map_or(b"", |value| value));
    }
    let result = operation.combine(&sources);
    call.reply.count(result.len());
    let target = call.args.get(2);
    if result.is_empty() {
        let old = keyspace.remove(target, call.now_ms());
        let Some(old) = old else {
            return Ok(Effect::Nothing);
        };
        call.discard(old);
        call.notify(target, DEL);
        return Ok(Effect::AsRequested);
    }
    let result = Value::String(Blob::raw(result));
    key::set(call, keyspace, target, result.into());
    call.notify_set(keyspace, target, false);
    Ok(Effect::AsRequested)
}

/// Parses the operation, and checks the number of strings.
fn parse_operation(args: Args) -> Result<Operation, ReplyError> {
    let operations = [
        ("AND", Operation::And),
        ("OR", Operation::Or),
        ("XOR", Operation::Xor),
        ("NOT", Operation::Not),
        ("DIFF", Operation::Diff),
        ("DIFF1", Operation::Diff1),
        ("ANDOR", Operation::AndOr),
        ("ONE", Operation::One),
    ];
    let is_meant = |name: &str| name.as_bytes().eq_ignore_ascii_case(args.get(1));
    let mut operations = operations.into_iter();
    let found = operations.find(|(name, _)| is_meant(name));
    let (name, operation) = found.ok_or(error::SYNTAX)?;
    let sources = args.len() - 3;
    match operation {
        Operation::Not if sources != 1 => Err(ONE_SOURCE),
        Operation::Diff | Operation::Diff1 | Operation::AndOr if sources < 2 => {
            Err(format!("ERR BITOP {name} must be called with at least two source keys.").into())
        }
        _ => Ok(operation),
    }
}
