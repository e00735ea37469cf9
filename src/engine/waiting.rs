//! Clients that wait for data (BLPOP).
//!
//! ```text
//!   the client's turn     no data: the client stands in line, and the turn ends
//!   another turn          makes the key ready; at the end of its command or transaction, with the
//!                         lock still held, runs the client's request in the client's name and
//!                         records its effect; sends the answer after the lock is released
//! ```
//!
//! So the order of the store, of the file and of the line is one order. A client is out of the line
//! exactly once, with the lock held for writing: it is served, unblocked, or its own thread takes
//! it out because of a timeout or because the client is gone. An element is removed for a client
//! only if its answer goes to that client's outbox.
//!
//! The keyspace knows who stands in line, by number (`store/keyspace/waiters.rs`). This module knows
//! what each of them has asked for. The server's thread of the client does the waiting itself.

use std::collections::HashMap;
use std::mem;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::guard::Guard;
use super::{Engine, Next, Turn};
use crate::client::Client;
use crate::client::marks::Mark;
use crate::client::session::Session;
use crate::client::trace::{self, Step, Trace};
use crate::commands::table::Scope;
use crate::commands::{Awaited, Command, Outcome, ReplyError, Unblock};
use crate::resp::args::{Args, Requests};
use crate::resp::output::Output;
use crate::resp::reply::{Protocol, Reply};
use crate::store::blob::Blob;
use crate::store::keyspace::waiters::Waiter;

/// The reply to a client that CLIENT UNBLOCK ERROR has unblocked.
const UNBLOCKED: ReplyError = ReplyError::Fixed("UNBLOCKED client unblocked via CLIENT UNBLOCK");

/// The requests of all clients in line, by the number of the client. Locked only while the store's
/// lock is held for writing, so no thread ever waits for it.
#[derive(Debug, Default)]
pub(super) struct Waiting(Mutex<HashMap<u64, Arc<Waits>>>);

/// A client in line, and its request.
#[derive(Debug)]
struct Waits {
    client: Arc<Client>,
    /// Its number and its row.
    command: (usize, &'static Command),
    request: Requests,
    database: usize,
    protocol: Protocol,
    /// CLIENT REPLY says that the client gets no answer.
    is_quiet: bool,
    /// The keys at which it stands.
    keys: Vec<Blob>,
    /// The trace of the request, until the answer is about to be sent.
    trace: Mutex<Option<Box<Trace>>>,
}

impl Waits {
    /// Takes the trace out, or puts it back. Only threads that hold the store's lock for writing, or
    /// have taken the client out of the line, call this.
    fn trace(&self) -> MutexGuard<'_, Option<Box<Trace>>> {
        self.trace.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An answer to a client in line.
pub(super) struct Answer {
    /// The request. It may be long, and is freed without the lock.
    waits: Arc<Waits>,
    output: Output,
}

impl Waiting {
    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Arc<Waits>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Engine {
    /// Takes the client of `session` out of the line. Returns whether it stood there; if not, its
    /// answer is sent or about to be sent.
    pub fn leave_line(&self, session: &mut Session) -> bool {
        let client = &session.client;
        let mut guard = Guard::new(self);
        guard.lock_exclusive_at_once();
        let waits = guard.take_waiting(client.id);
        drop(guard);
        let Some(waits) = waits else {
            return false;
        };
        client.wait.end();
        if let Some(mut trace) = waits.trace().take() {
            trace.release(Step::Data);
            session.trace = Some(trace);
        }
        true
    }
}

impl Guard<'_> {
    /// Takes a client out of the line, if it stands there. The caller answers it.
    fn take_waiting(&mut self, client: u64) -> Option<Arc<Waits>> {
        let waits = self.engine().waiting.lock().remove(&client)?;
        let waiters = &mut self.data_mut().get_mut(waits.database).waiters;
        for key in &waits.keys {
            waiters.remove(key, client);
        }
        waits.client.wait.take();
        // It is not idle: its timeout begins anew.
        waits.client.touch(Instant::now());
        Some(waits)
    }

    /// Takes a client out of the line, if it stands there, and sends it this answer later. Returns
    /// whether it stood there.
    fn answer_waiting(&mut self, client: u64, mut reply: Reply) -> bool {
        let Some(waits) = self.take_waiting(client) else {
            return false;
        };
        if waits.is_quiet {
            reply.output().clear();
        }
        // Messages about keys that its request has changed follow the answer.
        if waits.client.marks.has(Mark::Tracking) {
            waits.client.connection().hold();
        }
        let output = reply.take();
        self.answers.push(Answer { waits, output });
        true
    }

    /// Sends the answers to other clients when the last record is committed. Call it without the
    /// lock.
    pub(super) fn send_answers(&mut self) {
        for Answer { waits, output } in mem::take(&mut self.answers) {
            let client = Arc::clone(&waits.client);
            let mut trace = waits.trace().take();
            if let Some(trace) = trace.as_mut().filter(|it| it.is_running()) {
                trace.release(Step::Data);
            }
            let Some(pending) = Arc::clone(client.connection()).make_pending(output) else {
                client.wait.end();
                continue;
            };
            let send = move || {
                // First, because the client's next request may arrive before `deliver` returns.
                client.wait.end();
                trace::deliver(pending, trace);
            };
            match self.engine().attached_log() {
                // Behind the client's earlier replies.
                Some(log) => log.commit().queue(self.ticket, send),
                None => send(),
            }
        }
    }
}

impl Turn<'_> {
    /// Puts the client in line, because there is no data for its request yet. Does so only when the
    /// client's earlier replies are sent or queued: the answer must not overtake them.
    pub(super) fn wait_in_line(
        &mut self,
        command: &'static Command,
        args: Args,
        awaited: &Awaited,
        reply: &mut Reply,
    ) -> Next {
        if !self.may_wait() {
            (awaited.null)(reply);
            return Next::Continue;
        }
        // The client receives messages while it waits.
        if !reply.output().is_empty() || self.holds_messages {
            return Next::Flush;
        }
        self.stand_in_line(command, args, awaited, reply.protocol());
        let timeout = awaited.timeout;
        // A time too far away for the clock is never.
        Next::Wait(timeout.and_then(|timeout| Instant::now().checked_add(timeout)))
    }

