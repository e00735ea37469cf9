//! CLIENT PAUSE and UNPAUSE: postpone the requests of all clients.

use std::time::Duration;

use super::client::CLIENT;
use crate::client::pause::Paused;
use crate::commands::table::{Argument, Command, Flag, Handler};
use crate::commands::{Call, ReplyError};
use crate::num::integer;
use crate::store::Databases;

const BAD_MODE: ReplyError = ReplyError::Fixed("ERR CLIENT PAUSE mode must be WRITE or ALL");
const BAD_TIMEOUT: ReplyError = ReplyError::Fixed("ERR timeout is not an integer or out of range");
const NEGATIVE_TIMEOUT: ReplyError = ReplyError::Fixed("ERR timeout is negative");

pub(super) const PAUSE: Command = Command {
    name: "client|pause",
    arity: -3,
    flags: &[Flag::Admin, Flag::Noscript, Flag::Loading, Flag::Stale],
    since: "2.9.50",
    summary: "Stop processing commands from clients for some time",
    history: &[(
        "6.2.0",
        "`CLIENT PAUSE WRITE` mode added along with the `mode` option.",
    )],
    arguments: &[
        Argument::new("timeout", "integer"),
        Argument::one_of(
            "mode",
            &[
                Argument::word("write", "WRITE"),
                Argument::word("all", "ALL"),
            ],
        )
        .since("6.2.0")
        .optional(),
    ],
    // Holds the lock: no write is under way that has passed the check for a pause.
    handler: Handler::ReadAll(pause),
    ..CLIENT
};

pub(super) const UNPAUSE: Command = Command {
    name: "client|unpause",
    arity: 2,
    flags: &[Flag::Admin, Flag::Noscript, Flag::Loading, Flag::Stale],
    since: "6.2.0",
    summary: "Resume processing of clients that were paused",
    complexity: "O(N) Where N is the number of paused clients",
    handler: Handler::Plain(unpause),
    ..CLIENT
};

fn pause(call: &mut Call, _: &Databases) -> Result<(), ReplyError> {
    if call.args.len() > 4 {
        return Err(ReplyError::about(
            "ERR unknown subcommand or wrong number of arguments for '",
            call.args.get(1),
            "'. Try CLIENT HELP.",
        ));
    }
    let paused = match call.args.from(3).next() {
        None => Paused::All,
        Some(mode) if mode.eq_ignore_ascii_case(b"all") => Paused::All,
        Some(mode) if mode.eq_ignore_ascii_case(b"write") => Paused::Writes,
        Some(_) => return Err(BAD_MODE),
    };
    let timeout_ms = integer::parse(call.args.get(2)).ok_or(BAD_TIMEOUT)?;
    let timeout_ms = u64::try_from(timeout_ms).map_err(|_| NEGATIVE_TIMEOUT)?;
    let state = call.state;
    let timeout = Duration::from_millis(timeout_ms);
    state.pause.begin(paused, timeout, &state.features);
    call.reply.ok();
    Ok(())
}

fn unpause(call: &mut Call) -> Result<(), ReplyError> {
    call.state.pause.end(&call.state.features);
    call.reply.ok();
    Ok(())
}
