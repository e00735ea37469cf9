//! ZRANDMEMBER: random members of a sorted set, each with the same probability.

use super::{Form, ROW, WITHSCORES, zset};
use crate::commands::sampling;
use crate::commands::sampling::OUT_OF_RANGE;
use crate::commands::table::error;
use crate::commands::table::{Argument, Command, Flag, Handler, Keys};
use crate::commands::{Call, ReplyError};
use crate::store::blob::BlobRef;
use crate::store::keyspace::Keyspace;
use crate::store::random;
use crate::store::types::zset::{Scored, ZSet};

pub(super) const COMMANDS: &[Command] = &[Command {
    name: "zrandmember",
    arity: -2,
    flags: &[Flag::Readonly],
    keys: &[Keys::one(&["RO", "access"])],
    tips: &["nondeterministic_output"],
    since: "6.2.0",
    summary: "Get one or multiple random elements from a sorted set",
    complexity: "O(N) where N is the number of elements returned",
    arguments: &[
        Argument::KEY,
        Argument::block("options", &[Argument::new("count", "integer"), WITHSCORES]).optional(),
    ],
    handler: Handler::Read(zrandmember),
    ..ROW
}];

fn zrandmember(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    if call.args.len() > 2 {
        return several(call, keyspace);
    }
    match zset(call, keyspace)?.and_then(ZSet::random) {
        Some(it) => call.reply_blob(it.member),
        None => call.reply.null(),
    }
    Ok(())
}

fn several(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    let count = call.negatable(2)?;
    let mut options = call.args.from(3);
    let with_scores = match (options.next(), options.next()) {
        (None, _) => false,
        (Some(word), None) if word.eq_ignore_ascii_case(b"withscores") => true,
        _ => return Err(error::SYNTAX),
    };
    let wanted = count.unsigned_abs() as usize;
    if with_scores && wanted > i64::MAX as usize / 2 {
        return Err(OUT_OF_RANGE);
    }
    let members = match zset(call, keyspace)? {
        None => Vec::new(),
        Some(zset) if count < 0 => repeated(zset, wanted)?,
        Some(zset) => distinct(zset, wanted),
    };
    let form = Form::of(call.reply, with_scores);
    form.push_all(call.reply, members.len(), members.into_iter());
    Ok(())
}

/// Returns `count` different members. If there are not more, returns all, the last one first.
fn distinct(zset: &ZSet, count: usize) -> Vec<Scored<'_>> {
    if count >= zset.len() {
        return zset.iter_back_from(zset.len() - 1).collect();
    }
    match sampling::is_walk_short(count, zset.len()) {
        true => sampling::select(zset.iter().collect(), count),
        false => sampling::different(count, || draw(zset), |it| it.member.as_ptr()),
    }
}

/// Returns `count` random members, which may repeat.
fn repeated(zset: &ZSet, count: usize) -> Result<Vec<Scored<'_>>, ReplyError> {
    let bytes = |it: &Scored| match it.member {
        BlobRef::Big(_) => size_of::<Scored>(),
        BlobRef::Bytes(bytes) => size_of::<Scored>() + bytes.len(),
    };
    if !sampling::is_walk_short(count, zset.len()) {
        return sampling::repeated(count, || draw(zset), bytes);
    }
    let list: Vec<Scored> = zset.iter().collect();
    sampling::repeated(count, || list[random::below(list.len())], bytes)
}

fn draw(zset: &ZSet) -> Scored<'_> {
    zset.random().expect("a sorted set with members")
}
