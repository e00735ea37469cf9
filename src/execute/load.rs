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

use super::{Engine, Turn};
use crate::aof::{Batch, Batches, Damage, Replay, ReplayError};
use crate::commands::{self, Flag};
use crate::registry::Client;
use crate::resp::args::Args;
use crate::resp::reply::Reply;
use crate::session::Session;

/// How often progress is reported in the log, and to somebody at a terminal.
const REPORT_INTERVAL: Duration = Duration::from_secs(1);
const STATUS_INTERVAL: Duration = Duration::from_millis(100);

/// The length of the bar that somebody at a terminal sees grow.
const BAR_CHARS: usize = 40;

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
    /// The file ends within a command or a transaction.
    Torn,
    /// The server is to stop.
    Stopped,
    Damaged(Damage),
    /// A command that cannot be executed.
    Refused(Refused),
}

/// Why a command of the file cannot be executed.
#[derive(Debug)]
pub enum Refused {
    /// It does not belong in such a file.
    Unexpected(String),
    /// It failed, with this error.
    Failed(String, String),
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refused::Unexpected(name) => write!(f, "'{name}' is no command that changes data"),
            Refused::Failed(name, error) => write!(f, "'{name}' failed: {error}"),
        }
    }
}

impl From<Refused> for Reason {
    fn from(refused: Refused) -> Self {
        Reason::Refused(refused)
    }
}

impl From<ReplayError> for Reason {
    fn from(error: ReplayError) -> Self {
        match error {
            ReplayError::Torn => Reason::Torn,
            ReplayError::Damaged(damage) => Reason::Damaged(damage),
            ReplayError::Io(error) => Reason::Io(error),
        }
    }
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
            Reason::Stopped => write!(f, "the server is to stop"),
            Reason::Damaged(damage) => write!(f, "{damage}"),
            Reason::Refused(refused) => write!(f, "{refused}"),
        }
    }
}

/// Whether a command of this name belongs in the file: it changes data, or is around those
/// that do. Anything else was not written by a server.
pub fn belongs(name: &[u8]) -> bool {
    commands::find(name).is_some_and(|(_, command)| {
        command.has(Flag::Write) || ["select", "multi", "exec"].contains(&command.name)
    })
}

/// Runs all that `replay` yields, of the file at `path`, which has `total` bytes.
///
/// # Errors
/// If something else is in it than commands that change data. What comes before is there.
pub fn load(
    engine: &Engine,
    path: &Path,
    total: u64,
    mut replay: Replay<'_>,
) -> Result<(), LoadError> {
    let mut loader = Loader::new(engine, path, total);
    loader.run(&mut replay)?;
    loader.finish()
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
            session: Session::new(Arc::new(Client::detached()), true),
            reply: Reply::default(),
        }
    }

    /// Executes a command as it was written to a file.
    ///
    /// # Errors
    /// If it does not belong in one, or fails.
    pub fn execute(&mut self, args: Args) -> Result<(), Refused> {
        self.turn().execute(args)
    }

    /// Begins to execute several.
    fn turn(&mut self) -> ReplayTurn<'_> {
        ReplayTurn {
            client: Arc::clone(&self.session.client),
            turn: self.engine.replaying_turn(&mut self.session),
            reply: &mut self.reply,
        }
    }
}

/// Commands that are executed one after the other, without waiting for the disk.
struct ReplayTurn<'a> {
    client: Arc<Client>,
    turn: Turn<'a>,
    reply: &'a mut Reply,
}

impl ReplayTurn<'_> {
    fn execute(&mut self, args: Args) -> Result<(), Refused> {
        let name = || args.get(0).escape_ascii().to_string();
        if !belongs(args.get(0)) {
            return Err(Refused::Unexpected(name()));
        }
        let failed = self.errors();
        self.turn.execute(args, self.reply);
        if self.errors() > failed {
            let error = self.reply.take_error().unwrap_or_default();
            return Err(Refused::Failed(name(), error));
        }
        self.reply.output().clear();
        Ok(())
    }

    fn is_in_transaction(&self) -> bool {
        self.turn.is_in_transaction()
    }

    fn errors(&self) -> u64 {
        self.client.counters.errors.load(Ordering::Relaxed)
    }
}

