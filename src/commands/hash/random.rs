//! HRANDFIELD: random fields of a hash, each with the same probability.

use crate::commands::sampling;
use crate::commands::sampling::OUT_OF_RANGE;
use crate::commands::table::error;
use crate::commands::table::{Argument, Category, Command, Flag, Handler, Keys};
use crate::commands::{Call, ReplyError};
use crate::resp::reply::Protocol;
use crate::store::blob::BlobRef;
use crate::store::keyspace::Keyspace;
use crate::store::random;
use crate::store::types::hash::{Field, Hash};

pub(super) const COMMANDS: &[Command] = &[Command {
    name: "hrandfield",
    arity: -2,
    flags: &[Flag::Readonly],
    categories: &[Category::Hash],
    keys: &[Keys::one(&["RO", "access"])],
    tips: &["nondeterministic_output"],
    group: "hash",
    since: "6.2.0",
    summary: "Get one or multiple random fields from a hash",
    complexity: "O(N) where N is the number of fields returned",
    arguments: &[
        Argument::KEY,
        Argument::block(
            "options",
            &[
                Argument::new("count", "integer"),
                Argument::word("withvalues", "WITHVALUES").optional(),
            ],
        )
        .optional(),
    ],
    handler: Handler::Read(hrandfield),
    ..Command::ROW
}];

fn hrandfield(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    if call.args.len() > 2 {
        return several(call, keyspace);
    }
    let hash = call.lookup::<Hash>(keyspace, call.args.get(1))?;
    match hash.and_then(|hash| hash.random(call.now_ms())) {
        Some(field) => call.reply_blob(field.name),
        None => call.reply.null(),
    }
    Ok(())
}

fn several(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    let count = call.negatable(2)?;
    let mut options = call.args.from(3);
    let with_values = match (options.next(), options.next()) {
        (None, _) => false,
        (Some(word), None) if word.eq_ignore_ascii_case(b"withvalues") => true,
        _ => return Err(error::SYNTAX),
    };
    let wanted = count.unsigned_abs() as usize;
    if with_values && wanted > i64::MAX as usize / 2 {
        return Err(OUT_OF_RANGE);
    }
    let hash = call.lookup::<Hash>(keyspace, call.args.get(1))?;
    let fields = match hash {
        None => Vec::new(),
        Some(hash) if count < 0 => repeated(hash, wanted, call.now_ms())?,
        Some(hash) => distinct(hash, wanted, call.now_ms()),
    };
    reply(call, &fields, with_values);
    Ok(())
}

fn reply(call: &mut Call, fields: &[Field], with_values: bool) {
    let is_nested = with_values && call.reply.protocol() == Protocol::Resp3;
    let is_flat = with_values && !is_nested;
    call.reply.array(fields.len() << u32::from(is_flat));
    for field in fields {
        if is_nested {
            call.reply.array(2);
        }
        call.reply_blob(field.name);
        if with_values {
            call.reply_blob(field.value);
        }
    }
}

/// Returns `count` different fields, or all if there are not more. The fields of a packed hash are
/// in the hash's order, as in Redis.
fn distinct(hash: &Hash, count: usize, now_ms: u64) -> Vec<Field<'_>> {
    match is_walk_short(hash, count, now_ms) {
        true => sampling::select(hash.iter(now_ms).collect(), count),
        false => sampling::different(count, || draw(hash, now_ms), |field| field.name.as_ptr()),
    }
}

/// Returns `count` random fields, which may repeat.
fn repeated(hash: &Hash, count: usize, now_ms: u64) -> Result<Vec<Field<'_>>, ReplyError> {
    let bytes = |field: &Field| reply_bytes(field.name) + reply_bytes(field.value);
    if !is_walk_short(hash, count, now_ms) {
        return sampling::repeated(count, || draw(hash, now_ms), bytes);
    }
    let list: Vec<Field> = hash.iter(now_ms).collect();
    sampling::repeated(count, || list[random::below(list.len())], bytes)
}

fn draw(hash: &Hash, now_ms: u64) -> Field<'_> {
    hash.random(now_ms).expect("a hash with fields")
}

/// The bytes that a name or value adds to a reply, its place in the list of fields included.
fn reply_bytes(blob: BlobRef) -> usize {
    match blob {
        BlobRef::Big(_) => 16,
        BlobRef::Bytes(bytes) => bytes.len() + 16,
    }
}

/// Whether to draw from a list of all fields. A packed hash is walked to draw a single field, and
/// an expired field must be drawn again.
fn is_walk_short(hash: &Hash, count: usize, now_ms: u64) -> bool {
    let is_short = sampling::is_walk_short(count, hash.all_len());
    is_short || hash.is_packed() || hash.is_due(now_ms)
}
