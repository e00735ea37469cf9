//! The thread that has the kernel write the file back before it is synced.
//!
//! `sync_all` waits until the disk has everything, and meanwhile the thread that owns the
//! file answers nobody: some 70 ms for a second's worth of fast writes. So this thread
//! asks for the same through a descriptor of its own, while the owner goes on; then the
//! owner syncs, and waits for no more than what has come since.
//!
//! Nothing depends on it: what counts as synced is what the owner has synced. An error
//! that the kernel finds here it reports to the owner's descriptor as well.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::mpsc::{self, Receiver, Sender, TryRecvError};
use std::thread;

use super::file::{is_same, other_file};

pub(super) struct Flusher {
    requests: Sender<()>,
    done: Receiver<()>,
    is_busy: bool,
}

impl Flusher {
    /// Starts the thread, for `owned`, which is at `path`. It ends with the `Flusher`.
    ///
    /// A clone of `owned` would not do: of an error the kernel tells one of them only.
    pub(super) fn start(owned: &File, path: &Path) -> io::Result<Flusher> {
        let file = File::open(path)?;
        if !is_same(owned, &file)? {
            return Err(other_file());
        }
        let (requests, requested) = mpsc::channel();
        let (finished, done) = mpsc::channel();
        thread::Builder::new()
            .name("aof-flush".to_owned())
            .spawn(move || {
                while requested.recv().is_ok() {
                    // An error is the owner's, who gets it from its own sync.
                    let _ = file.sync_data();
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

    /// Whether what was in the file when this was first called has been written back.
    /// Never waits; to be called again until it is `true`.
    pub(super) fn is_flushed(&mut self) -> bool {
        if !self.is_busy {
            self.is_busy = self.requests.send(()).is_ok();
            return !self.is_busy;
        }
        self.is_busy = self.done.try_recv() == Err(TryRecvError::Empty);
        !self.is_busy
    }

    /// Whether a call of [`Flusher::is_flushed`] has not led to `true` yet.
    pub(super) fn is_busy(&self) -> bool {
        self.is_busy
    }
}
