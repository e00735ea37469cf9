//! What the server remembers about one client between two requests.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::Client;
use super::rules::Rules;
use crate::config::limits::UNAUTHENTICATED_QUERY_BYTES;
use crate::resp::args::{Args, Requests};
use crate::resp::protocol::Limits;
use crate::store::blob::Blob;
use crate::store::keyspace::watchers;

/// Owned by the client's thread. What others may see of it is in its [`Client`].
#[derive(Debug)]
pub struct Session {
    /// What CLIENT LIST shows of it.
    pub client: Arc<Client>,
    rules: Arc<Rules>,
    /// Whether a password has been given, or none was needed when it connected: Redis's
    /// `authenticated`. Whether it may run commands is another question: [`Session::is_admitted`].
    pub has_authenticated: bool,
    /// What it has queued since MULTI.
    pub transaction: Option<Transaction>,
    /// What it watches.
    pub watch: Option<Watch>,
    database: usize,
}

/// Commands between MULTI and EXEC.
#[derive(Debug)]
pub struct Transaction {
    /// The commands.
    pub requests: Requests,
    /// Whether one of them could not be queued.
    pub has_failed: bool,
    client: Arc<Client>,
}

impl Transaction {
    /// One without commands, which `client` has begun.
    pub fn new(client: Arc<Client>) -> Transaction {
        client.queued.store(0, Ordering::Relaxed);
        Transaction {
            requests: Requests::default(),
            has_failed: false,
            client,
        }
    }

    /// Adds a copy of a request.
    pub fn push(&mut self, args: Args) {
        self.requests.push(args);
        let count = self.requests.len() as i64;
        self.client.queued.store(count, Ordering::Relaxed);
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        self.client.queued.store(-1, Ordering::Relaxed);
    }
}

/// Watched keys.
#[derive(Debug, Default)]
pub struct Watch {
    /// Raised by whoever changes one of them.
    pub flag: watchers::Flag,
    /// The keys, with their databases, and whether they were there.
    pub keys: HashMap<(usize, Blob), bool>,
    /// About how much memory they take.
    pub bytes: usize,
}

impl Session {
    /// A client that has just connected.
    pub fn new(client: Arc<Client>, rules: Arc<Rules>) -> Session {
        Session {
            client,
            has_authenticated: rules.is_open(),
            rules,
            transaction: None,
            watch: None,
            database: 0,
        }
    }

    /// What the settings allow it.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Whether it may run commands: it has given a password, or none is needed any more.
    pub fn is_admitted(&self) -> bool {
        self.has_authenticated || self.rules.is_open()
    }

    /// What its requests may ask for.
    pub fn limits(&self) -> Limits {
        let limits = match self.is_admitted() {
            true => Limits::CLIENT,
            false => Limits::BEFORE_AUTH,
        };
        limits.with_bulk_bytes(self.rules.max_bulk_bytes())
    }

    /// Whether the client has more bytes pending than `client-query-buffer-limit` allows: the
    /// unfinished request in `pending`, the commands queued since MULTI, and the watched keys.
    pub fn is_over_limit(&self, pending: &Requests) -> bool {
        let queued = self.transaction.as_ref();
        let queued_bytes = queued.map_or(0, |queued| queued.requests.held_bytes());
        let watched_bytes = self.watch.as_ref().map_or(0, |watch| watch.bytes);
        let most = match self.is_admitted() {
            true => u64::MAX,
            false => UNAUTHENTICATED_QUERY_BYTES,
        };
        let held_bytes = pending.held_bytes() + queued_bytes + watched_bytes;
        held_bytes as u64 > most.min(self.rules.max_query_bytes())
    }

    /// Lets EXEC fail, if there is a transaction.
    pub fn fail_transaction(&mut self) {
        if let Some(transaction) = &mut self.transaction {
            transaction.has_failed = true;
        }
    }

    /// The database that it has selected.
    pub fn database(&self) -> usize {
        self.database
    }

    /// Selects a database, which the caller has checked to be there.
    pub fn select(&mut self, database: usize) {
        self.database = database;
        self.client.database.store(database, Ordering::Relaxed);
    }
}
