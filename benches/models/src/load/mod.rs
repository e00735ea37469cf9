//! A load generator: one thread, one epoll loop, any number of connections.
//!
//! - [`Generator::closed`]: sends as fast as the server answers. Each connection sends a batch
//!   when the previous one is answered. Measures requests per second. Its latencies flatter a
//!   server that stalls, since nothing is sent meanwhile.
//! - [`Generator::open`]: sends at a given rate, even if the server stalls. Latency counts from
//!   the time at which a request was due. So a stall counts for every request that was due in
//!   it. Measures latencies.
//! - [`Generator::fill`]: sets every key once.
//! - [`idle`]: opens idle connections.
//! - [`handover`]: passes elements from a client to another one that waits for them.
//! - [`publish`]: publishes in a closed loop, and receives with other clients.
//! - [`probe`]: sends one request after the other, to measure how long a server does not answer.
//!
//! The generator must not be the bottleneck of a measurement. Requests are templates in which
//! only a number's digits change. Replies are counted and not parsed. A batch takes one `write`
//! and about one `read`. A request that fails makes the run fail.

mod closed;
mod connection;
pub mod handover;
pub mod idle;
mod open;
pub mod probe;
pub mod publish;
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

/// A run fails if the server sends nothing for this long.
const PATIENCE: Duration = Duration::from_secs(30);
/// Size of the read buffer: some hundred pipelined replies to GETs, or four big ones.
const INPUT_BYTES: usize = 64 * 1024;

/// The requests to send. Keys are uniformly random, from `key:000000000000` on, as in
/// redis-benchmark.
#[derive(Clone, Debug)]
pub struct Load {
    /// Number of connections.
    pub connections: usize,
    /// Requests per batch of the closed loop.
    pub pipeline: usize,
    /// Percentage of GETs; the other requests are SETs.
    pub get_percent: u8,
    /// Number of distinct keys.
    pub keys: u64,
    /// Length of a value in bytes.
    pub value_bytes: usize,
    /// A command to send instead of GET and SET, its words separated by spaces.
    /// `__rand_int__` in it stands for the number of a key.
    pub command: Option<String>,
    /// Seed of the random numbers.
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
            command: None,
            seed: 1,
        }
    }
}

/// Connections to one server; they serve any number of runs.
pub struct Generator {
    load: Load,
    mixed: Requests,
    network: Network,
}

impl Generator {
    /// Opens all connections.
    ///
    /// # Errors
    /// If a connection cannot be opened.
    pub fn connect(address: SocketAddr, load: &Load) -> io::Result<Generator> {
        let network = Network::connect(address, load.connections)?;
        Ok(Generator {
            load: load.clone(),
            mixed: Requests::mixed(load),
            network,
        })
    }
}

/// The connections and their event loop.
struct Network {
    poll: Poll,
    events: Events,
    /// The index of a connection is its token.
    connections: Vec<Connection>,
    /// The read buffer, shared by all connections, since nothing read is kept.
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

    /// Waits for events, for at most `timeout`. After a timeout there are none.
    fn wait(&mut self, timeout: Duration) -> io::Result<()> {
        loop {
            match self.poll.poll(&mut self.events, Some(timeout)) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => return result,
            }
        }
    }

    /// Returns the number of GETs that found no value since the last call.
    fn take_misses(&mut self) -> u64 {
        self.connections
            .iter_mut()
            .map(Connection::take_nulls)
            .sum()
    }
}
