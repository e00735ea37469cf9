//! Checks and parses a file ahead of the thread that executes its commands.
//!
//! ```text
//!   "aof-read":           check 256 KB --> parse the good part --> batch --+
//!                                                                          |
//!   the executing thread:                execute a batch <-- at most four -+
//! ```
//!
//! So a start takes as long as executing the commands. On a second processor the check costs no
//! time.

use std::io;
use std::mem;
use std::panic;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender, SyncSender};
use std::thread;

use super::check::check;
use super::replay::{Batch, Batches, Replay, ReplayError};
use super::report::Report;
use crate::aof::AppendOnlyFile;

/// Upper bound of the batches that wait to be executed.
const WAITING_BATCHES: usize = 4;

/// After a batch with more bytes than this, all batches are waited for: it holds big values.
const BIG_BATCH_BYTES: u64 = 1024 * 1024;

/// The good part of a file, in batches, while the file is being checked.
#[derive(Debug)]
pub struct Ahead {
    batches: Receiver<Result<Batch, (u64, ReplayError)>>,
    /// Takes executed batches back.
    used: Sender<Batch>,
    offset: u64,
}

/// A file that was checked, and executed at the same time.
#[derive(Debug)]
pub struct Checked {
    /// The result of the check.
    pub report: Report,
    /// The offset up to which batches were handed out. The rest of the good part is not executed yet.
    pub handed_out: u64,
}

impl Batches for Ahead {
    fn read(&mut self, batch: &mut Batch) -> Result<bool, ReplayError> {
        if !batch.is_empty() {
            // An error means that all has been read.
            let _ = self.used.send(mem::take(batch));
        }
        match self.batches.recv() {
            Ok(Ok(next)) => {
                *batch = next;
                Ok(true)
            }
            Ok(Err((offset, error))) => {
                self.offset = offset;
                Err(error)
            }
            Err(_) => Ok(false),
        }
    }

    fn offset(&self) -> u64 {
        self.offset
    }
}

impl AppendOnlyFile {
    /// Checks the file in a thread of its own, as [`check`] does. Meanwhile `execute` takes the good
    /// part; if it ends early, so does the check. Calls `go_on` now and then, and stops if that
    /// returns `false`. Returns the result of `execute` and that of the check.
    ///
    /// # Errors
    /// If the thread cannot be started. The result of the check is an error if the file cannot be
    /// read, and [`io::ErrorKind::Interrupted`] if it was stopped.
    pub fn check_ahead<R>(
        &mut self,
        go_on: &(dyn Fn() -> bool + Sync),
        execute: impl FnOnce(&mut Ahead) -> R,
    ) -> io::Result<(R, io::Result<Checked>)> {
        let (sender, batches) = mpsc::sync_channel(WAITING_BATCHES);
        let (used, returned) = mpsc::channel();
        let has_ended = AtomicBool::new(false);
        let go_on = || go_on() && !has_ended.load(Ordering::Relaxed);
        let file = &*self;
        let (result, checked) = thread::scope(|scope| {
            let reader = thread::Builder::new()
                .name("aof-read".to_owned())
                .spawn_scoped(scope, || file.hand_out(sender, returned, &go_on))?;
            let mut ahead = Ahead {
                batches,
                used,
                offset: 0,
            };
            let result = execute(&mut ahead);
            // Ends the other thread: it neither waits for this one nor goes on.
            has_ended.store(true, Ordering::Relaxed);
            drop(ahead);
            let checked = reader.join().unwrap_or_else(|it| panic::resume_unwind(it));
            Ok::<_, io::Error>((result, checked))
        })?;
        if let Ok(checked) = &checked {
            self.is_covered = checked.report.is_covered;
        }
        Ok((result, checked))
    }

    /// Checks the file and hands out its good part.
    fn hand_out(
        &self,
        batches: SyncSender<Result<Batch, (u64, ReplayError)>>,
        returned: Receiver<Batch>,
        go_on: &dyn Fn() -> bool,
    ) -> io::Result<Checked> {
        let mut replay = Replay::part(&self.file, 0, 0);
        let mut executor = Executor {
            batches,
            returned,
            waiting: 0,
        };
        let report = check(&self.file, 0, &mut |good| {
            replay.extend(good);
            loop {
                let mut batch = executor.empty_batch();
                match replay.read(&mut batch) {
                    Ok(true) if executor.hand_over(batch) => {}
                    Ok(true) => return false,
                    Ok(false) => return go_on(),
                    Err(error) => return executor.fail(replay.offset(), error),
                }
            }
        })?;
        Ok(Checked {
            report,
            handed_out: replay.end(),
        })
    }
}

/// The executing thread, as the reading thread knows it.
struct Executor {
    batches: SyncSender<Result<Batch, (u64, ReplayError)>>,
    returned: Receiver<Batch>,
    /// Batches that have not come back yet.
    waiting: usize,
}

impl Executor {
    /// Returns a batch that has come back, to reuse its memory, or a new one.
    fn empty_batch(&mut self) -> Batch {
        match self.returned.try_recv() {
            Ok(batch) => {
                self.waiting -= 1;
                batch
            }
            Err(_) => Batch::default(),
        }
    }

    /// Sends a batch to be executed. Returns `false` if no more batches are wanted.
    fn hand_over(&mut self, batch: Batch) -> bool {
        let is_big = batch.bytes() > BIG_BATCH_BYTES;
        if self.batches.send(Ok(batch)).is_err() {
            return false;
        }
        self.waiting += 1;
        while is_big && self.waiting > 0 {
            if self.returned.recv().is_err() {
                return false;
            }
            self.waiting -= 1;
        }
        true
    }

    /// Sends an error of the file. Returns `false`: the check must not go on.
    fn fail(&self, offset: u64, error: ReplayError) -> bool {
        // An error means that no more batches are wanted, nor this.
        let _ = self.batches.send(Err((offset, error)));
        false
    }
}
