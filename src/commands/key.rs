//! Changes that commands of several groups make to a key, whatever it holds; and the number of a
//! database.

use super::call::Call;
use super::effect::Effect;
use super::notify::{DEL, Event};
use super::table::error;
use super::table::error::ReplyError;
use crate::config::EventClass;
use crate::num::integer;
use crate::store::keyspace::Keyspace;
use crate::store::types::{Entry, Facts, Moment, Value};

/// Removes `key` for a command that can do other things too. The record is DEL, because a replay
/// knows no time and cannot find out which of them the command did.
pub(super) fn delete(call: &mut Call, keyspace: &mut Keyspace, key: &[u8]) -> Effect {
    match keyspace.remove(key, call.now_ms()) {
        Some(entry) => {
            call.discard(entry);
            call.notify(key, DEL);
            Effect::instead(&[b"DEL", key])
        }
        None => Effect::Nothing,
    }
}

/// Sets `key` to `entry`, whatever it held.
pub(super) fn set(call: &mut Call, keyspace: &mut Keyspace, key: &[u8], entry: Entry) {
    if let Some(old) = keyspace.set(key, entry) {
        call.discard(old);
    }
}

/// Puts the result `value` at `key`, whatever it held, or removes the key if the result is empty.
/// The event is `event` or `del`. Returns the effect of a command that a replay can repeat.
pub(super) fn store(
    call: &mut Call,
    keyspace: &mut Keyspace,
    (key, event): (&[u8], Event),
    value: impl Facts + Into<Value>,
) -> Effect {
    let keeps_key = value.keeps_key();
    let old = match keeps_key {
        true => keyspace.set(key, value.into().into()),
        false => keyspace.remove(key, call.now_ms()),
    };
    let is_changed = keeps_key || old.is_some();
    if keeps_key {
        call.notify_edit(keyspace, key, event);
    } else if is_changed {
        call.notify(key, DEL);
    }
    if let Some(old) = old {
        call.discard(old);
    }
    Effect::if_changed(is_changed)
}

/// Returns the expiry of `key`.
pub(super) fn expiry(call: &Call, keyspace: &Keyspace, key: &[u8]) -> Option<Moment> {
    let entry = keyspace.get(key, call.now_ms());
    entry.and_then(Entry::expires_at)
}

/// Removes the expiry of `key`. Returns whether it had one.
pub(super) fn persist(call: &mut Call, keyspace: &mut Keyspace, key: &[u8]) -> bool {
    let had_expiry = expiry(call, keyspace, key).is_some();
    if had_expiry {
        keyspace.expire(key, None);
        call.notify(key, (EventClass::Generic, "persist"));
    }
    had_expiry
}

/// Parses the number of one of `count` databases.
pub(super) fn database_index(text: &[u8], count: usize) -> Result<usize, ReplyError> {
    let index = integer::parse(text).ok_or(error::NOT_AN_INTEGER)?;
    let index = i32::try_from(index).map_err(|_| error::INT_RANGE)?;
    usize::try_from(index)
        .ok()
        .filter(|index| *index < count)
        .ok_or(error::DB_INDEX)
}
