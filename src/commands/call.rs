//! `Call`: the request that a command runs, with its arguments, its client and its reply, and with
//! the work that the command leaves for later.

use std::any::Any;
use std::cell::OnceCell;

use super::notify::Event;
use super::table::error;
use super::table::error::ReplyError;
use crate::aof::Log;
use crate::client::counters::Counters;
use crate::client::deliveries::Delivery;
use crate::client::session::Session;
use crate::clock::{Now, unix_time_ms};
use crate::config::EventClass;
use crate::num::integer;
use crate::resp::args::Args;
use crate::resp::output::Output;
use crate::resp::reply::Reply;
use crate::state::ServerState;
use crate::store::blob::{Blob, BlobRef};
use crate::store::keyspace::{Keyspace, WrongType};
use crate::store::types::{Entry, Stored};

/// Removed values, freed after the lock is released.
pub type Garbage = Vec<Box<dyn Any + Send>>;

/// A reply of more elements is built after the lock is released.
pub(super) const QUICK_ELEMENTS: usize = 1000;

/// A command of a transaction that waits for something. It runs after the lock is released, and
/// before the client gets any reply of the transaction.
pub struct Postponed {
    /// The replies before its own.
    pub before: Output,
    /// Runs it. Its reply is OK, or the error.
    pub run: Run,
}

type Run = Box<dyn FnOnce(&ServerState, Option<&Log>) -> Result<(), ReplyError>>;

/// A key that was read is missing.
const KEY_MISS: Event = (EventClass::KeyMiss, "keymiss");

/// The context in which a handler runs.
pub struct Call<'a> {
    /// The request, its name first. The number of arguments fits the command's arity.
    pub args: Args<'a>,
    /// The client.
    pub session: &'a mut Session,
    /// The handler appends the reply here.
    pub reply: &'a mut Reply,
    /// The state of the server, without the data.
    pub state: &'a ServerState,
    /// When the lock was taken.
    pub now: Now,
    /// The result of [`Call::clock_ms`].
    pub clock_ms: OnceCell<u64>,
    /// Whether the connection ends after this request.
    pub close: bool,
    /// The log, switched on or off; `None` before the data is loaded.
    pub log: Option<&'a Log>,
    /// Whether the command may wait for something. It must not in a transaction.
    pub may_wait: bool,
    /// The key that has become ready, if the client has waited for it.
    pub ready: Option<&'a [u8]>,
    /// See [`Garbage`].
    pub garbage: &'a mut Garbage,
    /// Expired keys that reads have met, with their databases. The engine removes them after the
    /// command.
    pub expired: &'a mut Vec<(usize, Blob)>,
    /// What the command has for other clients. It is sent when the lock is released.
    pub deliveries: &'a mut Vec<Delivery>,
    /// Commands that run at the end of the transaction.
    pub postponed: &'a mut Vec<Postponed>,
}

impl<'a> Call<'a> {
    /// Postpones `run` to the end of the transaction. Its reply is inserted at this place.
    pub(super) fn postpone(
        &mut self,
        run: impl FnOnce(&ServerState, Option<&Log>) -> Result<(), ReplyError> + 'static,
    ) {
        self.postponed.push(Postponed {
            before: self.reply.take(),
            run: Box::new(run),
        });
    }

    /// Returns the time for the store: see [`Now::ms`].
    pub(super) fn now_ms(&self) -> u64 {
        self.now.ms()
    }

    /// Returns the current time in milliseconds since 1970, from which times to live are counted.
    /// It is read once for each command, because the lock may have been taken long before.
    pub fn clock_ms(&self) -> u64 {
        *self.clock_ms.get_or_init(unix_time_ms)
    }

    /// Returns whether a new expiry at `at_ms` has already passed.
    pub(super) fn is_past(&self, at_ms: i64) -> bool {
        let now = match self.now {
            Now::Replay => Now::Replay,
            Now::At(_) => Now::At(self.clock_ms()),
        };
        at_ms <= now.ms() as i64
    }

    /// Returns the argument at `index` as a blob. Big arguments are not copied.
    pub(super) fn blob(&self, index: usize) -> Blob {
        self.value(index).to_blob()
    }

