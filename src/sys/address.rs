//! Where one end of a connection is, over TCP or a Unix socket.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

/// An end of a connection. It prints as in Redis: `127.0.0.1:6379`, or `/run/redis.sock:0`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// Address and port.
    Tcp(SocketAddr),
    /// The server's path as `unixsocket` says it. A client has no path of its own, so both ends
    /// have this one.
    Unix(Arc<Path>),
}

impl Address {
    /// The address of a client without a connection.
    pub fn nowhere() -> Address {
        Address::Tcp(SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)))
    }

    /// Whether this end is on the server's own machine for sure.
    pub fn is_local(&self) -> bool {
        match self {
            Address::Tcp(address) => address.ip().to_canonical().is_loopback(),
            Address::Unix(_) => true,
        }
    }

    /// Whether it is a Unix socket's.
    pub fn is_unix(&self) -> bool {
        matches!(self, Address::Unix(_))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Tcp(address) => address.fmt(f),
            Address::Unix(path) => write!(f, "{}:0", path.display()),
        }
    }
}
