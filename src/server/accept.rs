//! Listening, and a thread for everyone who comes.

use std::fs::File;
use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::ServerError;
use crate::config::Config;
use crate::config::limits::STACK_BYTES;
use crate::connection;
use crate::execute::Engine;
use crate::logger::Logger;
use crate::outbox::Outbox;
use crate::registry::{Arrival, Registration};
use crate::session::Session;

/// After a failure to accept, the next try comes this much later: what is missing
/// (descriptors, memory, threads) does not come back within microseconds.
const RETRY_INTERVAL: Duration = Duration::from_millis(50);

/// A failure that goes on is mentioned this often.
const COMPLAINT_INTERVAL: Duration = Duration::from_secs(1);

const TOO_MANY_CLIENTS: &[u8] = b"-ERR max number of clients reached\r\n";

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

/// Binds every configured address; all of them to the port of the first, if that was
/// left to the system. The first one's address comes back as well.
pub(super) fn listen(
    config: &Config,
    logger: &Logger,
) -> Result<(Vec<TcpListener>, SocketAddr), ServerError> {
    let mut listeners: Vec<TcpListener> = Vec::new();
    let mut first: Option<SocketAddr> = None;
    for address in &config.bind {
        let host = address.strip_prefix('-').unwrap_or(address);
        let shown = match host {
            "*" | "0.0.0.0" => "0.0.0.0",
            "::*" => "::",
            host => host,
        };
        let port = first.map_or(config.port, |address| address.port());
        match TcpListener::bind((shown, port)).and_then(|it| Ok((it.local_addr()?, it))) {
            Ok((local, listener)) => {
                first.get_or_insert(local);
                listeners.push(listener);
            }
            Err(error) if address.starts_with('-') && is_not_there(&error) => {
                logger.debug(format_args!("Not listening on {host}:{port}: {error}"));
            }
            Err(error) => return Err(ServerError::Bind(format!("{host}:{port}"), error)),
        }
    }
    match first {
        Some(address) => Ok((listeners, address)),
        None => Err(ServerError::Bind(
            config.bind.join(" "),
            io::ErrorKind::AddrNotAvailable.into(),
        )),
    }
}

/// The machine does not have this address, or not this kind of address.
fn is_not_there(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::AddrNotAvailable | io::ErrorKind::Unsupported)
        // EAFNOSUPPORT, which has no kind of its own.
        || error.raw_os_error() == Some(97)
}

/// The threads that accept: one for each address.
pub(super) struct Acceptors {
    stopping: Arc<AtomicBool>,
    threads: Vec<(SocketAddr, JoinHandle<()>)>,
}

impl Acceptors {
    pub(super) fn start(
        listeners: Vec<TcpListener>,
        engine: &Arc<Engine>,
    ) -> io::Result<Acceptors> {
        let stopping = Arc::new(AtomicBool::new(false));
        let mut threads = Vec::new();
        for listener in listeners {
            let address = listener.local_addr()?;
            let acceptor = Acceptor {
                listener,
                engine: Arc::clone(engine),
                stopping: Arc::clone(&stopping),
                spare: spare_descriptor(),
                complained: None,
            };
            let builder = thread::Builder::new().name("accept".to_owned());
            threads.push((address, builder.spawn(move || acceptor.run())?));
        }
        Ok(Acceptors { stopping, threads })
    }

    /// Accepts nobody any more. A thread in `accept` is woken by a connection.
    pub(super) fn stop(self) {
        self.stopping.store(true, Ordering::Release);
        for (mut address, thread) in self.threads {
            if address.ip().is_unspecified() {
                address.set_ip(match address {
                    SocketAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
                    SocketAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
                });
            }
            // If it cannot be woken, do not wait for it: it holds nothing but itself.
            if TcpStream::connect_timeout(&address, RETRY_INTERVAL).is_ok() || thread.is_finished()
            {
                let _ = thread.join();
            }
        }
    }
}

