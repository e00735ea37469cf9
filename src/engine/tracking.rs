//! Remembers the keys that tracking clients read, and gathers the messages about changed keys.
//!
//! A message must not overtake the reply that it is about: the client would cache the old value for
//! ever. So a client that tracks keys holds its messages back while it reads or changes data. Its
//! messages follow its replies.

use super::Turn;
use super::guard::Guard;
use crate::client::deliveries::Delivery;
use crate::client::features::Feature;
use crate::client::tracking::{Invalidation, Table};
use crate::commands::table::Scope;
use crate::commands::{Command, Flag, Handler};
use crate::resp::args::Args;
use crate::store::blob::Blob;

/// What is gathered for clients that track keys, until the lock is released.
#[derive(Default)]
pub(super) struct Changed {
    /// Whether changes are noted, as the lock is held for writing and clients track keys.
    is_on: bool,
    /// Changed keys for broadcast trackers, each with the client that has changed it; 0 for none.
    keys: Vec<(Blob, u64)>,
    /// Tables that were given up. They are freed without the lock.
    tables: Vec<Table>,
}

impl Turn<'_> {
    /// Holds messages back for a client that tracks keys, before the lock is taken for a command. A
    /// command that may wait must not: the client receives messages while it waits.
    pub(super) fn begin_tracked(&mut self, handler: &Handler) {
        let uses_data = handler.scope() != Scope::Nothing || matches!(handler, Handler::Exec);
        if uses_data && !matches!(handler, Handler::MayWait(_)) {
            self.hold_messages();
        }
    }

    /// Holds messages back until the replies of this turn are sent, if the client tracks keys.
    #[inline]
    pub(super) fn hold_messages(&mut self) {
        if self.session.tracked.is_some() && !self.holds_messages {
            self.holds_messages = true;
            self.session.client.connection().hold();
        }
    }

    /// Makes the client a reader of the keys that a request names, with the lock held.
    pub(super) fn remember_keys(&mut self, command: &Command, args: Args) {
        // In a transaction, tracking may have begun after the lock was taken.
        self.guard.note_changes();
        let tracks = self
            .session
            .tracked
            .as_ref()
            .is_some_and(|it| it.tracks_request());
        if !tracks || !command.has(Flag::Readonly) || command.keys.is_empty() {
            return;
        }
        let tracking = &self.engine.state.deliveries.tracking;
        let evicted = tracking.add_reader(&self.session.client, command.keys_of(args));
        self.guard.deliver(&mut deliveries(evicted));
    }

    /// Forgets CLIENT CACHING after the request `args`: it is about the next request, other than
    /// CLIENT, or about the next transaction.
    pub(super) fn end_caching(&mut self, args: Args) {
        let is_given = self
            .session
            .tracked
            .as_ref()
            .is_some_and(|it| it.is_caching_given);
        if !is_given || self.is_in_transaction() {
            return;
        }
        let is_client = self
            .row_of(args)
            .is_some_and(|row| row.name.starts_with("client|"));
        if let Some(tracked) = &mut self.session.tracked {
            tracked.is_caching_given = is_client;
        }
    }
}

impl Guard<'_> {
    /// Notes which keys change from now on, while clients track keys. Call it with the lock held.
    pub(super) fn note_changes(&mut self) {
        if self.is_exclusive() {
            let is_on = self.engine().state.features.has(Feature::Tracking);
            self.changed.is_on = is_on;
            self.data_mut().note_changes(is_on);
        }
    }

    /// Gathers the messages about the keys that the client `by` has changed since the last call; 0 for
    /// keys that have expired.
    #[inline]
    pub(super) fn invalidate(&mut self, by: u64) {
        if self.changed.is_on {
            self.gather_changes(by);
        }
    }

    #[cold]
    fn gather_changes(&mut self, by: u64) {
        let changes = self.data_mut().take_changes();
        let tracking = &self.engine().state.deliveries.tracking;
        if changes.all {
            self.changed.tables.push(tracking.take_table());
            self.deliveries
                .push(Delivery::Invalidation(Invalidation::All));
        }
        if changes.keys.is_empty() {
            return;
        }
        let (messages, is_broadcast) = tracking.take_readers(&changes.keys, by);
        self.deliveries.append(&mut deliveries(messages));
        if is_broadcast {
            let keys = changes.keys.into_iter().map(|key| (key, by));
            self.changed.keys.extend(keys);
        }
    }

    /// Gathers what is left to gather, before the lock is released. Broadcast trackers receive one
    /// message about all changes under the lock.
    #[inline]
    pub(super) fn end_changes(&mut self) {
        if self.changed.is_on {
            self.gather_last_changes();
        }
    }

    #[cold]
    fn gather_last_changes(&mut self) {
        self.gather_changes(0);
        self.changed.is_on = false;
        if !self.changed.keys.is_empty() {
            let changes = std::mem::take(&mut self.changed.keys);
            self.deliveries
                .push(Delivery::Invalidation(Invalidation::Changes(changes)));
        }
    }

    /// Frees what must be freed without the lock.
    pub(super) fn free_tables(&mut self) {
        self.changed.tables.clear();
    }
}

fn deliveries(messages: Vec<Invalidation>) -> Vec<Delivery> {
    messages.into_iter().map(Delivery::Invalidation).collect()
}
