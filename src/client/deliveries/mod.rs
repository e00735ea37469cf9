//! Deliveries: what a client's command has for other clients. Messages, keyspace events, lines for
//! monitors and invalidations of cached keys go this way.
//!
//! ```text
//!   a turn              gathers its deliveries; appends them to the queue before it releases the
//!                       store's lock, so that the order of the queue is the order of the store
//!   a round             takes a part of the queue, finds the receivers, and makes one output for
//!                       each
//!   the end of a turn   makes a round and sends it, if it has few receivers and no other thread
//!                       makes one; otherwise wakes the thread "deliveries"
//! ```
//!
//! One thread at a time makes rounds, so every client receives its messages in the order of the
//! queue. Under load, a round holds many messages, and each receiver costs one write for all of
//! them. No thread waits for a receiver: see `outbox`.
//!
//! A write's deliveries must not tell of it before its record is committed. So they stand behind a
//! [`Gate`], which the commit opens. Later deliveries wait behind them.
//!
//! A round finds the receivers, not the publisher. So a client that has ended its subscription, or
//! its time as a monitor, and then calls [`Deliveries::settle`] gets no further message.

mod queue;
mod round;

use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread;
use std::time::Duration;

use super::monitors::Monitors;
use super::subscriptions::{Audience, Subscriptions};
use super::tracking::{Invalidation, Tracking};
use crate::config::limits::STACK_BYTES;
use crate::resp::output::Output;
use crate::store::blob::Blob;
use crate::threads::{self, Kind, Reason};
use queue::Queue;
use round::Round;

/// Most sends of a round that the thread of a turn makes itself. To wake another thread takes as
/// long as a few sends.
const FEW_SENDS: usize = 4;

/// How long a publisher waits at most while the queue is full.
const PATIENCE: Duration = Duration::from_secs(1);

/// Memory of a delivery besides its bytes, as an estimate.
const DELIVERY_BYTES: usize = 100;

/// The thread of the deliveries ends when it has had nothing to do for so long.
const IDLE: Duration = Duration::from_secs(1);

/// Something for other clients.
#[derive(Debug)]
pub enum Delivery {
    /// A message, for the subscribers of its channel.
    Message(Message),
    /// A message to the clients that may have cached keys.
    Invalidation(Invalidation),
    /// A line for all monitors.
    Line(Output),
}

/// A message on a channel.
#[derive(Debug)]
pub struct Message {
    /// The channel.
    pub channel: Blob,
    /// The message.
    pub payload: Blob,
    /// The subscriptions that the publisher has found. If it has not searched, the round does.
    pub audience: Option<Audience>,
}

impl Delivery {
    fn bytes(&self) -> usize {
        DELIVERY_BYTES
            + match self {
                Delivery::Message(message) => message.channel.len() + message.payload.len(),
                Delivery::Invalidation(message) => message.bytes(),
                Delivery::Line(line) => line.len(),
            }
    }

    /// Returns the number of receivers that the publisher has found; 0 if the round finds them.
    fn known_receivers(&self) -> usize {
        match self {
            Delivery::Message(message) => message.audience.as_ref().map_or(0, |it| it.count),
            Delivery::Invalidation(_) | Delivery::Line(_) => 0,
        }
    }
}

/// The deliveries that are not sent yet, and the subscriptions that tell their receivers.
///
/// The order of the locks: `round`, `subscriptions`, `queue`.
#[derive(Debug, Default)]
pub struct Deliveries {
    /// The subscriptions of all clients.
    pub subscriptions: Arc<Subscriptions>,
    /// The clients that track keys.
    pub tracking: Arc<Tracking>,
    /// The clients in the mode of MONITOR.
    pub monitors: Arc<Monitors>,
    queue: Mutex<Queue>,
    /// Wakes the thread of the deliveries.
    woken: Condvar,
    /// Wakes publishers that wait for room in the queue.
    has_room: Condvar,
    round: Mutex<Round>,
}

/// Keeps deliveries in the queue until this is dropped.
#[derive(Debug)]
pub struct Gate {
    deliveries: Arc<Deliveries>,
    is_open: Arc<AtomicBool>,
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.is_open.store(true, Ordering::Release);
        self.deliveries.send();
    }
}

