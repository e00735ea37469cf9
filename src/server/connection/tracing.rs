//! Decides which requests of a client are traced (`client/trace`), and marks their first and last steps.

use std::io;
use std::time::{Duration, Instant};

use super::Connection;
use crate::aof::Ticket;
use crate::client::features::Feature;
use crate::client::session::Session;
use crate::client::trace::{Step, Trace};
use crate::resp::args::Requests;
use crate::sys::Ready;
use crate::threads::{self, Doing, Reason};

/// A client tries this often to have a request traced.
const INTERVAL: Duration = Duration::from_millis(20);

/// A client is a rare one if none of its requests has been traced for this time.
const RARE: Duration = Duration::from_secs(1);

/// Chooses the requests of one client that are traced.
#[derive(Debug, Default)]
pub(super) struct Tracer {
    /// When it last tried.
    tried: Option<Instant>,
    /// When a request was last traced.
    traced: Option<Instant>,
    /// Whether that was its latest request.
    is_latest: bool,
}

impl Tracer {
    fn is_due(&self, now: Instant) -> bool {
        is_past(self.tried, INTERVAL, now)
    }
}

/// Returns whether `time` has passed since `last`.
fn is_past(last: Option<Instant>, time: Duration, now: Instant) -> bool {
    last.is_none_or(|last| now.saturating_duration_since(last) >= time)
}

/// The times of a receive.
#[derive(Clone, Copy, Debug)]
pub(super) struct Received {
    /// When the wait for it began.
    pub(super) began: Instant,
    /// When the bytes were there; `None` if the receive blocked.
    pub(super) ready: Option<Instant>,
    /// When they were received.
    pub(super) ended: Instant,
}

impl Connection<'_> {
    /// Ends slow motion if this was the slow client. The client is marked as closing.
    pub(super) fn end_slow(&self) {
        let state = self.engine.state();
        if state.classroom.is_on() {
            state.tracing.end_slow(self.client.id);
        }
    }

    /// Returns whether requests are traced.
    pub(super) fn is_watched(&self) -> bool {
        self.engine.state().features.has(Feature::Trace)
    }

    /// Waits until bytes are there, if the next request may be traced. Returns when that was. A receive
    /// that blocks does not tell how much of its time was a wait.
    pub(super) fn wait_until_ready(
        &mut self,
        requests: &Requests,
        now: Instant,
    ) -> io::Result<Option<Instant>> {
        let is_latest = std::mem::take(&mut self.tracer.is_latest);
        if !is_latest && !self.tracer.is_due(now) {
            return Ok(None);
        }
        // It blocks.
        self.poll_guard = None;
        self.outbox.wait_for_input()?;
        self.show_reading(requests);
        let wanted = Ready {
            to_receive: true,
            to_send: false,
        };
        self.outbox.stream().wait_for(wanted, None, None)?;
        Ok(Some(Instant::now()))
    }

    /// Begins a trace of a request that has just arrived, or goes on with one that arrives in parts.
    pub(super) fn trace(&mut self, session: &mut Session, received: Received) {
        let Received { ready, ended, .. } = received;
        if let Some(trace) = &mut session.trace {
            if trace.is_arriving() {
                trace.mark_at(Step::Rest, ready.unwrap_or(ended));
                trace.mark_at(Step::Read, ended);
            }
        } else if self.may_trace(received) {
            let state = self.engine.state();
            let mut trace = Trace::begin(&state.tracing, &self.client, ready.unwrap_or(ended));
            if trace.is_slow() {
                self.waits.does(Doing::Reads);
                trace.sleep();
                trace.mark(Step::Read);
            } else if ready.is_some() {
                trace.mark_at(Step::Read, ended);
            }
            session.trace = Some(trace);
        }
    }

    /// Begins a trace if a request has just arrived and ended the wait for data.
    pub(super) fn trace_slept(&mut self, session: &mut Session) {
        if let Some(received) = self.slept.take().filter(|_| self.is_watched()) {
            self.trace(session, received);
        }
    }

    /// Decides whether a request that has just arrived is traced.
    fn may_trace(&mut self, received: Received) -> bool {
        let Received {
            began,
            ready,
            ended,
        } = received;
        if self.engine.state().tracing.is_slow(self.client.id) {
            return true;
        }
        // The first request after a viewer has come is worth a trace without its first step.
        let was_blocked = ended.saturating_duration_since(began) >= INTERVAL;
        if !self.tracer.is_due(ended) || ready.is_none() && !was_blocked {
            return false;
        }
        self.tracer.tried = Some(ended);
        let is_rare = is_past(self.tracer.traced, RARE, ended);
        let is_traced = self.engine.state().tracing.claim(ended, is_rare);
        if is_traced {
            self.tracer.traced = Some(ended);
            self.tracer.is_latest = true;
        }
        is_traced
    }

    /// Sends the replies, which end the steps of `trace`. The record of `ticket` is committed.
    pub(super) fn send_now(
        &mut self,
        trace: Option<Box<Trace>>,
        ticket: Option<Ticket>,
    ) -> io::Result<()> {
        let Some(mut trace) = trace else {
            return self.outbox.send(self.reply.output());
        };
        // A slow client has slept since, which is part of its next step.
        if ticket.is_some() && !trace.is_slow() {
            trace.mark(Step::Log);
        }
        self.outbox.send(self.reply.output())?;
        trace.finish(Step::Send);
        Ok(())
    }

    /// Sleeps in the steps of a slow client that follow its turn: as if the record of `ticket` took
    /// long to be committed, then before the reply is sent.
    pub(super) fn sleep_before_sending(&self, trace: Option<&mut Trace>, ticket: Option<Ticket>) {
        let Some(trace) = trace.filter(|trace| trace.is_slow()) else {
            return;
        };
        if ticket.is_some() {
            let waiting = threads::waiting(Reason::Log);
            trace.sleep();
            drop(waiting);
            trace.mark(Step::Log);
        }
        trace.sleep();
    }
}
