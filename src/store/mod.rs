//! What is kept. Knows no socket, no client, no RESP, no file and no clock.
//!
//! All databases lie behind one `std::sync::RwLock`; `lock` is about how threads come to
//! have it, and this file says what holding it means. Only `engine` takes it, the log to
//! begin a [`Snapshot`], and a snapshot for each piece of its data:
//!
//! - it is held for the work on the maps and nothing else: never while a socket, a disk
//!   or another lock's owner is waited for;
//! - whoever holds the write guard records what was done before letting go, so that the
//!   order of the log is the order of the store;
//! - a thread that panics while writing poisons the lock. What it left may be torn, so
//!   it is never served: the process ends at once, and replaying the log brings the
//!   last whole state back.

pub mod blob;
pub mod key;
pub mod keyspace;
mod lock;
pub mod map;
pub mod packed;
pub mod random;
mod snapshot;
pub mod types;

use std::sync::{RwLockReadGuard, RwLockWriteGuard};

use keyspace::Keyspace;
use lock::Lock;
pub use snapshot::{Snapshot, Superseded};

/// Every database, by its number.
#[derive(Clone, Debug)]
pub struct Databases {
    keyspaces: Vec<Keyspace>,
    /// How many commands have changed something.
    pub changes: u64,
}

impl Databases {
    /// Database `index`, which SELECT has checked.
    pub fn get(&self, index: usize) -> &Keyspace {
        &self.keyspaces[index]
    }

    /// Database `index`, to be changed.
    pub fn get_mut(&mut self, index: usize) -> &mut Keyspace {
        &mut self.keyspaces[index]
    }

    /// Databases `first` and `second`, which are two, to be changed.
    pub fn get_both_mut(&mut self, first: usize, second: usize) -> [&mut Keyspace; 2] {
        self.keyspaces
            .get_disjoint_mut([first, second])
            .expect("two databases that are there")
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.keyspaces.len()
    }

    /// All of them in order.
    pub fn iter(&self) -> impl Iterator<Item = &Keyspace> {
        self.keyspaces.iter()
    }

    /// All of them in order, to be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Keyspace> {
        self.keyspaces.iter_mut()
    }
}

/// The databases and their lock.
#[derive(Debug)]
pub struct Store(Lock<Databases>);

impl Store {
    /// `databases` empty ones.
    pub fn new(databases: usize) -> Store {
        Store(Lock::new(Databases {
            keyspaces: vec![Keyspace::default(); databases],
            changes: 0,
        }))
    }

    /// Shares the lock with other readers. Must not be called by a thread that holds
    /// it already: with a writer waiting in between, both would wait for ever.
    pub fn read(&self) -> RwLockReadGuard<'_, Databases> {
        self.0.read()
    }

    /// Takes the lock alone.
    pub fn write(&self) -> RwLockWriteGuard<'_, Databases> {
        self.0.write()
    }
}
