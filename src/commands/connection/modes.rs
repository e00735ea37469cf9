//! Subcommands of CLIENT that change how the server treats this client: NO-EVICT, NO-TOUCH, REPLY.

use super::client::CLIENT;
use crate::client::marks::Mark;
use crate::client::session::Replies;
use crate::commands::table::error;
use crate::commands::table::{Argument, Command, Flag, Handler};
use crate::commands::{Call, ReplyError};

const ON_OFF: &[Argument] = &[Argument::one_of(
    "enabled",
    &[Argument::word("on", "ON"), Argument::word("off", "OFF")],
)];

pub(super) const NO_EVICT: Command = Command {
    name: "client|no-evict",
    arity: 3,
    flags: &[Flag::Admin, Flag::Noscript, Flag::Loading, Flag::Stale],
    since: "7.0.0",
    summary: "Set client eviction mode for the current connection",
    arguments: ON_OFF,
    handler: Handler::Plain(no_evict),
    ..CLIENT
};

/// Of Redis 7.2.
pub(super) const NO_TOUCH: Command = Command {
    name: "client|no-touch",
    arity: 3,
    since: "7.2.0",
    summary: "Controls whether commands sent by the client affect the LRU/LFU of accessed keys.",
    arguments: ON_OFF,
    handler: Handler::Plain(no_touch),
    ..CLIENT
};

pub(super) const REPLY: Command = Command {
    name: "client|reply",
    arity: 3,
    since: "3.2.0",
    summary: "Instruct the server whether to reply to commands",
    arguments: &[Argument::one_of(
        "on_off_skip",
        &[
            Argument::word("on", "ON"),
            Argument::word("off", "OFF"),
            Argument::word("skip", "SKIP"),
        ],
    )],
    handler: Handler::Plain(reply),
    ..CLIENT
};

fn no_evict(call: &mut Call) -> Result<(), ReplyError> {
    mark(call, Mark::NoEvict)
}

fn no_touch(call: &mut Call) -> Result<(), ReplyError> {
    mark(call, Mark::NoTouch)
}

fn mark(call: &mut Call, mark: Mark) -> Result<(), ReplyError> {
    let is_on = on_or_off(call.args.get(2))?;
    call.session.client.marks.set(mark, is_on);
    call.reply.ok();
    Ok(())
}

/// Parses `ON` or `OFF`.
pub(super) fn on_or_off(word: &[u8]) -> Result<bool, ReplyError> {
    match &word.to_ascii_lowercase()[..] {
        b"on" => Ok(true),
        b"off" => Ok(false),
        _ => Err(error::SYNTAX),
    }
}

/// CLIENT REPLY. Only ON is answered.
fn reply(call: &mut Call) -> Result<(), ReplyError> {
    let replies = &mut call.session.replies;
    match &call.args.get(2).to_ascii_lowercase()[..] {
        b"on" => {
            // The replies of a transaction that it has skipped so far.
            if replies.are_dropped() {
                call.reply.output().clear();
            }
            *replies = Replies::On;
            call.reply.ok();
        }
        b"off" => *replies = Replies::Off,
        b"skip" if *replies != Replies::Off => *replies = Replies::SkipNext,
        b"skip" => {}
        _ => return Err(error::SYNTAX),
    }
    Ok(())
}
