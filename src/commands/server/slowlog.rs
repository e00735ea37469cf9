//! SLOWLOG: the last calls that took long.

use crate::commands::help::help;
use crate::commands::table::{Argument, Command, Flag, Handler};
use crate::commands::{Call, ReplyError};
use crate::num::integer;

const ROW: Command = Command {
    flags: &[],
    group: "server",
    ..Command::ROW
};

/// The number of calls that GET replies with by default.
const DEFAULT_CALLS: usize = 10;

const BAD_COUNT: ReplyError = ReplyError::Fixed("ERR count should be greater than or equal to -1");

const HELP: &[&str] = &[
    "GET [<count>]",
    "    Return top <count> entries from the slowlog (default: 10, -1 mean all).",
    "    Entries are made of:",
    "    id, timestamp, time in microseconds, arguments array, client IP and port,",
    "    client name",
    "LEN",
    "    Return the length of the slowlog.",
    "RESET",
    "    Reset the slowlog.",
];

pub(super) const COMMANDS: &[Command] = &[Command {
    name: "slowlog",
    arity: -2,
    flags: &[],
    since: "2.2.12",
    summary: "A container for slow log commands",
    complexity: "Depends on subcommand.",
    help: HELP,
    subcommands: &[
        Command {
            name: "slowlog|get",
            arity: -2,
            flags: &[Flag::Admin, Flag::Loading, Flag::Stale],
            tips: &["request_policy:all_nodes", "nondeterministic_output"],
            since: "2.2.12",
            summary: "Get the slow log's entries",
            complexity: "O(N) where N is the number of entries returned",
            history: &[(
                "4.0.0",
                "Added client IP address, port and name to the reply.",
            )],
            arguments: &[Argument::new("count", "integer").optional()],
            handler: Handler::Plain(get),
            ..ROW
        },
        Command {
            name: "slowlog|help",
            arity: 2,
            flags: &[Flag::Loading, Flag::Stale],
            since: "6.2.0",
            summary: "Show helpful text about the different subcommands",
            handler: Handler::Plain(help),
            ..ROW
        },
        Command {
            name: "slowlog|len",
            arity: 2,
            flags: &[Flag::Admin, Flag::Loading, Flag::Stale],
            tips: &[
                "request_policy:all_nodes",
                "response_policy:agg_sum",
                "nondeterministic_output",
            ],
            since: "2.2.12",
            summary: "Get the slow log's length",
            handler: Handler::Plain(len),
            ..ROW
        },
        Command {
            name: "slowlog|reset",
            arity: 2,
            flags: &[Flag::Admin, Flag::Loading, Flag::Stale],
            tips: &["request_policy:all_nodes", "response_policy:all_succeeded"],
            since: "2.2.12",
            summary: "Clear all entries from the slow log",
            complexity: "O(N) where N is the number of entries in the slowlog",
            handler: Handler::Plain(reset),
            ..ROW
        },
    ],
    ..ROW
}];

/// GET: replies with the last calls, the newest first. -1 means all.
fn get(call: &mut Call) -> Result<(), ReplyError> {
    if call.args.len() > 3 {
        return Err(ReplyError::about(
            "ERR unknown subcommand or wrong number of arguments for '",
            call.args.get(1),
            "'. Try SLOWLOG HELP.",
        ));
    }
    let most = match call.args.from(2).next().map(integer::parse) {
        None => DEFAULT_CALLS,
        Some(Some(-1)) => usize::MAX,
        Some(count) => usize::try_from(count.unwrap_or(-2)).map_err(|_| BAD_COUNT)?,
    };
    let calls = call.state.measuring.slow_log.last(most);
    let reply = &mut *call.reply;
    reply.array(calls.len());
    for slow in calls {
        reply.array(6);
        reply.integer(slow.id as i64);
        reply.integer(slow.unix_s as i64);
        reply.integer(slow.us as i64);
        reply.array(slow.args.len());
        slow.args.iter().for_each(|argument| reply.bulk(argument));
        reply.bulk(slow.peer.as_bytes());
        reply.bulk(slow.name.as_bytes());
    }
    Ok(())
}

fn len(call: &mut Call) -> Result<(), ReplyError> {
    call.reply.count(call.state.measuring.slow_log.len());
    Ok(())
}

fn reset(call: &mut Call) -> Result<(), ReplyError> {
    call.state.measuring.slow_log.clear();
    call.reply.ok();
    Ok(())
}
