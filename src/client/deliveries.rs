//! Deliveries: what a client's command has for other clients. Messages, keyspace events, lines for
//! monitors and invalidations of cached keys go this way.
//!
//! ```text
//!   a turn              gathers its deliveries; appends them to the queue before it releases the
//!                       store's lock, so that the order of the queue is the order of the store
//!   a round             takes the whole queue, finds the receivers, and makes one output for each
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

use std::collections::HashMap;
use std::mem;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread;
use std::time::Duration;

use super::Client;
use super::subscriptions::Subscriptions;
use super::tracking::{Invalidation, Tracking};
use crate::config::limits::STACK_BYTES;
use crate::resp::output::Output;
use crate::resp::reply::Protocol;
use crate::store::blob::Blob;
use crate::threads::{self, Kind, Reason};

/// Most receivers of a round that the thread of a turn sends itself. To wake another thread takes
/// as long as a few writes.
const FEW_RECEIVERS: usize = 4;

/// If the queue holds more bytes, publishers make rounds themselves: they are faster than the
/// thread of the deliveries.
const MANY_BYTES: usize = 1024 * 1024;

/// Memory of a delivery besides its bytes, as an estimate.
const DELIVERY_BYTES: usize = 100;

/// The thread of the deliveries ends when it has had nothing to do for so long.
const IDLE: Duration = Duration::from_secs(1);

/// Something for other clients.
#[derive(Debug)]
pub enum Delivery {
    /// A message, for the subscribers of its channel.
    Message {
        /// Whether it is a message of SPUBLISH.
        is_shard: bool,
        /// The channel.
        channel: Blob,
        /// The message.
        payload: Blob,
    },
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

impl Delivery {
    /// Returns a message on a channel, for its subscribers and for those of matching patterns.
    pub fn message(channel: impl Into<Blob>, payload: impl Into<Blob>) -> Delivery {
        Delivery::Message {
            is_shard: false,
            channel: channel.into(),
            payload: payload.into(),
        }
    }

    fn bytes(&self) -> usize {
        DELIVERY_BYTES
            + match self {
                Delivery::Message {
                    channel, payload, ..
                } => channel.len() + payload.len(),
                Delivery::Invalidation(message) => message.bytes(),
                Delivery::Frames { output, .. } => output.len(),
            }
    }
}

/// The deliveries that are not sent yet, and the subscriptions that tell their receivers.
///
/// The order of the locks: `round`, `subscriptions`, `queue`.
#[derive(Debug, Default)]
pub struct Deliveries {
    /// Who listens.
    pub subscriptions: Arc<Subscriptions>,
    /// Who tracks keys.
    pub tracking: Arc<Tracking>,
    queue: Mutex<Queue>,
    /// Wakes the thread of the deliveries.
    woken: Condvar,
    round: Mutex<Round>,
}

#[derive(Debug, Default)]
struct Queue {
    deliveries: Vec<Delivery>,
    bytes: usize,
    /// The thread of the deliveries runs.
    has_thread: bool,
    /// That thread has something to do.
    is_woken: bool,
}

impl Deliveries {
    /// Appends `deliveries`, which are empty afterwards. Call it with the store's lock held if they
    /// are about a change of the data, and call [`Deliveries::send`] without that lock.
    pub fn push(&self, deliveries: &mut Vec<Delivery>) {
        let bytes: usize = deliveries.iter().map(Delivery::bytes).sum();
        let mut queue = lock(&self.queue);
        queue.bytes += bytes;
        queue.deliveries.append(deliveries);
    }

