//! A listening socket, over TCP or a Unix socket.

use std::io;
use std::net::TcpListener;
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::Arc;

use super::{Address, Stream};

/// A listening socket.
#[derive(Debug)]
pub enum Listener {
    /// A socket for `port` and `bind`.
    Tcp(TcpListener),
    /// A socket for `unixsocket`, with the path that clients see.
    Unix(UnixListener, Arc<Path>),
}

impl Listener {
    /// Waits for a client. Returns its connection and the address of the client's end.
    ///
    /// # Errors
    /// If the client is gone already, no file descriptor is left, or [`super::sockets::end_accept`]
    /// has ended the socket.
    pub fn accept(&self) -> io::Result<(Stream, Address)> {
        match self {
            Listener::Tcp(socket) => {
                let (stream, peer) = socket.accept()?;
                Ok((Stream::Tcp(stream), Address::Tcp(peer)))
            }
            Listener::Unix(socket, path) => {
                let (stream, _) = socket.accept()?;
                Ok((Stream::Unix(stream), Address::Unix(Arc::clone(path))))
            }
        }
    }

    /// Returns the address of the socket.
    ///
    /// # Errors
    /// If the system does not tell.
    pub fn address(&self) -> io::Result<Address> {
        match self {
            Listener::Tcp(socket) => socket.local_addr().map(Address::Tcp),
            Listener::Unix(_, path) => Ok(Address::Unix(Arc::clone(path))),
        }
    }
}

impl AsRawFd for Listener {
    fn as_raw_fd(&self) -> RawFd {
        match self {
            Listener::Tcp(socket) => socket.as_raw_fd(),
            Listener::Unix(socket, _) => socket.as_raw_fd(),
        }
    }
}
