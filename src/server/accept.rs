//! The thread that accepts clients.
//!
//! To start a thread takes longer than to connect. A thread that did both would fall behind many
//! new clients. A client that finds the system's queue full tries again only a second later. So
//! this thread only accepts, and another thread starts the clients' threads (`welcome.rs`). The
//! limit of file descriptors bounds the number of clients in between.

use std::fs::File;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::thread::{self, JoinHandle};

use super::welcome::{ErrorLog, RETRY_INTERVAL, TOO_MANY_CLIENTS, refuse};
use crate::state::ServerState;
use crate::sys::{Address, Listener, Stream, sockets};
use crate::threads::{self, Kind, Reason};

/// A listening socket and the thread that accepts its clients.
pub(super) struct Accepting {
    listener: Arc<Listener>,
    stopping: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Accepting {
    /// Starts the thread. It sends clients to `welcomer`.
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
            errors: ErrorLog::default(),
        };
        let builder = thread::Builder::new().name("accept".to_owned());
        Ok(Accepting {
            listener,
            stopping,
            thread: threads::start(Kind::Accept, builder, move || acceptor.run())?,
        })
    }

    /// Returns the address, if it is a TCP address.
    pub(super) fn tcp_address(&self) -> Option<SocketAddr> {
        match self.listener.address() {
            Ok(Address::Tcp(address)) => Some(address),
            _ => None,
        }
    }

    /// Ends the thread and closes the socket. Returns `false` if the thread cannot be woken: it is
    /// left behind and holds only its socket.
    pub(super) fn stop(self) -> bool {
        self.stopping.store(true, Ordering::Release);
        let ends = sockets::end_accept(&self.listener).is_ok() || self.thread.is_finished();
        // A panic of the thread has been printed already.
        ends && self.thread.join().is_ok()
    }
}

struct Acceptor {
    listener: Arc<Listener>,
    welcomer: Sender<(Stream, Address)>,
    state: Arc<ServerState>,
    stopping: Arc<AtomicBool>,
    /// A spare file descriptor. It is closed when none is left, so that a waiting client can be
    /// accepted and refused.
    spare: Option<File>,
    errors: ErrorLog,
}

impl Acceptor {
    fn run(mut self) {
        loop {
            // The spare is missing if another thread took the descriptor while it was closed.
            if self.spare.is_none() {
                self.spare = spare_descriptor();
            }
            let waiting = threads::waiting(Reason::Socket);
            let accepted = self.listener.accept();
            drop(waiting);
            if self.stopping.load(Ordering::Acquire) {
                return;
            }
            match accepted {
                Ok(arrival) => {
                    if self.welcomer.send(arrival).is_err() {
                        return;
                    }
                }
                // The client was gone before it was accepted.
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                Err(error) => self.recover(&error),
            }
        }
    }

    /// Recovers from an error that is not about one connection: logs it, refuses the next client if
    /// file descriptors are missing, and waits a moment.
    fn recover(&mut self, error: &io::Error) {
        let logger = &self.state.logger;
        self.errors
            .log(logger, "Error accepting a connection", error);
        // EMFILE and ENFILE: this process or the system has no file descriptor left.
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
