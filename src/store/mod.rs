//! The data. Knows no socket, no client, no RESP, no file and no clock.
//!
//! All databases lie behind one `std::sync::RwLock`. `lock.rs` says how threads wait for it, and
//! this file what holding it means. The engine takes it for commands, the log to begin a
//! [`Snapshot`], and a snapshot for each of its pieces:
//!
//! - it is held for work on the maps only, and never while its holder waits for a socket, a disk
//!   or another lock;
//! - the holder of the write guard sends the records of its changes before it releases the guard,
//!   so the order of the log is the order of the store;
//! - a thread that panics while writing poisons the lock. The data may be torn, so it is never
//!   served: the process ends at once, and replaying the log brings the last whole state back.

pub mod blob;
pub mod key;
pub mod keyspace;
mod lock;
pub mod map;
pub mod packed;
pub mod random;
pub mod sequence;
mod snapshot;
pub mod types;

use std::ops::{Deref, DerefMut};
use std::sync::{RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use blob::Blob;
use keyspace::Keyspace;
use keyspace::watchers::Changes;
use lock::Lock;
pub use snapshot::{Snapshot, Superseded};

use crate::threads::{self, Holding, Mode};

/// Every database, by its number.
#[derive(Clone, Debug)]
pub struct Databases {
    keyspaces: Vec<Keyspace>,
    /// The number of commands that have changed something.
    pub changes: u64,
    /// Whether the keys that change are noted.
    notes_changes: bool,
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

    /// Databases `first` and `second`, which must differ, to be changed.
    pub fn get_both_mut(&mut self, first: usize, second: usize) -> [&mut Keyspace; 2] {
        self.keyspaces
            .get_disjoint_mut([first, second])
            .expect("two databases that are there")
    }

    /// Takes out the next key that has data for a waiting client, with its database.
    pub fn next_ready(&mut self) -> Option<(usize, Blob)> {
        let mut databases = self.keyspaces.iter_mut().enumerate();
        databases.find_map(|(index, it)| Some((index, it.waiters.next_ready()?)))
    }

    /// Begins or ends to note which keys change.
    #[inline]
    pub fn note_changes(&mut self, is_on: bool) {
        if self.notes_changes != is_on {
            self.notes_changes = is_on;
            self.iter_mut().for_each(|it| it.note_changes(is_on));
        }
    }

    /// Takes out the changes since the last call. They do not tell the database.
    pub fn take_changes(&mut self) -> Changes {
        let mut changes = Changes::default();
        for keyspace in &mut self.keyspaces {
            keyspace.take_changes(&mut changes);
        }
        changes
    }

    /// The number of databases.
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
    /// Makes this number of empty databases.
    pub fn new(databases: usize) -> Store {
        Store(Lock::new(Databases {
            keyspaces: vec![Keyspace::default(); databases],
            changes: 0,
            notes_changes: false,
        }))
    }

    /// Locks the databases for reading, and notes the hold. A thread that holds the lock must not call
    /// this: if a writer waits in between, both would wait for ever.
    pub fn read(&self) -> Held<RwLockReadGuard<'_, Databases>> {
        Held::new(self.read_after().0, Mode::Shared)
    }

    /// Locks the databases for reading, and tells how long it waited. The caller notes the hold.
    pub fn read_after(&self) -> (RwLockReadGuard<'_, Databases>, Duration) {
        self.0.read()
    }

    /// Locks the databases for reading, unless that takes longer than a millisecond, and notes the hold.
    pub fn try_read(&self) -> Option<Held<RwLockReadGuard<'_, Databases>>> {
        Some(Held::new(self.0.try_read()?, Mode::Shared))
    }

    /// Locks the databases for writing, and notes the hold.
    pub fn write(&self) -> Held<RwLockWriteGuard<'_, Databases>> {
        Held::new(self.write_after().0, Mode::Alone)
    }

    /// Locks the databases for writing, and tells how long it waited. The caller notes the hold.
    pub fn write_after(&self) -> (RwLockWriteGuard<'_, Databases>, Duration) {
        self.0.write()
    }
}

/// The locked databases. The hold of the current thread is noted until this is dropped.
#[derive(Debug)]
pub struct Held<G> {
    // Dropped in this order.
    databases: G,
    _holding: Holding,
}

impl<G> Held<G> {
    fn new(databases: G, mode: Mode) -> Held<G> {
        Held {
            databases,
            _holding: threads::holding(mode),
        }
    }
}

impl<G: Deref<Target = Databases>> Deref for Held<G> {
    type Target = Databases;

    fn deref(&self) -> &Databases {
        &self.databases
    }
}

impl<G: DerefMut<Target = Databases>> DerefMut for Held<G> {
    fn deref_mut(&mut self) -> &mut Databases {
        &mut self.databases
    }
}
