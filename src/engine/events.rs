//! Publishes the keyspace events that no command names: expired keys and fields, and new keys.

use super::guard::Guard;
use crate::commands::notify::{DEL, Event, publish, publish_new};
use crate::config::EventClass;
use crate::store::keyspace::{Keyspace, Removed};

/// A key was removed because it had expired.
const EXPIRED: Event = (EventClass::Expired, "expired");

/// Fields of a hash were removed because they had expired.
const HEXPIRED: Event = (EventClass::Hash, "hexpired");

impl Guard<'_> {
    /// Publishes the events of a key or of fields that have expired. A hash that went with its last
    /// field has the events of Redis 7.4.
    pub(super) fn notify_removed(&mut self, database: usize, removed: &Removed) {
        match removed {
            Removed::Fields(key, _) => self.notify(database, key, HEXPIRED),
            Removed::Key(key, entry) => {
                let now_ms = self.taken_ms;
                if entry.expires_at().is_some_and(|at| at.get() <= now_ms) {
                    self.notify(database, key, EXPIRED);
                } else {
                    self.notify(database, key, HEXPIRED);
                    self.notify(database, key, DEL);
                }
            }
        }
    }

    fn notify(&mut self, database: usize, key: &[u8], event: Event) {
        let state = &self.engine().state;
        publish(state, &mut self.deliveries, (database, key), event);
    }

    /// Begins to note the keys that a command adds, if their events are published. The lock is held
    /// for writing. Returns whether they are noted.
    pub(super) fn begin_new_keys(&mut self) -> bool {
        let is_on = self.engine().state.event_classes().has(EventClass::New);
        if is_on {
            let databases = self.data_mut().iter_mut();
            databases.for_each(Keyspace::begin_new_keys);
        }
        is_on
    }

    /// Ends to note the keys that a command adds, and publishes the events of the last ones.
    pub(super) fn end_new_keys(&mut self) {
        let mut events = Vec::new();
        let state = &self.engine().state;
        for (database, keyspace) in self.data_mut().iter_mut().enumerate() {
            publish_new(state, &mut events, (database, keyspace));
            keyspace.end_new_keys();
        }
        self.deliver(&mut events);
    }
}
