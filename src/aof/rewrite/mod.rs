//! BGREWRITEAOF: makes the file small again.
//!
//! A thread of its own makes a fresh file from a snapshot of the data, beside the old file. Records
//! go to the old file as before:
//!
//! ```text
//!   old file    ...... | records since the snapshot ...
//!                      |        |
//!   fresh file  SET SET HSET ..| copied | copied |        <- thread "aof-rewrite"
//!                                                | rest   <- thread "aof", which then
//!                                                            renames the fresh file and
//!                                                            appends to it
//! ```
//!
//! So only entries that change meanwhile are twice in memory. Whenever the process ends, there is one
//! whole file under the file's name.
//!
//! `work.rs` is what the thread does, `copy.rs` copies records from the old file. This file starts the
//! thread, cancels it and takes its result.

mod copy;
mod work;

use std::io;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::thread::{self, JoinHandle};

use super::file::AppendOnlyFile;
use super::place::Place;
use super::status::Status;
use super::{Message, Task};
use crate::store::Snapshot;
use crate::threads::{self, Kind};
use work::Work;

pub(super) use work::Rewritten;

/// A running rewrite.
pub(super) struct Rewrite {
    /// The number of the fresh file.
    pub(super) number: u64,
    /// The lock of the file that the fresh one replaces, unless that is the log's own.
    pub(super) place: Option<Place>,
    needs_old: bool,
    cancelled: Arc<AtomicBool>,
    thread: JoinHandle<io::Result<Rewritten>>,
}

/// The content of the fresh file.
pub(super) struct Source<'a> {
    pub(super) snapshot: Snapshot,
    /// The file that gets the records after the snapshot. `None` if they wait in memory.
    pub(super) old: Option<&'a AppendOnlyFile>,
}

/// Returns the path beside `path` whose name ends in `what`.
pub(super) fn working_path(path: &Path, what: &str) -> PathBuf {
    let mut name = path.to_owned().into_os_string();
    name.push(what);
    PathBuf::from(name)
}

impl Rewrite {
    /// Starts the thread. It makes file `number` beside `path` and tells `done` when it ends. The
    /// caller, or `place`, holds the lock of the file at `path`.
    pub(super) fn start(
        number: u64,
        source: Source,
        (path, place): (&Path, Option<Place>),
        status: &Arc<Status>,
        done: Sender<Message>,
    ) -> io::Result<Rewrite> {
        let cancelled = Arc::new(AtomicBool::new(false));
        let old = source
            .old
            .map(|old| Ok::<_, io::Error>((old.file.try_clone()?, old.bytes)));
        let needs_old = old.is_some();
        let path = working_path(path, ".rewrite");
        let mut work = Work::new(path, old.transpose()?, status, &cancelled);
        let builder = thread::Builder::new().name("aof-rewrite".to_owned());
        let thread = threads::start(Kind::AofRewrite, builder, move || {
            let mut snapshot = source.snapshot;
            let run = AssertUnwindSafe(|| work.run(&mut snapshot));
            // The old file is unchanged, so the server goes on. A panic with the store's lock held
            // ends the process: see `Store`.
            let result = panic::catch_unwind(run)
                .unwrap_or_else(|_| Err(io::Error::other("its thread panicked")));
            snapshot.end();
            // An error means that the server has stopped.
            let _ = done.send(Message::Task(Task::Rewritten(number)));
            result
        })?;
        Ok(Rewrite {
            number,
            place,
            needs_old,
            cancelled,
            thread,
        })
    }

    /// Whether the rewrite copies records from the old file.
    pub(super) fn needs_old(&self) -> bool {
        self.needs_old
    }

    /// Ends the rewrite without a result, and removes its file.
    pub(super) fn cancel(self) {
        self.cancelled.store(true, Ordering::Relaxed);
        drop(self.join());
    }

    /// Waits for the thread. Returns the fresh file, and the lock of the file that it replaces, unless
    /// that is the log's own.
    pub(super) fn join(self) -> (io::Result<Rewritten>, Option<Place>) {
        let result = self.thread.join();
        // A panic outside of `catch_unwind`: it has been printed already.
        let result = result.unwrap_or_else(|_| Err(io::Error::other("its thread panicked")));
        (result, self.place)
    }
}
