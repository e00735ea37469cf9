//! Measures finished commands: the one place that counts calls and their time.
//!
//! A reading of the clock takes as long as a tenth of a short command. So the end of a command is
//! the beginning of the next one of the turn, and equal commands in a row share a reading if each
//! takes a short time: [`SHARING`] of them at most, which count as equally long. Nothing is shared
//! while the slow log or the latency monitor asks for short times.
//!
//! The time of a command is the time that it takes itself: waiting for the store's lock, or for
//! room in the log, does not count.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::guard::Guard;
use super::{Next, Turn};
use crate::client::Client;
use crate::clock::unix_time;
use crate::commands::{Command, Flag, Handler, redacted};
use crate::resp::args::Args;
use crate::resp::reply::Reply;
use crate::stats::{Finished, SlowCall};

/// The greatest number of commands that share a reading of the clock.
const SHARING: u64 = 16;

/// A command with more arguments is measured alone.
const MAX_ARGS: usize = 6;

/// A turn ends when it has run this long, so that others get the lock: a pipeline may have long
/// commands.
const LONG_TURN: Duration = Duration::from_millis(1);

/// The most arguments of a call in the slow log, and the most bytes of each: Redis's limits.
const SLOW_ARGS: usize = 32;
const SLOW_ARG_BYTES: usize = 128;

/// A reading of the clock, and the sums of the turn until then, in nanoseconds: numbers are added faster
/// than `Duration`s.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lap {
    at: Instant,
    /// The time for which the turn had run, without its waits.
    ran_ns: u64,
    /// The time for which the turn had held the lock.
    held_ns: u64,
    /// The time for which the turn had waited for the lock.
    lock_ns: u64,
    /// The time for which the turn had waited for room in the log.
    log_ns: u64,
}

/// The measuring of a turn.
#[derive(Debug)]
pub(super) struct Measure {
    /// The end of the last measured command, or the beginning of the turn.
    last: Lap,
    /// Whether commands may share a reading.
    shares: bool,
    /// The command of the calls that share the next reading.
    command: usize,
    calls: u64,
    failed: u64,
}

impl Measure {
    /// Begins now. `is_precise` says whether each call is measured alone.
    pub(super) fn new(is_precise: bool) -> Measure {
        Measure {
            last: Lap {
                at: Instant::now(),
                ran_ns: 0,
                held_ns: 0,
                lock_ns: 0,
                log_ns: 0,
            },
            shares: !is_precise,
            command: usize::MAX,
            calls: 0,
            failed: 0,
        }
    }

    /// Returns whether the turn has run for so long that it should end.
    pub(super) fn is_long(&self) -> bool {
        self.last.ran_ns >= LONG_TURN.as_nanos() as u64
    }

    /// Counts the turn's last hold of the lock, if it has not been counted yet.
    pub(super) fn end_hold(&self, guard: &mut Guard) {
        guard.hold.count(self.last.at);
    }
}

