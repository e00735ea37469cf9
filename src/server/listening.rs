//! Where the server listens: the threads that accept, one for each socket, and the one that
//! welcomes.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Sender};
use std::thread::{self, JoinHandle};

use super::accept::Accepting;
use super::bind::Bound;
use super::unix::SocketFile;
use super::welcome::{Complaints, Welcomer};
use crate::execute::Engine;
use crate::instance::Instance;
use crate::sys::{Address, Listener, Stream};

/// All that lets clients in.
pub(super) struct Listening {
    accepting: Vec<Accepting>,
    welcomer: JoinHandle<()>,
    arrivals: Sender<(Stream, Address)>,
    /// Raised when nobody is to be welcomed any more.
    stopping: Arc<AtomicBool>,
    _file: Option<SocketFile>,
}

impl Listening {
    /// Starts all threads.
    ///
    /// # Errors
    /// If a thread cannot be started.
    pub(super) fn start(bound: Bound, engine: &Arc<Engine>) -> io::Result<Listening> {
        let stopping = Arc::new(AtomicBool::new(false));
        let (arrivals, arrived) = mpsc::channel();
        let welcomer = Welcomer {
            engine: Arc::clone(engine),
            stopping: Arc::clone(&stopping),
            complaints: Complaints::default(),
        };
        let builder = thread::Builder::new().name("welcome".to_owned());
        let welcomer = builder.spawn(move || welcomer.run(&arrived))?;
        let mut listening = Listening {
            accepting: Vec::new(),
            welcomer,
            arrivals,
            stopping,
            _file: bound.file,
        };
        match listening.add(bound.listeners, engine.instance()) {
            Ok(()) => Ok(listening),
            Err(error) => {
                listening.stop();
                Err(error)
            }
        }
    }

    fn add(&mut self, listeners: Vec<Listener>, instance: &Arc<Instance>) -> io::Result<()> {
        for listener in listeners {
            let accepting = Accepting::start(listener, instance, self.arrivals.clone())?;
            self.accepting.push(accepting);
        }
        Ok(())
    }

    /// Accepts and welcomes nobody any more.
    pub(super) fn stop(self) {
        self.stopping.store(true, Ordering::Release);
        let ended: Vec<bool> = self.accepting.into_iter().map(Accepting::stop).collect();
        // The welcomer ends when nobody is left who could send it somebody.
        drop(self.arrivals);
        if ended.into_iter().all(|ended| ended) {
            let _ = self.welcomer.join();
        }
    }
}
