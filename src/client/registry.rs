//! Who is connected, and what each connection has done.
//!
//! No counter here is shared between threads that write it: every connection counts for
//! itself, in a place that only its own thread writes, and whoever wants a sum adds
//! them up. So counting costs a request nothing but a store to its own memory.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicI64, AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::sys::Address;

/// The most that a connection may be told to do from outside its own thread.
pub trait Connection: Send + Sync {
    /// Ends its input; what has arrived is still answered.
    fn close_input(&self);
    /// Ends it at once.
    fn close(&self);
    /// Ends it if more bytes of replies are pending than may be, or for too long.
    fn close_if_over_limit(&self);
    /// Bytes that have been sent to it.
    fn sent_bytes(&self) -> u64;
    /// How long ago it has last taken something of what it is slow to take; `None` if it
    /// takes all at once.
    fn last_progress(&self) -> Option<Duration>;
}

struct NoConnection;

impl Connection for NoConnection {
    fn close_input(&self) {}

    fn close(&self) {}

    fn close_if_over_limit(&self) {}

    fn sent_bytes(&self) -> u64 {
        0
    }

    fn last_progress(&self) -> Option<Duration> {
        None
    }
}

/// Counters of one connection, or the sum of those of many.
#[derive(Debug, Default)]
pub struct Counters {
    /// Requests run, failed ones included.
    pub commands: AtomicU64,
    /// Requests answered with an error.
    pub errors: AtomicU64,
    /// Lookups of a key that found one.
    pub hits: AtomicU64,
    /// Lookups of a key that found none.
    pub misses: AtomicU64,
    /// Bytes read from the network.
    pub read_bytes: AtomicU64,
}

impl Counters {
    /// Adds to a counter that only the calling thread writes.
    pub fn add(counter: &AtomicU64, amount: u64) {
        counter.store(counter.load(Ordering::Relaxed) + amount, Ordering::Relaxed);
    }

    /// Takes what `other` has counted from this, of which the caller is the only writer.
    fn subtract(&self, other: &Counters) {
        for (counter, past) in self.all().into_iter().zip(other.all()) {
            let past = past.load(Ordering::Relaxed);
            counter.store(counter.load(Ordering::Relaxed) - past, Ordering::Relaxed);
        }
    }

    fn all(&self) -> [&AtomicU64; 5] {
        [
            &self.commands,
            &self.errors,
            &self.hits,
            &self.misses,
            &self.read_bytes,
        ]
    }

    /// Adds `other` to this, of which the caller is the only writer.
    fn absorb(&self, other: &Counters) {
        for (sum, counter) in self.all().into_iter().zip(other.all()) {
            Counters::add(sum, counter.load(Ordering::Relaxed));
        }
    }
}

/// Who a client says it is: CLIENT SETNAME and SETINFO.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// The connection's name.
    pub name: String,
    /// The client library.
    pub lib_name: String,
    /// And its version.
    pub lib_ver: String,
}

/// What the server can tell of one client.
pub struct Client {
    /// Number of the connection, counted from 1; also in the name of its thread.
    pub id: u64,
    /// The client's end.
    pub peer: Address,
    /// The server's end.
    pub local: Address,
    /// The number of its file descriptor, or -1.
    pub fd: i32,
    /// When it connected.
    pub since: Instant,
    /// What it has done.
    pub counters: Counters,
    /// The database that it has selected.
    pub database: AtomicUsize,
    /// The version of RESP that it speaks.
    pub protocol: AtomicU8,
    /// How many commands it has queued since MULTI; -1 outside of a transaction.
    pub queued: AtomicI64,
    /// Milliseconds between `since` and its last request.
    pub last_request_ms: AtomicU64,
    /// The command that it ran last, as `commands::CommandId` numbers them.
    pub last_command: AtomicUsize,
    names: Mutex<Names>,
    connection: Arc<dyn Connection>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "client {} at {}", self.id, self.peer)
    }
}

impl Client {
    fn new(id: u64, arrival: Arrival) -> Client {
        Client {
            id,
            peer: arrival.peer,
            local: arrival.local,
            fd: arrival.fd,
            since: Instant::now(),
            counters: Counters::default(),
            database: AtomicUsize::new(0),
            protocol: AtomicU8::new(2),
            queued: AtomicI64::new(-1),
            last_request_ms: AtomicU64::new(0),
            last_command: AtomicUsize::new(usize::MAX),
            names: Mutex::default(),
            connection: arrival.connection,
        }
    }

    /// Somebody who asks without a connection, and is in no registry: the loader of the
    /// append-only file, or a benchmark.
    pub fn detached() -> Client {
        let connection = Arc::new(NoConnection);
        Client::new(
            0,
            Arrival {
                peer: Address::nowhere(),
                local: Address::nowhere(),
                fd: -1,
                connection,
            },
        )
    }

    /// Who it says it is.
    pub fn names(&self) -> MutexGuard<'_, Names> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes the time of a request.
    pub fn touch(&self) {
        self.last_request_ms
            .store(self.since.elapsed().as_millis() as u64, Ordering::Relaxed);
    }

