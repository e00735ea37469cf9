//! Checking and parsing a file ahead of who executes what is in it.
//!
//! ```text
//!   thread "aof-read":   check 256 KB --> parse what is good of them --> batch --+
//!                                                                                |
//!   who executes:                              execute a batch <-- at most four -+
//! ```
//!
//! So the time that a start takes is that of executing, and the check costs nothing
//! where there is a second processor.

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

/// So many batches may wait to be executed ...
const WAITING_BATCHES: usize = 4;

/// ... but after one with more than this, which has big values in it, all are waited for.
const BIG_BATCH_BYTES: u64 = 1024 * 1024;

/// What is found to be good of a file, while it is being checked.
#[derive(Debug)]
pub struct Ahead {
    batches: Receiver<Result<Batch, (u64, ReplayError)>>,
    /// Batches that have been executed go back.
    used: Sender<Batch>,
    offset: u64,
}

/// A file that was checked, and executed at the same time.
#[derive(Debug)]
pub struct Checked {
    /// What was found.
    pub report: Report,
    /// Up to where it was handed out. What is good behind that is not yet executed.
    pub handed_out: u64,
}

impl Batches for Ahead {
    fn read(&mut self, batch: &mut Batch) -> Result<bool, ReplayError> {
        if !batch.is_empty() {
            // If all has been read nobody needs it.
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
    /// Checks it, as [`check`] does, in a thread of its own, while `engine` takes what
    /// is good; if that ends early, so does the check. `go_on` is asked now and then.
    ///
    /// # Errors
    /// If the thread cannot be started. Beside the result of `engine`: if the file cannot be
    /// read, or is not to be read on, [`io::ErrorKind::Interrupted`].
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
            // Now the other thread neither waits for this one nor goes on.
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

/// Who executes, as the thread that reads knows it.
struct Executor {
    batches: SyncSender<Result<Batch, (u64, ReplayError)>>,
    returned: Receiver<Batch>,
    /// How many batches have not come back yet.
    waiting: usize,
}

impl Executor {
    /// One that has come back, for its memory, or a new one.
    fn empty_batch(&mut self) -> Batch {
        match self.returned.try_recv() {
            Ok(batch) => {
                self.waiting -= 1;
                batch
            }
            Err(_) => Batch::default(),
        }
    }

    /// `false` if nothing more is wanted.
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

    /// Says that the file cannot be read on, and that it is not to be.
    fn fail(&self, offset: u64, error: ReplayError) -> bool {
        // If nothing more is wanted, neither is this.
        let _ = self.batches.send(Err((offset, error)));
        false
    }
}
