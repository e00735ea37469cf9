//! The actions of a class, with the setting `classroom`: `POST /classroom/NAME`.

use std::sync::Arc;
use std::thread::Builder;

use super::form::Form;
use super::load;
use crate::classroom::{MAX_DISK_MS, MAX_HOLD_MS, MAX_SLOW_MS};
use crate::engine::Engine;
use crate::state::ServerState;
use crate::sys::signals;
use crate::threads::{self, Kind};

/// An action, checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// Each step of one client takes `ms` milliseconds.
    Slow { client: u64, ms: u64 },
    /// Each write and each sync takes `ms` milliseconds longer.
    Disk { ms: u64 },
    /// A thread holds the store's lock for `ms` milliseconds.
    Hold { ms: u64 },
    /// The load goes on or off.
    Load { is_on: bool },
    /// The process ends as by `kill -9`.
    Kill,
}

impl Action {
    /// Parses an action. Returns `None` if no action has this name.
    ///
    /// # Errors
    /// The reason why the body is refused, as a line of text.
    pub(super) fn parse(name: &str, body: &[u8]) -> Option<Result<Action, String>> {
        let parse: fn(&mut Form) -> Result<Action, String> = match name {
            "slow" => |form| {
                Ok(Action::Slow {
                    client: form.number("client", 0..=u64::MAX)?,
                    ms: form.number("ms", 0..=MAX_SLOW_MS)?,
                })
            },
            "disk" => |form| {
                Ok(Action::Disk {
                    ms: form.number("ms", 0..=MAX_DISK_MS)?,
                })
            },
            "hold" => |form| {
                Ok(Action::Hold {
                    ms: form.number("ms", 1..=MAX_HOLD_MS)?,
                })
            },
            "load" => |form| {
                Ok(Action::Load {
                    is_on: form.yes_or_no("on")?,
                })
            },
            "kill" => |_| Ok(Action::Kill),
            _ => return None,
        };
        Some(Form::parse(body).and_then(|mut form| {
            let action = parse(&mut form)?;
            form.end().map(|()| action)
        }))
    }

    /// Performs the action, or starts a thread for it. The caller performs a kill, after the response.
    ///
    /// # Errors
    /// The reason why it cannot be performed now, as a line of text.
    pub(super) fn perform(self, engine: &Arc<Engine>) -> Result<(), String> {
        let state = engine.state();
        let classroom = &state.classroom;
        match self {
            Action::Slow { client, ms } => slow_down(state, client, ms)?,
            Action::Disk { ms } => classroom.set_disk_ms(ms),
            Action::Hold { ms } => hold(engine, ms)?,
            Action::Load { is_on: true } => load::start(state)?,
            Action::Load { is_on: false } => classroom.end_any_load(),
            Action::Kill => {}
        }
        Ok(())
    }
}

/// Slows a client down.
fn slow_down(state: &ServerState, client: u64, ms: u64) -> Result<(), String> {
    let is_there = || state.clients.find(client).is_some();
    let is_done = (ms == 0 || is_there()) && state.tracing.set_slow(client, ms, is_there);
    match is_done {
        true => Ok(()),
        false => Err(format!("there is no client {client}")),
    }
}

/// Starts a thread that holds the lock for `ms` milliseconds.
fn hold(engine: &Arc<Engine>, ms: u64) -> Result<(), String> {
    if !engine.state().classroom.begin_hold(ms) {
        return Err("the lock is being held already".to_owned());
    }
    let holding = Arc::clone(engine);
    let builder = Builder::new().name("classroom".to_owned());
    let started = threads::start(Kind::Classroom, builder, move || holding.hold_lock());
    started.map(|_| ()).map_err(|error| {
        engine.state().classroom.end_hold();
        format!("no thread can be started: {error}")
    })
}

/// Ends the process as `kill -9` does: nothing is written, synced or answered any more.
pub(super) fn kill() {
    signals::kill_this_process();
}
