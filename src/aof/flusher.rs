//! A thread that makes syncs short: it makes the kernel write the file to the disk first.
//!
//! `sync_all` waits until the disk has everything: some 70 ms for a second's worth of fast writes.
//! The log's thread could send no reply meanwhile. So this thread syncs before, through a descriptor
//! of its own, while the log's thread goes on. Then the log's thread syncs, and waits only for the
//! bytes written since.
//!
//! No guarantee depends on this thread: only the sync of the log's thread counts. The kernel reports
//! an error that occurs here to the log's thread as well.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::mpsc::{self, Receiver, Sender, TryRecvError};
use std::thread;

use super::file::{is_same, other_file};
use crate::threads::{self, Kind, Reason};

pub(super) struct Flusher {
    requests: Sender<()>,
    done: Receiver<()>,
    is_busy: bool,
}

impl Flusher {
    /// Starts the thread for the file `owned` at `path`. It ends with the `Flusher`.
    ///
    /// It opens the file anew. With a clone of `owned` the kernel would report an error to one of the
    /// two only.
    pub(super) fn start(owned: &File, path: &Path) -> io::Result<Flusher> {
        let file = File::open(path)?;
        if !is_same(owned, &file)? {
            return Err(other_file());
        }
        let (requests, requested) = mpsc::channel();
        let (finished, done) = mpsc::channel();
        let builder = thread::Builder::new().name("aof-flush".to_owned());
        let is_requested = move || {
            let _waiting = threads::waiting(Reason::Work);
            requested.recv().is_ok()
        };
        threads::start(Kind::AofFlush, builder, move || {
            while is_requested() {
                let waiting = threads::waiting(Reason::Disk);
                // The log's thread gets an error from its own sync.
                let _ = file.sync_data();
                drop(waiting);
                if finished.send(()).is_err() {
                    return;
                }
            }
        })?;
        Ok(Flusher {
            requests,
            done,
            is_busy: false,
        })
    }

    /// Whether all bytes that the file had at the first call are on the disk. Never waits; call it
    /// again until it is `true`.
    pub(super) fn is_flushed(&mut self) -> bool {
        if !self.is_busy {
            self.is_busy = self.requests.send(()).is_ok();
            return !self.is_busy;
        }
        self.is_busy = self.done.try_recv() == Err(TryRecvError::Empty);
        !self.is_busy
    }

    /// Whether a flush is running.
    pub(super) fn is_busy(&self) -> bool {
        self.is_busy
    }
}
