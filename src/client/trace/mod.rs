//! Traces: how long the steps of some requests take, from the socket to the disk and back.
//!
//! While a viewer watches, a client's thread has one of its requests traced now and then
//! ([`Tracing::claim`]). The trace lies in the session, and goes with the request: into the
//! line of clients that wait for data, and to the thread that sends the reply. The thread that has
//! the trace marks the end of each step. Of requests that arrive together, one is traced.
//!
//! A class can slow one client down (`classroom`). Then each of its requests is traced that arrives alone,
//! while no other one runs or waits. The client's thread sleeps in each step, where it is: also with the
//! lock held. No other thread sleeps.

mod step;
mod tracing;

pub use step::Step;
pub use tracing::{Tracing, Watching};

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::Client;
use super::outbox::PendingReply;
use crate::store::key;

/// Later steps count as parts of the last one.
const MAX_STEPS: usize = 48;

/// The most keys of a request that are remembered.
const MAX_KEYS: usize = 16;

/// A slow request sleeps in its first steps only, so that a long transaction ends.
const MAX_SLEEPS: u32 = 16;

/// A step that has ended.
#[derive(Clone, Copy, Debug)]
pub struct Taken {
    /// The step.
    pub step: Step,
    /// The name of the queued command, if the step is one of a command that EXEC runs.
    pub command: Option<&'static str>,
    /// The duration of the step.
    pub time: Duration,
}

/// A traced request that is answered.
#[derive(Debug)]
pub struct TracedRequest {
    /// Traced requests are numbered from 1 on, in the order of their ends.
    pub number: u64,
    /// The number of the client.
    pub client: u64,
    /// The name of the client, which may be empty.
    pub name: String,
    /// The first arguments of the request. Passwords are hidden, and long ones cut.
    pub words: Vec<Vec<u8>>,
    /// The number of requests that arrived together, this one included.
    pub pipeline: usize,
    /// The selected database.
    pub database: usize,
    /// The hashes of its keys, and of the keys that a transaction names; not all if there are many.
    pub keys: Vec<u64>,
    /// The steps, in order.
    pub steps: Vec<Taken>,
}

/// The progress of a traced request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// The bytes arrive.
    Arriving,
    /// Requests before it in its batch run; this is its index.
    Queued(usize),
    /// The request runs.
    Running,
    /// The reply is made.
    Answered,
    /// The turn of the request has ended too.
    Released,
}

/// A request that is traced.
#[derive(Debug)]
pub struct Trace {
    tracing: Arc<Tracing>,
    phase: Phase,
    /// The end of the last step.
    last: Instant,
    /// The step that ends when the request begins to run, if it waits before that.
    behind: Option<Step>,
    /// The time for which its turn had waited for room in the log, until the end of the last step.
    waited: Duration,
    /// The queued command that EXEC runs.
    command: Option<&'static str>,
    /// How often the request can still sleep; `None` if its client is not slow.
    sleeps: Option<u32>,
    /// The request so far.
    request: TracedRequest,
}

impl Trace {
    /// Begins a trace of a request of `client`, whose bytes are there since `began`.
    pub fn begin(tracing: &Arc<Tracing>, client: &Client, began: Instant) -> Box<Trace> {
        Box::new(Trace {
            tracing: Arc::clone(tracing),
            phase: Phase::Arriving,
            last: began,
            behind: None,
            waited: Duration::ZERO,
            command: None,
            sleeps: tracing.is_slow(client.id).then_some(MAX_SLEEPS),
            request: TracedRequest {
                number: 0,
                client: client.id,
                name: String::new(),
                words: Vec::new(),
                pipeline: 1,
                database: 0,
                keys: Vec::new(),
                steps: Vec::with_capacity(12),
            },
        })
    }

    /// Lets the request sleep no more, because another thread does the next steps.
    pub fn hurry(&mut self) {
        self.sleeps = None;
    }

    /// Returns whether the client is slow.
    pub fn is_slow(&self) -> bool {
        self.sleeps.is_some()
    }

    /// Sleeps in a step, if the client is slow. The client's own thread calls this, after it has noted
    /// its state.
    pub fn sleep(&mut self) {
        if let Some(left) = self.sleeps.as_mut().filter(|left| **left > 0) {
            *left -= 1;
            self.tracing.slow_step(self.request.client);
        }
    }

    /// Ends a step, which began at the end of the last one.
    pub fn mark(&mut self, step: Step) {
        self.mark_at(step, Instant::now());
    }

    /// Ends a step at `now`.
    pub fn mark_at(&mut self, step: Step, now: Instant) {
        let time = now.saturating_duration_since(self.last);
        self.last = now;
        self.add(step, time);
    }

    /// Ends the wait for the lock. The turn has waited for room in the log for `waited` until now.
    pub fn mark_lock(&mut self, waited: Duration) {
        let room = waited.saturating_sub(self.waited);
        if !room.is_zero() {
            self.waited = waited;
            self.last += room;
            self.add(Step::Room, room);
        }
        self.mark(Step::Lock);
    }

