//! CLIENT PAUSE: which requests are postponed, until when, and whose they are.
//!
//! A postponed client counts as blocked ([`Wait`](super::wait::Wait)). Its own thread sleeps until the
//! pause ends, and then executes the request.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::Client;
use super::features::{Feature, Features};

/// The requests that a pause postpones. The later ones include the earlier ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Paused {
    /// Requests that may change data.
    Writes,
    /// All requests.
    All,
}

/// The current pause.
#[derive(Debug, Default)]
pub struct Pause(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    current: Option<Current>,
    postponed: Vec<Arc<Client>>,
}

#[derive(Clone, Copy, Debug)]
struct Current {
    paused: Paused,
    /// `None` for a time too far away for the clock.
    until: Option<Instant>,
}

impl Pause {
    /// Pauses for `timeout`. If there is a pause already, the wider and the longer one count.
    pub fn begin(&self, paused: Paused, timeout: Duration, features: &Features) {
        let until = Instant::now().checked_add(timeout);
        let mut state = self.lock();
        state.drop_if_over(features);
        let new = match state.current {
            None if timeout.is_zero() => return,
            None => Current { paused, until },
            Some(old) => Current {
                paused: old.paused.max(paused),
                until: old.until.zip(until).map(|(old, new)| old.max(new)),
            },
        };
        state.current = Some(new);
        features.set(Feature::Pause, true);
    }

    /// Ends the pause, and wakes the postponed clients.
    pub fn end(&self, features: &Features) {
        let mut state = self.lock();
        state.current = None;
        features.set(Feature::Pause, false);
        for client in state.postponed.drain(..) {
            client.wait.end();
        }
    }

    /// Returns whether requests of this kind are postponed. Call it if [`Feature::Pause`] is on.
    pub fn is_on_for(&self, paused: Paused, features: &Features) -> bool {
        let mut state = self.lock();
        state.drop_if_over(features);
        state.current.is_some_and(|it| it.paused >= paused)
    }

    /// Postpones a request of `client`. Returns until when; `None` within that if the pause ends only
    /// by CLIENT UNPAUSE. Returns `None` if there is no such pause any more.
    pub fn postpone(
        &self,
        client: &Arc<Client>,
        paused: Paused,
        features: &Features,
    ) -> Option<Option<Instant>> {
        let mut state = self.lock();
        state.drop_if_over(features);
        let current = state.current.filter(|it| it.paused >= paused)?;
        client.wait.begin();
        state.postponed.push(Arc::clone(client));
        Some(current.until)
    }

    /// Ends the wait of a postponed client. For the client's own thread.
    pub fn leave(&self, client: &Client) {
        self.lock().postponed.retain(|it| it.id != client.id);
        client.wait.end();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Forgets the pause if its time is over. The postponed clients' threads wake by themselves.
    fn drop_if_over(&mut self, features: &Features) {
        let is_over = |it: Current| it.until.is_some_and(|until| until <= Instant::now());
        if self.current.is_some_and(is_over) {
            self.current = None;
            features.set(Feature::Pause, false);
        }
    }
}