    /// Returns the argument at `index`, to be stored.
    pub(super) fn value(&self, index: usize) -> BlobRef<'a> {
        match self.args.shared(index) {
            Some(value) => BlobRef::Big(value),
            None => BlobRef::Bytes(self.args.get(index)),
        }
    }

    /// Returns the argument at `index` as a signed 64-bit integer.
    pub(super) fn integer(&self, index: usize) -> Result<i64, ReplyError> {
        integer::parse(self.args.get(index)).ok_or(error::NOT_AN_INTEGER)
    }

    /// Returns the argument at `index` as a signed 64-bit integer whose negative is one, too.
    pub(super) fn negatable(&self, index: usize) -> Result<i64, ReplyError> {
        match self.integer(index)? {
            i64::MIN => Err(error::NEGATABLE_RANGE),
            number => Ok(number),
        }
    }

    /// Returns the argument at `index` as an integer of at least `least`, which is not negative.
    ///
    /// # Errors
    /// `invalid`, if the argument is anything else.
    pub(super) fn at_least(
        &self,
        index: usize,
        least: i64,
        invalid: ReplyError,
    ) -> Result<usize, ReplyError> {
        match self.integer(index) {
            Ok(count) if count >= least => Ok(count as usize),
            _ => Err(invalid),
        }
    }

    /// Returns the argument at `index` as text. Bytes that are not UTF-8 become `U+FFFD`, which no
    /// name or setting contains.
    pub(super) fn text(&self, index: usize) -> String {
        String::from_utf8_lossy(self.args.get(index)).into_owned()
    }

    /// Replies with a blob. Big blobs are not copied.
    pub(super) fn reply_blob<'b>(&mut self, blob: impl Into<BlobRef<'b>>) {
        push_blob(self.reply.output(), blob);
    }

    /// Returns the value at `key`, if there is one, and counts a hit or a miss. A key of the wrong type
    /// is a hit.
    ///
    /// # Errors
    /// [`WrongType`] if the value is of another type.
    pub(super) fn lookup<'k, T: Stored>(
        &mut self,
        keyspace: &'k Keyspace,
        key: &[u8],
    ) -> Result<Option<&'k T>, WrongType> {
        let found = keyspace.get_as::<T>(key, self.now_ms());
        let is_hit = !matches!(found, Ok(None));
        self.count_lookup(is_hit);
        if !is_hit {
            self.notify(key, KEY_MISS);
        }
        found
    }

    /// Returns the entry of `key`, if there is one, and counts a hit or a miss.
    pub(super) fn lookup_entry<'k>(
        &mut self,
        keyspace: &'k Keyspace,
        key: &[u8],
    ) -> Option<&'k Entry> {
        let found = self.lookup_quietly(keyspace, key);
        if found.is_none() {
            self.notify(key, KEY_MISS);
        }
        found
    }

    /// As [`Call::lookup_entry`], without an event for a missing key.
    pub(super) fn lookup_quietly<'k>(
        &self,
        keyspace: &'k Keyspace,
        key: &[u8],
    ) -> Option<&'k Entry> {
        let found = keyspace.get(key, self.now_ms());
        self.count_lookup(found.is_some());
        found
    }

    #[inline]
    fn count_lookup(&self, is_hit: bool) {
        let Counters { hits, misses, .. } = &self.session.client.counters;
        Counters::add(if is_hit { hits } else { misses }, 1);
    }

    /// Has the engine remove an expired key of the selected database after the command.
    pub(super) fn note_expired(&mut self, key: &Blob) {
        self.expired.push((self.session.database(), key.clone()));
    }

    /// Frees the removed value of a key; after the lock is released if that is slow.
    pub(super) fn discard(&mut self, entry: Entry) {
        if entry.value().is_slow_to_free() {
            self.state.count_freed(1);
            self.discard_later(entry);
        }
    }

    /// Frees removed values after the lock is released.
    pub(super) fn discard_values(&mut self, mut values: Vec<Blob>) {
        values.retain(|value| value.heap_bytes() > 0);
        if !values.is_empty() {
            self.discard_later(values);
        }
    }

    /// Frees `garbage` after the lock is released.
    pub(super) fn discard_later(&mut self, garbage: impl Any + Send) {
        self.garbage.push(Box::new(garbage));
    }
}

/// Appends a bulk string. Big blobs are not copied.
pub(super) fn push_blob<'a>(output: &mut Output, blob: impl Into<BlobRef<'a>>) {
    match blob.into() {
        BlobRef::Big(value) => output.push_bulk_shared(value),
        BlobRef::Bytes(value) => output.push_bulk(value),
    }
}
