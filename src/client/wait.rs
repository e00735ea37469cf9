//! The state of a client that waits for data, as other threads see and change it.
//!
//! ```text
//!   the client's thread   begin: the client stands in line
//!   a thread that has     take: the client is out of the line, its answer is decided
//!   data for the client   end: just before the answer is sent; wakes the client's thread
//! ```
//!
//! The client's thread needs no wake-up if it has nothing else to run: the other thread writes the
//! answer itself, and the next bytes of the client end the wait. So a wake-up is made only on
//! demand ([`Wait::alarm`]).

use std::io;
use std::os::unix::net::UnixStream;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Whether a client waits for data. `begin` and `take` are called with the store's lock held.
#[derive(Debug, Default)]
pub struct Wait(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    phase: Phase,
    /// The other end of the alarm. Dropping it wakes the client's thread.
    alarm: Option<UnixStream>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    /// The client does not wait.
    #[default]
    Idle,
    /// The client stands in line.
    InLine,
    /// The client is out of the line, and its answer is not sent yet.
    Taken,
}

impl Wait {
    /// The client stands in line from now on.
    pub fn begin(&self) {
        self.lock().phase = Phase::InLine;
    }

    /// The client is out of the line, and another thread will send its answer.
    pub fn take(&self) {
        self.lock().phase = Phase::Taken;
    }

    /// Ends the wait, and wakes the client's thread if it has asked for that.
    pub fn end(&self) {
        let mut state = self.lock();
        state.phase = Phase::Idle;
        let alarm = state.alarm.take();
        // Closed without the lock.
        drop(state);
        drop(alarm);
    }

    /// Whether the client stands in line.
    pub fn is_in_line(&self) -> bool {
        self.lock().phase == Phase::InLine
    }

    /// Whether the client is out of the line, and its answer is not sent yet.
    pub fn is_taken(&self) -> bool {
        self.lock().phase == Phase::Taken
    }

    /// Whether the wait has ended, so that the next request may run.
    pub fn has_ended(&self) -> bool {
        self.lock().phase == Phase::Idle
    }

    /// Returns a socket whose input ends when the wait ends; `None` if it has ended already. For
    /// the client's own thread.
    ///
    /// # Errors
    /// If the process has too many open files.
    pub fn alarm(&self) -> io::Result<Option<UnixStream>> {
        let (own, other) = UnixStream::pair()?;
        let mut state = self.lock();
        if state.phase == Phase::Idle {
            return Ok(None);
        }
        state.alarm = Some(other);
        Ok(Some(own))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