/// Loads a file, of which it may be given one part after the other.
#[derive(Debug)]
pub struct Loader<'a> {
    engine: &'a Engine,
    replayer: Replayer<'a>,
    path: &'a Path,
    total: u64,
    started: Instant,
    /// When progress was last shown at a terminal, and in the log.
    shown: Instant,
    reported: Instant,
    /// Where the transaction begins that is being read.
    transaction_at: Option<u64>,
}

impl<'a> Loader<'a> {
    /// Loads the file at `path`, which has `total` bytes, into `engine`.
    pub fn new(engine: &'a Engine, path: &'a Path, total: u64) -> Loader<'a> {
        let now = Instant::now();
        Loader {
            engine,
            replayer: Replayer::new(engine),
            path,
            total,
            started: now,
            shown: now,
            reported: now,
            transaction_at: None,
        }
    }

    /// Executes the next part of the file.
    ///
    /// # Errors
    /// If it cannot be read or holds what does not belong there. What comes before has been
    /// executed.
    pub fn run(&mut self, batches: &mut impl Batches) -> Result<(), LoadError> {
        let mut batch = Batch::default();
        loop {
            match batches.read(&mut batch) {
                Ok(true) => self.execute(&batch)?,
                Ok(false) => return Ok(()),
                Err(error) => return Err(self.error(batches.offset(), error)),
            }
        }
    }

    /// Ends after the last part.
    ///
    /// # Errors
    /// If that ended within a transaction.
    pub fn finish(self) -> Result<(), LoadError> {
        match self.transaction_at {
            Some(offset) => Err(self.error(offset, Reason::Torn)),
            None => {
                self.report_end();
                Ok(())
            }
        }
    }

    /// Executes a batch in one turn.
    fn execute(&mut self, batch: &Batch) -> Result<(), LoadError> {
        let mut replay = self.replayer.turn();
        let mut last = 0;
        for (index, (offset, args)) in batch.iter().enumerate() {
            last = offset;
            replay.turn.prefetch(batch.requests(), index);
            let result = replay.execute(args);
            let is_in_transaction = replay.is_in_transaction();
            if let Err(refused) = result {
                drop(replay);
                return Err(self.error(offset, refused));
            }
            self.transaction_at = match self.transaction_at {
                _ if !is_in_transaction => None,
                None => Some(offset),
                at => at,
            };
        }
        drop(replay);
        self.look_up(last)
            .map_err(|reason| self.error(last, reason))
    }

    fn error(&self, offset: u64, reason: impl Into<Reason>) -> LoadError {
        LoadError {
            path: self.path.to_owned(),
            offset: self.transaction_at.unwrap_or(offset),
            reason: reason.into(),
        }
    }

    /// Looks whether to go on, and tells how far it is.
    fn look_up(&mut self, offset: u64) -> Result<(), Reason> {
        let instance = self.engine.instance();
        if instance.is_stopping() {
            return Err(Reason::Stopped);
        }
        instance.loading.advance(offset);
        if self.shown.elapsed() >= STATUS_INTERVAL {
            self.shown = Instant::now();
            self.report_progress(offset);
        }
        Ok(())
    }

    fn report_progress(&mut self, offset: u64) {
        let logger = &self.engine.instance().logger;
        let percent = offset * 100 / self.total.max(1);
        let (done, total) = (offset >> 20, self.total >> 20);
        let filled = percent as usize * BAR_CHARS / 100;
        let bar = "#".repeat(filled.min(BAR_CHARS));
        if logger.status(format_args!(
            "Loading [{bar:.<BAR_CHARS$}] {percent}% of {total} MB"
        )) || self.reported.elapsed() < REPORT_INTERVAL
        {
            return;
        }
        self.reported = Instant::now();
        logger.notice(format_args!(
            "Loading the append only file: {percent}% ({done} of {total} MB, {} keys)",
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