    /// How long it has been silent.
    pub fn idle(&self) -> Duration {
        let last = Duration::from_millis(self.last_request_ms.load(Ordering::Relaxed));
        let silent = self.since.elapsed().saturating_sub(last);
        // Who takes what it was sent is not idle either.
        self.connection
            .last_progress()
            .map_or(silent, |progress| silent.min(progress))
    }

    /// Its connection.
    pub fn connection(&self) -> &dyn Connection {
        &*self.connection
    }
}

/// What is known of a connection when it is made.
pub struct Arrival {
    /// The client's end.
    pub peer: Address,
    /// The server's end.
    pub local: Address,
    /// The number of its file descriptor, or -1.
    pub fd: i32,
    /// The way to end it.
    pub connection: Arc<dyn Connection>,
}

/// A client that is disconnected ends within microseconds, unless it is executing a command.
const END_PATIENCE: Duration = Duration::from_millis(500);

/// All clients.
#[derive(Debug, Default)]
pub struct Registry {
    last_id: AtomicU64,
    state: Mutex<State>,
    empty: Condvar,
}

#[derive(Debug, Default)]
struct State {
    clients: BTreeMap<u64, Arc<Client>>,
    closed: bool,
    total: u64,
    rejected: u64,
    past: Counters,
    past_sent_bytes: u64,
    /// The sums when they were last reset.
    reset: Totals,
}

impl State {
    fn sums(&self) -> Totals {
        let totals = Totals {
            connections: self.total,
            rejected: self.rejected,
            sent_bytes: self.past_sent_bytes
                + self
                    .clients
                    .values()
                    .map(|client| client.connection.sent_bytes())
                    .sum::<u64>(),
            ..Totals::default()
        };
        totals.counters.absorb(&self.past);
        for client in self.clients.values() {
            totals.counters.absorb(&client.counters);
        }
        totals
    }
}

/// Sums over all clients, past ones included.
#[derive(Debug, Default)]
pub struct Totals {
    /// Connections accepted.
    pub connections: u64,
    /// Connections refused because there were too many.
    pub rejected: u64,
    /// What they have done.
    pub counters: Counters,
    /// Bytes sent to them.
    pub sent_bytes: u64,
}

impl Registry {
    /// The number of the next client.
    pub fn next_id(&self) -> u64 {
        self.last_id.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Adds client `id`, until the returned guard is dropped. `None` if there are
    /// `maxclients` already, or the server is stopping.
    pub fn register(
        self: &Arc<Self>,
        id: u64,
        maxclients: usize,
        arrival: Arrival,
    ) -> Option<Registration> {
        let mut state = self.lock();
        if state.closed || state.clients.len() >= maxclients {
            state.rejected += 1;
            return None;
        }
        state.total += 1;
        let client = Arc::new(Client::new(id, arrival));
        state.clients.insert(id, Arc::clone(&client));
        Some(Registration {
            registry: Arc::clone(self),
            client,
        })
    }

    /// Notes a connection that could not be taken.
    pub fn reject(&self) {
        self.lock().rejected += 1;
    }

    /// The clients of this moment, oldest first.
    pub fn clients(&self) -> Vec<Arc<Client>> {
        self.lock().clients.values().cloned().collect()
    }

    /// How many clients there are.
    pub fn len(&self) -> usize {
        self.lock().clients.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Sums since the start, or since they were last reset.
    pub fn totals(&self) -> Totals {
        let state = self.lock();
        let mut totals = state.sums();
        totals.connections -= state.reset.connections;
        totals.rejected -= state.reset.rejected;
        totals.sent_bytes -= state.reset.sent_bytes;
        totals.counters.subtract(&state.reset.counters);
        totals
    }

    /// Begins new sums.
    pub fn reset_totals(&self) {
        let mut state = self.lock();
        state.reset = state.sums();
    }

    /// Takes no more clients, ends the input of those there are, and waits up to `patience` for
    /// them to take their answers and go; then disconnects them. Returns how many are still there
    /// after a moment: they execute something that takes long.
    pub fn close(&self, patience: Duration) -> usize {
        self.lock().closed = true;
        for client in self.clients() {
            client.connection.close_input();
        }
        let busy = |state: &mut State| !state.clients.is_empty();
        drop(self.empty.wait_timeout_while(self.lock(), patience, busy));
        for client in self.clients() {
            client.connection.close();
        }
        drop(
            self.empty
                .wait_timeout_while(self.lock(), END_PATIENCE, busy),
        );
        self.len()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A client's place among the others, given back when this is dropped, be it by the end
/// of the connection or by a panic of its thread.
#[derive(Debug)]
pub struct Registration {
    registry: Arc<Registry>,
    client: Arc<Client>,
}

impl Registration {
    /// The client.
    pub fn client(&self) -> &Arc<Client> {
        &self.client
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        let mut state = self.registry.lock();
        state.clients.remove(&self.client.id);
        state.past.absorb(&self.client.counters);
        state.past_sent_bytes += self.client.connection.sent_bytes();
        if state.clients.is_empty() {
            self.registry.empty.notify_all();
        }
    }
}
