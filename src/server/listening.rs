//! The threads that let clients in: one that accepts for each socket, and one that welcomes.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Sender};
use std::thread::{self, JoinHandle};

use super::accept::Accepting;
use super::bind::{BindAddress, Bound};
use super::error::ServerError;
use super::unix::SocketFile;
use super::welcome::{ErrorLog, Welcomer};
use crate::config::Config;
use crate::engine::Engine;
use crate::state::{Listen, ServerState};
use crate::sys::{Address, Listener, Stream};
use crate::threads::{self, Kind};

/// The threads and sockets that let clients in.
pub(super) struct Listening {
    state: Arc<ServerState>,
    accepting: Vec<Accepting>,
    welcomer: JoinHandle<()>,
    arrivals: Sender<(Stream, Address)>,
    /// Set when no more clients are to be welcomed.
    stopping: Arc<AtomicBool>,
    _file: Option<SocketFile>,
}

impl Listening {
    /// Starts all threads.
    ///
    /// # Errors
    /// If a thread cannot be started.
    pub(super) fn start(bound: Bound, engine: &Arc<Engine>) -> io::Result<Box<dyn Listen>> {
        let stopping = Arc::new(AtomicBool::new(false));
        let (arrivals, arrived) = mpsc::channel();
        let welcomer = Welcomer {
            engine: Arc::clone(engine),
            stopping: Arc::clone(&stopping),
            errors: ErrorLog::default(),
        };
        let builder = thread::Builder::new().name("welcome".to_owned());
        let welcomer = threads::start(Kind::Welcome, builder, move || welcomer.run(&arrived))?;
        let mut listening = Listening {
            state: Arc::clone(engine.state()),
            accepting: Vec::new(),
            welcomer,
            arrivals,
            stopping,
            _file: bound.file,
        };
        match listening.accept_at(bound.listeners) {
            Ok(()) => Ok(Box::new(listening)),
            Err(error) => {
                listening.end();
                Err(error)
            }
        }
    }

    /// Accepts at all of `listeners`, or at none.
    fn accept_at(&mut self, listeners: Vec<Listener>) -> io::Result<()> {
        let mut started = Vec::new();
        for listener in listeners {
            match Accepting::start(listener, &self.state, self.arrivals.clone()) {
                Ok(accepting) => started.push(accepting),
                Err(error) => {
                    stop(started);
                    return Err(error);
                }
            }
        }
        self.accepting.append(&mut started);
        Ok(())
    }

    /// Listens at exactly the TCP addresses of `config`. If that fails, restores the former
    /// addresses.
    fn replace(&mut self, config: &Config) -> Result<(), ServerError> {
        let mut wanted = bind_addresses(config)?;
        let mut former = self.take_unwanted(&wanted);
        wanted.retain(|address| !self.listens_at(address));
        let mut opened = self.open(&wanted, config);
        let mut closed = Vec::new();
        if is_in_use(&opened) && may_conflict(&former, &wanted, config.port) {
            closed.extend(former.iter().filter_map(Accepting::tcp_address));
            stop(std::mem::take(&mut former));
            opened = self.open(&wanted, config);
        }
        match opened.and_then(|new| self.accept_at(new).map_err(ServerError::Thread)) {
            Ok(()) => {
                stop(former);
            }
            Err(error) => {
                self.accepting.append(&mut former);
                self.listen_again(closed, config);
                return Err(error);
            }
        }
        Ok(())
    }

    /// Removes and returns the threads that accept at TCP addresses outside of `wanted`.
    fn take_unwanted(&mut self, wanted: &[BindAddress]) -> Vec<Accepting> {
        let is_unwanted = |accepting: &mut Accepting| {
            let address = accepting.tcp_address();
            address.is_some_and(|address| !wanted.iter().any(|it| it.is_at(address)))
        };
        self.accepting.extract_if(.., is_unwanted).collect()
    }

    fn listens_at(&self, address: &BindAddress) -> bool {
        let mut addresses = self.accepting.iter().filter_map(Accepting::tcp_address);
        addresses.any(|it| address.is_at(it))
    }

    fn open(&self, wanted: &[BindAddress], config: &Config) -> Result<Vec<Listener>, ServerError> {
        let logger = &self.state.logger;
        let opened = wanted
            .iter()
            .map(|address| address.listen(config.tcp_backlog, logger));
        opened.filter_map(Result::transpose).collect()
    }

    /// Listens again at `addresses`, which have just been closed.
    fn listen_again(&mut self, addresses: Vec<SocketAddr>, config: &Config) {
        for address in addresses {
            let opened = crate::sys::sockets::listen_tcp(address, config.tcp_backlog);
            let returned = opened.and_then(|socket| self.accept_at(vec![Listener::Tcp(socket)]));
            if let Err(error) = returned {
                self.state.logger.warning(format_args!(
                    "WARNING: {address} cannot be listened on any more: {error}"
                ));
            }
        }
    }

    fn end(self) {
        self.stopping.store(true, Ordering::Release);
        let are_ended = stop(self.accepting);
        // The welcomer ends when the channel has no sender any more.
        drop(self.arrivals);
        if are_ended {
            let _ = self.welcomer.join();
        }
    }
}

impl Listen for Listening {
    fn listen(&mut self, config: &Config) -> bool {
        let result = self.replace(config);
        if let Err(error) = &result {
            self.state.logger.warning(format_args!("{error}"));
        }
        result.is_ok()
    }

    fn stop(self: Box<Self>) {
        self.end();
    }
}

impl fmt::Debug for Listening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let addresses = self.accepting.iter().map(Accepting::tcp_address);
        f.debug_list().entries(addresses).finish()
    }
}

/// Returns the TCP addresses of `config`: none if the port is 0, as in Redis for a running server.
fn bind_addresses(config: &Config) -> Result<Vec<BindAddress>, ServerError> {
    let hosts = config.bind.iter().filter(|_| config.port != 0);
    hosts
        .map(|host| BindAddress::find(host, config.port))
        .collect()
}

fn is_in_use(opened: &Result<Vec<Listener>, ServerError>) -> bool {
    matches!(opened, Err(ServerError::Bind(_, error)) if error.kind() == io::ErrorKind::AddrInUse)
}

/// Returns whether the sockets `former` block `wanted`: one port cannot have a socket for all
/// addresses and one for a single address.
fn may_conflict(former: &[Accepting], wanted: &[BindAddress], port: u16) -> bool {
    let mut addresses = former.iter().filter_map(Accepting::tcp_address);
    let is_all_wanted = wanted.iter().any(BindAddress::is_all);
    addresses.any(|it| it.port() == port && (is_all_wanted || it.ip().is_unspecified()))
}

/// Stops the threads. Returns `false` if one of them cannot be woken.
fn stop(accepting: Vec<Accepting>) -> bool {
    let ended: Vec<bool> = accepting.into_iter().map(Accepting::stop).collect();
    ended.into_iter().all(|ended| ended)
}
