//! Replaying the append-only file.
//!
//! The file yields argument lists, and the engine runs them like any client's, only
//! that nothing is recorded again. So there is one implementation of every command.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::Engine;
use crate::aof::{Damage, Replay, ReplayError};
use crate::commands::{self, Flag};
use crate::registry::Client;
use crate::resp::args::Args;
use crate::resp::reply::Reply;
use crate::session::Session;

/// How often progress is reported.
const REPORT_INTERVAL: Duration = Duration::from_secs(1);

/// Commands between two looks at the clock.
const COMMANDS_PER_LOOK: u64 = 1024;

/// Why the data cannot be loaded.
#[derive(Debug)]
pub struct LoadError {
    path: PathBuf,
    offset: u64,
    reason: Reason,
}

#[derive(Debug)]
enum Reason {
    Io(io::Error),
    /// The file ends within a command or a transaction, as a crash can leave it.
    Torn,
    Damaged(Damage),
    /// A command that does not belong in such a file.
    Unexpected(String),
    /// A command that failed, with its error.
    Failed(String, String),
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let LoadError {
            path,
            offset,
            reason,
        } = self;
        let path = path.display();
        write!(
            f,
            "Bad file format reading the append only file {path} at offset {offset}: "
        )?;
        match reason {
            Reason::Io(error) => write!(f, "{error}"),
            Reason::Torn => write!(f, "it ends within a command"),
            Reason::Damaged(damage) => write!(f, "{damage}"),
            Reason::Unexpected(name) => write!(f, "'{name}' is no command that changes data"),
            Reason::Failed(name, error) => write!(f, "'{name}' failed: {error}"),
        }
    }
}

impl LoadError {
    /// If the file is whole but for its end, where that begins.
    pub fn torn_at(&self) -> Option<u64> {
        matches!(self.reason, Reason::Torn).then_some(self.offset)
    }
}

/// Runs all that is in the file at `path`, which has `total` bytes.
///
/// # Errors
/// If something else is in it than commands that change data. What comes before is there.
pub fn load(
    engine: &Engine,
    path: &Path,
    total: u64,
    mut replay: Replay<'_>,
) -> Result<(), LoadError> {
    let mut loader = Loader::new(engine, total);
    loader.run(&mut replay).map_err(|reason| LoadError {
        path: path.to_owned(),
        offset: loader.transaction_at.unwrap_or(replay.offset()),
        reason,
    })?;
    loader.report_end();
    Ok(())
}

struct Loader<'a> {
    engine: &'a Engine,
    session: Session,
    reply: Reply,
    total: u64,
    started: Instant,
    reported: Instant,
    commands: u64,
    /// Where the transaction begins that is being read.
    transaction_at: Option<u64>,
}

impl<'a> Loader<'a> {
    fn new(engine: &'a Engine, total: u64) -> Loader<'a> {
        let now = Instant::now();
        Loader {
            engine,
            session: Session::new(Arc::new(Client::detached()), true),
            reply: Reply::default(),
            total,
            started: now,
            reported: now,
            commands: 0,
            transaction_at: None,
        }
    }

    fn run(&mut self, replay: &mut Replay<'_>) -> Result<(), Reason> {
        loop {
            match replay.read() {
                Ok(Some(args)) => self.execute(args)?,
                // A transaction without its end is torn as a whole.
                Ok(None) if self.transaction_at.is_some() => return Err(Reason::Torn),
                Ok(None) => return Ok(()),
                Err(ReplayError::Torn) => return Err(Reason::Torn),
                Err(ReplayError::Damaged(damage)) => return Err(Reason::Damaged(damage)),
                Err(ReplayError::Io(error)) => return Err(Reason::Io(error)),
            }
            if self.session.transaction.is_none() {
                self.transaction_at = None;
            } else if self.transaction_at.is_none() {
                self.transaction_at = Some(replay.offset());
            }
            self.commands += 1;
            if self.commands.is_multiple_of(COMMANDS_PER_LOOK) {
                self.report_progress(replay.offset());
            }
        }
    }

    /// Only what changes data belongs in the file, and what is around that; anything else
    /// was not written by a server.
    fn execute(&mut self, args: Args) -> Result<(), Reason> {
        let name = || args.get(0).escape_ascii().to_string();
        let belongs = commands::find(args.get(0)).is_some_and(|(_, command)| {
            command.has(Flag::Write) || ["select", "multi", "exec"].contains(&command.name)
        });
        if !belongs {
            return Err(Reason::Unexpected(name()));
        }
        let failed = self.errors();
        self.engine
            .replaying_turn(&mut self.session)
            .execute(args, &mut self.reply);
        if self.errors() > failed {
            let error = self.reply.take_error().unwrap_or_default();
            return Err(Reason::Failed(name(), error));
        }
        self.reply.output().clear();
        Ok(())
    }

    fn errors(&self) -> u64 {
        self.session.client.counters.errors.load(Ordering::Relaxed)
    }

    fn report_progress(&mut self, offset: u64) {
        if self.reported.elapsed() < REPORT_INTERVAL {
            return;
        }
        self.reported = Instant::now();
        self.engine.instance().logger.notice(format_args!(
            "Loading the append only file: {}% ({} of {} MB, {} keys)",
            offset * 100 / self.total.max(1),
            offset >> 20,
            self.total >> 20,
            self.engine.key_count()
        ));
    }

    fn report_end(&self) {
        let seconds = self.started.elapsed().as_secs_f64();
        self.engine.instance().logger.notice(format_args!(
            "DB loaded from append only file: {seconds:.3} seconds ({} MB, {} keys)",
            self.total >> 20,
            self.engine.key_count()
        ));
    }
}
