//! Replaying the append-only file at the start.
//!
//! The file yields argument lists, and the engine runs them like any client's, only
//! that nothing is recorded again. So there is one implementation of every command.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::ServerError;
use crate::aof::{AppendOnlyFile, Damage, Replay, ReplayError};
use crate::commands::{self, Flag};
use crate::execute::Engine;
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
            Reason::Damaged(damage) => write!(f, "{damage}"),
            Reason::Unexpected(name) => write!(f, "'{name}' is no command that changes data"),
            Reason::Failed(name, error) => write!(f, "'{name}' failed: {error}"),
        }
    }
}

/// Opens the configured file and runs all that is in it. A torn end is cut off.
pub(super) fn load(engine: &Engine) -> Result<AppendOnlyFile, ServerError> {
    let path = engine.instance().config().aof_path();
    let failed = |error| ServerError::Aof(path.clone(), error);
    let mut file = AppendOnlyFile::open(&path).map_err(failed)?;
    let total = file.bytes();
    let mut loader = Loader::new(engine, total);
    let mut replay = file.replay().map_err(failed)?;
    let result = loader.run(&mut replay);
    let offset = loader.transaction_at.unwrap_or(replay.offset());
    match result {
        Ok(()) => {}
        Err(Stop::Torn) => {
            let kept = file.cut(offset).map_err(failed)?;
            engine.instance().logger.warning(format_args!(
                "The append only file {} ends within a command, as a crash can leave it. Its last \
                 {} bytes, from offset {offset} on, are cut off and kept in {}.",
                path.display(),
                total - offset,
                kept.display()
            ));
        }
        Err(Stop::For(reason)) => {
            return Err(ServerError::Load(LoadError {
                path,
                offset,
                reason,
            }));
        }
    }
    loader.report_end();
    Ok(file)
}

/// Why a replay ended before the end of the file.
enum Stop {
    Torn,
    For(Reason),
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

    fn run(&mut self, replay: &mut Replay<'_>) -> Result<(), Stop> {
        loop {
            match replay.read() {
                Ok(Some(args)) => self.execute(args).map_err(Stop::For)?,
                // A transaction without its end is torn as a whole.
                Ok(None) if self.transaction_at.is_some() => return Err(Stop::Torn),
                Ok(None) => return Ok(()),
                Err(ReplayError::Torn) => return Err(Stop::Torn),
                Err(ReplayError::Damaged(damage)) => {
                    return Err(Stop::For(Reason::Damaged(damage)));
                }
                Err(ReplayError::Io(error)) => return Err(Stop::For(Reason::Io(error))),
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
