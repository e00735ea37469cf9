//! Which clients wait for data at which keys (BLPOP,
//! <https://redis.io/docs/latest/commands/blpop/>).
//!
//! At each key the clients stand in line in the order in which they began to wait. A key is ready
//! if a value of the type that one of them waits for has come to it, or has changed there. The
//! engine serves the ready keys before it releases the lock, in the order in which they became
//! ready.
//!
//! A line knows of a client only its number. The engine knows what the client has asked for.

use std::collections::{HashMap, VecDeque};

use crate::store::blob::Blob;
use crate::store::key::{Key, Probe, TableHasher};
use crate::store::types::Value;

/// A client in line at a key.
#[derive(Clone, Copy, Debug)]
pub struct Waiter {
    /// The number of its connection.
    pub client: u64,
    /// The name of the type that it waits for. Values of other types do not wake it.
    pub type_name: &'static str,
}

/// The lines at the keys of one database.
#[derive(Clone, Debug, Default)]
pub struct Waiters {
    lines: HashMap<Blob, Line, TableHasher>,
    /// Keys that may have data for a client, in the order in which they became ready.
    ready: VecDeque<Blob>,
}

#[derive(Clone, Debug, Default)]
struct Line {
    waiters: VecDeque<Waiter>,
    /// Whether the key stands in `ready`.
    is_ready: bool,
}

impl Waiters {
    /// Whether no client waits.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Puts a client at the end of the line at `key`. A request may name a key twice; the client
    /// stands there once.
    pub fn add(&mut self, key: &Blob, waiter: Waiter) {
        let line = &mut self.lines.entry(key.clone()).or_default().waiters;
        if line.back().is_none_or(|last| last.client != waiter.client) {
            line.push_back(waiter);
        }
    }

    /// Takes a client out of the line at `key`, if it stands there.
    pub fn remove(&mut self, key: &Blob, client: u64) {
        let Some(line) = self.lines.get_mut(key) else {
            return;
        };
        let place = line.waiters.iter().position(|it| it.client == client);
        place.map(|index| line.waiters.remove(index));
        if line.waiters.is_empty() {
            self.lines.remove(key);
        }
    }

    /// Finds the first client at the index `from` or behind it that waits at `key` for a value of
    /// this type. Returns its index in the line, and its number.
    pub fn next(&self, key: &Blob, from: usize, type_name: &str) -> Option<(usize, u64)> {
        let line = self.lines.get(key)?.waiters.iter().enumerate().skip(from);
        let mut waiters = line.filter(|(_, waiter)| waiter.type_name == type_name);
        waiters.next().map(|(index, waiter)| (index, waiter.client))
    }

    /// Notes that `key` has a new or changed value.
    #[inline]
    pub fn note(&mut self, key: &[u8], value: &Value) {
        // Nearly always nobody waits.
        if !self.is_empty() {
            self.note_line(key, value.type_name());
        }
    }

    #[cold]
    fn note_line(&mut self, key: &[u8], type_name: &str) {
        // Copied only if somebody waits here: other keys are written to more often.
        let probe = Probe::new(key);
        let Some(line) = self.lines.get_mut(&probe as &dyn Key) else {
            return;
        };
        let is_awaited = line.waiters.iter().any(|it| it.type_name == type_name);
        if is_awaited && !line.is_ready {
            line.is_ready = true;
            self.ready.push_back(key.into());
        }
    }

    /// Whether a key is ready.
    #[inline]
    pub fn has_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// Takes out the key that became ready first.
    pub fn next_ready(&mut self) -> Option<Blob> {
        let key = self.ready.pop_front()?;
        if let Some(line) = self.lines.get_mut(&key) {
            line.is_ready = false;
        }
        Some(key)
    }

    /// Returns the keys at which clients stand in line.
    pub fn keys(&self) -> Vec<Blob> {
        self.lines.keys().cloned().collect()
    }
}