    fn add(&mut self, step: Step, time: Duration) {
        let (command, steps) = (self.command, &mut self.request.steps);
        let is_full = steps.len() == MAX_STEPS;
        match steps.last_mut() {
            Some(last) if is_full || (last.step, last.command) == (step, command) => {
                last.time += time;
            }
            _ => steps.push(Taken {
                step,
                command,
                time,
            }),
        }
    }

    /// Notes the keys that the request names.
    pub fn set_keys<'a>(&mut self, keys: impl Iterator<Item = &'a [u8]>) {
        self.request.keys.clear();
        self.add_keys(keys);
    }

    /// Adds keys that a queued command names.
    pub fn add_keys<'a>(&mut self, keys: impl Iterator<Item = &'a [u8]>) {
        let room = MAX_KEYS.saturating_sub(self.request.keys.len());
        self.request.keys.extend(keys.take(room).map(key::hash));
    }

    /// Notes that EXEC runs this queued command from now on, or no more.
    pub fn set_command(&mut self, command: Option<&'static str>) {
        self.command = command;
    }

    /// Returns whether bytes of the request arrive.
    pub fn is_arriving(&self) -> bool {
        self.phase == Phase::Arriving
    }

    /// Notes that the bytes are parsed and have become `count` requests. One of them is traced, any
    /// of them.
    pub fn choose(&mut self, count: usize) {
        if !self.is_arriving() {
            return;
        }
        if count > 0 {
            self.sleep();
        }
        self.mark(Step::Parse);
        let any = self.request.total().as_nanos() as usize;
        if let Some(index) = any.checked_rem(count) {
            self.phase = Phase::Queued(index);
            self.behind = (index > 0).then_some(Step::Others);
            self.request.pipeline = count;
        }
    }

    /// Returns the index of the request in its batch, unless it has run.
    pub fn index(&self) -> Option<usize> {
        match self.phase {
            Phase::Queued(index) => Some(index),
            _ => None,
        }
    }

    /// Notes that the request of `client` runs, for the first time or again. Its turn has waited for
    /// room in the log for `waited` before.
    pub fn start(&mut self, words: Vec<Vec<u8>>, client: &Client, waited: Duration) {
        if let Some(step) = self.behind.take() {
            self.mark(step);
        }
        self.request.words = words;
        self.request.name = client.names().name.clone();
        self.request.database = client.database.load(Ordering::Relaxed);
        self.phase = Phase::Running;
        self.waited = waited;
        // The work for the trace is none for the request.
        self.last = Instant::now();
    }

    /// Returns whether the request runs.
    pub fn is_running(&self) -> bool {
        self.phase == Phase::Running
    }

    /// Notes that the request at `index` has done nothing yet, and will run again after a wait.
    pub fn postpone(&mut self, index: usize, wait: Step) {
        self.phase = Phase::Queued(index);
        self.behind = Some(wait);
    }

    /// Notes that the reply is made. Until then `mark` has ended the steps of the command, or some.
    pub fn answer(&mut self) {
        let unmarked = match self.request.steps.last().map(|last| last.step) {
            Some(Step::Lock | Step::Room) => Some(Step::Run),
            Some(Step::Find | Step::Run | Step::Record) => None,
            _ => Some(Step::Find),
        };
        if let Some(step) = unmarked {
            self.mark(step);
        }
        self.phase = Phase::Answered;
    }

    /// Returns whether the reply is made, and the turn goes on.
    pub fn is_answered(&self) -> bool {
        self.phase == Phase::Answered
    }

    /// Notes that a turn has ended: that of the request, or a later one.
    pub fn end_turn(&mut self) {
        match self.phase {
            Phase::Answered => self.mark(Step::Free),
            Phase::Released => self.mark(Step::Others),
            _ => return,
        }
        self.phase = Phase::Released;
    }

    /// Ends the last step in which the client waited for data: its reply is made.
    pub fn release(&mut self, step: Step) {
        self.mark(step);
        self.phase = Phase::Released;
    }

    /// Returns whether the reply is made and the turn has ended.
    pub fn is_released(&self) -> bool {
        self.phase == Phase::Released
    }

    /// Ends the last step, which has sent the reply, and hands the traced request to the viewers.
    pub fn finish(mut self, step: Step) {
        self.mark(step);
        self.tracing.add(self.request);
    }
}

/// Sends a reply that has waited for the log, which ends the steps of `trace`.
pub fn deliver(pending: PendingReply, trace: Option<Box<Trace>>) {
    let Some(mut trace) = trace else {
        return pending.deliver();
    };
    trace.mark(Step::Log);
    pending.deliver();
    trace.finish(Step::Deliver);
}

impl TracedRequest {
    /// Returns how long all steps took together.
    pub fn total(&self) -> Duration {
        self.steps.iter().map(|taken| taken.time).sum()
    }
}