impl Deliveries {
    /// Appends `deliveries`, which are empty afterwards. Call it with the store's lock held if they
    /// are about a change of the data, and call [`Deliveries::send`] without that lock.
    pub fn push(&self, deliveries: &mut Vec<Delivery>) {
        lock(&self.queue).push(deliveries);
    }

    /// Appends `deliveries`, which are empty afterwards. Neither they nor later ones are sent before
    /// the gate is dropped, which must happen without the store's lock.
    pub fn push_behind_gate(self: &Arc<Self>, deliveries: &mut Vec<Delivery>) -> Gate {
        let mut queue = lock(&self.queue);
        let is_open = queue.close();
        queue.push(deliveries);
        Gate {
            deliveries: Arc::clone(self),
            is_open,
        }
    }

    /// Has the queue sent, as far as no gate is closed. Waits for nothing.
    pub fn send(self: &Arc<Self>) {
        if lock(&self.queue).receivers > FEW_SENDS || !self.send_if_few() {
            self.wake();
        }
    }

    /// Waits while the queue is full, but not for long.
    pub fn wait_for_room(&self) {
        let queue = lock(&self.queue);
        if queue.is_full() {
            let _waiting = threads::waiting(Reason::Work);
            let is_full = |queue: &mut Queue| queue.is_full();
            drop(self.has_room.wait_timeout_while(queue, PATIENCE, is_full));
        }
    }

    /// Sends all deliveries that were pushed before, as far as no gate is closed. Waits while another
    /// thread makes a round.
    pub fn settle(&self) {
        let mut round = lock(&self.round);
        self.send_round(&mut round);
        self.take_queue(&mut round);
        self.send_round(&mut round);
    }

    /// Sends the queue, unless it has many receivers or another thread makes a round. Returns whether
    /// it is sent.
    fn send_if_few(&self) -> bool {
        let mut round = match self.round.try_lock() {
            Ok(round) => round,
            Err(TryLockError::Poisoned(error)) => error.into_inner(),
            Err(TryLockError::WouldBlock) => return false,
        };
        self.take_queue(&mut round);
        self.fill(&mut round);
        let is_few = round.sends() <= FEW_SENDS && !round.has_more();
        if is_few {
            round.send();
        }
        is_few
    }

    /// Moves the queue to the round.
    fn take_queue(&self, round: &mut Round) {
        round.take(&mut lock(&self.queue));
    }

    /// Sends all that the round has taken.
    fn send_round(&self, round: &mut Round) {
        loop {
            self.fill(round);
            round.send();
            if !round.has_more() {
                return;
            }
        }
    }

    /// Finds the receivers of the next deliveries that the round has taken.
    fn fill(&self, round: &mut Round) {
        let bytes = round.fill(self);
        if lock(&self.queue).count_sent(bytes) {
            self.has_room.notify_all();
        }
    }

    /// Has the thread of the deliveries send the queue.
    fn wake(self: &Arc<Self>) {
        let mut queue = lock(&self.queue);
        queue.is_woken = true;
        if mem::take(&mut queue.is_asleep) {
            self.woken.notify_one();
        }
        if !mem::replace(&mut queue.has_thread, true) {
            drop(queue);
            if self.start_thread().is_err() {
                lock(&self.queue).has_thread = false;
                self.settle();
            }
        }
    }

    fn start_thread(self: &Arc<Self>) -> std::io::Result<()> {
        let deliveries = Arc::clone(self);
        let thread = thread::Builder::new()
            .name("deliveries".to_owned())
            .stack_size(STACK_BYTES);
        let started = threads::start(Kind::Deliveries, thread, move || {
            while deliveries.wait_until_woken() {
                deliveries.settle();
            }
        });
        started.map(drop)
    }

    /// Waits for something to do. Returns `false` if there was nothing for long: then the thread
    /// must end.
    fn wait_until_woken(&self) -> bool {
        let mut queue = lock(&self.queue);
        queue.is_asleep = !queue.is_woken;
        let is_idle = |queue: &mut Queue| !queue.is_woken;
        let _waiting = threads::waiting(Reason::Work);
        let waited = self.woken.wait_timeout_while(queue, IDLE, is_idle);
        let (mut queue, _) = waited.unwrap_or_else(PoisonError::into_inner);
        queue.is_asleep = false;
        queue.has_thread = mem::take(&mut queue.is_woken);
        queue.has_thread
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
