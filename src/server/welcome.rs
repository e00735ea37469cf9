//! Starts a thread for each new client, or refuses the client with a reason.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;
use std::thread;
use std::time::{Duration, Instant};

use super::connection;
use crate::client::Arrival;
use crate::client::outbox::Outbox;
use crate::client::registry::Registration;
use crate::client::session::Session;
use crate::config::limits::STACK_BYTES;
use crate::engine::Engine;
use crate::logger::Logger;
use crate::sys::{Address, Stream, sockets};
use crate::threads::{self, Kind, Reason};

/// The time between two tries to accept or to start a thread. Missing descriptors, memory or
/// threads do not come back within microseconds.
pub(super) const RETRY_INTERVAL: Duration = Duration::from_millis(50);

/// How often a lasting error is logged.
const ERROR_LOG_INTERVAL: Duration = Duration::from_secs(1);

pub(super) const TOO_MANY_CLIENTS: &[u8] = b"-ERR max number of clients reached\r\n";

const PROTECTED: &[u8] = b"-DENIED Redis is running in protected mode because protected mode is \
enabled and no password is set for the default user. In this mode connections are only accepted \
from the loopback interface. If you want to connect from external computers to Redis you may \
adopt one of the following solutions: 1) Just disable protected mode sending the command 'CONFIG \
SET protected-mode no' from the loopback interface by connecting to Redis from the same host the \
server is running, however MAKE SURE Redis is not publicly accessible from internet if you do so. \
Use CONFIG REWRITE to make this change permanent. 2) Alternatively you can just disable the \
protected mode by editing the Redis configuration file, and setting the protected mode option to \
'no', and then restarting the server. 3) If you started the server manually just for testing, \
restart it with the '--protected-mode no' option. 4) Setup a an authentication password for the \
default user. NOTE: You only need to do one of the above things in order for the server to start \
accepting connections from the outside.\r\n";

/// The thread that starts the clients' threads.
pub(super) struct Welcomer {
    pub(super) engine: Arc<Engine>,
    pub(super) stopping: Arc<AtomicBool>,
    pub(super) errors: ErrorLog,
}

impl Welcomer {
    /// Welcomes clients until no thread accepts any more, or the server stops.
    pub(super) fn run(mut self, arrivals: &Receiver<(Stream, Address)>) {
        let next = || {
            let _waiting = threads::waiting(Reason::Work);
            arrivals.recv().ok()
        };
        while let Some((stream, peer)) = next() {
            if self.stopping.load(Ordering::Acquire) {
                return;
            }
            self.welcome(stream, peer);
        }
    }

    /// Starts a thread for the connection, or refuses it with a reason.
    fn welcome(&mut self, stream: Stream, peer: Address) {
        if self.is_protected_from(&peer) {
            return refuse(&stream, PROTECTED);
        }
        let state = Arc::clone(self.engine.state());
        let id = state.clients.next_id();
        // An error here means that the client is gone already.
        let Ok(local) = local_address(&stream, &peer) else {
            return;
        };
        let Ok(outbox) = Outbox::new(thread_name(id), stream, Arc::clone(&state.budget)) else {
            return;
        };
        let keepalive_s = state.config().tcp_keepalive_s;
        if keepalive_s > 0
            && let Some(socket) = outbox.stream().tcp()
        {
            // A client is accepted even if the system cannot probe it.
            let _ = sockets::keep_alive(socket, keepalive_s);
        }
        let outbox = Arc::new(outbox);
        let arrival = Arrival {
            peer,
            local,
            fd: outbox.fd(),
            connection: Arc::clone(&outbox) as _,
        };
        let maxclients = state.config().maxclients;
        let Some(registration) = state.clients.register(id, maxclients, arrival) else {
            return refuse(outbox.stream(), TOO_MANY_CLIENTS);
        };
        if let Err(error) = self.start(Arc::clone(&outbox), registration) {
            self.errors
                .log(&state.logger, "Can't start a thread for a client", &error);
            state.clients.reject();
            refuse(outbox.stream(), TOO_MANY_CLIENTS);
            thread::sleep(RETRY_INTERVAL);
        }
    }

    fn is_protected_from(&self, peer: &Address) -> bool {
        let state = self.engine.state();
        let has_nopass = || state.users.default_user().rules().has_nopass();
        !peer.is_local() && state.config().protected_mode && has_nopass()
    }

    fn start(&self, outbox: Arc<Outbox>, registration: Registration) -> io::Result<()> {
        let engine = Arc::clone(&self.engine);
        let client = registration.client();
        engine
            .state()
            .logger
            .verbose(format_args!("Accepted {client:?}"));
        let builder = thread::Builder::new()
            .name(thread_name(client.id))
            .stack_size(STACK_BYTES);
        threads::start(Kind::Client, builder, move || {
            // The registration ends with this thread, also after a panic.
            let registration = registration;
            let rules = Arc::clone(&engine.state().rules);
            let session = Session::new(Arc::clone(registration.client()), rules);
            connection::serve(&engine, &outbox, session);
        })?;
        Ok(())
    }
}

/// Returns the address of the server's end of a connection.
fn local_address(stream: &Stream, peer: &Address) -> io::Result<Address> {
    match stream.tcp() {
        Some(socket) => socket.local_addr().map(Address::Tcp),
        None => Ok(peer.clone()),
    }
}

fn thread_name(id: u64) -> String {
    format!("client-{id}")
}

/// Sends the reason and closes the connection. The socket's buffer is empty, so this does not
/// block. An error means that the client is gone.
pub(super) fn refuse(mut stream: &Stream, why: &[u8]) {
    let _ = stream.write_all(why);
}

/// Logs a lasting error once in a while.
#[derive(Default)]
pub(super) struct ErrorLog {
    last: Option<Instant>,
}

impl ErrorLog {
    pub(super) fn log(&mut self, logger: &Logger, what: &str, error: &io::Error) {
        if self
            .last
            .is_none_or(|at| at.elapsed() >= ERROR_LOG_INTERVAL)
        {
            self.last = Some(Instant::now());
            logger.warning(format_args!("{what}: {error}"));
        }
    }
}
