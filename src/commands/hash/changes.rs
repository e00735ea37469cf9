//! A change that is made to fields of one hash, one after the other, and recorded as one
//! command: time is absolute there, and only fields are named that have changed.

use crate::commands::{Call, Effect};
use crate::num::integer;
use crate::store::blob::Blob;
use crate::store::keyspace::{Keyspace, WrongType};
use crate::store::types::Moment;
use crate::store::types::hash::Hash;

/// What is done to a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// It goes.
    Delete,
    /// It will go then.
    Expire(Moment),
    /// It will stay.
    Persist,
}

impl Change {
    /// What it means for a field to have its end at `at`.
    pub(super) fn for_time(at: Moment, call: &Call) -> Change {
        if call.is_past(at.get() as i64) {
            Change::Delete
        } else {
            Change::Expire(at)
        }
    }
}

/// The fields to which it has been done.
pub(super) struct Changes<'a> {
    key: &'a [u8],
    change: Change,
    fields: Vec<&'a [u8]>,
    removed: Vec<Blob>,
}

impl<'a> Changes<'a> {
    pub(super) fn new(key: &'a [u8], change: Change) -> Changes<'a> {
        Changes {
            key,
            change,
            fields: Vec::new(),
            removed: Vec::new(),
        }
    }

    /// Changes a field, which is there. Returns what was done.
    pub(super) fn make(
        &mut self,
        keyspace: &mut Keyspace,
        field: &'a [u8],
    ) -> Result<Change, WrongType> {
        // The field is there, so nothing of the hash has to be passed as expired.
        keyspace.edit(self.key, 0, |hash: &mut Hash| {
            match self.change {
                Change::Delete => self.removed.extend(hash.remove(field, 0).held()),
                Change::Expire(at) => hash.expire(field, Some(at)),
                Change::Persist => hash.expire(field, None),
            }
            Ok::<_, WrongType>(Some(()))
        })?;
        self.fields.push(field);
        Ok(self.change)
    }

    /// What there is to be recorded of it.
    pub(super) fn end(self, call: &mut Call) -> Effect {
        call.discard_values(self.removed);
        if self.fields.is_empty() {
            return Effect::Nothing;
        }
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
