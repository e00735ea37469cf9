//! Decides which requests of all clients are traced, and keeps the latest traced ones.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::TracedRequest;
use crate::classroom::Classroom;
use crate::client::features::{Feature, Features};

/// Traced requests that are kept for viewers that come back for them.
const KEPT_REQUESTS: usize = 256;

/// In each window, the server traces a bounded number of requests.
const WINDOW: Duration = Duration::from_millis(100);

/// The requests of a window: of any client, and of clients that have not been traced for a while.
/// So a rare client is seen beside a busy one.
const ANY_PER_WINDOW: u32 = 5;
const RARE_PER_WINDOW: u32 = 5;

/// The traced requests of one server.
#[derive(Debug, Default)]
pub struct Tracing {
    state: Mutex<State>,
    features: Arc<Features>,
    /// Its slow client changes only with `state` locked.
    classroom: Arc<Classroom>,
}

#[derive(Debug, Default)]
struct State {
    viewers: usize,
    /// When the window began, and how many more requests of each kind can be traced in it.
    window: Option<Instant>,
    left: [u32; 2],
    /// The last traced requests, the latest last.
    requests: VecDeque<Arc<TracedRequest>>,
    /// The number of the latest traced request.
    last: u64,
}

impl Tracing {
    /// Traces nothing yet. Switches `features` on while requests are traced.
    pub fn new(features: &Arc<Features>, classroom: &Arc<Classroom>) -> Tracing {
        Tracing {
            state: Mutex::default(),
            features: Arc::clone(features),
            classroom: Arc::clone(classroom),
        }
    }

    /// Returns whether a request may be traced now. `is_rare` says that no request of its client has
    /// been traced for a while.
    pub fn claim(&self, now: Instant, is_rare: bool) -> bool {
        let mut state = self.lock();
        let is_over = |began: Instant| now.saturating_duration_since(began) >= WINDOW;
        if state.window.is_none_or(is_over) {
            state.window = Some(now);
            state.left = [ANY_PER_WINDOW, RARE_PER_WINDOW];
        }
        let [any, rare] = &mut state.left;
        let left = if is_rare && *rare > 0 { rare } else { any };
        let is_free = *left > 0;
        *left -= u32::from(is_free);
        is_free
    }

    /// Makes each step of one client take `ms` milliseconds, and has its requests traced; with 0 no client
    /// is slow. Returns `false` if `is_there` says afterwards that the client is gone: then none is slow.
    #[must_use]
    pub fn set_slow(&self, client: u64, ms: u64, is_there: impl FnOnce() -> bool) -> bool {
        self.change(|_| self.classroom.set_slow(client, ms));
        // A client that is gone now may have called `end_slow` too early. Any other one will call it.
        let is_done = ms == 0 || is_there();
        if !is_done {
            self.end_slow(client);
        }
        is_done
    }

    /// Ends slow motion if the client is the slow one. A client that ends calls this, after it has made
    /// known that it is gone.
    pub fn end_slow(&self, client: u64) {
        self.change(|_| self.classroom.end_slow(client));
    }

    /// Returns whether this client is slow.
    pub fn is_slow(&self, client: u64) -> bool {
        self.classroom.is_slow(client)
    }

    /// Sleeps in a step of this client.
    pub(super) fn slow_step(&self, client: u64) {
        self.classroom.slow_step(client);
    }

    /// Changes the reasons for which requests are traced.
    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.lock();
        change(&mut state);
        let is_on = state.viewers > 0 || self.classroom.slow().is_some();
        self.features.set(Feature::Trace, is_on);
    }

    /// Adds a traced request, and gives it the next number.
    pub(super) fn add(&self, mut request: TracedRequest) {
        let mut state = self.lock();
        state.last += 1;
        request.number = state.last;
        state.requests.push_back(Arc::new(request));
        let oldest = match state.requests.len() {
            ..=KEPT_REQUESTS => None,
            _ => state.requests.pop_front(),
        };
        drop(state);
        // Freed without the lock.
        drop(oldest);
    }

    /// Returns the number of the latest traced request.
    pub fn last(&self) -> u64 {
        self.lock().last
    }

    /// Returns the traced requests with greater numbers than `number`, as far as they are kept.
    pub fn since(&self, number: u64) -> Vec<Arc<TracedRequest>> {
        let state = self.lock();
        let newer = state.last.saturating_sub(number) as usize;
        let skipped = state.requests.len().saturating_sub(newer);
        state.requests.iter().skip(skipped).cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A viewer that watches requests, until this is dropped. Without viewers, and without a slow client,
/// nothing is traced.
#[derive(Debug)]
pub struct Watching(Arc<Tracing>);

impl Watching {
    /// Begins to watch.
    pub fn begin(tracing: &Arc<Tracing>) -> Watching {
        tracing.change(|state| state.viewers += 1);
        Watching(Arc::clone(tracing))
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.0.change(|state| state.viewers -= 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_client_leaves_room_for_a_rare_one() {
        let tracing = Tracing::default();
        let began = Instant::now();
        for window in 0..20 {
            let now = began + WINDOW * window;
            let busy = (0..1000).filter(|_| tracing.claim(now, false)).count();
            assert_eq!(busy, ANY_PER_WINDOW as usize);
            assert!(tracing.claim(now, true));
        }
    }

    #[test]
    fn requests_are_traced_while_somebody_watches_or_a_client_is_slow() {
        let tracing = Arc::<Tracing>::default();
        let is_on = || tracing.features.has(Feature::Trace);
        assert!(tracing.set_slow(7, 10, || true) && is_on());
        let watching = Watching::begin(&tracing);
        tracing.end_slow(8);
        assert_eq!(tracing.classroom.slow(), Some((7, 10)));
        tracing.end_slow(7);
        assert!(tracing.classroom.slow().is_none() && is_on());
        drop(watching);
        assert!(!is_on());
    }

    #[test]
    fn a_client_that_ends_while_it_is_slowed_down_leaves_no_slow_motion() {
        let tracing = Tracing::default();
        // Its thread has looked for its slow motion already.
        assert!(!tracing.set_slow(7, 10, || false));
        assert_eq!(tracing.classroom.slow(), None);
        assert!(!tracing.features.has(Feature::Trace));
        // Its thread looks between the change and the question whether it is there.
        let ends = || {
            tracing.end_slow(7);
            false
        };
        assert!(!tracing.set_slow(7, 10, ends));
        assert!(!tracing.features.has(Feature::Trace));
    }
}
