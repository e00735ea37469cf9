//! What the server remembers about one client between two requests.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::registry::Client;
use crate::resp::protocol::Limits;

/// Owned by the client's thread. What others may see of it is in its [`Client`].
#[derive(Debug)]
pub struct Session {
    /// What CLIENT LIST shows of it.
    pub client: Arc<Client>,
    /// Whether a password has been given, or none was needed.
    pub authenticated: bool,
    database: usize,
}

impl Session {
    /// A client that has just connected.
    pub fn new(client: Arc<Client>, authenticated: bool) -> Session {
        Session {
            client,
            authenticated,
            database: 0,
        }
    }

    /// What its requests may ask for.
    pub fn limits(&self) -> Limits {
        if self.authenticated {
            Limits::CLIENT
        } else {
            Limits::BEFORE_AUTH
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
