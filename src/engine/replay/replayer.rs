//! Executes the commands of a file, and decides which of them may be there.
//!
//! | command | result |
//! |---|---|
//! | a write, PFCOUNT, SELECT, MULTI, EXEC | executed |
//! | a read, ECHO, PING, PUBLISH, SPUBLISH, TIME | passed over |
//! | one that answers an error, MULTI in a transaction, EXEC without one | passed over |
//! | one about a database that does not exist, one that makes its transaction fail | refused |
//! | RESTORE of a damaged payload, a wrong number of arguments, any other command | refused |
//!
//! Redis passes over all errors, and executes any command that it knows. This server warns of
//! commands that it passes over. It refuses the others: they may be damage, or would leave the
//! data in another state than in Redis.

use std::sync::Arc;

use super::passed::Passed;
use super::refused::{Refused, refusal};
use crate::client::Client;
use crate::client::rules::Rules;
use crate::client::session::Session;
use crate::commands;
use crate::commands::{Command, Flag};
use crate::engine::{Engine, Turn};
use crate::resp::args::{Args, Requests};
use crate::resp::reply::Reply;

/// Commands of a file that change no data themselves.
const AROUND: [&str; 3] = ["select", "multi", "exec"];

/// Commands that change no data, although their rows are not marked as reads. This server lacks some
/// of them.
const HARMLESS: [&str; 5] = ["echo", "ping", "publish", "spublish", "time"];

/// Codes of errors whose cause is the command, and not the server.
const COMMAND_ERRORS: [&str; 3] = ["ERR", "WRONGTYPE", "BUSYKEY"];

/// Beginnings of errors that mean lost data: a database that does not exist, a damaged payload of
/// RESTORE, or a payload of a type that this server does not have.
const HARMFUL_ERRORS: [&str; 4] = [
    "ERR DB index is out of range",
    "ERR DUMP payload version or checksum are wrong",
    "ERR Bad data format",
    "ERR values of type",
];

/// Returns whether this server writes commands of this name to its file.
pub fn is_file_command(name: &[u8]) -> bool {
    commands::find(name).is_some_and(|(_, command)| is_written(command))
}

fn is_written(command: &Command) -> bool {
    command.handler.is_recorded() || AROUND.contains(&command.name)
}

/// Returns whether a command that answers `error` may be passed over.
fn is_harmless_error(error: &str) -> bool {
    let code = error.split(' ').next().unwrap_or_default();
    let is_harmful = HARMFUL_ERRORS.iter().any(|it| error.starts_with(it));
    COMMAND_ERRORS.contains(&code) && !is_harmful
}

/// Executes the commands of a file.
#[derive(Debug)]
pub struct Replayer<'a> {
    engine: &'a Engine,
    session: Session,
    reply: Reply,
}

impl<'a> Replayer<'a> {
    /// Creates one that executes in `engine`.
    pub fn new(engine: &'a Engine) -> Replayer<'a> {
        Replayer {
            engine,
            session: Session::new(Arc::new(Client::detached()), Arc::new(Rules::unlimited())),
            reply: Reply::default(),
        }
    }

    /// Executes a command that belongs in a file.
    ///
    /// # Errors
    /// If it does not belong in a file, or fails.
    pub fn execute(&mut self, args: Args) -> Result<(), Refused> {
        match self.turn().execute(args)? {
            None => Ok(()),
            Some(Passed { name, error: None }) => Err(Refused::Unexpected(name)),
            Some(Passed {
                name,
                error: Some(error),
            }) => Err(Refused::Failed(name, error)),
        }
    }

    /// Begins a turn, which executes several commands.
    pub(super) fn turn(&mut self) -> ReplayTurn<'_> {
        ReplayTurn {
            turn: self.engine.replaying_turn(&mut self.session),
            reply: &mut self.reply,
        }
    }
}

/// A turn of a [`Replayer`].
pub(super) struct ReplayTurn<'a> {
    turn: Turn<'a>,
    reply: &'a mut Reply,
}

impl ReplayTurn<'_> {
    /// Prepares memory for the next requests: see [`Turn::prefetch`].
    pub(super) fn prefetch(&mut self, requests: &Requests, index: usize) {
        self.turn.prefetch(requests, index);
    }

    /// Executes a command, or passes it over.
    pub(super) fn execute(&mut self, args: Args) -> Result<Option<Passed>, Refused> {
        let name = || args.get(0).escape_ascii().to_string();
        let Some((_, command)) = commands::find(args.get(0)).filter(|it| is_written(it.1)) else {
            return match self.is_harmless(args) {
                true => Ok(Some(Passed {
                    name: name(),
                    error: None,
                })),
                false => Err(refusal(args)),
            };
        };
        self.turn.execute(args, self.reply);
        self.reply.output().clear();
        let errors = std::mem::take(&mut self.turn.errors);
        let Some(first) = errors.first() else {
            return Ok(None);
        };
        let harmful = errors.iter().find(|error| !is_harmless_error(error));
        if harmful.is_some() || !command.takes(args.len()) || !self.has_run(command) {
            let error = harmful.unwrap_or(first).clone();
            return Err(Refused::Failed(name(), error));
        }
        Ok(Some(Passed {
            name: name(),
            error: Some(first.clone()),
        }))
    }

    /// Returns whether a command changes no data.
    fn is_harmless(&self, args: Args) -> bool {
        let name = args.get(0);
        let is_known = HARMLESS
            .iter()
            .any(|it| name.eq_ignore_ascii_case(it.as_bytes()));
        let reads = |row: &Command| row.has(Flag::Readonly) && row.takes(args.len());
        is_known || self.turn.row_of(args).is_some_and(reads)
    }

    /// Returns whether `command`, which has answered an error, has run and changed nothing. A command
    /// that cannot be queued makes its transaction fail. Without a failed SELECT, the commands behind
    /// it would change another database.
    fn has_run(&self, command: &Command) -> bool {
        match command.name {
            "select" => false,
            "multi" => true,
            _ => !self.is_in_transaction(),
        }
    }

    pub(super) fn is_in_transaction(&self) -> bool {
        self.turn.is_in_transaction()
    }
}
