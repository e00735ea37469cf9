//! Keyspace events: a command names each change of a key
//! (<https://redis.io/docs/latest/develop/use/keyspace-notifications/>).
//!
//! The messages are deliveries of the command, so they go out after the lock is released, in the order
//! of the store. A class that is off costs one relaxed load, and so does an event while nobody has
//! subscribed to anything. A replay publishes nothing.

use super::call::Call;
use crate::client::deliveries::{Delivery, Message};
use crate::clock::Now;
use crate::config::EventClass;
use crate::state::ServerState;
use crate::store::keyspace::Keyspace;

/// A class and the name of an event.
pub(crate) type Event = (EventClass, &'static str);

// The events of several commands. All others stand in the only file that has them.

/// A key was removed by a command, or with its last element.
pub(crate) const DEL: Event = (EventClass::Generic, "del");
/// A key got an expiry.
pub(super) const EXPIRE: Event = (EventClass::Generic, "expire");
/// A string was set as a whole.
const SET: Event = (EventClass::String, "set");
/// Bits of a string were set.
pub(super) const SETBIT: Event = (EventClass::String, "setbit");
/// A HyperLogLog was changed.
pub(super) const PFADD: Event = (EventClass::String, "pfadd");
/// Fields of a hash were set.
pub(super) const HSET: Event = (EventClass::Hash, "hset");
/// Fields of a hash were removed.
pub(super) const HDEL: Event = (EventClass::Hash, "hdel");
/// Fields of a hash got an expiry.
pub(super) const HEXPIRE: Event = (EventClass::Hash, "hexpire");
/// Members were added to a set.
pub(super) const SADD: Event = (EventClass::Set, "sadd");
/// Members were removed from a set.
pub(super) const SREM: Event = (EventClass::Set, "srem");
/// Random members were removed from a set.
pub(super) const SPOP: Event = (EventClass::Set, "spop");

/// A key was created.
const NEW: Event = (EventClass::New, "new");

/// Publishes an event of a key of `database` if its class is on: to the channel of the key, then to
/// the channel of the event.
pub(crate) fn publish(
    state: &ServerState,
    deliveries: &mut Vec<Delivery>,
    (database, key): (usize, &[u8]),
    (class, name): Event,
) {
    let classes = state.event_classes();
    let subscriptions = &state.deliveries.subscriptions;
    if !classes.has(class) || !subscriptions.may_reach_any() {
        return;
    }
    let mut send = |channel: &[u8], payload: &[u8]| {
        if subscriptions.may_reach(channel) {
            deliveries.push(Delivery::Message(Message {
                channel: channel.into(),
                payload: payload.into(),
                // Patterns are matched after the lock is released.
                audience: None,
            }));
        }
    };
    if classes.has(EventClass::Keyspace) {
        let channel = [format!("__keyspace@{database}__:").as_bytes(), key].concat();
        send(&channel, name.as_bytes());
    }
    if classes.has(EventClass::Keyevent) {
        let channel = format!("__keyevent@{database}__:{name}");
        send(channel.as_bytes(), key);
    }
}

/// Publishes the events of the keys that `keyspace`, which is `database`, has noted as new.
pub(crate) fn publish_new(
    state: &ServerState,
    deliveries: &mut Vec<Delivery>,
    (database, keyspace): (usize, &mut Keyspace),
) {
    for key in keyspace.take_new_keys() {
        publish(state, deliveries, (database, &key), NEW);
    }
}

impl Call<'_> {
    /// Publishes an event of `key`.
    pub(super) fn notify(&mut self, key: &[u8], event: Event) {
        self.notify_in(self.session.database(), key, event);
    }

    /// Publishes an event of a key of another database.
    pub(super) fn notify_in(&mut self, database: usize, key: &[u8], event: Event) {
        if self.publishes(event.0) {
            publish(self.state, self.deliveries, (database, key), event);
        }
    }

    /// Publishes the event of an edit of `key`: after the events of the keys that are new, and before
    /// the event `del` if the edit has emptied the value.
    pub(super) fn notify_edit(&mut self, keyspace: &mut Keyspace, key: &[u8], event: Event) {
        if self.state.event_classes().is_empty() {
            return;
        }
        self.notify_new(keyspace);
        self.notify(key, event);
        if self.publishes(DEL.0) && keyspace.get(key, self.now_ms()).is_none() {
            self.notify(key, DEL);
        }
    }

    /// Publishes the events of the keys that `keyspace` has added since the last call.
    pub(super) fn notify_new(&mut self, keyspace: &mut Keyspace) {
        let database = self.session.database();
        publish_new(self.state, self.deliveries, (database, keyspace));
    }

    /// Publishes the events of a string that was set as a whole, and perhaps got an expiry, which may
    /// have passed.
    pub(super) fn notify_set(&mut self, keyspace: &mut Keyspace, key: &[u8], expires: bool) {
        if self.state.event_classes().is_empty() {
            return;
        }
        self.notify_new(keyspace);
        self.notify(key, SET);
        if expires {
            self.notify(key, EXPIRE);
        }
    }

    /// Publishes the event of `key`, which was put into `keyspace`, also if it has replaced another
    /// key: Redis removes that first.
    pub(super) fn notify_put(&mut self, keyspace: &mut Keyspace, database: usize, key: &[u8]) {
        keyspace.take_new_keys();
        self.notify_in(database, key, NEW);
    }

    fn publishes(&self, class: EventClass) -> bool {
        self.state.event_classes().has(class) && self.now != Now::Replay
    }
}
