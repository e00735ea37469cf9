//! PUBSUB: which channels have subscribers, and how many.

use super::PUBSUB;
use crate::client::subscriptions::Kind;
use crate::commands::help::help;
use crate::commands::table::{Argument, Command, Flag, Handler};
use crate::commands::{Call, ReplyError};
use crate::glob;

const HELP: &[&str] = &[
    "CHANNELS [<pattern>]",
    "    Return the currently active channels matching a <pattern> (default: '*').",
    "NUMPAT",
    "    Return number of subscriptions to patterns.",
    "NUMSUB [<channel> ...]",
    "    Return the number of subscribers for the specified channels, excluding",
    "    pattern subscriptions(default: no channels).",
    "SHARDCHANNELS [<pattern>]",
    "    Return the currently active shard level channels matching a <pattern> (default: '*').",
    "SHARDNUMSUB [<shardchannel> ...]",
    "    Return the number of subscribers for the specified shard level channel(s)",
];

const SUBCOMMAND: Command = Command {
    arity: -2,
    since: "2.8.0",
    ..PUBSUB
};

pub(super) const COMMANDS: &[Command] = &[Command {
    name: "pubsub",
    arity: -2,
    flags: &[],
    since: "2.8.0",
    summary: "A container for Pub/Sub commands",
    complexity: "Depends on subcommand.",
    subcommands: SUBCOMMANDS,
    help: HELP,
    ..PUBSUB
}];

const SUBCOMMANDS: &[Command] = &[
    Command {
        name: "pubsub|channels",
        summary: "List active channels",
        complexity: "O(N) where N is the number of active channels, and assuming constant time \
                     pattern matching (relatively short channels and patterns)",
        arguments: &[Argument::new("pattern", "pattern").optional()],
        handler: Handler::Plain(|call| channels(call, Kind::Channel)),
        ..SUBCOMMAND
    },
    Command {
        name: "pubsub|help",
        arity: 2,
        flags: &[Flag::Loading, Flag::Stale],
        since: "6.2.0",
        summary: "Show helpful text about the different subcommands",
        handler: Handler::Plain(help),
        ..SUBCOMMAND
    },
    Command {
        name: "pubsub|numpat",
        arity: 2,
        summary: "Get the count of unique patterns pattern subscriptions",
        handler: Handler::Plain(numpat),
        ..SUBCOMMAND
    },
    Command {
        name: "pubsub|numsub",
        summary: "Get the count of subscribers for channels",
        complexity: "O(N) for the NUMSUB subcommand, where N is the number of requested channels",
        arguments: &[Argument::new("channel", "string").optional().multiple()],
        handler: Handler::Plain(|call| numsub(call, Kind::Channel)),
        ..SUBCOMMAND
    },
    Command {
        name: "pubsub|shardchannels",
        since: "7.0.0",
        summary: "List active shard channels",
        complexity: "O(N) where N is the number of active shard channels, and assuming constant \
                     time pattern matching (relatively short shard channels).",
        arguments: &[Argument::new("pattern", "pattern").optional()],
        handler: Handler::Plain(|call| channels(call, Kind::Shard)),
        ..SUBCOMMAND
    },
    Command {
        name: "pubsub|shardnumsub",
        since: "7.0.0",
        summary: "Get the count of subscribers for shard channels",
        complexity: "O(N) for the SHARDNUMSUB subcommand, where N is the number of requested \
                     shard channels",
        arguments: &[Argument::new("shardchannel", "string")
            .optional()
            .multiple()],
        handler: Handler::Plain(|call| numsub(call, Kind::Shard)),
        ..SUBCOMMAND
    },
];

fn channels(call: &mut Call, kind: Kind) -> Result<(), ReplyError> {
    let pattern = match call.args.len() {
        2 => &b"*"[..],
        3 => call.args.get(2),
        _ => {
            return Err(ReplyError::about(
                "ERR unknown subcommand or wrong number of arguments for '",
                call.args.get(1),
                "'. Try PUBSUB HELP.",
            ));
        }
    };
    let mut names = call.state.deliveries.subscriptions.names(kind);
    names.retain(|name| glob::matches(pattern, name, false));
    call.reply.array(names.len());
    for name in names {
        call.reply.bulk(&name);
    }
    Ok(())
}

fn numpat(call: &mut Call) -> Result<(), ReplyError> {
    let count = call.state.deliveries.subscriptions.len(Kind::Pattern);
    call.reply.integer(count as i64);
    Ok(())
}

fn numsub(call: &mut Call, kind: Kind) -> Result<(), ReplyError> {
    let names = call.args.from(2);
    call.reply.array(names.len() * 2);
    for name in names {
        let count = call.state.deliveries.subscriptions.count(kind, name);
        call.reply.bulk(name);
        call.reply.integer(count as i64);
    }
    Ok(())
}
