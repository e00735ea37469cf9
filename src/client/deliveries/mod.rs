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
//! A round finds the receivers of a message, not the publisher. So a client that has ended its
//! subscription and then calls [`Deliveries::settle`] gets no further message.

mod round;

use std::collections::VecDeque;
use std::mem;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread;
use std::time::Duration;

use super::Client;
use super::subscriptions::{Audience, Subscriptions};
use super::tracking::{Invalidation, Tracking};
use crate::config::limits::STACK_BYTES;
use crate::resp::output::Output;
use crate::store::blob::Blob;
use crate::threads::{self, Kind, Reason};
use round::Round;

/// Most sends of a round that the thread of a turn makes itself. To wake another thread takes as
/// long as a few sends.
const FEW_SENDS: usize = 4;

/// If the queue holds more bytes, each publisher waits until it holds less, or for [`PATIENCE`].
const MANY_BYTES: usize = 1024 * 1024;

/// See [`MANY_BYTES`].
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
    /// Whole frames of the protocol, for one client.
    Frames {
        /// The receiver.
        to: Arc<Client>,
        /// The frames.
        output: Output,
    },
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
                Delivery::Frames { output, .. } => output.len(),
            }
    }

    /// Returns the number of receivers, as far as it is known.
    fn known_receivers(&self) -> usize {
        match self {
            Delivery::Message(message) => message.audience.as_ref().map_or(0, |it| it.count),
            Delivery::Invalidation(_) => 0,
            Delivery::Frames { .. } => 1,
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
    queue: Mutex<Queue>,
    /// Wakes the thread of the deliveries.
    woken: Condvar,
    /// Wakes publishers that wait for room in the queue.
    has_room: Condvar,
    round: Mutex<Round>,
}

#[derive(Debug, Default)]
struct Queue {
    deliveries: VecDeque<Delivery>,
    /// The bytes of these deliveries, and of the ones that a round has taken and not sent.
    bytes: usize,
    /// The receivers that are known.
    receivers: usize,
    /// The thread of the deliveries runs.
    has_thread: bool,
    /// That thread has something to do.
    is_woken: bool,
    /// That thread sleeps.
    is_asleep: bool,
}

impl Deliveries {
    /// Appends `deliveries`, which are empty afterwards. Call it with the store's lock held if they
    /// are about a change of the data, and call [`Deliveries::send`] without that lock.
    pub fn push(&self, deliveries: &mut Vec<Delivery>) {
        let bytes: usize = deliveries.iter().map(Delivery::bytes).sum();
        let receivers: usize = deliveries.iter().map(Delivery::known_receivers).sum();
        let mut queue = lock(&self.queue);
        queue.bytes += bytes;
        queue.receivers += receivers;
        queue.deliveries.extend(deliveries.drain(..));
    }

    /// Has the queue sent. Waits for no receiver, but while the queue is full.
    pub fn send(self: &Arc<Self>) {
        if lock(&self.queue).receivers > FEW_SENDS || !self.send_if_few() {
            self.wake();
        }
    }

    /// Sends all deliveries that were pushed before. Waits while another thread makes a round.
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
        let mut queue = lock(&self.queue);
        queue.receivers = 0;
        round.take(&mut queue.deliveries);
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
        let mut queue = lock(&self.queue);
        let was_full = queue.is_full();
        queue.bytes -= bytes;
        if was_full && !queue.is_full() {
            self.has_room.notify_all();
        }
    }

    /// Has the thread of the deliveries send the queue. Waits while the queue is full.
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
            return;
        }
        let is_full = |queue: &mut Queue| queue.is_full();
        drop(self.has_room.wait_timeout_while(queue, PATIENCE, is_full));
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

impl Queue {
    fn is_full(&self) -> bool {
        self.bytes > MANY_BYTES
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
