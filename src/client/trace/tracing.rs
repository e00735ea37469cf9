//! Which requests of all clients are traced, and the samples that come of that.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::Sample;
use crate::client::features::{Feature, Features};

/// Samples that are kept for viewers that come back for them.
const KEPT_SAMPLES: usize = 256;

/// In each window, the server traces a bounded number of requests.
const WINDOW: Duration = Duration::from_millis(100);

/// The requests of a window: of any client, and of clients that have not been traced for a while.
/// So a rare client is seen beside a busy one.
const ANY_PER_WINDOW: u32 = 5;
const RARE_PER_WINDOW: u32 = 5;

/// The traced requests of one server.
#[derive(Debug, Default)]
pub struct Tracing(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    viewers: usize,
    /// Whether a class watches a slow client.
    has_slow: bool,
    /// When the window began, and how many more requests of each kind can be traced in it.
    window: Option<Instant>,
    left: [u32; 2],
    /// The last samples, the latest last.
    samples: VecDeque<Arc<Sample>>,
    /// The number of the latest sample.
    last: u64,
}

impl Tracing {
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

    /// Notes whether there is a slow client, all of whose requests are traced.
    pub fn set_slow(&self, has_slow: bool, features: &Features) {
        let mut state = self.lock();
        state.has_slow = has_slow;
        state.update(features);
    }

    /// Adds a sample, and gives it the next number.
    pub(super) fn add(&self, mut sample: Sample) {
        let mut state = self.lock();
        state.last += 1;
        sample.number = state.last;
        state.samples.push_back(Arc::new(sample));
        let oldest = match state.samples.len() {
            ..=KEPT_SAMPLES => None,
            _ => state.samples.pop_front(),
        };
        drop(state);
        // Freed without the lock.
        drop(oldest);
    }

    /// Returns the number of the latest sample.
    pub fn last(&self) -> u64 {
        self.lock().last
    }

    /// Returns the samples with greater numbers than `number`, as far as they are kept.
    pub fn since(&self, number: u64) -> Vec<Arc<Sample>> {
        let state = self.lock();
        let newer = state.last.saturating_sub(number) as usize;
        let skipped = state.samples.len().saturating_sub(newer);
        state.samples.iter().skip(skipped).cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn update(&self, features: &Features) {
        features.set(Feature::Trace, self.viewers > 0 || self.has_slow);
    }
}

/// A viewer that watches requests, until this is dropped. Without viewers, and without a slow client,
/// nothing is traced.
#[derive(Debug)]
pub struct Watching {
    tracing: Arc<Tracing>,
    features: Arc<Features>,
}

impl Watching {
    /// Begins to watch.
    pub fn begin(tracing: &Arc<Tracing>, features: &Arc<Features>) -> Watching {
        let mut state = tracing.lock();
        state.viewers += 1;
        state.update(features);
        Watching {
            tracing: Arc::clone(tracing),
            features: Arc::clone(features),
        }
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let mut state = self.tracing.lock();
        state.viewers -= 1;
        state.update(&self.features);
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
}
