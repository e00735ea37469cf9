//! One request after the other on a separate connection. Measures how long a server does not
//! answer while it is busy with other work.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use super::replies::Scanner;
use super::{Latencies, PATIENCE};

/// A request that needs no data.
pub const PING: &[u8] = b"*1\r\n$4\r\nPING\r\n";
/// A request that needs the data, and so waits for the store's lock.
pub const GET: &[u8] = b"*2\r\n$3\r\nGET\r\n$16\r\nkey:000000000000\r\n";

/// A connection with at most one request in flight.
pub struct Probe {
    stream: TcpStream,
    request: &'static [u8],
}

impl Probe {
    /// Connects, and sends one request: its answer proves that the server has accepted the
    /// connection.
    ///
    /// # Errors
    /// If the server cannot be reached or does not answer.
    pub fn connect(address: SocketAddr, request: &'static [u8]) -> io::Result<Probe> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let mut probe = Probe { stream, request };
        probe.ask()?;
        Ok(probe)
    }

    /// Sends a request at each interval `every`, for as long as `wanted` returns true. A request
    /// is sent later if the previous one is not answered yet. Latency counts from sending to the
    /// answer.
    ///
    /// # Errors
    /// An error reply; a lost connection; a server that does not answer.
    pub fn run(&mut self, every: Duration, wanted: impl Fn() -> bool) -> io::Result<Latencies> {
        let mut latencies = Latencies::default();
        let mut due = Instant::now();
        while wanted() {
            thread::sleep(due.saturating_duration_since(Instant::now()));
            let sent = Instant::now();
            self.ask()?;
            latencies.record(sent.elapsed());
            due = sent + every;
        }
        Ok(latencies)
    }

    fn ask(&mut self) -> io::Result<()> {
        ask(&mut self.stream, self.request)
    }
}

/// Sends a request and waits for the answer.
pub(super) fn ask(stream: &mut TcpStream, request: &[u8]) -> io::Result<()> {
    send(stream, request)?;
    receive(stream)
}

pub(super) fn send(stream: &mut TcpStream, request: &[u8]) -> io::Result<()> {
    stream.write_all(request)
}

/// Waits for one answer.
pub(super) fn receive(stream: &mut TcpStream) -> io::Result<()> {
    let mut replies = Scanner::default();
    let mut input = [0; 1024];
    loop {
        match stream.read(&mut input)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            length if replies.scan(&input[..length])? > 0 => return Ok(()),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::super::fake;
    use super::*;

    #[test]
    fn a_probe_asks_as_long_as_it_is_wanted() {
        let mut probe = Probe::connect(fake::server(b"+PONG\r\n"), PING).unwrap();
        let left = Cell::new(5);
        let wanted = || left.replace(left.get() - 1) > 0;
        let latencies = probe.run(Duration::from_millis(1), wanted).unwrap();
        assert!(latencies.max_us() > 0.0);
    }

    #[test]
    fn an_error_reply_fails_the_probe() {
        assert!(Probe::connect(fake::server(b"-ERR full\r\n"), PING).is_err());
    }
}