impl Turn<'_> {
    /// Runs a command that was admitted, appends its reply or its error, and measures it.
    pub(super) fn perform(
        &mut self,
        command: &'static Command,
        args: Args,
        reply: &mut Reply,
    ) -> Next {
        let id = self.session.client.last_command.load(Ordering::Relaxed);
        let is_short = self.measure.shares && is_short(command, args);
        if self.measure.calls > 0 && !(is_short && id == self.measure.command) {
            self.measure_shared();
        }
        let began = self.measure.last;
        let (next, failed) = match self.call(command, args, reply) {
            Ok(next) => (next, 0),
            Err(error) => {
                self.reply_error(&error, reply);
                (Next::Continue, 1)
            }
        };
        // One that waits has not run yet.
        if self.has_original_names || next.is_again() || matches!(next, Next::Wait(_)) {
            return next;
        }
        if is_short {
            self.measure.command = id;
            self.measure.calls += 1;
            self.measure.failed += failed;
            if self.measure.calls == SHARING {
                self.measure_shared();
            }
        } else {
            self.measure_alone(began, (id, command), args, failed);
        }
        next
    }

    /// Counts a command that was refused before it ran, if there is one of that name.
    pub(super) fn reject(&mut self) {
        let client = &self.session.client;
        let id = client.last_command.load(Ordering::Relaxed);
        if id == usize::MAX || self.has_original_names {
            return;
        }
        match self.session.meter.row(id, &client.figures) {
            Some(row) => row.reject(),
            None => self.engine.state.clients.rare.reject(id),
        }
    }

    /// Measures a call of another client that this turn has served.
    pub(super) fn measure_served(
        &mut self,
        began: Instant,
        (id, command): (usize, &Command),
        args: Args,
        client: &Client,
        failed: u64,
    ) {
        let ns = began.elapsed().as_nanos() as u64;
        let finished = Finished {
            calls: 1,
            failed,
            ns,
            held_ns: ns,
            lock_ns: 0,
            log_ns: 0,
        };
        self.count(id, finished);
        self.note_if_slow(command, args, client, finished.ns);
    }

    /// Measures the calls that share a reading of the clock.
    pub(super) fn measure_shared(&mut self) {
        let (calls, failed) = (self.measure.calls, self.measure.failed);
        if calls == 0 {
            return;
        }
        (self.measure.calls, self.measure.failed) = (0, 0);
        let command = self.measure.command;
        let finished = self.finish(command, self.measure.last, calls, failed);
        self.count(command, finished);
    }

    /// Measures one call, which began at `began`.
    fn measure_alone(
        &mut self,
        began: Lap,
        (id, command): (usize, &Command),
        args: Args,
        failed: u64,
    ) {
        // The last ones of a transaction.
        self.measure_shared();
        let finished = self.finish(id, began, 1, failed);
        self.count(id, finished);
        self.note_if_slow(command, args, &self.session.client, finished.ns);
    }

    /// Reads the clock, at the end of calls of `command` that began at `began`.
    fn finish(&mut self, command: usize, began: Lap, calls: u64, failed: u64) -> Finished {
        let now = self.lap(command);
        self.measure.last = now;
        Finished {
            calls,
            failed,
            ns: now.ran_ns - began.ran_ns,
            held_ns: now.held_ns - began.held_ns,
            lock_ns: now.lock_ns - began.lock_ns,
            log_ns: now.log_ns - began.log_ns,
        }
    }

    /// Reads the clock. Most of the time since the last reading was that of `command`.
    fn lap(&mut self, command: usize) -> Lap {
        let (at, last) = (Instant::now(), self.measure.last);
        let ns = |duration: Duration| duration.as_nanos() as u64;
        let (lock_ns, log_ns) = (ns(self.guard.waited.lock), ns(self.guard.waited.log));
        let waited_ns = lock_ns + log_ns - last.lock_ns - last.log_ns;
        let ran_ns = ns(at - last.at).saturating_sub(waited_ns);
        Lap {
            at,
            ran_ns: last.ran_ns + ran_ns,
            held_ns: last.held_ns + self.guard.hold.lap(ran_ns, at, command),
            lock_ns,
            log_ns,
        }
    }

    /// Adds finished calls to the figures of this turn's client.
    fn count(&mut self, id: usize, finished: Finished) {
        let state = &self.engine.state;
        let tracks = state.measuring.tracks();
        match self.session.meter.row(id, &self.session.client.figures) {
            Some(row) => row.add(finished, tracks),
            None => state.clients.rare.add(id, finished, tracks),
        }
    }

    /// Adds a call to the slow log, and to the latency monitor, if it was slow.
    fn note_if_slow(&self, command: &Command, args: Args, client: &Client, ns: u64) {
        let us = ns / 1000;
        let measuring = &self.engine.state.measuring;
        let event = match command.has(Flag::Fast) {
            true => "fast-command",
            false => "command",
        };
        measuring.latency.note(event, us / 1000);
        let slow_log = &measuring.slow_log;
        let is_slow = slow_log.threshold_us().is_some_and(|least| us >= least);
        if !is_slow || command.has(Flag::SkipSlowlog) {
            return;
        }
        slow_log.add(SlowCall {
            id: 0,
            unix_s: unix_time().as_secs(),
            us,
            args: shortened(command, args, (SLOW_ARGS, SLOW_ARG_BYTES)),
            peer: client.peer.to_string(),
            name: client.names().name.clone(),
        });
    }
}

/// Returns whether a call takes constant or logarithmic time.
fn is_short(command: &Command, args: Args) -> bool {
    matches!(command.handler, Handler::Read(_) | Handler::Write(_))
        && (command.has(Flag::Fast) || command.complexity == Command::ROW.complexity)
        && args.len() <= MAX_ARGS
}

/// Returns the first arguments of a call, cut to `max_bytes` each. Passwords are hidden.
pub(super) fn shortened(
    command: &Command,
    args: Args,
    (max_args, max_bytes): (usize, usize),
) -> Vec<Vec<u8>> {
    let whole = match args.len() {
        len if len <= max_args => len,
        _ => max_args - 1,
    };
    let mut shown: Vec<Vec<u8>> = redacted(command, args)
        .take(whole)
        .map(|argument| match argument.len() {
            length if length <= max_bytes => argument.to_vec(),
            length => {
                let more = format!("... ({} more bytes)", length - max_bytes);
                [&argument[..max_bytes], more.as_bytes()].concat()
            }
        })
        .collect();
    if whole < args.len() {
        shown.push(format!("... ({} more arguments)", args.len() - whole).into());
    }
    shown
}
