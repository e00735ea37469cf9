//! A client's thread while its client waits for data: the client stands in line, and its thread
//! sleeps until the client sends something, the client is gone, or the timeout has passed.
//!
//! Another thread writes the answer to the client (`engine/waiting.rs`). So this thread sleeps on,
//! and the client's next request ends the wait. Only if requests have arrived meanwhile must this
//! thread be woken to run them: then it also sleeps on an alarm (`client/wait.rs`).

use std::io::{self, ErrorKind};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use super::Connection;
use super::tracing::Received;
use crate::client::buffers::Buffers;
use crate::client::outbox::ROOM_CHECK;
use crate::client::session::Session;
use crate::resp::args::Requests;
use crate::sys::{Ready, WaitMode};
use crate::threads::Reason;

impl Connection<'_> {
    /// Waits until the client is answered, or until its time is over; then appends the reply for
    /// that. `has_more` says whether requests stand behind the waiting one. Returns `false` if the
    /// connection ends.
    pub(super) fn wait_for_data(
        &mut self,
        requests: &mut Requests,
        has_more: bool,
        session: &mut Session,
        until: Option<Instant>,
    ) -> io::Result<bool> {
        // It blocks.
        self.poll_guard = None;
        // A receive of an earlier wait.
        self.slept = None;
        let has_more = has_more || !requests.unparsed().is_empty();
        let result = self.wait_in_line(requests, has_more, session, until);
        // The client is gone.
        if self.client.wait.is_in_line() {
            self.engine.leave_line(session);
        }
        self.trace_slept(session);
        result
    }

    fn wait_in_line(
        &mut self,
        requests: &mut Requests,
        mut needs_alarm: bool,
        session: &mut Session,
        mut until: Option<Instant>,
    ) -> io::Result<bool> {
        let mut alarm = None;
        while !self.client.wait.has_ended() {
            if needs_alarm && alarm.is_none() {
                alarm = self.client.wait.alarm()?;
                continue;
            }
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            match self.sleep(requests, alarm.as_ref(), left)? {
                Some(0) => return Ok(false),
                Some(_) if self.is_over_limit(requests, session) => return Ok(false),
                Some(_) => needs_alarm = true,
                None => {}
            }
            if left == Some(Duration::ZERO) {
                if self.engine.leave_line(session) {
                    if !session.replies.are_dropped() {
                        self.reply.null_array();
                    }
                    return Ok(true);
                }
                // Another thread has taken the client out of the line, and its answer will come.
                (until, needs_alarm) = (None, true);
            }
        }
        Ok(true)
    }

    /// Sleeps until the client sends bytes, the alarm ends, or `timeout` has passed; writes pending
    /// replies meanwhile. Returns the number of received bytes, which is 0 at the end of the input.
    pub(super) fn sleep(
        &mut self,
        requests: &mut Requests,
        alarm: Option<&UnixStream>,
        mut timeout: Option<Duration>,
    ) -> io::Result<Option<usize>> {
        let wanted = Ready {
            to_receive: true,
            to_send: self.outbox.push(),
        };
        if wanted.to_send {
            timeout = Some(timeout.map_or(ROOM_CHECK, |timeout| timeout.min(ROOM_CHECK)));
        }
        let stream = self.outbox.stream();
        let began = Instant::now();
        self.waits.begin(Reason::Data, began);
        let ready = stream.wait_for(wanted, alarm, timeout);
        let woken = Instant::now();
        self.waits.end(woken);
        self.slept = None;
        if !ready?.to_receive {
            return Ok(None);
        }
        match self.input.receive(requests, WaitMode::DontBlock) {
            Ok(count) => {
                self.slept = Some(Received {
                    began,
                    ready: Some(woken),
                    ended: self.count_received(count),
                });
                let query = requests.unparsed().len();
                Buffers::set(&self.client.buffers.query, query);
                Ok(Some(count))
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(error),
        }
    }
}
