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
use std::sync::mpsc::{self, Receiver, Sender, SyncSender};
use std::thread;

use super::AppendOnlyFile;
use super::check::{Report, check};
use super::replay::{Batch, Batches, Replay, ReplayError};

/// So many batches may wait to be executed.
const WAITING_BATCHES: usize = 4;

/// What is found to be good of a file, while it is being checked.
#[derive(Debug)]
pub struct Ahead {
    batches: Receiver<Result<Batch, (u64, ReplayError)>>,
    /// Batches that have been executed go back, for their memory.
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
        match self.batches.recv() {
            Ok(Ok(next)) => {
                let used = mem::replace(batch, next);
                // If all has been read nobody needs it.
                let _ = self.used.send(used);
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
    /// Checks it, as [`check`] does, in a thread of its own, while `execute` takes what
    /// is good; if that ends early, so does the check. `go_on` is asked now and then.
    ///
    /// # Errors
    /// If the thread cannot be started. Beside the result of `execute`: if the file cannot be
    /// read, or is not to be read on, [`io::ErrorKind::Interrupted`].
    pub fn check_ahead<R>(
        &self,
        go_on: &(dyn Fn() -> bool + Sync),
        execute: impl FnOnce(&mut Ahead) -> R,
    ) -> io::Result<(R, io::Result<Checked>)> {
        let (sender, batches) = mpsc::sync_channel(WAITING_BATCHES);
        let (used, empty) = mpsc::channel();
        thread::scope(|scope| {
            let reader = thread::Builder::new()
                .name("aof-read".to_owned())
                .spawn_scoped(scope, move || self.hand_out(&sender, &empty, go_on))?;
            let mut ahead = Ahead {
                batches,
                used,
                offset: 0,
            };
            let result = execute(&mut ahead);
            // Now the other thread no longer waits for room.
            drop(ahead);
            let checked = reader.join().unwrap_or_else(|it| panic::resume_unwind(it));
            Ok((result, checked))
        })
    }

    fn hand_out(
        &self,
        batches: &SyncSender<Result<Batch, (u64, ReplayError)>>,
        empty: &Receiver<Batch>,
        go_on: &dyn Fn() -> bool,
    ) -> io::Result<Checked> {
        let mut replay = Replay::part(&self.file, 0, 0);
        let report = check(&self.file, 0, &mut |good| {
            replay.extend(good);
            loop {
                let mut batch = empty.try_recv().unwrap_or_default();
                let next = match replay.read(&mut batch) {
                    Ok(false) => return go_on(),
                    Ok(true) => Ok(batch),
                    Err(error) => Err((replay.offset(), error)),
                };
                let is_last = next.is_err();
                if batches.send(next).is_err() || is_last {
                    return false;
                }
            }
        })?;
        Ok(Checked {
            report,
            handed_out: replay.end(),
        })
    }
}