    fn stand_in_line(
        &mut self,
        command: &'static Command,
        args: Args,
        awaited: &Awaited,
        protocol: Protocol,
    ) {
        let client = Arc::clone(&self.session.client);
        let database = self.session.database();
        let waiter = Waiter {
            client: client.id,
            type_name: awaited.type_name,
        };
        let keys: Vec<Blob> = awaited.keys.clone().map(|at| args.get(at).into()).collect();
        let waiters = &mut self.guard.data_mut().get_mut(database).waiters;
        keys.iter().for_each(|key| waiters.add(key, waiter));
        client.wait.begin();
        let mut trace = self.session.trace.take_if(|trace| trace.is_running());
        if let Some(trace) = &mut trace {
            trace.hurry();
        }
        let mut request = Requests::default();
        request.push(args);
        let waits = Arc::new(Waits {
            command: (client.last_command.load(Ordering::Relaxed), command),
            client,
            request,
            database,
            protocol,
            is_quiet: self.session.replies.are_dropped(),
            keys,
            trace: Mutex::new(trace),
        });
        self.engine.waiting.lock().insert(waiter.client, waits);
    }

    /// Serves the clients that wait for keys which a command has made ready. `scope` says which
    /// databases the command could change.
    pub(super) fn serve_ready(&mut self, scope: Scope) {
        let selected = self.session.database();
        if !self.guard.is_exclusive()
            || scope == Scope::Selected && !self.guard.data().get(selected).waiters.has_ready()
        {
            return;
        }
        // Serving one client can make another key ready.
        while let Some((database, key)) = self.guard.data_mut().next_ready() {
            self.serve_line(database, key);
        }
    }

    /// Serves the clients in line at `key`, the first one first, as long as there is data.
    fn serve_line(&mut self, database: usize, key: Blob) {
        let now_ms = self.now().ms();
        let mut place = 0;
        loop {
            let keyspace = self.guard.data().get(database);
            let Some(entry) = keyspace.get(&key, now_ms) else {
                return;
            };
            let type_name = entry.value().type_name();
            let Some((index, client)) = keyspace.waiters.next(&key, place, type_name) else {
                return;
            };
            // A client for which there is nothing keeps its place.
            place = index + usize::from(!self.serve(client, &key));
        }
    }

    /// Runs the request of a client in line, because there is data at `key`. Returns whether the
    /// client has left the line.
    fn serve(&mut self, client: u64, key: &Blob) -> bool {
        let waits = self.engine.waiting.lock().get(&client).cloned();
        let waits = waits.expect("a client in line has a request");
        if waits.client.connection().is_closed() {
            self.guard.take_waiting(client);
            return true;
        }
        let mut reply = Reply::default();
        reply.set_protocol(waits.protocol);
        let is_served = self.run_for(&waits, key, &mut reply);
        if is_served {
            self.guard.answer_waiting(client, reply);
        }
        is_served
    }

    /// Runs a request of another client in this turn, and records its effect. Returns whether there
    /// was data for it.
    fn run_for(&mut self, waits: &Waits, key: &Blob, reply: &mut Reply) -> bool {
        let rules = Arc::clone(&self.engine.state.rules);
        let mut session = Session::new(Arc::clone(&waits.client), rules);
        session.select(waits.database);
        session.trace = waits.trace().take();
        if let Some(trace) = &mut session.trace {
            trace.mark(Step::Data);
        }
        mem::swap(self.session, &mut session);
        self.ready = Some(key.clone());
        let ((_, command), args) = (waits.command, waits.request.get(0));
        let (began, mut failed) = (Instant::now(), 0);
        let outcome = command.handler_for(args).and_then(|handler| {
            self.purge_named(command, &handler, args);
            self.run(handler, None, args, reply)
        });
        let is_served = match outcome {
            Ok((Outcome::Wait(_), _)) => false,
            Ok((Outcome::Done(effect), _)) => {
                self.mark(Step::Run);
                self.record(effect, command, args);
                true
            }
            Err(error) => {
                self.reply_error(&error, reply);
                failed = 1;
                true
            }
        };
        self.ready = None;
        mem::swap(self.session, &mut session);
        if let Some(mut trace) = session.trace.take() {
            if is_served {
                trace.release(Step::Record);
            }
            *waits.trace() = Some(trace);
        }
        if is_served {
            self.measure_served(began, waits.command, args, &waits.client, failed);
        }
        is_served
    }

    /// CLIENT UNBLOCK: ends the wait of a client.
    pub(super) fn unblock(&mut self, unblock: Unblock, reply: &mut Reply) -> Next {
        let mut answer = Reply::default();
        if let Some(waits) = self.engine.waiting.lock().get(&unblock.client) {
            answer.set_protocol(waits.protocol);
        }
        match unblock.is_error {
            true => answer.error(UNBLOCKED.text()),
            false => answer.null_array(),
        }
        let is_unblocked = self.guard.answer_waiting(unblock.client, answer);
        reply.integer(i64::from(is_unblocked));
        Next::Continue
    }
}
