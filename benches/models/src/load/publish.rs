//! Messages: clients publish in the closed loop, others receive.

use std::io::{self, ErrorKind, Read};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

use super::probe::ask;
use super::{Generator, INPUT_BYTES, Load, PATIENCE, Report};

const SUBSCRIBE: &[u8] = b"*2\r\n$9\r\nSUBSCRIBE\r\n$4\r\nnews\r\n";
/// How often the receiving thread checks whether all has been published.
const CHECK: Duration = Duration::from_millis(10);

/// Publishes `count` messages, of `load.value_bytes` bytes, to `subscribers` clients. If `has_deaf`,
/// one more subscribes and never reads. The report's time ends when all others have all messages;
/// its latencies are those of the publishers.
///
/// # Errors
/// As [`Generator::closed`]; a subscriber that is disconnected, or receives nothing for long.
pub fn run(
    address: SocketAddr,
    load: &Load,
    count: u64,
    (subscribers, has_deaf): (usize, bool),
) -> io::Result<Report> {
    let payload = "x".repeat(load.value_bytes);
    let message = format!(
        "*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n${}\r\n{payload}\r\n",
        payload.len()
    );
    let load = Load {
        command: Some(format!("PUBLISH news {payload}")),
        ..load.clone()
    };
    let mut audience = Audience::subscribe(address, subscribers)?;
    let _deaf = has_deaf.then(|| subscribe(address)).transpose()?;
    let mut publishers = Generator::connect(address, &load)?;
    // Unknown before the last reply.
    let wanted = AtomicU64::new(u64::MAX);
    let begin = Instant::now();
    thread::scope(|scope| {
        let receiver = scope.spawn(|| audience.receive(&wanted));
        let report = publishers.closed(count);
        let bytes = count * (subscribers * message.len()) as u64;
        wanted.store(if report.is_ok() { bytes } else { 0 }, Ordering::Relaxed);
        let ended = receiver.join().expect("the receiver does not panic")?;
        Ok(Report {
            elapsed: ended - begin,
            ..report?
        })
    })
}

fn subscribe(address: SocketAddr) -> io::Result<std::net::TcpStream> {
    let mut stream = std::net::TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    ask(&mut stream, SUBSCRIBE)?;
    Ok(stream)
}

/// The subscribers that read.
struct Audience {
    poll: Poll,
    streams: Vec<TcpStream>,
}

impl Audience {
    fn subscribe(address: SocketAddr, count: usize) -> io::Result<Audience> {
        let poll = Poll::new()?;
        let open = |place| {
            let stream = subscribe(address)?;
            stream.set_nonblocking(true)?;
            let mut stream = TcpStream::from_std(stream);
            let registry = poll.registry();
            registry.register(&mut stream, Token(place), Interest::READABLE)?;
            Ok(stream)
        };
        let streams = (0..count).map(open).collect::<io::Result<_>>()?;
        Ok(Audience { poll, streams })
    }

    /// Receives `wanted` bytes. Returns the time of the last ones.
    fn receive(&mut self, wanted: &AtomicU64) -> io::Result<Instant> {
        // The system refuses to wait for no event.
        let mut events = Events::with_capacity(self.streams.len().max(1));
        let mut input = vec![0; INPUT_BYTES];
        let (mut received, mut last) = (0, Instant::now());
        while received < wanted.load(Ordering::Relaxed) {
            self.poll.poll(&mut events, Some(CHECK))?;
            for event in &events {
                received += drain(&mut self.streams[event.token().0], &mut input)?;
                last = Instant::now();
            }
            if last.elapsed() > PATIENCE {
                return Err(ErrorKind::TimedOut.into());
            }
        }
        Ok(last)
    }
}

/// Reads until the socket is empty. A short read has emptied it.
fn drain(stream: &mut TcpStream, input: &mut [u8]) -> io::Result<u64> {
    let mut received = 0;
    loop {
        match stream.read(input) {
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(length) => {
                received += length as u64;
                if length < input.len() {
                    return Ok(received);
                }
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(received),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fake;
    use super::*;

    /// The fake server answers SUBSCRIBE and sends no message.
    #[test]
    fn publishers_are_measured_without_subscribers() {
        let load = Load::default();
        let report = run(fake::server(b":0\r\n"), &load, 200, (0, true)).unwrap();
        assert_eq!(report.requests, 200);
        assert!(report.latency.max_us() > 0.0);
    }

    #[test]
    fn an_error_of_a_publisher_fails_the_run() {
        let load = Load::default();
        assert!(run(fake::server(b"-ERR no\r\n"), &load, 1, (0, false)).is_err());
    }
}
