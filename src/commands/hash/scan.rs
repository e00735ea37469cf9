//! HSCAN.

use crate::commands::scan;
use crate::commands::scan::{COUNT, CURSOR, MATCH, Options};
use crate::commands::table::{Argument, Category, Command, Flag, Handler, Keys};
use crate::commands::{Call, ReplyError};
use crate::store::keyspace::Keyspace;
use crate::store::types::hash::Hash;

pub(super) const COMMANDS: &[Command] = &[Command {
    name: "hscan",
    arity: -3,
    flags: &[Flag::Readonly],
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
    ..Command::ROW
}];

/// HSCAN. A packed hash is returned whole, whatever the cursor and the count are.
fn hscan(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    let position = scan::cursor(call.args.get(2))?;
    let Some(hash) = call.lookup::<Hash>(keyspace, call.args.get(1))? else {
        scan::begin_reply(call, None, 0);
        return Ok(());
    };
    let (mut options, mut has_values) = (Options::default(), true);
    let mut words = call.args.from(3);
    while let Some(word) = words.next() {
        if word.eq_ignore_ascii_case(b"novalues") {
            has_values = false;
        } else {
            options.read(word, &mut words)?;
        }
    }
    let (mut found, next) = hash.scan(position, options.count, call.now_ms());
    found.retain(|field| options.pattern.matches(&field.name));
    scan::begin_reply(call, next, found.len() * if has_values { 2 } else { 1 });
    for field in found {
        call.reply_blob(field.name);
        if has_values {
            call.reply_blob(field.value);
        }
    }
    Ok(())
}
