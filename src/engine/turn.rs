//! A turn: requests of one client, run one after the other.

use std::cell::{Cell, OnceCell};
use std::time::Instant;

use super::dispatch::dispatch;
use super::guard::Guard;
use super::measure::Measure;
use super::{Engine, names};
use crate::aof::Ticket;
use crate::client::deliveries::Delivery;
use crate::client::marks::Mark;
use crate::client::pause::Paused;
use crate::client::session::{Replies, Session};
use crate::client::trace::Step;
use crate::clock::Now;
use crate::commands::{
    Call, Command, CommandId, Effect, Garbage, Handler, Outcome, Postponed, Prepared, ReplyError,
};
use crate::resp::args::Args;
use crate::resp::reply::Reply;
use crate::store::blob::Blob;

/// Some requests of one client, run one after the other. They wait for the store's lock and for
/// room in the log, and for nothing else.
///
/// The lock that one of them takes is held for the next ones too: a pipeline of a hundred takes it
/// once and sends the log one message. So a turn must end before a socket or a file is waited
/// for. It must also be short: the caller limits the number of its requests.
pub struct Turn<'a> {
    pub(super) engine: &'a Engine,
    pub(super) session: &'a mut Session,
    /// Whether the data is as the log has left it, and nothing expires.
    is_replay: bool,
    /// Whether the data is still being loaded, by another turn.
    pub(super) lacks_data: bool,
    /// Whether the requests come from a file, where `rename-command` has no effect.
    pub(super) has_original_names: bool,
    /// The last command that was found by its original name.
    pub(super) found: Cell<Option<(CommandId, &'static Command)>>,
    /// The errors of the requests, if they come from a file.
    pub(super) errors: Vec<String>,
    /// Expired keys that reads have met, with their databases.
    pub(super) met: Vec<(usize, Blob)>,
    // Dropped in this order: nothing is freed with the lock held.
    pub(super) guard: Guard<'a>,
    pub(super) garbage: Garbage,
    /// What the running command has for other clients.
    deliveries: Vec<Delivery>,
    /// Commands that run at the end of the transaction.
    pub(super) postponed: Vec<Postponed>,
    pub(super) measure: Measure,
    /// The ready key for which the request of a waiting client runs.
    pub(super) ready: Option<Blob>,
    /// Whether messages to the client are held back, because it tracks keys.
    pub(super) holds_messages: bool,
}

/// Whether the client goes on after a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// The next request follows.
    Continue,
    /// The request has done nothing yet. It runs again when the earlier replies are sent or queued.
    Flush,
    /// The request waits for data, until this time if there is one.
    Wait(Option<Instant>),
    /// CLIENT PAUSE postpones the request, which is of this kind. It runs again afterwards.
    Postpone(Paused),
    /// The connection ends when the replies are sent.
    Close,
}

impl Next {
    /// Returns whether the request has done nothing yet and runs again.
    pub fn is_again(self) -> bool {
        matches!(self, Next::Flush | Next::Postpone(_))
    }
}

