//! The registry of all connected clients, and the sums of their figures.
//!

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::counters::{Counters, Sent, Totals, Traffic};
use super::{Arrival, Client};
use crate::stats::{self, Rare};

/// How long a stopping server waits for clients that it has disconnected. Their threads end within
/// microseconds, unless they execute a long command.
const DISCONNECT_PATIENCE: Duration = Duration::from_millis(500);

/// All connected clients.
#[derive(Debug, Default)]
pub struct Registry {
    /// The figures of commands that a client has used only a few times.
    pub rare: Rare,
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
    ended: Counters,
    ended_sent: Sent,
    ended_stats: stats::Totals,
    /// The sums at the last CONFIG RESETSTAT.
    reset: Totals,
    /// The last two samples of the traffic.
    samples: [Option<(Instant, Traffic)>; 2],
}

impl State {
    /// Returns the clients that the server has not disconnected, oldest first.
    fn open(&self) -> impl Iterator<Item = &Arc<Client>> {
        let clients = self.clients.values();
        clients.filter(|client| !client.connection.is_closed())
    }

    fn sums(&self) -> Totals {
        let mut totals = Totals {
            connections: self.total,
            rejected: self.rejected,
            sent: self.ended_sent,
            stats: self.ended_stats.clone(),
            ..Totals::default()
        };
        totals.counters.absorb(&self.ended);
        for client in self.clients.values() {
            totals.counters.absorb(&client.counters);
            totals.sent.absorb(client.connection.sent());
            totals.stats.absorb(&client.figures);
        }
        totals
    }

    /// Returns the traffic since the start.
    fn traffic(&self, rare: &Rare) -> Traffic {
        let mut calls = self.ended_stats.calls() + rare.calls();
        let mut read_bytes = self.ended.read_bytes.load(Ordering::Relaxed);
        let mut sent_bytes = self.ended_sent.bytes;
        for client in self.clients.values() {
            calls += client.figures.calls();
            read_bytes += client.counters.read_bytes.load(Ordering::Relaxed);
            sent_bytes += client.connection.sent().bytes;
        }
        Traffic {
            calls: calls as f64,
            read_bytes: read_bytes as f64,
            sent_bytes: sent_bytes as f64,
        }
    }
}

impl Registry {
    /// Returns the number of the next client.
    pub fn next_id(&self) -> u64 {
        self.last_id.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Adds client `id` until the returned guard is dropped. Returns `None` if there are
    /// `maxclients` clients already, or the server is stopping.
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

    /// Counts a connection that was refused.
    pub fn reject(&self) {
        self.lock().rejected += 1;
    }

    /// Returns the current clients, oldest first, without the ones that the server has disconnected.
    pub fn clients(&self) -> Vec<Arc<Client>> {
        self.lock().open().cloned().collect()
    }

    /// Returns the client of this number, if its connection goes on.
    pub fn find(&self, id: u64) -> Option<Arc<Client>> {
        let state = self.lock();
        state.clients.get(&id).filter(|it| it.is_open()).cloned()
    }

    /// Returns the number of clients that the server has not disconnected.
    pub fn open(&self) -> usize {
        self.lock().open().count()
    }

    /// Returns the number of clients, those whose threads are about to end included.
    pub fn len(&self) -> usize {
        self.lock().clients.len()
    }

    /// Returns the number of clients that wait for data, without disconnected ones.
    pub fn blocked(&self) -> usize {
        let state = self.lock();
        let is_in_line = |client: &&Arc<Client>| client.wait.is_in_line();
        state.open().filter(is_in_line).count()
    }

    /// Returns whether there is no client.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the sums since the start, or since the last reset.
    pub fn totals(&self) -> Totals {
        let state = self.lock();
        let mut totals = state.sums();
        totals.connections -= state.reset.connections;
        totals.rejected -= state.reset.rejected;
        totals.sent.subtract(state.reset.sent);
        totals.counters.subtract(&state.reset.counters);
        totals.stats.subtract(&state.reset.stats);
        totals.stats.absorb_rare(&self.rare);
        totals
    }

    /// Takes a sample of the traffic. To be called once a second.
    pub fn sample(&self) {
        let mut state = self.lock();
        let traffic = state.traffic(&self.rare);
        state.samples = [state.samples[1], Some((Instant::now(), traffic))];
    }

    /// Returns the traffic of a second: the mean since the last sample but one.
    pub fn rates(&self) -> Traffic {
        let state = self.lock();
        let now = state.traffic(&self.rare);
        let Some((at, former)) = state.samples.into_iter().flatten().next() else {
            return Traffic::default();
        };
        let seconds = at.elapsed().as_secs_f64().max(0.001);
        Traffic {
            // RESETSTAT may have been in between.
            calls: (now.calls - former.calls).max(0.0) / seconds,
            read_bytes: (now.read_bytes - former.read_bytes) / seconds,
            sent_bytes: (now.sent_bytes - former.sent_bytes) / seconds,
        }
    }

    /// Resets the sums to zero.
    pub fn reset_totals(&self) {
        let mut state = self.lock();
        state.reset = state.sums();
        self.rare.clear();
    }

    /// Accepts no more clients and ends the input of the connected ones. Waits up to `patience`
    /// until they have received their replies and are gone, then disconnects them. Returns the
    /// number of clients that are still there a moment later: they execute a long command.
    pub fn close(&self, patience: Duration) -> usize {
        self.lock().closed = true;
        for client in self.clients() {
            client.connection.close_input();
        }
        let has_clients = |state: &mut State| !state.clients.is_empty();
        drop(
            self.empty
                .wait_timeout_while(self.lock(), patience, has_clients),
        );
        for client in self.clients() {
            client.connection.close();
        }
        drop(
            self.empty
                .wait_timeout_while(self.lock(), DISCONNECT_PATIENCE, has_clients),
        );
        self.len()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A client's entry in the registry. Dropping this removes it, at the end of the connection or when
/// its thread panics.
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
        state.ended.absorb(&self.client.counters);
        state.ended_stats.absorb(&self.client.figures);
        let sent = self.client.connection.sent();
        state.ended_sent.absorb(sent);
        if state.clients.is_empty() {
            self.registry.empty.notify_all();
        }
    }
}
