//! All keys of all databases at one moment, to be written to a file while the data goes on
//! changing.

use std::fmt;
use std::sync::Arc;

use super::map::{Piece, SnapshotId};
use super::types::Entry;
use super::{Databases, Store};

/// The databases at the moment when the snapshot was begun. It can be read once. The [map](super::map)
/// explains why it needs no second copy of the data.
#[derive(Debug)]
pub struct Snapshot {
    store: Arc<Store>,
    /// The databases that have not been read to their end, the last one first. The id finds the
    /// keys of a database after SWAPDB has moved them.
    left: Vec<(usize, SnapshotId)>,
}

/// Another snapshot has been begun, and the rest of this one is lost.
#[derive(Debug)]
pub struct Superseded;

impl fmt::Display for Superseded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("another snapshot of the data has been begun")
    }
}

impl std::error::Error for Superseded {}

impl Snapshot {
    /// Begins a snapshot. `databases` are those of `store`; the caller holds the lock for writing.
    /// Takes the same time for any number of keys.
    pub fn begin(store: &Arc<Store>, databases: &mut Databases) -> Snapshot {
        let mut left = Vec::new();
        for (database, keyspace) in databases.iter_mut().enumerate() {
            let id = SnapshotId::default();
            if keyspace.begin_snapshot(&id) {
                left.push((database, id));
            }
        }
        left.reverse();
        Snapshot {
            store: Arc::clone(store),
            left,
        }
    }

    /// The next piece, and the number of its database; `None` after the last. Pieces of one database
    /// follow each other. Holds the store's lock for the time of counting some references.
    ///
    /// # Errors
    /// [`Superseded`].
    pub fn next_piece(&mut self) -> Result<Option<(usize, Piece<Entry>)>, Superseded> {
        let Some((database, id)) = self.left.last() else {
            return Ok(None);
        };
        let database = *database;
        let mut databases = self.store.write();
        let keyspace = databases.iter_mut().find(|it| it.has_snapshot(id));
        let (piece, is_last) = keyspace.and_then(|it| it.next_piece()).ok_or(Superseded)?;
        drop(databases);
        if is_last {
            self.left.pop();
        }
        Ok(Some((database, piece)))
    }

    /// Ends the snapshot, read to its end or not, and frees what was saved for it. If it is just
    /// dropped, the next writers free that.
    pub fn end(self) {
        let mut saved = Vec::new();
        let mut databases = self.store.write();
        for (_, id) in &self.left {
            saved.extend(databases.iter_mut().filter_map(|it| it.end_snapshot(id)));
        }
        drop(databases);
        drop(saved);
    }
}
