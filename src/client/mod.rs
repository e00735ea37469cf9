//! A client as the engine and the commands see it: its session, its outbox, and the registry of all
//! clients.

pub mod buffers;
pub mod counters;
pub mod deliveries;
pub mod denials;
pub mod description;
pub mod features;
pub mod marks;
pub mod monitors;
pub mod outbox;
pub mod pause;
pub mod registry;
pub mod rules;
pub mod session;
pub mod subscriptions;
pub mod trace;
pub mod tracking;
pub mod users;
pub mod wait;

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use crate::resp::output::Output;
use crate::resp::reply::Protocol;
use crate::stats::Figures;
use crate::store::keyspace::watchers::Flag;
use crate::sys::Address;
use buffers::Buffers;
use counters::{Counters, Sent};
use marks::{Mark, Marks};
use outbox::PendingReply;
use subscriptions::{KINDS, Kind};
use users::{DEFAULT_USER, User};
use wait::Wait;

/// What another thread may do with a client's connection.
pub trait Connection: Send + Sync {
    /// Ends the input. Requests that were received are still answered.
    fn close_input(&self);
    /// Closes the connection at once.
    fn close(&self);
    /// Returns whether the connection was closed by the server.
    fn is_closed(&self) -> bool;
    /// Makes `output` a pending reply, which any thread may deliver later. `None` without a
    /// connection.
    fn make_pending(self: Arc<Self>, output: Output) -> Option<PendingReply>;
    /// Sends messages without waiting for the client: whole frames, in the order of the calls.
    fn offer(self: Arc<Self>, output: Output);
    /// Holds offered messages back until the client's own thread has sent the replies that it is
    /// building.
    fn hold(&self);
    /// Takes the messages that are held back. The client's own thread appends them to its replies.
    fn take_held(&self) -> Output;
    /// Sets whether the limits of subscribers apply.
    fn set_subscriber(&self, is_subscriber: bool);
    /// Closes the connection if `client-output-buffer-limit` allows no more pending replies.
    fn close_if_over_limit(&self);
    /// Returns how much was sent to the client.
    fn sent(&self) -> Sent;
    /// Returns the number of outputs that wait to be sent, and their bytes.
    fn pending(&self) -> (usize, usize);
    /// Returns the time since the client last received a part of its pending replies, or `None` if
    /// no replies are pending.
    fn last_progress(&self) -> Option<Duration>;
}

struct NoConnection;

impl Connection for NoConnection {
    fn close_input(&self) {}

    fn close(&self) {}

    fn is_closed(&self) -> bool {
        false
    }

    fn make_pending(self: Arc<Self>, _: Output) -> Option<PendingReply> {
        None
    }

    fn offer(self: Arc<Self>, _: Output) {}

    fn hold(&self) {}

    fn take_held(&self) -> Output {
        Output::default()
    }

    fn set_subscriber(&self, _: bool) {}

    fn close_if_over_limit(&self) {}

    fn sent(&self) -> Sent {
        Sent::default()
    }

    fn pending(&self) -> (usize, usize) {
        (0, 0)
    }

    fn last_progress(&self) -> Option<Duration> {
        None
    }
}

/// The names that a client gives itself with CLIENT SETNAME and CLIENT SETINFO.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// The connection's name.
    pub name: String,
    /// The client library.
    pub lib_name: String,
    /// The client library's version.
    pub lib_ver: String,
}

