//! A client's thread while CLIENT PAUSE postpones the client's request.

use std::io;
use std::time::{Duration, Instant};

use super::Connection;
use crate::client::pause::Paused;
use crate::client::session::Session;
use crate::resp::args::Requests;

impl Connection<'_> {
    /// Waits until requests of this kind are not postponed any more. Returns `false` if the connection
    /// ends.
    pub(super) fn wait_while_paused(
        &mut self,
        requests: &mut Requests,
        session: &mut Session,
        paused: Paused,
    ) -> io::Result<bool> {
        self.flush(session)?;
        // It blocks.
        self.poll_guard = None;
        let state = self.engine.state();
        let (pause, features) = (&state.pause, &state.features);
        let Some(until) = pause.postpone(&self.client, paused, features) else {
            return Ok(true);
        };
        let result = self.sleep_while_paused(requests, session, until);
        pause.leave(&self.client);
        result
    }

    fn sleep_while_paused(
        &mut self,
        requests: &mut Requests,
        session: &Session,
        until: Option<Instant>,
    ) -> io::Result<bool> {
        let alarm = self.client.wait.alarm()?;
        while !self.client.wait.has_ended() {
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            if left == Some(Duration::ZERO) {
                break;
            }
            match self.sleep(requests, alarm.as_ref(), left)? {
                Some(0) => return Ok(false),
                Some(_) if self.is_over_limit(requests, session) => return Ok(false),
                Some(_) | None => {}
            }
        }
        Ok(true)
    }
}
