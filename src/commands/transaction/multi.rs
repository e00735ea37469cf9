//! Commands on transactions. The engine runs EXEC and WATCH itself, because they need the lock for
//! more than one command.

use std::sync::Arc;

use crate::client::session::Transaction;
use crate::commands::table::error;
use crate::commands::table::{Argument, Category, Command, Flag, Handler, Keys};
use crate::commands::{Call, ReplyError};

const ROW: Command = Command {
    flags: &[
        Flag::Noscript,
        Flag::Loading,
        Flag::Stale,
        Flag::Fast,
        Flag::AllowBusy,
    ],
    categories: &[Category::Transaction],
    group: "transactions",
    since: "1.2.0",
    ..Command::ROW
};

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "discard",
        arity: 1,
        since: "2.0.0",
        summary: "Discard all commands issued after MULTI",
        complexity: "O(N), when N is the number of queued commands",
        handler: Handler::Plain(discard),
        ..ROW
    },
    Command {
        name: "exec",
        arity: 1,
        flags: &[
            Flag::Noscript,
            Flag::Loading,
            Flag::Stale,
            Flag::SkipSlowlog,
        ],
        summary: "Execute all commands issued after MULTI",
        complexity: "Depends on commands in the transaction",
        handler: Handler::Exec,
        ..ROW
    },
    Command {
        name: "multi",
        arity: 1,
        summary: "Mark the start of a transaction block",
        handler: Handler::Plain(multi),
        ..ROW
    },
    Command {
        name: "unwatch",
        arity: 1,
        since: "2.2.0",
        summary: "Forget about all watched keys",
        handler: Handler::Plain(unwatch),
        ..ROW
    },
    Command {
        name: "watch",
        arity: -2,
        keys: &[Keys::all(&["RO"])],
        since: "2.2.0",
        summary: "Watch the given keys to determine execution of the MULTI/EXEC block",
        complexity: "O(1) for every key.",
        arguments: &[Argument::KEY.multiple()],
        handler: Handler::Watch,
        ..ROW
    },
];

fn multi(call: &mut Call) -> Result<(), ReplyError> {
    if call.session.transaction.is_some() {
        return Err(error::NESTED_MULTI);
    }
    call.session.transaction = Some(Transaction::new(Arc::clone(&call.session.client)));
    call.reply.ok();
    Ok(())
}

fn discard(call: &mut Call) -> Result<(), ReplyError> {
    if call.session.transaction.take().is_none() {
        return Err(error::DISCARD_WITHOUT_MULTI);
    }
    call.session.watch = None;
    call.reply.ok();
    Ok(())
}

fn unwatch(call: &mut Call) -> Result<(), ReplyError> {
    call.session.watch = None;
    call.reply.ok();
    Ok(())
}
