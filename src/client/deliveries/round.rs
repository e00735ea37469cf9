//! A round: the next deliveries of the queue, as one output for each receiver.
//!
//! Frames that follow each other and go to the same receivers form a run. A run is encoded once for
//! each protocol, however many receivers it has, and a receiver is looked up once for each run.

use std::collections::VecDeque;
use std::sync::Arc;
use std::thread;

use super::queue::Queue;
use super::{Deliveries, Delivery, Message};
use crate::client::Client;
use crate::client::subscriptions::{Kind, Subscriptions};
use crate::resp::output::Output;
use crate::resp::reply::Protocol;

/// Upper bound of the bytes of a round, except for its last delivery. An outbox tries to write as
/// much without a thread of its own.
const ROUND_BYTES: usize = 64 * 1024;

/// After this number of sends, the thread lets other threads run. So a publisher does not wait for its
/// processor until a long round is over.
const SENDS_PER_YIELD: usize = 16;

/// Deliveries that were taken from the queue, and the next part of them, which is about to be sent.
#[derive(Debug, Default)]
pub(super) struct Round {
    taken: VecDeque<Delivery>,
    runs: Vec<Run>,
    /// The receivers of each run, with the index of the run.
    receivers: Vec<(Arc<Client>, usize)>,
}

impl Round {
    /// Takes the deliveries of `queue` that may be sent.
    pub(super) fn take(&mut self, queue: &mut Queue) {
        queue.move_to(&mut self.taken);
    }

    /// Returns whether the round has taken deliveries for which it has not found the receivers yet.
    pub(super) fn has_more(&self) -> bool {
        !self.taken.is_empty()
    }

    /// Returns the number of sends, or a few more: a client counts once for each of its runs.
    pub(super) fn sends(&self) -> usize {
        self.receivers.len()
    }

    /// Finds the receivers of the next deliveries. Returns the bytes of these deliveries.
    pub(super) fn fill(&mut self, deliveries: &Deliveries) -> usize {
        let mut bytes = 0;
        while bytes < ROUND_BYTES
            && let Some(delivery) = self.taken.pop_front()
        {
            bytes += delivery.bytes();
            match delivery {
                Delivery::Message(message) => {
                    self.add_message(&message, &deliveries.subscriptions);
                }
                Delivery::Invalidation(message) => {
                    deliveries
                        .tracking
                        .for_receivers(&message, |client, pieces| {
                            let mut frames = Output::default();
                            pieces.iter().for_each(|piece| frames.push(piece));
                            self.add_frames([Arc::clone(client)], frames);
                        });
                }
                Delivery::Line(line) => self.add_frames(deliveries.monitors.clients(), line),
            }
        }
        bytes
    }

    /// Adds whole frames for these clients.
    fn add_frames(&mut self, to: impl IntoIterator<Item = Arc<Client>>, frames: Output) {
        let run = self.runs.len();
        self.receivers.extend(to.into_iter().map(|it| (it, run)));
        self.runs.push(Run::of_frames(frames));
    }

    fn add_message(&mut self, message: &Message, subscriptions: &Subscriptions) {
        let Message {
            channel, audience, ..
        } = message;
        subscriptions.for_receivers(channel, audience.as_ref(), |kind, name, subscribers| {
            let name = (kind, name);
            if self.runs.last().is_none_or(|run| !run.is_for(name)) {
                let run = self.runs.len();
                let clients = subscribers.values();
                self.receivers
                    .extend(clients.map(|it| (Arc::clone(it), run)));
                self.runs.push(Run::of_messages(name));
            }
            if let Some(run) = self.runs.last_mut() {
                run.add(message);
            }
        });
    }

    /// Sends each receiver its runs.
    pub(super) fn send(&mut self) {
        // Stable: a client's runs stay in their order.
        self.receivers.sort_by_key(|(client, _)| client.id);
        self.runs.iter_mut().for_each(Run::end);
        let clients = self.receivers.chunk_by(|(a, _), (b, _)| a.id == b.id);
        for (index, own) in clients.enumerate() {
            if index % SENDS_PER_YIELD == SENDS_PER_YIELD - 1 {
                thread::yield_now();
            }
            let client = &own[0].0;
            let protocol = client.protocol();
            let mut output = Output::default();
            for (_, run) in own {
                output.push_output(self.runs[*run].text(protocol));
            }
            Arc::clone(client.connection()).offer(output);
        }
        self.receivers.clear();
        self.runs.clear();
    }
}

/// Frames for the same receivers, encoded.
#[derive(Debug)]
struct Run {
    /// The subscription that they follow from, if they do.
    name: Option<(Kind, Arc<[u8]>)>,
    resp2: Output,
    /// `None` if it is the same.
    resp3: Option<Output>,
}

impl Run {
    fn of_frames(output: Output) -> Run {
        Run {
            name: None,
            resp2: output,
            resp3: None,
        }
    }

    fn of_messages((kind, name): (Kind, &Arc<[u8]>)) -> Run {
        Run {
            name: Some((kind, Arc::clone(name))),
            resp2: Output::default(),
            resp3: Some(Output::default()),
        }
    }

    fn is_for(&self, (kind, name): (Kind, &Arc<[u8]>)) -> bool {
        let own = self.name.as_ref();
        own.is_some_and(|(of, own)| *of == kind && Arc::ptr_eq(own, name))
    }

    fn add(&mut self, message: &Message) {
        let Message { channel, .. } = message;
        let words: &[&[u8]] = match &self.name {
            Some((Kind::Pattern, pattern)) => &[b"pmessage", pattern, channel],
            Some((Kind::Shard, _)) => &[b"smessage", channel],
            _ => &[b"message", channel],
        };
        for (kind, output) in [(b'*', Some(&mut self.resp2)), (b'>', self.resp3.as_mut())] {
            let Some(output) = output else { continue };
            output.push_header(kind, words.len() as i64 + 1);
            words.iter().for_each(|word| output.push_bulk(word));
            match message.payload.big() {
                Some(value) => output.push_bulk_shared(value),
                None => output.push_bulk(&message.payload),
            }
        }
    }

    /// Ends the run: from now on, its text is copied to the receivers.
    fn end(&mut self) {
        self.resp2.share();
        self.resp3.as_mut().map(Output::share);
    }

    fn text(&self, protocol: Protocol) -> &Output {
        match (&self.resp3, protocol) {
            (Some(resp3), Protocol::Resp3) => resp3,
            _ => &self.resp2,
        }
    }
}
