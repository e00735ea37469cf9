//! What the engine and the commands know of a client: its session, the way to it, and the list
//! of all clients.

pub mod counters;
pub mod outbox;
pub mod registry;
pub mod rules;
pub mod session;

use std::fmt;
use std::sync::atomic::{AtomicI64, AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::sys::Address;
use counters::Counters;

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
    pub(super) fn new(id: u64, arrival: Arrival) -> Client {
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
