//! Executing the commands of a file, and which of them may be there.
//!
//! | command | what becomes of it |
//! |---|---|
//! | one that changes data, SELECT, MULTI, EXEC | executed |
//! | one that only reads, ECHO, PING, PUBLISH, SPUBLISH, TIME | passed over |
//! | one that answers an error, MULTI in a transaction, EXEC without one | passed over |
//! | one about a database that does not exist, one that makes its transaction fail | refused |
//! | RESTORE of a damaged payload, a wrong number of arguments, any other command | refused |
//!
//! Redis passes over all errors, and executes any command that it knows. This server warns of
//! commands that it passes over. It refuses the others: they may be damage, or would leave the
//! data in another state than in Redis.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use super::{Engine, Turn};
use crate::client::Client;
use crate::client::rules::Rules;
use crate::client::session::Session;
use crate::commands;
use crate::commands::{Command, Flag};
use crate::config::names;
use crate::logger::Logger;
use crate::resp::args::{Args, Requests};
use crate::resp::reply::Reply;

/// Commands that a file has between its writes.
const AROUND: [&str; 3] = ["select", "multi", "exec"];

/// Commands without which the data is the same, although their rows do not say that they only
/// read; this server lacks some of them.
const HARMLESS: [&str; 5] = ["echo", "ping", "publish", "spublish", "time"];

/// Codes of errors whose cause is the command, and not the server.
const COMMAND_ERRORS: [&str; 3] = ["ERR", "WRONGTYPE", "BUSYKEY"];

/// Beginnings of errors that tell of lost data: a database that does not exist, a damaged
/// payload of RESTORE, or a payload of a type that this server does not have.
const HARMFUL_ERRORS: [&str; 4] = [
    "ERR DB index is out of range",
    "ERR DUMP payload version or checksum are wrong",
    "ERR Bad data format",
    "ERR values of type",
];

/// Upper bound of the kinds of passed-over commands that are counted separately.
const MOST_KINDS: usize = 100;

/// Why a command of the file cannot be executed.
#[derive(Debug)]
pub enum Refused {
    /// It does not belong in such a file.
    Unexpected(String),
    /// Redis has it, and this server does not: its name, its key, and the type of value that
    /// it makes.
    Missing {
        /// As it is in the file.
        name: String,
        /// As it is in the file, if it has one.
        key: Option<String>,
        /// Such as "a list", if the command is about one type.
        kind: Option<&'static str>,
    },
    /// It failed, with this error.
    Failed(String, String),
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refused::Unexpected(name) => write!(f, "'{name}' is no command that changes data"),
            Refused::Failed(name, error) => write!(f, "'{name}' failed: {error}"),
            Refused::Missing { name, key, kind } => match (key, kind) {
                (Some(key), Some(kind)) => {
                    write!(f, "'{name}' makes the key '{key}' {kind}: not supported")
                }
                (None, Some(kind)) => write!(f, "'{name}' makes {kind}: not supported"),
                (_, None) => write!(f, "'{name}' is not supported"),
            },
        }
    }
}

/// Why a command is refused that a server like this one does not write.
fn refusal(args: Args) -> Refused {
    let lower = String::from_utf8_lossy(args.get(0)).to_ascii_lowercase();
    let name = args.get(0).escape_ascii().to_string();
    if commands::find(args.get(0)).is_some() || !names::is_command(&lower) {
        return Refused::Unexpected(name);
    }
    let key_at = if lower == "xgroup" { 2 } else { 1 };
    Refused::Missing {
        name,
        key: (args.from(key_at).next()).map(|key| key.escape_ascii().to_string()),
        kind: names::type_of(&lower),
    }
}

/// Whether a server writes commands of this name to its file.
pub fn is_file_command(name: &[u8]) -> bool {
    commands::find(name).is_some_and(|(_, command)| is_written(command))
}

fn is_written(command: &Command) -> bool {
    command.has(Flag::Write) || AROUND.contains(&command.name)
}

/// Whether a command that answers `error` may be passed over.
fn is_harmless_error(error: &str) -> bool {
    let code = error.split(' ').next().unwrap_or_default();
    let is_harmful = HARMFUL_ERRORS.iter().any(|it| error.starts_with(it));
    COMMAND_ERRORS.contains(&code) && !is_harmful
}

/// A command that was passed over, because it changes nothing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Passed {
    name: String,
    /// What it answered, if that was an error.
    error: Option<String>,
}

impl fmt::Display for Passed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.error {
            None => write!(f, "'{}' changes no data", self.name),
            Some(error) => write!(f, "'{}' answers '{error}'", self.name),
        }
    }
}

/// The commands of a file that were passed over.
#[derive(Debug, Default)]
pub(super) struct PassedOver {
    /// How many commands of each kind, and where the first one begins.
    kinds: BTreeMap<Passed, (u64, u64)>,
}

impl PassedOver {
    /// Counts a command that begins at `offset`.
    pub(super) fn add(&mut self, passed: Passed, offset: u64) {
        let is_full = self.kinds.len() >= MOST_KINDS && !self.kinds.contains_key(&passed);
        let kind = match is_full {
            false => passed,
            true => Passed {
                name: "others".to_owned(),
                error: None,
            },
        };
        let (count, _) = self.kinds.entry(kind).or_insert((0, offset));
        *count += 1;
    }

    /// Writes a warning about each kind. The file is the one at `path`.
    pub(super) fn report(&self, path: &Path, logger: &Logger) {
        for (passed, (count, offset)) in &self.kinds {
            logger.warning(format_args!(
                "{}: passed over {count} of its commands, the first at offset {offset}: {passed}",
                path.display()
            ));
        }
    }
}

/// Executes what has been done before.
#[derive(Debug)]
pub struct Replayer<'a> {
    engine: &'a Engine,
    session: Session,
    reply: Reply,
}

impl<'a> Replayer<'a> {
    /// Executes in `engine`.
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

    /// Begins to execute several.
    pub(super) fn turn(&mut self) -> ReplayTurn<'_> {
        ReplayTurn {
            turn: self.engine.replaying_turn(&mut self.session),
            reply: &mut self.reply,
        }
    }
}

/// Commands that are executed one after the other, without waiting for the disk.
pub(super) struct ReplayTurn<'a> {
    turn: Turn<'a>,
    reply: &'a mut Reply,
}

impl ReplayTurn<'_> {
    /// Prepares memory: see `Turn::prefetch`.
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

    /// Whether the data is the same without a command.
    fn is_harmless(&self, args: Args) -> bool {
        let name = args.get(0);
        let is_known = HARMLESS
            .iter()
            .any(|it| name.eq_ignore_ascii_case(it.as_bytes()));
        let reads = |row: &Command| row.has(Flag::Readonly) && row.takes(args.len());
        is_known || self.turn.row_of(args).is_some_and(reads)
    }

    /// Whether `command`, which has answered an error, has run and changed nothing. What cannot
    /// be queued makes its transaction fail; after SELECT all else would go to another database.
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
