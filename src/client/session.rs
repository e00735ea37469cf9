//! The state of one client between two requests.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::Client;
use super::buffers::Buffers;
use super::monitors::Monitoring;
use super::rules::Rules;
use super::subscriptions::Subscribed;
use super::trace::Trace;
use super::tracking::Tracked;
use super::users::User;
use crate::config::limits::UNAUTHENTICATED_QUERY_BYTES;
use crate::resp::args::{Args, Requests};
use crate::resp::protocol::Limits;
use crate::resp::reply::Protocol;
use crate::stats::Meter;
use crate::store::blob::Blob;
use crate::store::keyspace::watchers;

/// The session, which the client's thread owns. Other threads see the [`Client`] in it.
#[derive(Debug)]
pub struct Session {
    /// The client as other threads see it.
    pub client: Arc<Client>,
    rules: Arc<Rules>,
    user: Arc<User>,
    /// Whether the client has given a password, or needed none when it connected: Redis's
    /// `authenticated`. Whether it may execute commands is another question:
    /// [`Session::is_admitted`].
    pub has_authenticated: bool,
    /// The commands queued since MULTI.
    pub transaction: Option<Transaction>,
    /// The watched keys.
    pub watch: Option<Watch>,
    /// The subscriptions, if there are any.
    pub subscribed: Option<Subscribed>,
    /// The tracking of keys, if it is on.
    pub tracked: Option<Tracked>,
    /// The mode of MONITOR, if the client is in it.
    pub monitoring: Option<Monitoring>,
    /// Whether the client gets replies.
    pub replies: Replies,
    /// Whether the current reply consists of pushes, which the client gets in any case.
    pub is_pushing: bool,
    /// Finds the figures of commands in `client`.
    pub meter: Meter,
    /// The trace of a request, from its arrival until its reply is sent or queued.
    pub trace: Option<Box<Trace>>,
    database: usize,
}

/// Commands between MULTI and EXEC.
#[derive(Debug)]
pub struct Transaction {
    /// The commands.
    pub requests: Requests,
    /// Whether a command could not be queued, so that EXEC must fail.
    pub has_failed: bool,
    client: Arc<Client>,
}

impl Transaction {
    /// Begins a transaction of `client`, without commands.
    pub fn new(client: Arc<Client>) -> Transaction {
        client.queued.store(0, Ordering::Relaxed);
        Transaction {
            requests: Requests::default(),
            has_failed: false,
            client,
        }
    }

    /// Queues a copy of a request.
    pub fn push(&mut self, args: Args) {
        self.requests.push(args);
        let count = self.requests.len() as i64;
        self.client.queued.store(count, Ordering::Relaxed);
        let sizes = &self.client.buffers.queued;
        Buffers::set(sizes, sizes.load(Ordering::Relaxed) + args.bytes_of_all());
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        self.client.queued.store(-1, Ordering::Relaxed);
        Buffers::set(&self.client.buffers.queued, 0);
    }
}

/// Watched keys.
#[derive(Debug, Default)]
pub struct Watch {
    /// Raised by the command that changes a watched key.
    pub flag: watchers::Flag,
    /// The keys with their databases, and whether each existed.
    pub keys: HashMap<(usize, Blob), bool>,
    /// About how much memory the keys take.
    pub bytes: usize,
}

/// Whether a client gets replies, as CLIENT REPLY sets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replies {
    /// It does.
    On,
    /// It does not.
    Off,
    /// It gets none to the next request.
    SkipNext,
    /// It gets none to the current request.
    Skip,
}

impl Replies {
    /// Returns whether the reply to the current request is dropped.
    pub fn are_dropped(self) -> bool {
        matches!(self, Replies::Off | Replies::Skip)
    }

    /// Returns the state for the next request.
    pub fn advanced(self) -> Replies {
        match self {
            Replies::SkipNext => Replies::Skip,
            Replies::Skip => Replies::On,
            Replies::On | Replies::Off => self,
        }
    }
}

impl Session {
    /// Begins the session of a client that has just connected.
    pub fn new(client: Arc<Client>, rules: Arc<Rules>) -> Session {
        Session {
            client,
            has_authenticated: rules.is_open(),
            user: Arc::clone(rules.default_user()),
            rules,
            transaction: None,
            watch: None,
            subscribed: None,
            tracked: None,
            monitoring: None,
            replies: Replies::On,
            is_pushing: false,
            meter: Meter::default(),
            trace: None,
            database: 0,
        }
    }

    /// Returns what the settings allow the client.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Returns the user whose rights the client has.
    pub fn user(&self) -> &Arc<User> {
        &self.user
    }

    /// Makes the client one of `user`, whose password it has given. Returns `false` if the user was
    /// just removed, so that nothing has changed.
    pub fn log_in(&mut self, user: Arc<User>) -> bool {
        let set = |user: &Arc<User>| {
            let is_default = Arc::ptr_eq(user, self.rules.default_user());
            let other = (!is_default).then(|| Arc::clone(user));
            self.client.set_user(other);
        };
        set(&user);
        // Afterwards: if it is removed later than this, the client is found and disconnected.
        if user.is_removed() {
            set(&self.user);
            return false;
        }
        self.user = user;
        self.has_authenticated = true;
        true
    }

    /// Makes the client one of the default user. It may have to give the password.
    pub fn log_out(&mut self) {
        self.client.set_user(None);
        self.user = Arc::clone(self.rules.default_user());
        self.has_authenticated = self.rules.is_open();
    }

    /// Returns whether the client may execute commands: it has given a password, or none is needed
    /// any more.
    pub fn is_admitted(&self) -> bool {
        self.has_authenticated || self.rules.is_open()
    }

    /// Returns the limits of the client's requests.
    pub fn limits(&self) -> Limits {
        let limits = match self.is_admitted() {
            true => Limits::CLIENT,
            false => Limits::BEFORE_AUTH,
        };
        limits.with_bulk_bytes(self.rules.max_bulk_bytes())
    }

    /// Returns whether the client has more pending bytes than `client-query-buffer-limit` allows:
    /// its unfinished request in `pending`, the commands queued since MULTI, and the watched keys.
    pub fn is_over_limit(&self, pending: &Requests) -> bool {
        let queued = self.transaction.as_ref();
        let queued_bytes = queued.map_or(0, |queued| queued.requests.held_bytes());
        let watched_bytes = self.watch.as_ref().map_or(0, |watch| watch.bytes);
        let max = match self.is_admitted() {
            true => u64::MAX,
            false => UNAUTHENTICATED_QUERY_BYTES,
        };
        let held_bytes = pending.held_bytes() + queued_bytes + watched_bytes;
        held_bytes as u64 > max.min(self.rules.max_query_bytes())
    }

    /// Makes EXEC fail, if there is a transaction.
    pub fn fail_transaction(&mut self) {
        if let Some(transaction) = &mut self.transaction {
            transaction.has_failed = true;
        }
    }

    /// Returns whether the client may only change its subscriptions: it has some, and RESP2 does not
    /// tell messages from replies.
    pub fn is_in_subscribe_mode(&self) -> bool {
        self.subscribed.is_some() && self.client.protocol() == Protocol::Resp2
    }

    /// Returns the selected database.
    pub fn database(&self) -> usize {
        self.database
    }

    /// Selects a database. The caller must have checked that it exists.
    pub fn select(&mut self, database: usize) {
        self.database = database;
        self.client.database.store(database, Ordering::Relaxed);
    }
}
