//! LOLWUT: a picture. Here it is one of the selected database: each cell is a shard of its hash
//! map, and a fuller shard is darker. While keys are added, shards split from left to right.

use crate::commands::table::error;
use crate::commands::table::{Argument, Command, Flag, Handler};
use crate::commands::{Call, ReplyError};
use crate::config::REDIS_VERSION;
use crate::num::integer;
use crate::store::keyspace::Keyspace;

pub(super) const COMMANDS: &[Command] = &[Command {
    name: "lolwut",
    arity: -1,
    flags: &[Flag::Readonly, Flag::Fast],
    group: "server",
    since: "5.0.0",
    summary: "Display some computer art and the Redis version",
    complexity: "",
    arguments: &[Argument::new("version", "integer")
        .after("VERSION")
        .optional()],
    handler: Handler::Read(lolwut),
    ..Command::ROW
}];

const COLUMNS: usize = 64;
const MAX_ROWS: usize = 16;
const SHADES: [char; 8] = ['.', ':', '-', '=', '+', '*', '#', '@'];

/// Replies with the picture. VERSION is accepted, and every version is this one.
fn lolwut(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    if call.args.len() > 2
        && call.args.get(1).eq_ignore_ascii_case(b"version")
        && integer::parse(call.args.get(2)).is_none()
    {
        return Err(error::NOT_AN_INTEGER);
    }
    let lengths: Vec<usize> = keyspace.shard_lengths().collect();
    let text = format!(
        "{}\n{} keys on {} threads of yarn (shards). Redis ver. {REDIS_VERSION}\n",
        picture(&lengths),
        keyspace.len(),
        lengths.len()
    );
    call.reply.verbatim(&text);
    Ok(())
}

/// Draws the shards, some of them in one cell if there are many.
fn picture(lengths: &[usize]) -> String {
    let in_cell = lengths.len().div_ceil(COLUMNS * MAX_ROWS).max(1);
    let cells: Vec<usize> = lengths.chunks(in_cell).map(mean).collect();
    let fullest = cells.iter().copied().max().unwrap_or(0).max(1);
    let shade = |&keys: &usize| match keys {
        0 => ' ',
        _ => SHADES[(keys * SHADES.len() / fullest).clamp(1, SHADES.len()) - 1],
    };
    let rows = cells
        .chunks(COLUMNS)
        .map(|row| row.iter().map(shade).collect());
    rows.collect::<Vec<String>>().join("\n")
}

fn mean(lengths: &[usize]) -> usize {
    lengths.iter().sum::<usize>().div_ceil(lengths.len())
}
