//! Marks the steps of a traced request in the engine (`client/trace`).

use super::measure::shortened;
use super::{Next, Turn};
use crate::client::trace::Step;
use crate::commands::{Command, Handler};
use crate::resp::args::Args;
use crate::resp::reply::Reply;
use crate::threads::{self, Doing, Mode, Reason};

/// The most arguments of a traced request that are kept, and the most bytes of each.
const WORDS: usize = 8;
const WORD_BYTES: usize = 64;

impl Turn<'_> {
    /// Notes that the traced request is about to run.
    #[cold]
    pub(super) fn start_trace(&mut self, args: Args) {
        let row = self.row_of(args);
        let words = match row {
            Some(command) => shortened(command, args, (WORDS, WORD_BYTES)),
            // The arguments of an unknown command may be secret.
            None => vec![args.get(0).iter().take(WORD_BYTES).copied().collect()],
        };
        let waited = self.guard.waited.log;
        if let Some(trace) = &mut self.session.trace {
            if let Some(command) = row {
                trace.set_keys(command.keys_of(args));
            }
            trace.start(words, &self.session.client, waited);
        }
    }

    /// Notes that the traced request at `index` has run, unless `next` says that it runs again.
    #[cold]
    pub(super) fn end_trace(&mut self, index: usize, next: Next) {
        // It is gone if the client waits for data.
        if let Some(trace) = &mut self.session.trace {
            match next {
                Next::Flush => trace.postpone(index, Step::Others),
                Next::Postpone(_) => trace.postpone(index, Step::Pause),
                _ => trace.answer(),
            }
        }
    }

    /// Ends a step of the running request, if it is traced.
    #[inline]
    pub(super) fn mark(&mut self, step: Step) {
        if self.session.trace.is_some() {
            self.mark_traced(step);
        }
    }

    #[cold]
    #[inline(never)]
    fn mark_traced(&mut self, step: Step) {
        let taken_ms = self.guard.taken_ms;
        let Some(trace) = self.session.trace.as_mut().filter(|it| it.is_running()) else {
            return;
        };
        match step {
            Step::Lock if self.guard.keeps_lock || !self.guard.is_held() => {}
            Step::Lock => trace.mark_lock(self.guard.waited.log),
            Step::Record if trace.is_slow() => {
                threads::does(Doing::Records(taken_ms));
                trace.sleep();
                threads::does(Doing::Holds(Mode::Alone, taken_ms));
                trace.mark(step);
            }
            _ => {
                trace.sleep();
                trace.mark(step);
            }
        }
    }

    /// Ends the step that has found a command for this handler, if it is traced: the lock comes next.
    #[inline]
    pub(super) fn mark_found(&mut self, handler: &Handler) {
        if self.session.trace.is_some() {
            self.mark_traced(Step::Find);
            match handler {
                // EXEC waits for the lock later.
                Handler::Plain(_) | Handler::Exec | Handler::Reload => {}
                _ => self.want_lock(handler.is_exclusive()),
            }
        }
    }

    /// Sleeps as if the lock were waited for, if the running request is one of a slow client.
    #[cold]
    #[inline(never)]
    pub(super) fn want_lock(&mut self, is_exclusive: bool) {
        let trace = self.session.trace.as_mut();
        let trace = trace.filter(|trace| trace.is_running() && trace.is_slow());
        if let Some(trace) = trace.filter(|_| !self.guard.is_held()) {
            threads::does(Doing::Wants(match is_exclusive {
                true => Mode::Alone,
                false => Mode::Shared,
            }));
            let _waiting = threads::waiting(Reason::Lock);
            trace.sleep();
        }
    }

    /// Ends a step of the turn, after the traced request has been answered in it.
    pub(super) fn mark_end(&mut self, step: Step) {
        if let Some(trace) = &mut self.session.trace
            && trace.is_answered()
        {
            trace.mark(step);
        }
    }

    /// Runs a command that EXEC has found in the queue.
    pub(super) fn perform_queued(
        &mut self,
        command: &'static Command,
        args: Args,
        reply: &mut Reply,
    ) -> Next {
        if let Some(trace) = self.session.trace.as_mut().filter(|it| it.is_running()) {
            trace.set_command(Some(command.name));
            trace.add_keys(command.keys_of(args));
        }
        let next = self.perform(command, args, reply);
        if let Some(trace) = &mut self.session.trace {
            trace.set_command(None);
        }
        next
    }
}
