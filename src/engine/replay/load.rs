//! Replays the append-only file.
//!
//! The file yields requests, and the engine runs them like those of a client, except that it records
//! nothing. So every command has one implementation.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::passed::PassedOver;
use super::refused::Refused;
use super::replayer::Replayer;
use crate::aof::{Batch, Batches, Damage, Replay, ReplayError};
use crate::engine::Engine;

/// The time between two reports of progress to the logger.
const REPORT_INTERVAL: Duration = Duration::from_secs(1);
/// The time between two updates of the progress bar at a terminal.
const STATUS_INTERVAL: Duration = Duration::from_millis(100);

/// The length of the progress bar.
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
    /// The server has been told to stop.
    Stopped,
    Damaged(Damage),
    /// A command that cannot be executed.
    Refused(Refused),
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

/// Executes everything that `replay` yields from the file at `path`, which has `total` bytes.
///
/// # Errors
/// If a command in it cannot be executed. The commands before it have taken effect.
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

/// Loads a file, which can be given in parts.
#[derive(Debug)]
pub struct Loader<'a> {
    engine: &'a Engine,
    replayer: Replayer<'a>,
    path: &'a Path,
    total: u64,
    started: Instant,
    /// When the progress bar was last updated.
    shown: Instant,
    /// When progress was last reported to the logger.
    reported: Instant,
    /// The offset of the open transaction, if one is open.
    transaction_at: Option<u64>,
    passed_over: PassedOver,
}

impl<'a> Loader<'a> {
    /// Creates a loader of the file at `path`, which has `total` bytes, into `engine`.
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
            passed_over: PassedOver::default(),
        }
    }

    /// Executes the next part of the file.
    ///
    /// # Errors
    /// If it cannot be read, or holds a command that is refused. The commands before that have been
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

    /// Ends after the last part. Reports to the logger which commands were passed over.
    ///
    /// # Errors
    /// If the file ends within a transaction.
    pub fn finish(self) -> Result<(), LoadError> {
        match self.transaction_at {
            Some(offset) => Err(self.error(offset, Reason::Torn)),
            None => {
                let logger = &self.engine.state().logger;
                self.passed_over.report(self.path, logger);
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
            replay.prefetch(batch.requests(), index);
            let result = replay.execute(args);
            let is_in_transaction = replay.is_in_transaction();
            match result {
                Ok(None) => {}
                Ok(Some(passed)) => self.passed_over.add(passed, offset),
                Err(refused) => {
                    drop(replay);
                    return Err(self.error(offset, refused));
                }
            }
            self.transaction_at = match self.transaction_at {
                _ if !is_in_transaction => None,
                None => Some(offset),
                at => at,
            };
        }
        drop(replay);
        self.check_progress(last)
            .map_err(|reason| self.error(last, reason))
    }

    fn error(&self, offset: u64, reason: impl Into<Reason>) -> LoadError {
        LoadError {
            path: self.path.to_owned(),
            offset: self.transaction_at.unwrap_or(offset),
            reason: reason.into(),
        }
    }

    /// Checks whether to go on, and reports progress.
    fn check_progress(&mut self, offset: u64) -> Result<(), Reason> {
        let state = self.engine.state();
        if state.is_stopping() {
            return Err(Reason::Stopped);
        }
        state.loading.advance(offset);
        if self.shown.elapsed() >= STATUS_INTERVAL {
            self.shown = Instant::now();
            self.report_progress(offset);
        }
        Ok(())
    }

    fn report_progress(&mut self, offset: u64) {
        let logger = &self.engine.state().logger;
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
        self.engine.state().logger.notice(format_args!(
            "DB loaded from append only file: {seconds:.3} seconds ({} MB, {} keys)",
            self.total >> 20,
            self.engine.key_count()
        ));
    }
}
