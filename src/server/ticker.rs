//! Threads that do something again and again, a while apart.

use std::io;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// One such thread.
pub(super) struct Ticker {
    stop: mpsc::Sender<()>,
    /// Disconnected when the thread has done its work.
    ended: Receiver<()>,
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
        let (running, ended) = mpsc::channel::<()>();
        let thread = thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || {
                let _running = running;
                while stopped.recv_timeout(interval) == Err(RecvTimeoutError::Timeout) {
                    work();
                }
            })?;
        Ok(Ticker {
            stop,
            ended,
            thread,
        })
    }

    /// Ends the thread when it has done what it is just doing. If that takes longer than
    /// `patience` it ends by itself later: it may wait for a lock.
    pub(super) fn stop(self, patience: Duration) {
        drop(self.stop);
        if self.ended.recv_timeout(patience) == Err(RecvTimeoutError::Disconnected) {
            // Its panic has been printed already.
            let _ = self.thread.join();
        }
    }
}
