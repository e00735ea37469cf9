//! Makes sockets from settings: `bind`, `port`, `tcp-backlog` and `unixsocket`.
//!
//! `port 0` means no TCP if there is a Unix socket, as in Redis. Without a Unix socket, Redis does
//! not start, and this server takes a free port.

use std::io;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use std::sync::Arc;

use super::error::ServerError;
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
    /// Binds all addresses of `config`. Sets `config.port` to the chosen port if it was 0.
    ///
    /// # Errors
    /// If an address cannot be listened on, or there is no address.
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

    /// Returns the socket of the page `view-port`, if there is to be one.
    ///
    /// # Errors
    /// If its address cannot be listened on.
    pub(super) fn view(config: &Config, logger: &Logger) -> Result<Option<Listener>, ServerError> {
        match config.view.port {
            0 => Ok(None),
            port => {
                let address = BindAddress::find(&config.view.bind, port);
                let listening = address.and_then(|it| it.listen(config.tcp_backlog, logger));
                listening.map_err(|error| match error {
                    ServerError::Bind(address, error)
                        if error.kind() == io::ErrorKind::AddrInUse && port == config.port =>
                    {
                        ServerError::SamePort(address)
                    }
                    ServerError::Bind(address, error) => ServerError::View(address, error),
                    error => error,
                })
            }
        }
    }

    /// Returns the first TCP address.
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

/// Binds every address of `bind`. If the system chooses the port of the first, the others get the
/// same port.
fn tcp(config: &Config, logger: &Logger) -> Result<Vec<Listener>, ServerError> {
    let mut listeners: Vec<Listener> = Vec::new();
    for address in &config.bind {
        let port = first_tcp(&listeners).map_or(config.port, |address| address.port());
        let resolved = BindAddress::find(address, port)?;
        listeners.extend(resolved.listen(config.tcp_backlog, logger)?);
    }
    Ok(listeners)
}

/// An address of `bind`, with the port.
pub(super) struct BindAddress {
    shown: String,
    /// The addresses that the name resolves to. One of them is listened on.
    addresses: Vec<SocketAddr>,
    may_be_missing: bool,
}

impl BindAddress {
    /// Resolves `address`, which has the form of the setting `bind`. After `-`, it may be missing.
    ///
    /// # Errors
    /// If it is a name that cannot be resolved.
    pub(super) fn find(address: &str, port: u16) -> Result<BindAddress, ServerError> {
        let host = address.strip_prefix('-').unwrap_or(address);
        let known = match host {
            "*" => "0.0.0.0",
            "::*" => "::",
            host => host,
        };
        let shown = format!("{host}:{port}");
        match (known, port).to_socket_addrs() {
            Ok(addresses) => Ok(BindAddress {
                shown,
                addresses: addresses.collect(),
                may_be_missing: address.starts_with('-'),
            }),
            Err(error) => Err(ServerError::Bind(shown, error)),
        }
    }

    /// Returns whether `address` is one of the resolved addresses.
    pub(super) fn is_at(&self, address: SocketAddr) -> bool {
        self.addresses.contains(&address)
    }

    /// Returns whether this stands for all addresses of the machine.
    pub(super) fn is_all(&self) -> bool {
        let mut addresses = self.addresses.iter();
        addresses.any(|address| address.ip().is_unspecified())
    }

    /// Listens on the address. Returns `None` if the address is missing and may be.
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
            Err(error) if self.may_be_missing && is_missing(&error) => {
                let shown = &self.shown;
                logger.debug(format_args!("Not listening on {shown}: {error}"));
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

/// Returns whether the machine does not have this address, or this kind of address.
fn is_missing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::AddrNotAvailable | io::ErrorKind::Unsupported)
        // EAFNOSUPPORT, which has no `ErrorKind`.
        || error.raw_os_error() == Some(97)
}

fn warn_of_backlog(config: &Config, logger: &Logger) {
    if let Some(max) = sockets::max_backlog().filter(|max| *max < config.tcp_backlog) {
        logger.warning(format_args!(
            "WARNING: The TCP backlog setting of {} cannot be enforced because \
             /proc/sys/net/core/somaxconn is set to the lower value of {max}.",
            config.tcp_backlog
        ));
    }
}