struct Acceptor {
    listener: TcpListener,
    engine: Arc<Engine>,
    stopping: Arc<AtomicBool>,
    /// Kept open to be closed when there are no descriptors left, so that whoever waits
    /// can be told instead of being left waiting.
    spare: Option<File>,
    complained: Option<Instant>,
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
                Ok((stream, peer)) => self.welcome(stream, peer),
                // The client was gone before it was its turn.
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                Err(error) => self.recover(&error),
            }
        }
    }

    /// Hands the connection to a thread of its own, or says why not.
    fn welcome(&mut self, stream: TcpStream, peer: SocketAddr) {
        if self.is_protected_from(peer) {
            return refuse(&stream, PROTECTED);
        }
        let instance = Arc::clone(self.engine.instance());
        let id = instance.clients.next_id();
        // Errors here mean that the client is gone already.
        let Ok(local) = stream.local_addr() else {
            return;
        };
        let Ok(outbox) = Outbox::new(thread_name(id), stream) else {
            return;
        };
        let outbox = Arc::new(outbox);
        let arrival = Arrival {
            peer,
            local,
            fd: outbox.fd(),
            connection: Arc::clone(&outbox) as _,
        };
        let maxclients = instance.config().maxclients;
        let Some(registration) = instance.clients.register(id, maxclients, arrival) else {
            return refuse(outbox.stream(), TOO_MANY_CLIENTS);
        };
        if let Err(error) = self.start(Arc::clone(&outbox), registration) {
            self.complain("Can't start a thread for a client", &error);
            instance.clients.reject();
            refuse(outbox.stream(), TOO_MANY_CLIENTS);
            thread::sleep(RETRY_INTERVAL);
        }
    }

    fn is_protected_from(&self, peer: SocketAddr) -> bool {
        let config = self.engine.instance().config();
        config.protected_mode
            && config.requirepass.is_empty()
            && !peer.ip().to_canonical().is_loopback()
    }

    fn start(&self, outbox: Arc<Outbox>, registration: Registration) -> io::Result<()> {
        let engine = Arc::clone(&self.engine);
        let client = registration.client();
        engine
            .instance()
            .logger
            .verbose(format_args!("Accepted {client:?}"));
        let builder = thread::Builder::new()
            .name(thread_name(client.id))
            .stack_size(STACK_BYTES);
        builder.spawn(move || {
            // Given back however this thread ends.
            let registration = registration;
            let is_open = engine.instance().config().requirepass.is_empty();
            let session = Session::new(Arc::clone(registration.client()), is_open);
            connection::serve(&engine, &outbox, session);
        })?;
        Ok(())
    }

    /// After an error that is not one connection's: say so, turn the next client away
    /// if it is descriptors that are missing, and let time pass.
    fn recover(&mut self, error: &io::Error) {
        self.complain("Error accepting a connection", error);
        // Out of descriptors, of this process or of the whole system.
        if matches!(error.raw_os_error(), Some(23 | 24))
            && self.spare.take().is_some()
            && let Ok((stream, _)) = self.listener.accept()
        {
            self.engine.instance().clients.reject();
            refuse(&stream, TOO_MANY_CLIENTS);
        }
        thread::sleep(RETRY_INTERVAL);
    }

    fn complain(&mut self, what: &str, error: &io::Error) {
        if self
            .complained
            .is_none_or(|at| at.elapsed() >= COMPLAINT_INTERVAL)
        {
            self.complained = Some(Instant::now());
            self.engine
                .instance()
                .logger
                .warning(format_args!("{what}: {error}"));
        }
    }
}

fn thread_name(id: u64) -> String {
    format!("client-{id}")
}

fn spare_descriptor() -> Option<File> {
    File::open("/dev/null").ok()
}

/// Says why and hangs up. The socket's buffer is empty, so this does not wait; and if
/// the client does not hear it, that is no loss.
fn refuse(mut stream: &TcpStream, why: &[u8]) {
    let _ = stream.write_all(why);
}
