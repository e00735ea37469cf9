//! The path of one command: look it up, check that it may run, lock what it needs, run
//! it, record what it did.
//!
//! This is the only place that takes the store's lock for a command, and the only one that
//! records. It works on bytes in and bytes out and names no socket: any way of moving bytes
//! can drive it.

mod admission;
mod expiry;
mod guard;
mod load;
mod names;
mod prefetch;
mod records;
mod reload;
mod replayer;
mod transaction;
mod upkeep;

pub use expiry::Sweep;
pub use load::{LoadError, Loader, load};
pub use replayer::{Passed, Refused, Replayer, is_file_command};

use std::cell::OnceCell;
use std::io;
use std::sync::{Arc, OnceLock};

use crate::aof::{AppendOnlyFile, Log, Ticket};
use crate::client::counters::Counters;
use crate::client::session::Session;
use crate::commands::{Call, Command, Effect, Garbage, Handler, Postponed, Prepared, ReplyError};
use crate::resp::args::{Args, Requests};
use crate::resp::reply::Reply;
use crate::state::ServerState;
use crate::store::Store;
use crate::store::blob::Blob;
use guard::Guard;

/// The data, the log and everything else that a command can touch.
#[derive(Debug)]
pub struct Engine {
    store: Arc<Store>,
    log: OnceLock<Log>,
    state: Arc<ServerState>,
}

impl Engine {
    /// An engine without data and without a log.
    pub fn new(state: Arc<ServerState>) -> Engine {
        let databases = state.config().databases;
        Engine {
            store: Arc::new(Store::new(databases)),
            log: OnceLock::new(),
            state,
        }
    }

    /// Starts the log, which goes on with `file`; without one it is switched off. Only the first
    /// log counts.
    ///
    /// # Errors
    /// If its thread cannot be started.
    pub fn start_log(&self, file: Option<AppendOnlyFile>) -> io::Result<()> {
        let status = Arc::clone(&self.state.aof);
        let logger = Arc::clone(&self.state.logger);
        let log = Log::start(file, Arc::clone(&self.store), status, logger)?;
        // Every caller starts one log only.
        let _ = self.log.set(log);
        Ok(())
    }

    /// The log, even if it is switched off.
    pub fn attached_log(&self) -> Option<&Log> {
        self.log.get()
    }

    /// The log, if it records commands.
    pub fn log(&self) -> Option<&Log> {
        self.log.get().filter(|log| log.is_recording())
    }

    /// What the server's threads share besides.
    pub fn state(&self) -> &Arc<ServerState> {
        &self.state
    }

    /// How many keys there are in all databases.
    pub fn key_count(&self) -> usize {
        self.store
            .read()
            .iter()
            .map(|keyspace| keyspace.len())
            .sum()
    }

    /// Runs `requests` from index `first` on, in one turn: all of them, unless one of them
    /// ends the connection or the reply is full.
    ///
    /// If they changed anything there is a ticket, and the replies must not be sent before it is
    /// committed.
    pub fn run(
        &self,
        requests: &Requests,
        first: usize,
        session: &mut Session,
        reply: &mut Reply,
    ) -> Done {
        let mut next = Next::Continue;
        let mut index = first;
        let mut turn = self.turn(session);
        turn.guard.records.room = requests.bytes_from(first);
        turn.guard.expected_bytes = requests.total_bytes();
        while index < requests.len() && next == Next::Continue && !reply.is_full() {
            turn.prefetch(requests, index);
            next = turn.execute(requests.get(index), reply);
            index += 1;
        }
        Done {
            index,
            next,
            ticket: turn.end(),
        }
    }

    /// Begins a client's turn.
    pub fn turn<'a>(&'a self, session: &'a mut Session) -> Turn<'a> {
        let is_loading = self.state.loading.is_on();
        Turn {
            engine: self,
            session,
            // What the log has not yet said to be gone is needed by what it says next.
            is_timeless: is_loading,
            lacks_data: is_loading,
            has_original_names: false,
            errors: Vec::new(),
            met: Vec::new(),
            guard: Guard::new(self),
            garbage: Garbage::default(),
            postponed: Vec::new(),
        }
    }

    /// Begins a turn in which nothing is past its time: what the log holds happened while
    /// it was there, and when something was gone the log says so.
    pub fn replaying_turn<'a>(&'a self, session: &'a mut Session) -> Turn<'a> {
        Turn {
            is_timeless: true,
            lacks_data: false,
            has_original_names: true,
            ..self.turn(session)
        }
    }
}

/// Some requests of one client, run one after the other without waiting for anything.
///
/// The lock that one of them needs is kept for the next ones: a pipeline of a hundred
/// takes it once and sends the log one message. So a turn must be over before
/// a socket or a file is waited for, and it must be short; whoever runs it bounds the
/// number of its requests.
pub struct Turn<'a> {
    engine: &'a Engine,
    session: &'a mut Session,
    /// Nothing is past its time.
    is_timeless: bool,
    /// The data is being loaded, and this is not the turn that does it.
    lacks_data: bool,
    /// The requests come from a file, where `rename-command` changes nothing.
    has_original_names: bool,
    /// The errors of these requests.
    errors: Vec<String>,
    /// Expired keys that reads have met, with their databases.
    met: Vec<(usize, Blob)>,
    // Dropped in this order: nothing is freed with the lock held.
    guard: Guard<'a>,
    garbage: Garbage,
    /// Of the transaction that runs.
    postponed: Vec<Postponed>,
}

