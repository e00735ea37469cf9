//! One request after the other on a connection of its own, to see how long a server does
//! not answer while it is busy with something else.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use super::replies::Scanner;
use super::{Latencies, PATIENCE};

/// Asks nothing of the data.
pub const PING: &[u8] = b"*1\r\n$4\r\nPING\r\n";
/// Needs the data: waits for whatever keeps them locked.
pub const GET: &[u8] = b"*2\r\n$3\r\nGET\r\n$16\r\nkey:000000000000\r\n";

/// A connection with at most one request on its way.
pub struct Probe {
    stream: TcpStream,
    request: &'static [u8],
}

impl Probe {
    /// Connects; that the server has accepted is known when it has answered once.
    ///
    /// # Errors
    /// If that fails.
    pub fn connect(address: SocketAddr, request: &'static [u8]) -> io::Result<Probe> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let mut probe = Probe { stream, request };
        probe.ask()?;
        Ok(probe)
    }

    /// Sends a request `every` so often, later if the one before is not answered yet, for
    /// as long as `wanted`. Latency is from sending to the answer.
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
    stream.write_all(request)?;
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
