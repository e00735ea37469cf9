//! `Old`: an element that a change has taken out of a collection.

use crate::store::blob::Blob;

/// The bytes that a change has taken out of a collection: a hash's value, or a member of a set.
#[derive(Debug)]
pub enum Old {
    /// There was no such element.
    Absent,
    /// The bytes have been freed.
    Freed,
    /// The bytes may be big: free them after the lock is released.
    Held(Blob),
}

impl Old {
    /// Whether there was no such element.
    pub fn is_absent(&self) -> bool {
        matches!(self, Old::Absent)
    }

    /// The bytes, if they are still to be freed.
    pub fn held(self) -> Option<Blob> {
        match self {
            Old::Held(value) => Some(value),
            Old::Absent | Old::Freed => None,
        }
    }
}
