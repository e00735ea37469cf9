//! All keys of all databases at one moment, for who writes them to a file while they go on
//! changing.

use std::fmt;
use std::sync::Arc;

use super::map::{Mark, Piece};
use super::types::Entry;
use super::{Databases, Store};

/// What the databases held when it was begun. It can be read once. How that costs no second
/// copy of them is told in [`shards`](super::map).
#[derive(Debug)]
pub struct Snapshot {
    store: Arc<Store>,
    /// The databases that have not been read to their end, the last one first, each with the
    /// mark by which its keys are found wherever SWAPDB has put them.
    left: Vec<(usize, Mark)>,
}

/// Another snapshot has been begun, so that the rest of this one is gone.
#[derive(Debug)]
pub struct Superseded;

impl fmt::Display for Superseded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("another snapshot of the data has been begun")
    }
}

impl std::error::Error for Superseded {}

impl Snapshot {
    /// Begins one of what is there now. `databases` are those of `store`, whose lock the caller
    /// has alone. Costs the same however many keys there are.
    pub fn begin(store: &Arc<Store>, databases: &mut Databases) -> Snapshot {
        let mut left = Vec::new();
        for (database, keyspace) in databases.iter_mut().enumerate() {
            let mark = Mark::default();
            if keyspace.remember(&mark) {
                left.push((database, mark));
            }
        }
        left.reverse();
        Snapshot {
            store: Arc::clone(store),
            left,
        }
    }

    /// The next piece, and the database that it belongs to; all of one database come one
    /// after the other. `None` after the last. Takes the store's lock for as long as it takes
    /// to count some references.
    ///
    /// # Errors
    /// [`Superseded`].
    pub fn next_piece(&mut self) -> Result<Option<(usize, Piece<Entry>)>, Superseded> {
        let Some((database, mark)) = self.left.last() else {
            return Ok(None);
        };
        let database = *database;
        let mut databases = self.store.write();
        let keyspace = databases.iter_mut().find(|it| it.remembers(mark));
        let (piece, is_last) = keyspace.and_then(|it| it.recall()).ok_or(Superseded)?;
        drop(databases);
        if is_last {
            self.left.pop();
        }
        Ok(Some((database, piece)))
    }

    /// Ends it, also before it has been read to its end, and frees what was kept for it. Whoever
    /// just drops it leaves that to those who write to the data.
    pub fn end(self) {
        let mut kept = Vec::new();
        let mut databases = self.store.write();
        for (_, mark) in &self.left {
            kept.extend(databases.iter_mut().filter_map(|it| it.forget(mark)));
        }
        drop(databases);
        drop(kept);
    }
}
