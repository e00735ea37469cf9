//! One change of several fields of a hash, recorded as one command. The record has absolute times, and
//! names only the fields that have changed.

use crate::commands::notify::{Event, HDEL, HEXPIRE};
use crate::commands::{Call, Effect};
use crate::config::EventClass;
use crate::num::integer;
use crate::store::blob::Blob;
use crate::store::keyspace::{Keyspace, WrongType};
use crate::store::types::Moment;
use crate::store::types::hash::Hash;

/// A change of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// It is removed.
    Delete,
    /// It gets this expiry.
    Expire(Moment),
    /// It loses its expiry.
    Persist,
}

impl Change {
    /// Returns the change for a field that is to expire at `at`, which may have passed.
    pub(super) fn for_time(at: Moment, call: &Call) -> Change {
        if call.is_past(at.get() as i64) {
            Change::Delete
        } else {
            Change::Expire(at)
        }
    }

    fn event(self) -> Event {
        match self {
            Change::Delete => HDEL,
            Change::Expire(_) => HEXPIRE,
            Change::Persist => (EventClass::Hash, "hpersist"),
        }
    }
}

/// The fields of a hash that have been changed so far.
pub(super) struct Changes<'a> {
    key: &'a [u8],
    now_ms: u64,
    change: Change,
    fields: Vec<&'a [u8]>,
    removed: Vec<Blob>,
}

impl<'a> Changes<'a> {
    /// Begins with no fields of the hash at the request's key.
    pub(super) fn new(call: &Call<'a>, change: Change) -> Changes<'a> {
        Changes {
            key: call.args.get(1),
            now_ms: call.now_ms(),
            change,
            fields: Vec::new(),
            removed: Vec::new(),
        }
    }

    /// Changes a field, which must exist. Returns the change.
    pub(super) fn make(
        &mut self,
        keyspace: &mut Keyspace,
        field: &'a [u8],
    ) -> Result<Change, WrongType> {
        let now_ms = self.now_ms;
        keyspace.edit(self.key, now_ms, |hash: &mut Hash| {
            match self.change {
                Change::Delete => self.removed.extend(hash.remove(field, now_ms).held()),
                Change::Expire(at) => hash.expire(field, Some(at)),
                Change::Persist => hash.expire(field, None),
            }
            Ok::<_, WrongType>(Some(()))
        })?;
        self.fields.push(field);
        Ok(self.change)
    }

    /// Returns whether no field has been changed.
    pub(super) fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// Gathers the event, and ends with the effect to record.
    pub(super) fn end(self, call: &mut Call, keyspace: &mut Keyspace) -> Effect {
        call.discard_values(self.removed);
        if self.fields.is_empty() {
            return Effect::Nothing;
        }
        call.notify_edit(keyspace, self.key, self.change.event());
        let (mut time, mut count) = (integer::Buffer::default(), integer::Buffer::default());
        let count = integer::text(self.fields.len() as i64, &mut count);
        let mut words: Vec<&[u8]> = match self.change {
            Change::Delete => vec![b"HDEL", self.key],
            Change::Expire(at) => {
                let time = integer::text(at.get() as i64, &mut time);
                vec![b"HPEXPIREAT", self.key, time, b"FIELDS", count]
            }
            Change::Persist => vec![b"HPERSIST", self.key, b"FIELDS", count],
        };
        words.extend(self.fields);
        Effect::instead(&words)
    }
}
