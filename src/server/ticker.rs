//! Threads that do periodic work.

use std::io;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::threads::{self, Kind, Reason};

/// A thread that does periodic work.
pub(super) struct Ticker {
    stop: mpsc::Sender<()>,
    /// Disconnected when the thread has ended its work.
    ended: Receiver<()>,
    thread: JoinHandle<()>,
}

impl Ticker {
    /// Starts a thread that does `work` after each `interval` until it is stopped.
    pub(super) fn start(
        (kind, name): (Kind, &str),
        interval: Duration,
        mut work: impl FnMut() + Send + 'static,
    ) -> io::Result<Ticker> {
        let (stop, stopped) = mpsc::channel();
        let (running, ended) = mpsc::channel::<()>();
        let builder = thread::Builder::new().name(name.to_owned());
        let thread = threads::start(kind, builder, move || {
            let _running = running;
            let is_time = || {
                let _waiting = threads::waiting(Reason::Work);
                stopped.recv_timeout(interval) == Err(RecvTimeoutError::Timeout)
            };
            while is_time() {
                work();
            }
        })?;
        Ok(Ticker {
            stop,
            ended,
            thread,
        })
    }

    /// Ends the thread after its current work. Waits for that for at most `patience`: the work may
    /// wait for a lock. Then the thread ends by itself later.
    pub(super) fn stop(self, patience: Duration) {
        drop(self.stop);
        if self.ended.recv_timeout(patience) == Err(RecvTimeoutError::Disconnected) {
            // A panic of the thread has been printed already.
            let _ = self.thread.join();
        }
    }
}
