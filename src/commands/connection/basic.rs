//! Commands on the connection: ECHO, PING and SELECT.

use crate::commands::key::database_index;
use crate::commands::table::{Argument, Category, Command, Flag, Handler};
use crate::commands::{Call, ReplyError};

pub(super) const CONNECTION: Command = Command {
    group: "connection",
    categories: &[Category::Connection],
    ..Command::ROW
};

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "echo",
        arity: 2,
        flags: &[Flag::Loading, Flag::Stale, Flag::Fast],
        summary: "Echo the given string",
        arguments: &[Argument::new("message", "string")],
        handler: Handler::Plain(echo),
        ..CONNECTION
    },
    Command {
        name: "ping",
        arity: -1,
        flags: &[Flag::Fast],
        tips: &["request_policy:all_shards", "response_policy:all_succeeded"],
        summary: "Ping the server",
        arguments: &[Argument::new("message", "string").optional()],
        handler: Handler::Plain(ping),
        ..CONNECTION
    },
    Command {
        name: "select",
        arity: 2,
        flags: &[Flag::Loading, Flag::Stale, Flag::Fast],
        summary: "Change the selected database for the current connection",
        arguments: &[Argument::new("index", "integer")],
        handler: Handler::Plain(select),
        ..CONNECTION
    },
];

fn echo(call: &mut Call) -> Result<(), ReplyError> {
    let message = call.blob(1);
    call.reply_blob(&message);
    Ok(())
}

fn ping(call: &mut Call) -> Result<(), ReplyError> {
    match call.args.len() {
        1 | 2 if call.session.is_in_subscribe_mode() => {
            call.reply.array(2);
            call.reply.bulk(b"pong");
            call.reply
                .bulk(call.args.from(1).next().unwrap_or_default());
        }
        1 => call.reply.simple("PONG"),
        2 => return echo(call),
        _ => return Err(ReplyError::wrong_arity("ping")),
    }
    Ok(())
}

fn select(call: &mut Call) -> Result<(), ReplyError> {
    let count = call.state.config().databases;
    call.session
        .select(database_index(call.args.get(1), count)?);
    call.reply.ok();
    Ok(())
}
