//! MULTI, EXEC and WATCH
//! (<https://redis.io/docs/latest/develop/interact/transactions/>).
//!
//! After MULTI, the commands of a client are only queued. EXEC runs them all under one lock: for
//! writing if one of them writes, otherwise for reading. So nobody sees the data in between. Their
//! records are one group, which the log keeps whole or not at all.

use std::collections::hash_map::Entry;
use std::sync::atomic::Ordering;

use super::{Next, Turn};
use crate::client::pause::Paused;
use crate::client::session::Watch;
use crate::client::trace::Step;
use crate::commands::table::{Scope, error};
use crate::commands::{Command, Flag, ReplyError};
use crate::resp::args::Args;
use crate::resp::reply::Reply;
use crate::store::blob::Blob;

/// Commands that control or end the transaction, so that they are never queued.
const NEVER_QUEUED: [&str; 6] = ["exec", "discard", "multi", "watch", "quit", "reset"];

/// An estimate of the memory that a watched key takes besides its bytes, here and in the keyspace.
const WATCHED_BYTES: usize = 150;

impl Turn<'_> {
    /// Returns whether `command` must be queued.
    pub(super) fn is_to_be_queued(&self, command: &Command) -> bool {
        self.is_in_transaction() && !NEVER_QUEUED.contains(&command.name)
    }

    /// Returns whether commands are being queued.
    pub(super) fn is_in_transaction(&self) -> bool {
        self.session.transaction.is_some()
    }

    /// Queues a command for EXEC.
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
        // A failed transaction will not run.
        if let Some(transaction) = &mut self.session.transaction
            && !transaction.has_failed
        {
            transaction.push(args);
        }
        reply.simple("QUEUED");
        Ok(Next::Continue)
    }

    /// EXEC: runs the queued commands, unless one of them was wrong or a watched key has changed.
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
        let is_exclusive = has_writes || queued().any(|args| self.is_exclusive(args));
        self.want_lock(is_exclusive);
        if has_writes {
            self.guard.lock_exclusive();
        } else if is_exclusive {
            self.guard.lock_exclusive_at_once();
        } else {
            self.guard.lock_shared();
        }
        self.mark(Step::Lock);
        // Once more, because the lock may have been waited for.
        self.check_log_if(has_writes)?;
        if has_writes && self.are_writes_postponed() {
            self.session.transaction = Some(transaction);
            self.session.watch = watch;
            return Ok(Next::Postpone(Paused::Writes));
        }
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

    /// Ends the transaction, which cannot run because of `error`. Returns EXEC's error.
    pub(super) fn abort_exec(&mut self, error: &ReplyError) -> ReplyError {
        self.session.transaction = None;
        self.session.watch = None;
        error.aborting_exec()
    }

    /// Runs the queued commands with the lock held, and their postponed rest without it.
    fn run_queued<'a>(
        &mut self,
        queued: impl ExactSizeIterator<Item = Args<'a>>,
        reply: &mut Reply,
    ) -> Result<Next, ReplyError> {
        let mut next = Next::Continue;
        self.guard.keeps_lock = true;
        let savepoint = self.guard.records.savepoint();
        reply.array(queued.len());
        for args in queued {
            // It was checked when it was queued, but the password may have changed since.
            let done = match self.find(args) {
                Ok(Some(command)) => self.perform_queued(command, args, reply),
                Ok(None) => Next::Close,
                Err(error) => {
                    self.reject();
                    self.reply_error(&error, reply);
                    Next::Continue
                }
            };
            if done == Next::Close {
                next = Next::Close;
            }
        }
        self.guard.records.close(savepoint);
        self.guard.keeps_lock = false;
        self.serve_ready(Scope::All);
        self.remove_met();
        self.run_postponed(reply);
        Ok(next)
    }

    /// Runs the postponed commands, and inserts their replies at their places.
    fn run_postponed(&mut self, reply: &mut Reply) {
        if self.postponed.is_empty() {
            return;
        }
        self.guard.unlock();
        let mut rest = reply.take();
        for mut postponed in std::mem::take(&mut self.postponed) {
            reply.output().append(&mut postponed.before);
            let engine = self.engine;
            match (postponed.run)(&engine.state, engine.attached_log()) {
                Ok(()) => reply.ok(),
                Err(error) => self.reply_error(&error, reply),
            }
        }
        reply.output().append(&mut rest);
    }

    /// Returns whether a watched key has changed, or has expired since it was watched.
    fn has_changed(&self, watch: &Watch) -> bool {
        let now_ms = self.now().ms();
        let databases = self.guard.data();
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
        let now_ms = self.now().ms();
        let watch = self.session.watch.get_or_insert_default();
        self.session.client.show_watch(&watch.flag);
        let keyspace = self.guard.data_mut().get_mut(database);
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
