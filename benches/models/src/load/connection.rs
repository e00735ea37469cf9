//! One connection to the server: bytes waiting to leave, and replies counted as they come.

use std::io::{self, ErrorKind, Read, Write};
use std::net::SocketAddr;

use mio::event::Event;
use mio::net::TcpStream;
use mio::{Interest, Registry, Token};

use super::replies::Scanner;

pub(super) struct Connection {
    stream: TcpStream,
    /// Requests that are to be sent: `output[sent..]` has not left yet.
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

    /// Where to append requests; [`Connection::flush`] sends them.
    pub(super) fn output(&mut self) -> &mut Vec<u8> {
        &mut self.output
    }

    /// Sends what the socket takes; the rest goes when it takes more.
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

    /// Does what `event` makes possible; the number of replies that came. `input` is room
    /// to read into, shared by all connections, since nothing read is kept.
    pub(super) fn handle(&mut self, event: &Event, input: &mut [u8]) -> io::Result<usize> {
        if event.is_writable() {
            self.flush()?;
        }
        if event.is_readable() || event.is_error() {
            return self.receive(event.is_read_closed(), input);
        }
        Ok(0)
    }

    /// One `read`, mostly: a short one has emptied the socket, and the next byte will be a
    /// new event, unless the server has hung up, which is told only once.
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

    /// How many replies were null since the last call.
    pub(super) fn take_nulls(&mut self) -> u64 {
        self.replies.take_nulls()
    }
}
