//! Commands for administrators, and TIME.

use crate::clock::unix_time;
use crate::commands::table::error;
use crate::commands::table::{Argument, Command, Flag, Handler};
use crate::commands::{Call, ReplyError};
use crate::state::StopReason;

pub(super) const COMMANDS: &[Command] = &[SHUTDOWN, TIME];

const TIME: Command = Command {
    name: "time",
    arity: 1,
    flags: &[Flag::Loading, Flag::Stale, Flag::Fast],
    tips: &["nondeterministic_output"],
    group: "server",
    since: "2.6.0",
    summary: "Return the current server time",
    handler: Handler::Plain(time),
    ..Command::ROW
};

const SHUTDOWN: Command = Command {
    name: "shutdown",
    arity: -1,
    flags: &[
        Flag::Admin,
        Flag::Noscript,
        Flag::Loading,
        Flag::Stale,
        Flag::NoMulti,
        Flag::AllowBusy,
    ],
    group: "server",
    summary: "Synchronously save the dataset to disk and then shut down the server",
    complexity: "O(N) when saving, where N is the total number of keys in all databases when \
                 saving data, otherwise O(1)",
    history: &[("7.0.0", "Added the `NOW`, `FORCE` and `ABORT` modifiers.")],
    arguments: &[
        Argument::one_of(
            "nosave_save",
            &[
                Argument::word("nosave", "NOSAVE"),
                Argument::word("save", "SAVE"),
            ],
        )
        .optional(),
        Argument::word("now", "NOW").since("7.0.0").optional(),
        Argument::word("force", "FORCE").since("7.0.0").optional(),
        Argument::word("abort", "ABORT").since("7.0.0").optional(),
    ],
    handler: Handler::Plain(shutdown),
    ..Command::ROW
};

/// TIME: replies with the seconds since 1970, and the microseconds of the current second.
fn time(call: &mut Call) -> Result<(), ReplyError> {
    let now = unix_time();
    call.reply.array(2);
    call.reply.bulk(now.as_secs().to_string().as_bytes());
    call.reply.bulk(now.subsec_micros().to_string().as_bytes());
    Ok(())
}

/// SHUTDOWN: stops the server. The client gets no reply; its connection ends. The log is always
/// written and synced, so SAVE and NOSAVE have no effect. NOW does not wait for clients with pending
/// replies. FORCE does not wait for the first file that CONFIG SET appendonly creates. A stop that
/// has begun cannot be aborted.
fn shutdown(call: &mut Call) -> Result<(), ReplyError> {
    let options: Vec<Vec<u8>> = call.args.from(1).map(<[u8]>::to_ascii_lowercase).collect();
    let has = |name: &[u8]| options.iter().any(|option| option == name);
    let known = |option: &Vec<u8>| {
        [&b"nosave"[..], b"save", b"now", b"force", b"abort"].contains(&option.as_slice())
    };
    let is_contradictory = (has(b"nosave") && has(b"save"))
        || (has(b"abort") && options.iter().any(|option| option != b"abort"));
    if !options.iter().all(known) || is_contradictory {
        return Err(error::SYNTAX);
    }
    if has(b"abort") {
        return Err(error::NO_SHUTDOWN);
    }
    call.close = true;
    call.state.stop(StopReason::Command {
        is_now: has(b"now"),
        is_forced: has(b"force"),
    });
    Ok(())
}