    /// Sees to it that the queue is sent. Does not wait for any receiver.
    pub fn send(self: &Arc<Self>) {
        let round = match self.round.try_lock() {
            Ok(round) => Some(round),
            Err(TryLockError::Poisoned(error)) => Some(error.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        };
        if let Some(mut round) = round {
            self.add_queue(&mut round);
            if round.outputs.len() <= FEW_RECEIVERS {
                return round.send();
            }
        }
        self.wake();
    }

    /// Sends all deliveries that were pushed before. Waits while another thread makes a round.
    pub fn settle(&self) {
        let mut round = lock(&self.round);
        round.send();
        self.add_queue(&mut round);
        round.send();
    }

    /// Moves the queue to the round.
    fn add_queue(&self, round: &mut Round) {
        let mut queue = lock(&self.queue);
        queue.bytes = 0;
        let deliveries = mem::take(&mut queue.deliveries);
        drop(queue);
        for delivery in deliveries {
            round.add(delivery, &self.subscriptions, &self.tracking);
        }
    }

    /// Has the thread of the deliveries send the round and the queue.
    fn wake(self: &Arc<Self>) {
        let mut queue = lock(&self.queue);
        let is_late = queue.bytes > MANY_BYTES;
        queue.is_woken = true;
        let has_thread = mem::replace(&mut queue.has_thread, true);
        drop(queue);
        if has_thread {
            self.woken.notify_one();
        }
        if is_late || !has_thread && self.start_thread().is_err() {
            self.settle();
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
        if started.is_err() {
            lock(&self.queue).has_thread = false;
        }
        started.map(drop)
    }

    /// Waits for something to do. Returns `false` if there was nothing for long: then the thread
    /// must end.
    fn wait_until_woken(&self) -> bool {
        let is_idle = |queue: &mut Queue| !queue.is_woken;
        let _waiting = threads::waiting(Reason::Work);
        let waited = self
            .woken
            .wait_timeout_while(lock(&self.queue), IDLE, is_idle);
        let (mut queue, _) = waited.unwrap_or_else(PoisonError::into_inner);
        queue.has_thread = mem::take(&mut queue.is_woken);
        queue.has_thread
    }
}

/// Outputs that are about to be sent, by the numbers of their receivers.
#[derive(Debug, Default)]
struct Round {
    outputs: HashMap<u64, (Arc<Client>, Output)>,
}

impl Round {
    fn add(&mut self, delivery: Delivery, subscriptions: &Subscriptions, tracking: &Tracking) {
        let (is_shard, channel, payload) = match delivery {
            Delivery::Message {
                is_shard,
                channel,
                payload,
            } => (is_shard, channel, payload),
            Delivery::Invalidation(message) => {
                return tracking.for_receivers(&message, |client, pieces| {
                    let output = self.output(client);
                    pieces.iter().for_each(|piece| output.push(piece));
                });
            }
            Delivery::Frames { to, mut output } => {
                return self.output(&to).append(&mut output);
            }
        };
        subscriptions.for_receivers(is_shard, &channel, |pattern, receivers| {
            let words: &[&[u8]] = match pattern {
                None if is_shard => &[b"smessage", &channel],
                None => &[b"message", &channel],
                Some(pattern) => &[b"pmessage", pattern, &channel],
            };
            let frame = Frame::new(words, &payload);
            for client in receivers.values() {
                frame.append_to(self.output(client), client.protocol());
            }
        });
    }

    fn output(&mut self, client: &Arc<Client>) -> &mut Output {
        let new = || (Arc::clone(client), Output::default());
        &mut self.outputs.entry(client.id).or_insert_with(new).1
    }

    fn send(&mut self) {
        for (_, (client, output)) in self.outputs.drain() {
            Arc::clone(client.connection()).offer(output);
        }
    }
}

/// An encoded message, for receivers of either protocol.
struct Frame<'a> {
    /// The frame for RESP2, without a big payload.
    head: Output,
    /// A payload that is not copied.
    big: Option<&'a Arc<Vec<u8>>>,
}

impl Frame<'_> {
    fn new<'a>(words: &[&[u8]], payload: &'a Blob) -> Frame<'a> {
        let mut head = Output::default();
        head.begin_command(words.len() + 1, words);
        let big = payload.big();
        if big.is_none() {
            head.push_bulk(payload);
        }
        Frame { head, big }
    }

    fn append_to(&self, output: &mut Output, protocol: Protocol) {
        let head = self.head.copied();
        match protocol {
            Protocol::Resp2 => output.push(head),
            Protocol::Resp3 => {
                output.push(b">");
                output.push(&head[1..]);
            }
        }
        if let Some(value) = self.big {
            output.push_bulk_shared(value);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
