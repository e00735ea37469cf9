//! The address of one end of a connection, over TCP or a Unix socket.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

/// The address of one end of a connection. It prints as in Redis: `127.0.0.1:6379`, or
/// `/run/redis.sock:0`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// Address and port.
    Tcp(SocketAddr),
    /// The path in the setting `unixsocket`. A client has no path of its own, so both ends have
    /// this one.
    Unix(Arc<Path>),
}

impl Address {
    /// Returns the address of a client without a connection.
    pub fn nowhere() -> Address {
        Address::Tcp(SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)))
    }

    /// Returns whether this end is certainly on the server's machine.
    pub fn is_local(&self) -> bool {
        match self {
            Address::Tcp(address) => address.ip().to_canonical().is_loopback(),
            Address::Unix(_) => true,
        }
    }

    /// Returns whether this is the address of a Unix socket.
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
