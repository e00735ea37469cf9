//! Hand-overs: one client waits for an element, another one appends it.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use super::probe::{receive, send};
use super::{Latencies, PATIENCE, Report};

const WAIT: &[u8] = b"*3\r\n$5\r\nBLPOP\r\n$8\r\nhandover\r\n$1\r\n0\r\n";
const APPEND: &[u8] = b"*3\r\n$5\r\nRPUSH\r\n$8\r\nhandover\r\n$16\r\n0123456789abcdef\r\n";
/// Time between a BLPOP and the RPUSH that serves it, so that the client waits by then.
const PAUSE: Duration = Duration::from_micros(200);

/// Runs `count` hand-overs, one after the other. A latency counts from sending the RPUSH until
/// the waiting client has the element.
///
/// # Errors
/// An error reply; a lost connection; a server that does not answer.
pub fn run(address: SocketAddr, count: u64) -> io::Result<Report> {
    let (mut consumer, mut producer) = (connect(address)?, connect(address)?);
    let mut latency = Latencies::default();
    let begin = Instant::now();
    for _ in 0..count {
        send(&mut consumer, WAIT)?;
        thread::sleep(PAUSE);
        let sent = Instant::now();
        send(&mut producer, APPEND)?;
        receive(&mut consumer)?;
        latency.record(sent.elapsed());
        receive(&mut producer)?;
    }
    Ok(Report {
        requests: count,
        elapsed: begin.elapsed(),
        latency,
        ..Report::default()
    })
}

fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    Ok(stream)
}

#[cfg(test)]
mod tests {
    use super::super::fake;
    use super::*;

    #[test]
    fn every_hand_over_is_measured() {
        let report = run(fake::server(b"*1\r\n:1\r\n"), 5).unwrap();
        assert_eq!(report.requests, 5);
        assert!(report.latency.max_us() > 0.0);
    }
}
