//! MULTI, EXEC and WATCH
//! (<https://redis.io/docs/latest/develop/interact/transactions/>).
//!
//! After MULTI a client's commands are only queued. EXEC runs them in one go, with the
//! lock that the most demanding of them needs held from first to last: nobody sees
//! the data in between, and the log keeps all of it or nothing.

use std::collections::hash_map::Entry;
use std::sync::atomic::Ordering;

use super::{Next, Turn};
use crate::client::counters::Counters;
use crate::client::session::Watch;
use crate::commands::table::error;
use crate::commands::{Command, Flag, ReplyError};
use crate::resp::args::Args;
use crate::resp::reply::Reply;
use crate::store::blob::Blob;

/// These are about the transaction, or end it, and so are no part of it.
const NEVER_QUEUED: [&str; 6] = ["exec", "discard", "multi", "watch", "quit", "reset"];

/// About what a watched key takes besides its bytes, here and in the keyspace.
const WATCHED_BYTES: usize = 150;

impl Turn<'_> {
    pub(super) fn is_to_be_queued(&self, command: &Command) -> bool {
        self.is_in_transaction() && !NEVER_QUEUED.contains(&command.name)
    }

    /// Whether commands are being queued.
    pub(super) fn is_in_transaction(&self) -> bool {
        self.session.transaction.is_some()
    }

    /// Keeps a command for EXEC.
    pub(super) fn queue(
        &mut self,
        command: &Command,
        args: Args,
        reply: &mut Reply,
    ) -> Result<Next, ReplyError> {
        if command.has(Flag::NoMulti) {
            self.session.fail_transaction();
            return Err(error::NOT_IN_TRANSACTION);
        }
        // What will not run need not be kept.
        if let Some(transaction) = &mut self.session.transaction
            && !transaction.has_failed
        {
            transaction.push(args);
        }
        reply.simple("QUEUED");
        Ok(Next::Continue)
    }

    /// EXEC: runs what was queued, unless a queued command was wrong or a watched key has
    /// changed.
    pub(super) fn exec(&mut self, reply: &mut Reply) -> Result<Next, ReplyError> {
        let transaction = self.session.transaction.take();
        let transaction = transaction.ok_or(error::EXEC_WITHOUT_MULTI)?;
        let watch = self.session.watch.take();
        let requests = &transaction.requests;
        let queued = || (0..requests.len()).map(|index| requests.get(index));
        let has_writes = queued().any(|args| self.is_write(args));
        self.check_log_if(has_writes)?;
        if transaction.has_failed {
            return Err(error::EXEC_ABORT);
        }
        self.guard.expected_bytes = requests.total_bytes();
        if has_writes {
            self.guard.exclusive();
        } else {
            self.guard.shared();
        }
        // Once more, because the lock may have been waited for.
        self.check_log_if(has_writes)?;
        if watch.is_some_and(|watch| self.has_changed(&watch)) {
            reply.null_array();
            return Ok(Next::Continue);
        }
        self.run_queued(queued(), reply)
    }

    fn check_log_if(&mut self, has_writes: bool) -> Result<(), ReplyError> {
        if has_writes {
            self.check_log().map_err(|error| self.abort_exec(&error))?;
        }
        Ok(())
    }

    /// What EXEC says that cannot be run at all. The transaction is over.
    pub(super) fn abort_exec(&mut self, error: &ReplyError) -> ReplyError {
        self.session.transaction = None;
        self.session.watch = None;
        error.aborting_exec()
    }

    fn run_queued<'a>(
        &mut self,
        queued: impl ExactSizeIterator<Item = Args<'a>>,
        reply: &mut Reply,
    ) -> Result<Next, ReplyError> {
        let mut next = Next::Continue;
        self.guard.is_kept = true;
        self.guard.records.begin_transaction();
        reply.array(queued.len());
        for args in queued {
            // Checked when it was queued, but the password may have changed since.
            let result = self.find(args).and_then(|command| match command {
                Some(command) => self.call(command, args, reply),
                None => Ok(Next::Close),
            });
            match result {
                Ok(Next::Continue) => {}
                Ok(Next::Close) => next = Next::Close,
                Err(error) => self.count_error(&error, reply),
            }
            Counters::add(&self.session.client.counters.commands, 1);
        }
        self.guard.records.end_transaction();
        self.guard.is_kept = false;
        self.remove_met();
        self.run_postponed(reply);
        Ok(next)
    }

    /// Runs what had to wait for the end of the transaction, and puts its replies where they
    /// belong.
    fn run_postponed(&mut self, reply: &mut Reply) {
        if self.postponed.is_empty() {
            return;
        }
        self.guard.step_back();
        let mut rest = reply.take();
        for mut postponed in std::mem::take(&mut self.postponed) {
            reply.output().append(&mut postponed.before);
            let engine = self.engine;
            match (postponed.run)(&engine.state, engine.attached_log()) {
                Ok(()) => reply.ok(),
                Err(error) => self.count_error(&error, reply),
            }
        }
        reply.output().append(&mut rest);
    }

    fn has_changed(&mut self, watch: &Watch) -> bool {
        let now_ms = self.now_ms();
        let databases = self.guard.shared();
        let has_expired = |((database, key), was_there): (&(usize, Blob), &bool)| {
            *was_there && databases.get(*database).is_over(key, now_ms)
        };
        watch.flag.load(Ordering::Relaxed) || watch.keys.iter().any(has_expired)
    }

    /// WATCH: a later change of one of these keys makes EXEC do nothing.
    pub(super) fn watch(
        &mut self,
        command: &Command,
        args: Args,
        reply: &mut Reply,
    ) -> Result<Next, ReplyError> {
        if self.session.transaction.is_some() {
            return Err(error::WATCH_INSIDE_MULTI);
        }
        let database = self.session.database();
        let now_ms = self.now_ms();
        let watch = self.session.watch.get_or_insert_default();
        let keyspace = self.guard.exclusive().get_mut(database);
        for key in command.keys_of(args) {
            keyspace.watch(key, &watch.flag);
            let was_there = keyspace.get(key, now_ms).is_some();
            if let Entry::Vacant(entry) = watch.keys.entry((database, key.into())) {
                entry.insert(was_there);
                watch.bytes += key.len() + WATCHED_BYTES;
            }
        }
        reply.ok();
        Ok(Next::Continue)
    }
}
