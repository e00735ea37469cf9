//! Who is connected, and what each connection has done.
//!
//! No counter here is shared between threads that write it: every connection counts for
//! itself, in a place that only its own thread writes, and whoever wants a sum adds
//! them up. So counting costs a request nothing but a store to its own memory.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::counters::{Counters, Totals};
use super::{Arrival, Client};

/// A client that is disconnected ends within microseconds, unless it is executing a command.
const END_PATIENCE: Duration = Duration::from_millis(500);

/// All clients.
#[derive(Debug, Default)]
pub struct Registry {
    last_id: AtomicU64,
    state: Mutex<State>,
    empty: Condvar,
}

#[derive(Debug, Default)]
struct State {
    clients: BTreeMap<u64, Arc<Client>>,
    closed: bool,
    total: u64,
    rejected: u64,
    past: Counters,
    past_sent_bytes: u64,
    /// The sums when they were last reset.
    reset: Totals,
}

impl State {
    fn sums(&self) -> Totals {
        let totals = Totals {
            connections: self.total,
            rejected: self.rejected,
            sent_bytes: self.past_sent_bytes
                + self
                    .clients
                    .values()
                    .map(|client| client.connection.sent_bytes())
                    .sum::<u64>(),
            ..Totals::default()
        };
        totals.counters.absorb(&self.past);
        for client in self.clients.values() {
            totals.counters.absorb(&client.counters);
        }
        totals
    }
}

impl Registry {
    /// The number of the next client.
    pub fn next_id(&self) -> u64 {
        self.last_id.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Adds client `id`, until the returned guard is dropped. `None` if there are
    /// `maxclients` already, or the server is stopping.
    pub fn register(
        self: &Arc<Self>,
        id: u64,
        maxclients: usize,
        arrival: Arrival,
    ) -> Option<Registration> {
        let mut state = self.lock();
        if state.closed || state.clients.len() >= maxclients {
            state.rejected += 1;
            return None;
        }
        state.total += 1;
        let client = Arc::new(Client::new(id, arrival));
        state.clients.insert(id, Arc::clone(&client));
        Some(Registration {
            registry: Arc::clone(self),
            client,
        })
    }

    /// Notes a connection that could not be taken.
    pub fn reject(&self) {
        self.lock().rejected += 1;
    }

    /// The clients of this moment, oldest first.
    pub fn clients(&self) -> Vec<Arc<Client>> {
        self.lock().clients.values().cloned().collect()
    }

    /// How many clients there are.
    pub fn len(&self) -> usize {
        self.lock().clients.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Sums since the start, or since they were last reset.
    pub fn totals(&self) -> Totals {
        let state = self.lock();
        let mut totals = state.sums();
        totals.connections -= state.reset.connections;
        totals.rejected -= state.reset.rejected;
        totals.sent_bytes -= state.reset.sent_bytes;
        totals.counters.subtract(&state.reset.counters);
        totals
    }

    /// Begins new sums.
    pub fn reset_totals(&self) {
        let mut state = self.lock();
        state.reset = state.sums();
    }

    /// Takes no more clients, ends the input of those there are, and waits up to `patience` for
    /// them to take their answers and go; then disconnects them. Returns how many are still there
    /// after a moment: they execute something that takes long.
    pub fn close(&self, patience: Duration) -> usize {
        self.lock().closed = true;
        for client in self.clients() {
            client.connection.close_input();
        }
        let busy = |state: &mut State| !state.clients.is_empty();
        drop(self.empty.wait_timeout_while(self.lock(), patience, busy));
        for client in self.clients() {
            client.connection.close();
        }
        drop(
            self.empty
                .wait_timeout_while(self.lock(), END_PATIENCE, busy),
        );
        self.len()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A client's place among the others, given back when this is dropped, be it by the end
/// of the connection or by a panic of its thread.
#[derive(Debug)]
pub struct Registration {
    registry: Arc<Registry>,
    client: Arc<Client>,
}

impl Registration {
    /// The client.
    pub fn client(&self) -> &Arc<Client> {
        &self.client
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        let mut state = self.registry.lock();
        state.clients.remove(&self.client.id);
        state.past.absorb(&self.client.counters);
        state.past_sent_bytes += self.client.connection.sent_bytes();
        if state.clients.is_empty() {
            self.registry.empty.notify_all();
        }
    }
}
