//! Commands on a range of a string, and on its length.

use crate::commands::table::{Argument, Category, Command, Flag, Handler, Keys};
use crate::commands::{Call, Effect, ReplyError};
use crate::config::EventClass;
use crate::store::blob::Blob;
use crate::store::keyspace::Keyspace;
use crate::store::types::Value;

/// A string that would be too long for a reply.
const TOO_LONG: ReplyError =
    ReplyError::Fixed("ERR string exceeds maximum allowed size (proto-max-bulk-len)");
const OFFSET_OUT_OF_RANGE: ReplyError = ReplyError::Fixed("ERR offset is out of range");

const ROW: Command = Command {
    categories: &[Category::String],
    group: "string",
    ..Command::ROW
};

const GETRANGE: Command = Command {
    name: "getrange",
    arity: 4,
    flags: &[Flag::Readonly],
    keys: &[Keys::one(&["RO", "access"])],
    since: "2.4.0",
    summary: "Get a substring of the string stored at a key",
    complexity: "O(N) where N is the length of the returned string. The complexity is \
                 ultimately determined by the returned length, but because creating a \
                 substring from an existing string is very cheap, it can be considered O(1) for \
                 small strings.",
    arguments: &[
        Argument::KEY,
        Argument::new("start", "integer"),
        Argument::new("end", "integer"),
    ],
    handler: Handler::Read(getrange),
    ..ROW
};

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "append",
        arity: 3,
        flags: &[Flag::Write, Flag::Denyoom, Flag::Fast],
        keys: &[Keys::one(&["RW", "insert"])],
        since: "2.0.0",
        summary: "Append a value to a key",
        complexity: "O(1). The amortized time complexity is O(1) assuming the appended value is \
                     small and the already present value is of any size, since the dynamic \
                     string library used by Redis will double the free space available on every \
                     reallocation.",
        arguments: &[Argument::KEY, Argument::new("value", "string")],
        handler: Handler::Write(append),
        ..ROW
    },
    GETRANGE,
    Command {
        name: "setrange",
        arity: 4,
        flags: &[Flag::Write, Flag::Denyoom],
        keys: &[Keys::one(&["RW", "update"])],
        since: "2.2.0",
        summary: "Overwrite part of a string at key starting at the specified offset",
        complexity: "O(1), not counting the time taken to copy the new string in place. Usually, \
                     this string is very small so the amortized complexity is O(1). Otherwise, \
                     complexity is O(M) with M being the length of the value argument.",
        arguments: &[
            Argument::KEY,
            Argument::new("offset", "integer"),
            Argument::new("value", "string"),
        ],
        handler: Handler::Write(setrange),
        ..ROW
    },
    Command {
        name: "strlen",
        arity: 2,
        flags: &[Flag::Readonly, Flag::Fast],
        keys: &[Keys::one(&["RO"])],
        since: "2.2.0",
        summary: "Get the length of the value stored in a key",
        arguments: &[Argument::KEY],
        handler: Handler::Read(strlen),
        ..ROW
    },
    Command {
        name: "substr",
        since: "1.0.0",
        doc_flag: Some("deprecated"),
        deprecated: Some(("2.0.0", "`GETRANGE`")),
        ..GETRANGE
    },
];

fn append(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    let (key, tail) = (call.args.get(1), call.args.get(2));
    let most = call.session.rules().max_bulk_bytes();
    let length = keyspace.edit(key, call.now_ms(), |value: &mut Blob| {
        let length = checked_length(value.len(), tail, most)?;
        value.append(tail);
        Ok::<_, ReplyError>(Some(length))
    })?;
    if length.is_none() {
        keyspace.set(key, Value::String(call.blob(2)).into());
    }
    call.notify_edit(keyspace, key, (EventClass::String, "append"));
    call.reply.count(length.unwrap_or(tail.len()));
    Ok(Effect::AsRequested)
}

fn setrange(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    let (key, part) = (call.args.get(1), call.args.get(3));
    let offset = usize::try_from(call.integer(2)?).map_err(|_| OFFSET_OUT_OF_RANGE)?;
    if part.is_empty() {
        let value = keyspace.get_as::<Blob>(key, call.now_ms())?;
        call.reply.count(value.map_or(0, |value| value.len()));
        return Ok(Effect::Nothing);
    }
    let most = call.session.rules().max_bulk_bytes();
    let length = keyspace.edit(key, call.now_ms(), |value: &mut Blob| {
        let end = checked_length(offset, part, most)?;
        value.edit(|bytes| {
            bytes.resize(bytes.len().max(end), 0);
            bytes[offset..end].copy_from_slice(part);
        });
        Ok::<_, ReplyError>(Some(value.len()))
    })?;
    let length = match length {
        Some(length) => length,
        None => {
            let end = checked_length(offset, part, most)?;
            // The system provides memory with zeros: no byte before the offset is written.
            let mut bytes = vec![0; end];
            bytes[offset..].copy_from_slice(part);
            keyspace.set(key, Value::String(Blob::raw(bytes)).into());
            end
        }
    };
    call.notify_edit(keyspace, key, (EventClass::String, "setrange"));
    call.reply.count(length);
    Ok(Effect::AsRequested)
}

/// Returns the length of a string in which `part` follows the first `offset` bytes. It must be at
/// most `most`.
fn checked_length(offset: usize, part: &[u8], most: usize) -> Result<usize, ReplyError> {
    let length = offset.checked_add(part.len());
    length.filter(|length| *length <= most).ok_or(TOO_LONG)
}

fn getrange(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    let (start, end) = (call.integer(2)?, call.integer(3)?);
    let Some(value) = call.lookup::<Blob>(keyspace, call.args.get(1))? else {
        call.reply.bulk(b"");
        return Ok(());
    };
    let part = range(value, start, end);
    if part.len() == value.len() {
        call.reply_blob(value);
    } else {
        call.reply.bulk(part);
    }
    Ok(())
}

/// Returns the bytes from `start` to `end`, both included. Negative numbers count from the last byte,
/// which is -1.
fn range(bytes: &[u8], start: i64, end: i64) -> &[u8] {
    // If both are before the first byte, they would become equal.
    if start < 0 && end < 0 && start > end {
        return b"";
    }
    let length = bytes.len() as i64;
    let position = |index: i64| {
        if index < 0 {
            (length + index).max(0)
        } else {
            index
        }
    };
    let (start, end) = (position(start), position(end).min(length - 1));
    if start > end {
        return b"";
    }
    &bytes[start as usize..=end as usize]
}

fn strlen(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    let value = call.lookup::<Blob>(keyspace, call.args.get(1))?;
    call.reply.count(value.map_or(0, |value| value.len()));
    Ok(())
}
