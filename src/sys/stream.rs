//! A client's connection, over TCP or a Unix socket.

use std::io::{self, IoSlice, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::os::unix::net::UnixStream;

/// A connected socket. It reads and writes through a shared reference, as `TcpStream` does.
#[derive(Debug)]
pub enum Stream {
    /// A client of `port` and `bind`.
    Tcp(TcpStream),
    /// A client of `unixsocket`.
    Unix(UnixStream),
}

/// Evaluates `$call` with the socket of either kind.
macro_rules! with {
    ($stream:expr, $socket:ident => $call:expr) => {
        match $stream {
            Stream::Tcp($socket) => $call,
            Stream::Unix($socket) => $call,
        }
    };
}

impl Stream {
    /// Returns the socket if it is a TCP socket, for options that only TCP has.
    pub fn tcp(&self) -> Option<&TcpStream> {
        match self {
            Stream::Tcp(socket) => Some(socket),
            Stream::Unix(_) => None,
        }
    }

    /// Sends small replies at once instead of waiting for more (`TCP_NODELAY`). A Unix socket
    /// never waits.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn set_nodelay(&self) -> io::Result<()> {
        match self {
            Stream::Tcp(socket) => socket.set_nodelay(true),
            Stream::Unix(_) => Ok(()),
        }
    }

    /// Closes one or both directions.
    ///
    /// # Errors
    /// If the connection is gone already.
    pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        with!(self, socket => socket.shutdown(how))
    }
}

impl Read for &Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        with!(self, socket => (&*socket).read(buffer))
    }
}

impl Write for &Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        with!(self, socket => (&*socket).write(bytes))
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        with!(self, socket => (&*socket).write_vectored(slices))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl AsRawFd for Stream {
    fn as_raw_fd(&self) -> RawFd {
        with!(self, socket => socket.as_raw_fd())
    }
}

impl AsFd for Stream {
    fn as_fd(&self) -> BorrowedFd<'_> {
        with!(self, socket => socket.as_fd())
    }
}