/// A connected client. Its own thread writes the fields, any thread may read them.
pub struct Client {
    /// The number of the connection, counted from 1. It is also in the name of the client's thread.
    pub id: u64,
    /// The client's end.
    pub peer: Address,
    /// The server's end.
    pub local: Address,
    /// The number of the connection's file descriptor, or -1.
    pub fd: i32,
    /// When the client connected.
    pub since: Instant,
    /// The figures of this client.
    pub counters: Counters,
    /// The figures of the commands that this client has used.
    pub figures: Figures,
    /// The selected database.
    pub database: AtomicUsize,
    /// The version of RESP that the client has chosen.
    pub protocol: AtomicU8,
    /// The number of subscriptions of each kind, as [`Kind`] numbers them.
    subscriptions: [AtomicUsize; KINDS],
    /// The number of commands queued since MULTI; -1 outside of a transaction.
    pub queued: AtomicI64,
    /// Milliseconds between `since` and the last request.
    pub last_request_ms: AtomicU64,
    /// The last command, as `commands::CommandId` numbers it.
    pub last_command: AtomicUsize,
    /// Whether the client waits for data.
    pub wait: Wait,
    /// The sizes of its buffers.
    pub buffers: Buffers,
    /// Its marks.
    pub marks: Marks,
    /// The number of the client that receives its invalidations: 0 for itself, -1 without tracking.
    pub redirect: AtomicI64,
    /// The flag of its watched keys, while there are any.
    watch: Mutex<Weak<AtomicBool>>,
    names: Mutex<Names>,
    /// The user, if it is not the default user.
    user: Mutex<Option<Arc<User>>>,
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
            figures: Figures::default(),
            database: AtomicUsize::new(0),
            protocol: AtomicU8::new(2),
            subscriptions: Default::default(),
            queued: AtomicI64::new(-1),
            last_request_ms: AtomicU64::new(0),
            last_command: AtomicUsize::new(usize::MAX),
            wait: Wait::default(),
            buffers: Buffers::default(),
            marks: Marks::default(),
            redirect: AtomicI64::new(-1),
            watch: Mutex::default(),
            names: Mutex::default(),
            user: Mutex::default(),
            connection: arrival.connection,
        }
    }

    /// Makes a client without a connection that is in no registry. The loader of the append-only
    /// file and benchmarks execute requests with it.
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

    /// Returns the number of subscriptions of a kind.
    pub fn subscriptions(&self, kind: Kind) -> usize {
        self.subscriptions[kind as usize].load(Ordering::Relaxed)
    }

    /// Returns whether the client has subscriptions.
    pub fn is_subscriber(&self) -> bool {
        let counts = &self.subscriptions;
        counts.iter().any(|count| count.load(Ordering::Relaxed) > 0)
    }

    /// Returns whether the connection goes on.
    pub fn is_open(&self) -> bool {
        !self.connection.is_closed() && !self.marks.has(Mark::Closing)
    }

    /// Applies the limits of subscribers to the pending bytes of a subscriber or monitor. Redis never
    /// cuts a monitor that does not read, unless there is a limit for all clients.
    fn choose_limit(&self) {
        let is_subscriber = self.is_subscriber() || self.marks.has(Mark::Monitor);
        self.connection.set_subscriber(is_subscriber);
    }

    /// Returns the version of RESP that the client has chosen.
    pub fn protocol(&self) -> Protocol {
        match self.protocol.load(Ordering::Relaxed) {
            3 => Protocol::Resp3,
            _ => Protocol::Resp2,
        }
    }

    /// Returns the names.
    pub fn names(&self) -> MutexGuard<'_, Names> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the name of the client's user.
    pub fn user_name(&self) -> Vec<u8> {
        let user = self.lock_user();
        user.as_ref()
            .map_or(DEFAULT_USER.to_vec(), |user| user.name.clone())
    }

    /// Returns whether the client belongs to this very user, which may have been removed.
    pub fn is_of(&self, user: &Arc<User>) -> bool {
        match &*self.lock_user() {
            Some(own) => Arc::ptr_eq(own, user),
            None => user.name == DEFAULT_USER,
        }
    }

    /// Sets the user; `None` for the default user. The session calls this.
    fn set_user(&self, user: Option<Arc<User>>) {
        *self.lock_user() = user;
    }

    fn lock_user(&self) -> MutexGuard<'_, Option<Arc<User>>> {
        self.user.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets the time of the last request to `now`.
    pub fn touch(&self, now: Instant) {
        let age = now.saturating_duration_since(self.since);
        self.last_request_ms
            .store(age.as_millis() as u64, Ordering::Relaxed);
    }

    /// Returns the time since the last request.
    pub fn idle(&self) -> Duration {
        let last = Duration::from_millis(self.last_request_ms.load(Ordering::Relaxed));
        let silent = self.since.elapsed().saturating_sub(last);
        // A client that receives its pending replies is not idle.
        self.connection
            .last_progress()
            .map_or(silent, |progress| silent.min(progress))
    }

    /// Shows other threads the flag that a change of a watched key raises.
    pub fn show_watch(&self, flag: &Flag) {
        *self.lock_watch() = Arc::downgrade(flag);
    }

    /// Returns whether a watched key has changed, so that EXEC will do nothing.
    pub fn has_changed_watch(&self) -> bool {
        let flag = self.lock_watch().upgrade();
        flag.is_some_and(|flag| flag.load(Ordering::Relaxed))
    }

    fn lock_watch(&self) -> MutexGuard<'_, Weak<AtomicBool>> {
        self.watch.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the connection.
    pub fn connection(&self) -> &Arc<dyn Connection> {
        &self.connection
    }
}

/// A new connection.
pub struct Arrival {
    /// The client's end.
    pub peer: Address,
    /// The server's end.
    pub local: Address,
    /// The number of the connection's file descriptor, or -1.
    pub fd: i32,
    /// The connection as other threads see it.
    pub connection: Arc<dyn Connection>,
}