impl<'a> Turn<'a> {
    /// Begins a turn of a client.
    pub(super) fn new(engine: &'a Engine, session: &'a mut Session) -> Turn<'a> {
        let is_loading = engine.state.loading.is_on();
        Turn {
            engine,
            session,
            // The rest of the log may still need expired keys.
            is_replay: is_loading,
            lacks_data: is_loading,
            has_original_names: false,
            found: Cell::new(None),
            errors: Vec::new(),
            met: Vec::new(),
            guard: Guard::new(engine),
            garbage: Garbage::default(),
            deliveries: Vec::new(),
            postponed: Vec::new(),
            measure: Measure::new(engine.state.measuring.is_precise()),
            ready: None,
            holds_messages: false,
        }
    }

    /// Begins a turn that runs commands of a file.
    pub(super) fn replaying(engine: &'a Engine, session: &'a mut Session) -> Turn<'a> {
        Turn {
            is_replay: true,
            lacks_data: false,
            has_original_names: true,
            ..Turn::new(engine, session)
        }
    }

    /// Sets how much to reserve at the first need: memory for records, and room in the log for the
    /// requests with their big arguments.
    pub(super) fn reserve(&mut self, record_bytes: usize, request_bytes: usize) {
        self.guard.records.expected_bytes = record_bytes;
        self.guard.expected_bytes = request_bytes;
    }

    /// Runs one request and appends its reply.
    pub fn execute(&mut self, args: Args<'_>, reply: &mut Reply) -> Next {
        match self.session.replies {
            Replies::On => self.execute_aloud(args, reply),
            _ => self.execute_quietly(args, reply),
        }
    }

    /// Runs one request, and drops its reply if CLIENT REPLY says so.
    fn execute_quietly(&mut self, args: Args<'_>, reply: &mut Reply) -> Next {
        let before = self.session.replies;
        self.session.replies = before.advanced();
        self.session.is_pushing = false;
        let mut own = Reply::default();
        own.set_protocol(reply.protocol());
        let next = self.execute_aloud(args, &mut own);
        reply.set_protocol(own.protocol());
        if next.is_again() {
            self.session.replies = before;
        } else if self.session.is_pushing || !self.session.replies.are_dropped() {
            reply.output().append(own.output());
        }
        next
    }

    fn execute_aloud(&mut self, args: Args<'_>, reply: &mut Reply) -> Next {
        let result = self.admit(args).and_then(|command| match command {
            Some(command) if let Some(paused) = self.postponed(command, args) => {
                Ok(Next::Postpone(paused))
            }
            Some(command) if self.is_to_be_queued(command) => self.queue(command, args, reply),
            Some(command) => Ok(self.perform(command, args, reply)),
            None => Ok(Next::Close),
        });
        let next = result.unwrap_or_else(|error| {
            self.reject();
            self.reply_error(&error, reply);
            Next::Continue
        });
        if self.session.tracked.is_some() && !next.is_again() {
            self.end_caching(args);
        }
        next
    }

    /// Appends an error and counts it.
    pub(super) fn reply_error(&mut self, error: &ReplyError, reply: &mut Reply) {
        reply.error(error.text());
        if !self.has_original_names {
            self.session.client.figures.count_error(error.text());
            return;
        }
        // The replies to the commands of a file are dropped.
        let text = String::from_utf8_lossy(error.text());
        self.errors.push(text.into_owned());
    }

    /// Ends the turn. Returns the ticket of its last record: the replies must not be sent before it is
    /// committed.
    pub fn end(mut self) -> Option<Ticket> {
        self.guard.release();
        if self.guard.ticket.is_some() {
            self.mark_end(Step::Release);
        }
        self.measure_shared();
        self.measure.end_hold(&mut self.guard);
        self.guard.ticket
    }

    /// Returns the time of this turn, which stays the same while the lock is held. Read it after
    /// the lock is taken.
    pub(super) fn now(&self) -> Now {
        match self.is_replay {
            true => Now::Replay,
            false => Now::At(self.guard.taken_ms),
        }
    }

    /// Runs a command and shows it to the monitors.
    pub(super) fn call(
        &mut self,
        command: &'static Command,
        args: Args,
        reply: &mut Reply,
    ) -> Result<Next, ReplyError> {
        // Two copies of the function: most requests test for extras once, and not at each place.
        let result = match self.session.tracked.is_some() || self.session.trace.is_some() {
            false => self.call_unseen::<false>(command, args, reply),
            true => self.call_unseen::<true>(command, args, reply),
        };
        self.show(command, args, &result);
        result
    }

    /// Runs a command, with the lock that its handler's type names, and records its effect. `EXTRAS` says
    /// whether the client tracks keys, or a request of its is traced.
    #[inline(always)]
    fn call_unseen<const EXTRAS: bool>(
        &mut self,
        command: &'static Command,
        args: Args,
        reply: &mut Reply,
    ) -> Result<Next, ReplyError> {
        let prepared = self.prepare(command, args)?;
        let handler = command.handler_for(args)?;
        let is_tracked = EXTRAS && self.session.tracked.is_some();
        if is_tracked {
            self.begin_tracked(&handler);
        }
        if EXTRAS {
            self.mark_found(&handler);
        }
        self.lock_for(&handler);
        self.mark_if::<EXTRAS>(Step::Lock);
        // Once more, because the lock may have been waited for. In a transaction EXEC has checked.
        if handler.writes() && !self.guard.keeps_lock {
            self.check_log()?;
            if self.are_writes_postponed() {
                return Ok(Next::Postpone(Paused::Writes));
            }
        }
        self.purge_named(command, &handler, args);
        match handler {
            Handler::Exec => self.exec(reply),
            Handler::Watch => self.watch(command, args, reply),
            Handler::Unblock(parse) => Ok(self.unblock(parse(args)?, reply)),
            Handler::Reload => self.reload(reply),
            Handler::Debug(_) | Handler::Container => Err(ReplyError::wrong_arity(command.name)),
            _ => {
                if is_tracked {
                    self.remember_keys(command, args);
                }
                let result = self.run(handler, prepared, args, reply);
                self.mark_if::<EXTRAS>(Step::Run);
                let (outcome, next) = result?;
                let effect = match outcome {
                    Outcome::Wait(awaited) => {
                        return Ok(self.wait_in_line(command, args, &awaited, reply));
                    }
                    Outcome::Done(effect) => effect,
                };
                self.settle::<EXTRAS>(effect, &handler, command, args);
                Ok(next)
            }
        }
    }

    /// Records the effect of a command that has run, and does what follows from it.
    #[inline(always)]
    fn settle<const EXTRAS: bool>(
        &mut self,
        effect: Effect,
        handler: &Handler,
        command: &'static Command,
        args: Args,
    ) {
        if !matches!(effect, Effect::Nothing) {
            self.record(effect, command, args);
            self.mark_if::<EXTRAS>(Step::Record);
        }
        self.hold_messages();
        // A transaction serves the line at its end.
        if handler.writes() && !self.guard.keeps_lock {
            self.serve_ready(handler.scope());
        }
        self.remove_met();
    }

    /// Ends a step of the running request, if there are extras and it is traced.
    #[inline(always)]
    fn mark_if<const EXTRAS: bool>(&mut self, step: Step) {
        if EXTRAS {
            self.mark(step);
        }
    }

    /// Records the effect of a request.
    pub(super) fn record(&mut self, effect: Effect, command: &Command, args: Args) {
        let renames = &self.engine.state.renames;
        let effect = names::with_original_name(renames, effect, command, args);
        self.guard.note(effect, self.session.database(), args);
    }

    /// Returns whether a request may wait for data: not in a transaction, and not in a file.
    pub(super) fn may_wait(&self) -> bool {
        !self.guard.keeps_lock && !self.is_replay
    }

    /// Runs the first half of a command that has one, without the lock.
    fn prepare(&mut self, command: &Command, args: Args) -> Result<Option<Prepared>, ReplyError> {
        let Handler::PrepareWrite(prepare) = command.handler else {
            return Ok(None);
        };
        self.guard.unlock();
        prepare(args, &self.engine.state).map(Some)
    }

    /// Takes the lock that a handler of this type needs, or unlocks for one that needs none.
    fn lock_for(&mut self, handler: &Handler) {
        match handler {
            Handler::Plain(_) => self.guard.unlock(),
            Handler::Read(_)
            | Handler::ReadThen(_)
            | Handler::ReadAndStore(_)
            | Handler::ReadAll(_)
            | Handler::ReadAllThen(_) => self.guard.lock_shared(),
            Handler::Write(_)
            | Handler::PrepareWrite(_)
            | Handler::MayWait(_)
            | Handler::WriteAll(_) => {
                self.guard.lock_exclusive();
            }
            Handler::Alone(_) | Handler::Watch | Handler::Unblock(_) => {
                self.guard.lock_exclusive_at_once();
            }
            // EXEC takes the lock that its commands need, and RELOAD its own.
            Handler::Exec | Handler::Reload => {}
            Handler::ByOptions(_) | Handler::Debug(_) | Handler::Container => {}
        }
    }

    /// Runs a handler, which the lock is held for.
    pub(super) fn run(
        &mut self,
        handler: Handler,
        prepared: Option<Prepared>,
        args: Args,
        reply: &mut Reply,
    ) -> Result<(Outcome, Next), ReplyError> {
        let now = self.now();
        let guard = &mut self.guard;
        let mut call = Call {
            args,
            session: self.session,
            reply,
            state: &self.engine.state,
            now,
            clock_ms: OnceCell::new(),
            close: false,
            log: self.engine.attached_log(),
            may_wait: !guard.keeps_lock,
            ready: self.ready.as_deref(),
            garbage: &mut self.garbage,
            expired: &mut self.met,
            deliveries: &mut self.deliveries,
            postponed: &mut self.postponed,
        };
        let notes_new = handler.writes() && !self.is_replay && guard.begin_new_keys();
        let outcome = dispatch(handler, prepared, &mut call, guard);
        let next = match call.close {
            true => Next::Close,
            false => Next::Continue,
        };
        if call.close {
            self.session.client.marks.set(Mark::Closing, true);
        }
        if !self.deliveries.is_empty() {
            guard.deliver(&mut self.deliveries);
        }
        if notes_new {
            guard.end_new_keys();
        }
        guard.invalidate(self.session.client.id);
        Ok((outcome?, next))
    }
}
