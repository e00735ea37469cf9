//! How many keys of a database can expire. If there are none, no key has to be checked.

use crate::store::types::Entry;

/// Counts of keys and values that can expire.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Times {
    /// Keys with a time of their own.
    pub(super) keys: usize,
    /// Values in which an element has a time, or has had one.
    pub(super) values: usize,
}

impl Times {
    /// Counts an entry that is added.
    pub(super) fn add(&mut self, entry: &Entry) {
        self.keys += usize::from(entry.expires_at().is_some());
        self.values += usize::from(entry.value().has_times());
    }

    /// Counts an entry that is removed, if there was one.
    pub(super) fn remove(&mut self, entry: Option<&Entry>) {
        if let Some(entry) = entry {
            self.keys -= usize::from(entry.expires_at().is_some());
            self.values -= usize::from(entry.value().has_times());
        }
    }

    /// Counts a value that is changed.
    pub(super) fn change(&mut self, had_times: bool, has_times: bool) {
        self.values += usize::from(has_times);
        self.values -= usize::from(had_times);
    }
}
