//! From settings to sockets: `bind`, `port`, `tcp-backlog` and `unixsocket`.
//!
//! `port 0` means no TCP if there is a Unix socket, as in Redis. Without one Redis would not
//! start, and here a free port is taken.

use std::io;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use std::sync::Arc;

use super::ServerError;
use super::unix;
use super::unix::SocketFile;
use crate::config::Config;
use crate::logger::Logger;
use crate::sys::{Listener, sockets};

/// The sockets of a server that does not accept clients yet.
#[derive(Debug)]
pub(super) struct Bound {
    pub(super) listeners: Vec<Listener>,
    /// The Unix socket's file, if there is one.
    pub(super) file: Option<SocketFile>,
}

impl Bound {
    /// Binds all that `config` names. A free port is entered there.
    ///
    /// # Errors
    /// If an address cannot be listened on, or there is none.
    pub(super) fn new(config: &mut Config, logger: &Logger) -> Result<Bound, ServerError> {
        let has_unix_socket = config.unix_socket_path().is_some();
        let mut listeners = match config.port {
            0 if has_unix_socket => Vec::new(),
            _ => tcp(config, logger)?,
        };
        if let Some(address) = first_tcp(&listeners) {
            config.port = address.port();
        }
        warn_of_backlog(config, logger);
        let mut file = None;
        if let Some(path) = config.unix_socket_path() {
            let failed = |error| ServerError::UnixSocket(path.clone(), error);
            let (socket, its_file) = unix::bind(&path, config.unixsocketperm).map_err(failed)?;
            sockets::set_backlog(&socket, config.tcp_backlog).map_err(failed)?;
            listeners.push(Listener::Unix(socket, Arc::from(&*config.unixsocket)));
            file = Some(its_file);
        }
        match listeners.is_empty() {
            true => Err(ServerError::Nowhere),
            false => Ok(Bound { listeners, file }),
        }
    }

    /// The first TCP address.
    pub(super) fn tcp_address(&self) -> Option<SocketAddr> {
        first_tcp(&self.listeners)
    }
}

fn first_tcp(listeners: &[Listener]) -> Option<SocketAddr> {
    listeners.iter().find_map(|listener| match listener {
        Listener::Tcp(socket) => socket.local_addr().ok(),
        Listener::Unix(..) => None,
    })
}

/// Binds every address of `bind`; all of them to the port of the first, if that was left to the
/// system.
fn tcp(config: &Config, logger: &Logger) -> Result<Vec<Listener>, ServerError> {
    let mut listeners: Vec<Listener> = Vec::new();
    for address in &config.bind {
        let port = first_tcp(&listeners).map_or(config.port, |address| address.port());
        let place = Place::find(address, port)?;
        listeners.extend(place.listen(config.tcp_backlog, logger)?);
    }
    Ok(listeners)
}

/// An address of `bind` with the port.
pub(super) struct Place {
    shown: String,
    /// What the name stands for. One of them is listened on.
    addresses: Vec<SocketAddr>,
    may_be_missing: bool,
}

impl Place {
    /// Looks `address` up, as `bind` writes it. With `-` before it, it may be missing.
    ///
    /// # Errors
    /// If it is a name that nobody knows.
    pub(super) fn find(address: &str, port: u16) -> Result<Place, ServerError> {
        let host = address.strip_prefix('-').unwrap_or(address);
        let known = match host {
            "*" => "0.0.0.0",
            "::*" => "::",
            host => host,
        };
        let shown = format!("{host}:{port}");
        match (known, port).to_socket_addrs() {
            Ok(addresses) => Ok(Place {
                shown,
                addresses: addresses.collect(),
                may_be_missing: address.starts_with('-'),
            }),
            Err(error) => Err(ServerError::Bind(shown, error)),
        }
    }

    /// Whether a socket at `address` listens here.
    pub(super) fn is_at(&self, address: SocketAddr) -> bool {
        self.addresses.contains(&address)
    }

    /// Whether this is all addresses of the machine.
    pub(super) fn is_all(&self) -> bool {
        let mut addresses = self.addresses.iter();
        addresses.any(|address| address.ip().is_unspecified())
    }

    /// Listens here; `None` if the address is missing and may be.
    ///
    /// # Errors
    /// If it cannot be listened on.
    pub(super) fn listen(
        &self,
        backlog: i32,
        logger: &Logger,
    ) -> Result<Option<Listener>, ServerError> {
        match self.open(backlog) {
            Ok(socket) => Ok(Some(Listener::Tcp(socket))),
            Err(error) if self.may_be_missing && is_not_there(&error) => {
                let place = &self.shown;
                logger.debug(format_args!("Not listening on {place}: {error}"));
                Ok(None)
            }
            Err(error) => Err(ServerError::Bind(self.shown.clone(), error)),
        }
    }

    fn open(&self, backlog: i32) -> io::Result<TcpListener> {
        let mut failure = io::ErrorKind::AddrNotAvailable.into();
        for address in &self.addresses {
            match sockets::listen_tcp(*address, backlog) {
                Ok(socket) => return Ok(socket),
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }
}

/// The machine does not have this address, or not this kind of address.
fn is_not_there(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::AddrNotAvailable | io::ErrorKind::Unsupported)
        // EAFNOSUPPORT, which has no kind of its own.
        || error.raw_os_error() == Some(97)
}

fn warn_of_backlog(config: &Config, logger: &Logger) {
    if let Some(most) = sockets::max_backlog().filter(|most| *most < config.tcp_backlog) {
        logger.warning(format_args!(
            "WARNING: The TCP backlog setting of {} cannot be enforced because \
             /proc/sys/net/core/somaxconn is set to the lower value of {most}.",
            config.tcp_backlog
        ));
    }
}
