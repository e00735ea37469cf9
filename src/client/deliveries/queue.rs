//! The queue of deliveries, and the gates in it: what stands behind a closed gate is not sent yet.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::Delivery;

/// If the queue holds more bytes, each publisher waits until it holds less.
const MANY_BYTES: usize = 1024 * 1024;

/// Deliveries in the order of the store.
#[derive(Debug, Default)]
pub(super) struct Queue {
    deliveries: VecDeque<Delivery>,
    gates: VecDeque<Place>,
    /// The number of deliveries that have left the queue since the start.
    left: u64,
    /// The bytes of these deliveries, and of the ones that a round has taken and not sent.
    bytes: usize,
    /// The known receivers of the deliveries since the last round.
    pub(super) receivers: usize,
    /// The thread of the deliveries runs.
    pub(super) has_thread: bool,
    /// That thread has something to do.
    pub(super) is_woken: bool,
    /// That thread sleeps.
    pub(super) is_asleep: bool,
}

/// The place of a gate.
#[derive(Debug)]
struct Place {
    /// The number of deliveries in front of it, since the start.
    behind: u64,
    is_open: Arc<AtomicBool>,
}

impl Queue {
    /// Appends `deliveries`, which are empty afterwards.
    pub(super) fn push(&mut self, deliveries: &mut Vec<Delivery>) {
        self.bytes += deliveries.iter().map(Delivery::bytes).sum::<usize>();
        self.receivers += deliveries
            .iter()
            .map(Delivery::known_receivers)
            .sum::<usize>();
        self.deliveries.extend(deliveries.drain(..));
    }

    /// Appends a closed gate. Setting the returned value opens it.
    pub(super) fn close(&mut self) -> Arc<AtomicBool> {
        let is_open = Arc::<AtomicBool>::default();
        self.gates.push_back(Place {
            behind: self.left + self.deliveries.len() as u64,
            is_open: Arc::clone(&is_open),
        });
        is_open
    }

    /// Moves the deliveries in front of the first closed gate to the end of `taken`.
    pub(super) fn move_to(&mut self, taken: &mut VecDeque<Delivery>) {
        while let Some(gate) = self.gates.front()
            && gate.is_open.load(Ordering::Acquire)
        {
            self.gates.pop_front();
        }
        let all = self.deliveries.len();
        let free = self
            .gates
            .front()
            .map_or(all, |gate| (gate.behind - self.left) as usize);
        taken.extend(self.deliveries.drain(..free));
        self.left += free as u64;
        self.receivers = 0;
    }

    /// Counts `bytes` as sent. Returns whether publishers may go on because of that.
    pub(super) fn count_sent(&mut self, bytes: usize) -> bool {
        let was_full = self.is_full();
        self.bytes -= bytes;
        was_full && !self.is_full()
    }

    /// Returns whether publishers must wait.
    pub(super) fn is_full(&self) -> bool {
        self.bytes > MANY_BYTES
    }
}