/// How far a turn has come.
#[derive(Clone, Copy, Debug)]
pub struct Done {
    /// Of the request that comes next.
    pub index: usize,
    /// Whether the client goes on.
    pub next: Next,
    /// If anything was changed: of the last record of that.
    pub ticket: Option<Ticket>,
}

/// Whether the client goes on after a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// It does.
    Continue,
    /// The connection ends when the replies are sent.
    Close,
}

impl Turn<'_> {
    /// Runs one request and appends its reply.
    pub fn execute(&mut self, args: Args<'_>, reply: &mut Reply) -> Next {
        Counters::add(&self.session.client.counters.commands, 1);
        let result = self.admit(args).and_then(|command| match command {
            Some(command) if self.is_to_be_queued(command) => self.queue(command, args, reply),
            Some(command) => self.call(command, args, reply),
            None => Ok(Next::Close),
        });
        result.unwrap_or_else(|error| {
            self.count_error(&error, reply);
            Next::Continue
        })
    }

    fn count_error(&mut self, error: &ReplyError, reply: &mut Reply) {
        Counters::add(&self.session.client.counters.errors, 1);
        reply.error(error.text());
        // The replies to a file's commands are dropped.
        if self.has_original_names {
            let text = String::from_utf8_lossy(error.text());
            self.errors.push(text.into_owned());
        }
    }

    /// Ends the turn. The ticket is that of its last record: the replies must not be sent before
    /// that is committed.
    pub fn end(mut self) -> Option<Ticket> {
        self.guard.release();
        self.guard.ticket
    }

    /// Does what can be done without the data.
    fn prepare(&mut self, command: &Command, args: Args) -> Result<Option<Prepared>, ReplyError> {
        let Handler::PrepareWrite(prepare) = command.handler else {
            return Ok(None);
        };
        self.guard.step_back();
        prepare(args, &self.engine.state).map(Some)
    }

    /// Runs it, with the lock that its handler's type names, and records what it did.
    fn call(
        &mut self,
        command: &Command,
        args: Args,
        reply: &mut Reply,
    ) -> Result<Next, ReplyError> {
        let prepared = self.prepare(command, args)?;
        let handler = command.handler_for(args)?;
        self.take_lock(&handler);
        // Once more, because the lock may have been waited for. In a transaction EXEC has asked.
        if handler.writes() && !self.guard.is_kept {
            self.check_log()?;
        }
        self.purge_named(command, &handler, args);
        let database = self.session.database();
        let now_ms = self.now_ms();
        let guard = &mut self.guard;
        let mut call = Call {
            args,
            session: self.session,
            reply,
            state: &self.engine.state,
            now_ms,
            clock_ms: OnceCell::new(),
            close: false,
            log: self.engine.attached_log(),
            may_wait: !guard.is_kept,
            garbage: &mut self.garbage,
            expired: &mut self.met,
            postponed: &mut self.postponed,
        };
        let effect = match handler {
            Handler::Plain(run) => run(&mut call).map(|()| Effect::Nothing)?,
            Handler::Read(run) => {
                run(&mut call, guard.shared().get(database)).map(|()| Effect::Nothing)?
            }
            Handler::ReadThen(run) => {
                let rest = run(&mut call, guard.shared().get(database))?;
                guard.step_back();
                rest(call.reply);
                Effect::Nothing
            }
            Handler::ReadAll(run) => run(&mut call, guard.shared()).map(|()| Effect::Nothing)?,
            Handler::Write(run) => run(&mut call, guard.exclusive().get_mut(database))?,
            Handler::PrepareWrite(_) => {
                let run = prepared.expect("what was done before the lock was taken");
                run(&mut call, guard.exclusive().get_mut(database))?
            }
            Handler::WriteAll(run) => run(&mut call, guard.exclusive())?,
            Handler::Exec => return self.exec(reply),
            Handler::Watch => return self.watch(command, args, reply),
            Handler::Reload => return self.reload(reply),
            Handler::Debug(_) | Handler::Container => {
                return Err(ReplyError::wrong_arity(command.name));
            }
        };
        let next = if call.close {
            Next::Close
        } else {
            Next::Continue
        };
        let effect = names::with_original_name(&self.engine.state.renames, effect, command, args);
        guard.note(effect, database, args);
        self.remove_met();
        Ok(next)
    }

    /// Takes the lock that a handler of this type needs, or lets go of it for one that needs
    /// none.
    fn take_lock(&mut self, handler: &Handler) {
        match handler {
            Handler::Plain(_) => self.guard.step_back(),
            Handler::Read(_) | Handler::ReadThen(_) | Handler::ReadAll(_) => {
                self.guard.shared();
            }
            Handler::Write(_) | Handler::PrepareWrite(_) | Handler::WriteAll(_) => {
                self.guard.exclusive();
            }
            Handler::Watch => {
                self.guard.exclusive_at_once();
            }
            // EXEC takes what its commands need.
            Handler::Exec | Handler::Reload | Handler::Debug(_) | Handler::Container => {}
        }
    }

    /// Entries that expire at or before this do not exist. Read when the lock has been taken,
    /// and the same as long as it is held.
    fn now_ms(&self) -> u64 {
        if self.is_timeless {
            0
        } else {
            self.guard.taken_ms
        }
    }
}
