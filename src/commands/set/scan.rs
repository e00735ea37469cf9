//! SSCAN.

use super::ROW;
use crate::commands::scan;
use crate::commands::scan::{COUNT, CURSOR, MATCH, Options};
use crate::commands::table::{Argument, Command, Flag, Handler, Keys};
use crate::commands::{Call, ReplyError};
use crate::store::keyspace::Keyspace;
use crate::store::types::set::Set;

pub(super) const COMMANDS: &[Command] = &[Command {
    name: "sscan",
    arity: -3,
    flags: &[Flag::Readonly],
    keys: &[Keys::one(&["RO", "access"])],
    tips: &["nondeterministic_output"],
    since: "2.8.0",
    summary: "Incrementally iterate Set elements",
    complexity: "O(1) for every call. O(N) for a complete iteration, including enough command \
                 calls for the cursor to return back to 0. N is the number of elements inside the \
                 collection..",
    arguments: &[Argument::KEY, CURSOR, MATCH, COUNT],
    handler: Handler::Read(sscan),
    ..ROW
}];

/// SSCAN. A small set is returned whole, whatever the cursor and the count are.
fn sscan(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    let position = scan::cursor(call.args.get(2))?;
    let Some(set) = call.lookup::<Set>(keyspace, call.args.get(1))? else {
        scan::begin_reply(call, None, 0);
        return Ok(());
    };
    let options = Options::parse(call.args.from(3))?;
    let (mut found, next) = set.scan(position, options.count);
    found.retain(|member| options.pattern.matches(member));
    scan::begin_reply(call, next, found.len());
    for member in &found {
        call.reply_blob(member);
    }
    Ok(())
}
