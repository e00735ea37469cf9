//! A load generator: one thread, one epoll loop, any number of connections.
//!
//! - [`Generator::closed`]: as fast as the server can; each connection sends a batch when
//!   the one before is answered. Tells requests a second. Its latencies flatter a server
//!   that stalls, since nothing is sent meanwhile.
//! - [`Generator::open`]: at a given rate, whatever the server does. Latency is counted from
//!   when a request was due, so a stall counts for all that came in it. Tells latencies.
//! - [`Generator::fill`]: sets every key once.
//! - [`idle`]: connections that do nothing.
//! - [`probe`]: one request after the other, to see how long a server does not answer.
//!
//! It must not be what limits a measurement: requests are templates with the key's digits
//! patched, replies are counted and not parsed, and a batch takes one `write` and about one
//! `read`. Requests that fail make the run fail.

mod closed;
mod connection;
pub mod idle;
mod open;
pub mod probe;
mod random;
mod replies;
mod report;
mod requests;
mod schedule;
mod timer;

#[cfg(test)]
mod fake;

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use mio::{Events, Poll, Token};

use connection::Connection;
use requests::Requests;

pub use open::Pace;
pub use report::{Latencies, Report};
pub use schedule::Arrivals;

/// How long a server may say nothing at all before a run is given up.
const PATIENCE: Duration = Duration::from_secs(30);
/// Some hundred pipelined replies to GETs, or four big ones.
const INPUT_BYTES: usize = 64 * 1024;

/// What is sent. Keys are `key:000000000000` and on, uniformly random, as redis-benchmark's.
#[derive(Clone, Debug)]
pub struct Load {
    /// Connections.
    pub connections: usize,
    /// Requests in a batch of the closed loop.
    pub pipeline: usize,
    /// How many of a hundred requests are GETs; the others are SETs.
    pub get_percent: u8,
    /// Number of different keys.
    pub keys: u64,
    /// Length of a value.
    pub value_bytes: usize,
    /// Name of a hash: then it is HGET and HSET, and the keys are its fields.
    pub hash: Option<String>,
    /// Where the random numbers begin.
    pub seed: u64,
}

impl Default for Load {
    fn default() -> Load {
        Load {
            connections: 50,
            pipeline: 1,
            get_percent: 90,
            keys: 100_000,
            value_bytes: 16,
            hash: None,
            seed: 1,
        }
    }
}

/// Connections to one server, which may be used for many runs.
pub struct Generator {
    load: Load,
    mixed: Requests,
    network: Network,
}

impl Generator {
    /// Connects.
    ///
    /// # Errors
    /// If that fails.
    pub fn connect(address: SocketAddr, load: &Load) -> io::Result<Generator> {
        let network = Network::connect(address, load.connections)?;
        Ok(Generator {
            load: load.clone(),
            mixed: Requests::mixed(load),
            network,
        })
    }
}

/// The connections and what waits for them.
struct Network {
    poll: Poll,
    events: Events,
    /// Each has its place here as its token.
    connections: Vec<Connection>,
    /// Where all read into, since nothing read is kept.
    input: Vec<u8>,
}

impl Network {
    fn connect(address: SocketAddr, count: usize) -> io::Result<Network> {
        let poll = Poll::new()?;
        let connect = |place| Connection::open(address, poll.registry(), Token(place));
        let connections = (0..count).map(connect).collect::<io::Result<_>>()?;
        let events = Events::with_capacity(count + 1);
        Ok(Network {
            poll,
            events,
            connections,
            input: vec![0; INPUT_BYTES],
        })
    }

    /// Waits until something has happened, at most for `timeout`: then there are no events.
    fn wait(&mut self, timeout: Duration) -> io::Result<()> {
        loop {
            match self.poll.poll(&mut self.events, Some(timeout)) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => return result,
            }
        }
    }

    /// GETs that found nothing since the last call.
    fn take_misses(&mut self) -> u64 {
        self.connections
            .iter_mut()
            .map(Connection::take_nulls)
            .sum()
    }
}
