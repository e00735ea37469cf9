//! The states of the log: whether commands are recorded, and whether a fresh file is being made.
//!
//! ```text
//!   Off       -- switch_on ------------> First
//!   First     -- finish ---------------> On
//!   First     -- fail -----------------> Off
//!   On        -- schedule, need_file --> Scheduled
//!   On        -- begin ----------------> Rewriting
//!   Scheduled -- begin ----------------> Rewriting
//!   Rewriting -- finish ---------------> On
//!   Rewriting -- fail -----------------> On, or Scheduled if the file is needed
//!   Rewriting -- need_file ------------> Scheduled
//!   any       -- switch_off -----------> Off
//! ```
//!
//! The state changes only in `switch.rs`.

use std::sync::mpsc::Sender;
use std::time::Instant;

/// Gets the result of switching on: nothing, or why it failed.
pub(super) type Waiter = Sender<Result<(), String>>;

/// The state of the log.
#[derive(Debug, Default)]
pub(super) enum State {
    /// `appendonly no`.
    #[default]
    Off,
    /// The first file is being made; these clients wait for it.
    First(Making, Vec<Waiter>),
    /// `appendonly yes`, as in all states below.
    On,
    /// A fresh file is to be made, at this time or later.
    Scheduled(Instant, Need),
    /// A fresh file is being made.
    Rewriting(Making, Need),
}

/// Why a fresh file is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// A client has asked for it, or the old one has grown.
    Wish,
    /// The old one cannot be relied on.
    Must,
}

/// A file that is being made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Making {
    /// Its number. A report about another number comes too late.
    pub(super) number: u64,
    pub(super) since: Instant,
}

impl State {
    /// The file that is being made, if one is.
    pub(super) fn making(&self) -> Option<Making> {
        match self {
            State::First(making, _) | State::Rewriting(making, _) => Some(*making),
            State::Off | State::On | State::Scheduled(..) => None,
        }
    }

    /// Sends the result to the clients that wait for the first file.
    pub(super) fn tell(mut self, result: &Result<(), String>) {
        if let State::First(_, waiting) = &mut self {
            tell(waiting, result);
        }
    }
}

/// Sends `result` to all clients in `waiting`.
pub(super) fn tell(waiting: &mut Vec<Waiter>, result: &Result<(), String>) {
    for waiter in waiting.drain(..) {
        // The client may have gone.
        let _ = waiter.send(result.clone());
    }
}
