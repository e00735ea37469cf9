//! One connection to the server: queues output, and counts replies as they arrive.

use std::io::{self, ErrorKind, Read, Write};
use std::net::SocketAddr;

use mio::event::Event;
use mio::net::TcpStream;
use mio::{Interest, Registry, Token};

use super::replies::Scanner;

pub(super) struct Connection {
    stream: TcpStream,
    /// Requests to send; `output[sent..]` is not sent yet.
    output: Vec<u8>,
    sent: usize,
    replies: Scanner,
}

impl Connection {
    pub(super) fn open(address: SocketAddr, registry: &Registry, token: Token) -> io::Result<Self> {
        let stream = std::net::TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        let mut stream = TcpStream::from_std(stream);
        registry.register(&mut stream, token, Interest::READABLE | Interest::WRITABLE)?;
        Ok(Connection {
            stream,
            output: Vec::new(),
            sent: 0,
            replies: Scanner::default(),
        })
    }

    /// Returns the buffer for new requests; [`Connection::flush`] sends them.
    pub(super) fn output(&mut self) -> &mut Vec<u8> {
        &mut self.output
    }

    /// Sends as much as the socket has room for. The rest is sent at its next event.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        while self.sent < self.output.len() {
            match self.stream.write(&self.output[self.sent..]) {
                Ok(sent) => self.sent += sent,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.output.clear();
        self.sent = 0;
        Ok(())
    }

    /// Sends and receives as `event` allows; returns the number of replies that ended. All
    /// connections share the buffer `input`, since nothing read is kept.
    pub(super) fn handle(&mut self, event: &Event, input: &mut [u8]) -> io::Result<usize> {
        if event.is_writable() {
            self.flush()?;
        }
        if event.is_readable() || event.is_error() {
            return self.receive(event.is_read_closed(), input);
        }
        Ok(0)
    }

    /// Reads until the socket is empty, mostly with one `read`. A short read has emptied the
    /// socket, so the next byte raises a new event. A server that hangs up raises only one
    /// event: then reads to the end.
    fn receive(&mut self, closed: bool, input: &mut [u8]) -> io::Result<usize> {
        let mut replies = 0;
        loop {
            match self.stream.read(input) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(length) => {
                    replies += self.replies.scan(&input[..length])?;
                    if length < input.len() && !closed {
                        return Ok(replies);
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(replies),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Returns the number of null replies since the last call.
    pub(super) fn take_nulls(&mut self) -> u64 {
        self.replies.take_nulls()
    }
}
