//! Threads that do something again and again, a while apart.

use std::io;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// One such thread.
pub(super) struct Ticker {
    stop: mpsc::Sender<()>,
    thread: JoinHandle<()>,
}

impl Ticker {
    /// Starts a thread that does `work` each `interval` until it is stopped.
    pub(super) fn start(
        name: &str,
        interval: Duration,
        mut work: impl FnMut() + Send + 'static,
    ) -> io::Result<Ticker> {
        let (stop, stopped) = mpsc::channel();
        let thread = thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || {
                while stopped.recv_timeout(interval) == Err(RecvTimeoutError::Timeout) {
                    work();
                }
            })?;
        Ok(Ticker { stop, thread })
    }

    /// Ends the thread, when it has done what it is just doing.
    pub(super) fn stop(self) {
        drop(self.stop);
        // Its panic has been printed already.
        let _ = self.thread.join();
    }
}
