//! The thread that accepts clients.
//!
//! Starting a thread takes longer than connecting. A thread that did both would fall behind
//! many new clients, and a client that finds the system's queue full tries again a second later.
//! So this thread only accepts, and another welcomes (`welcome.rs`). The limit of descriptors
//! bounds how many clients wait in between.

use std::fs::File;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::thread::{self, JoinHandle};

use super::welcome::{Complaints, RETRY_INTERVAL, TOO_MANY_CLIENTS, refuse};
use crate::state::ServerState;
use crate::sys::{Address, Listener, Stream, sockets};

/// A listening socket and the thread that accepts there.
pub(super) struct Accepting {
    listener: Arc<Listener>,
    stopping: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Accepting {
    /// Starts the thread. It hands clients over to `welcomer`.
    ///
    /// # Errors
    /// If the thread cannot be started.
    pub(super) fn start(
        listener: Listener,
        state: &Arc<ServerState>,
        welcomer: Sender<(Stream, Address)>,
    ) -> io::Result<Accepting> {
        let listener = Arc::new(listener);
        let stopping = Arc::new(AtomicBool::new(false));
        let acceptor = Acceptor {
            listener: Arc::clone(&listener),
            welcomer,
            state: Arc::clone(state),
            stopping: Arc::clone(&stopping),
            spare: spare_descriptor(),
            complaints: Complaints::default(),
        };
        let builder = thread::Builder::new().name("accept".to_owned());
        Ok(Accepting {
            listener,
            stopping,
            thread: builder.spawn(move || acceptor.run())?,
        })
    }

    /// Where it accepts, if that is TCP.
    pub(super) fn tcp_address(&self) -> Option<SocketAddr> {
        match self.listener.address() {
            Ok(Address::Tcp(address)) => Some(address),
            _ => None,
        }
    }

    /// Ends the thread and closes the socket. `false` if the thread cannot be woken: then it
    /// is not waited for, and holds nothing but itself.
    pub(super) fn stop(self) -> bool {
        self.stopping.store(true, Ordering::Release);
        let ends = sockets::end_accept(&self.listener).is_ok() || self.thread.is_finished();
        // Its panic has been printed already.
        ends && self.thread.join().is_ok()
    }
}

struct Acceptor {
    listener: Arc<Listener>,
    welcomer: Sender<(Stream, Address)>,
    state: Arc<ServerState>,
    stopping: Arc<AtomicBool>,
    /// Closed when no descriptor is left, so that a waiting client can be accepted and refused.
    spare: Option<File>,
    complaints: Complaints,
}

impl Acceptor {
    fn run(mut self) {
        loop {
            // Lost if somebody else was quicker when it was given up for a moment.
            if self.spare.is_none() {
                self.spare = spare_descriptor();
            }
            let accepted = self.listener.accept();
            if self.stopping.load(Ordering::Acquire) {
                return;
            }
            match accepted {
                Ok(arrival) => {
                    if self.welcomer.send(arrival).is_err() {
                        return;
                    }
                }
                // The client was gone before it was its turn.
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                Err(error) => self.recover(&error),
            }
        }
    }

    /// After an error that is not one connection's: say so, turn the next client away
    /// if it is descriptors that are missing, and let time pass.
    fn recover(&mut self, error: &io::Error) {
        let logger = &self.state.logger;
        self.complaints
            .say(logger, "Error accepting a connection", error);
        // Out of descriptors, of this process or of the whole system.
        if matches!(error.raw_os_error(), Some(23 | 24))
            && self.spare.take().is_some()
            && let Ok((stream, _)) = self.listener.accept()
        {
            self.state.clients.reject();
            refuse(&stream, TOO_MANY_CLIENTS);
        }
        thread::sleep(RETRY_INTERVAL);
    }
}

fn spare_descriptor() -> Option<File> {
    File::open("/dev/null").ok()
}
