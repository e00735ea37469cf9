//! ZSCAN.

use super::{ROW, zset};
use crate::commands::scan;
use crate::commands::scan::{COUNT, CURSOR, MATCH, Options};
use crate::commands::table::{Argument, Command, Flag, Handler, Keys};
use crate::commands::{Call, ReplyError};
use crate::num::double;
use crate::store::keyspace::Keyspace;
use crate::store::types::zset::ZSet;

pub(super) const COMMANDS: &[Command] = &[Command {
    name: "zscan",
    arity: -3,
    flags: &[Flag::Readonly],
    keys: &[Keys::one(&["RO", "access"])],
    tips: &["nondeterministic_output"],
    since: "2.8.0",
    summary: "Incrementally iterate sorted sets elements and associated scores",
    complexity: "O(1) for every call. O(N) for a complete iteration, including enough command \
                 calls for the cursor to return back to 0. N is the number of elements inside the \
                 collection..",
    arguments: &[Argument::KEY, CURSOR, MATCH, COUNT],
    handler: Handler::Read(zscan),
    ..ROW
}];

/// ZSCAN. A packed sorted set is returned whole, whatever the cursor and the count are. Scores are
/// texts in RESP3 too.
fn zscan(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    let position = scan::cursor(call.args.get(2))?;
    let Some(zset) = zset(call, keyspace)? else {
        scan::begin_reply(call, None, 0);
        return Ok(());
    };
    let options = Options::parse(call.args.from(3))?;
    let (mut found, next) = zset.scan(position, options.count);
    found.retain(|it| options.pattern.matches(&it.member));
    scan::begin_reply(call, next, 2 * found.len());
    for it in found {
        call.reply_blob(it.member);
        match packed_integer(zset, it.score) {
            Some(score) => call.reply.bulk(score.to_string().as_bytes()),
            None => call.reply.bulk(double::text(it.score).as_bytes()),
        }
    }
    Ok(())
}

/// Returns the score of a packed sorted set that Redis keeps as an integer, and prints as one here.
fn packed_integer(zset: &ZSet, score: f64) -> Option<i64> {
    let is_integer = score.fract() == 0.0 && score.abs() <= (i64::MAX / 2) as f64;
    (zset.is_packed() && is_integer).then_some(score as i64)
}
