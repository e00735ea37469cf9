//! PFDEBUG: the inside of a HyperLogLog.

use std::fmt::Write;

use super::dense;
use super::header::Encoding;
use super::sketch;
use super::sparse;
use crate::commands::table::{Argument, Category, Command, Flag, Handler, Keys, Place};
use crate::commands::{Call, Effect, ReplyError};
use crate::store::blob::Blob;
use crate::store::keyspace::Keyspace;

const NO_KEY: ReplyError = ReplyError::Fixed("ERR The specified key does not exist");
const NOT_SPARSE: ReplyError = ReplyError::Fixed("ERR HLL encoding is not sparse");

pub(super) const COMMANDS: &[Command] = &[Command {
    name: "pfdebug",
    arity: 3,
    flags: &[Flag::Write, Flag::Denyoom, Flag::Admin],
    categories: &[Category::HyperLogLog],
    keys: &[Keys::at(Place::one(2), &["RW", "access"])],
    group: "hyperloglog",
    since: "2.8.9",
    summary: "Internal commands for debugging HyperLogLog values",
    complexity: "N/A",
    doc_flag: Some("syscmd"),
    arguments: &[Argument::new("subcommand", "string"), Argument::KEY],
    handler: Handler::Write(pfdebug),
    ..Command::ROW
}];

fn pfdebug(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    let value = keyspace.get_as::<Blob>(call.args.get(2), call.now_ms())?;
    let encoding = sketch::check(value.ok_or(NO_KEY)?)?;
    let name = call.args.get(1).to_ascii_lowercase();
    match &name[..] {
        b"decode" => {
            let value = value.filter(|_| encoding == Encoding::Sparse);
            call.reply.bulk(decode(value.ok_or(NOT_SPARSE)?).as_bytes());
            Ok(Effect::Nothing)
        }
        b"encoding" => {
            call.reply.simple(match encoding {
                Encoding::Dense => "dense",
                Encoding::Sparse => "sparse",
            });
            Ok(Effect::Nothing)
        }
        b"getreg" => {
            let effect = make_dense(call, keyspace)?;
            reply_registers(call, keyspace)?;
            Ok(effect)
        }
        b"todense" => {
            let effect = make_dense(call, keyspace)?;
            call.reply.count(effect.count());
            Ok(effect)
        }
        _ => Err(ReplyError::about(
            "ERR Unknown PFDEBUG subcommand '",
            call.args.get(1),
            "'",
        )),
    }
}

/// Returns the opcodes as text.
fn decode(bytes: &[u8]) -> String {
    let mut text = String::new();
    for opcode in sparse::opcodes(bytes) {
        let written = match (opcode.value, opcode.length) {
            (0, 1) => write!(text, "z:{} ", opcode.run),
            (0, _) => write!(text, "Z:{} ", opcode.run),
            (value, _) => write!(text, "v:{value},{} ", opcode.run),
        };
        written.expect("a string can always grow");
    }
    text.truncate(text.trim_end().len());
    text
}

/// Makes sparse registers dense.
fn make_dense(call: &Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    let changed = keyspace.edit(call.args.get(2), call.now_ms(), |value: &mut Blob| {
        if sketch::check(value)? == Encoding::Dense {
            return Ok(None);
        }
        *value = Blob::raw(sketch::to_dense(value)?);
        Ok::<_, ReplyError>(Some(()))
    })?;
    Ok(Effect::if_changed(changed.is_some()))
}

fn reply_registers(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    let value = keyspace.get_as::<Blob>(call.args.get(2), call.now_ms())?;
    let values = dense::values(value.ok_or(NO_KEY)?).flatten();
    call.reply.array(super::hash::REGISTERS);
    values.for_each(|value| call.reply.integer(value.into()));
    Ok(())
}
