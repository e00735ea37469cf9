//! The path of one command: find it, check that it may run, lock what it needs, run it, record its
//! effect.
//!
//! Only this module takes the store's lock for a command, and only this module records. It works on
//! bytes in and bytes out and knows no socket, so that any way of moving bytes can drive it.
//!
//! | file | step |
//! |---|---|
//! | `turn` | runs the requests of one client, one after the other |
//! | `names`, `admission` | find the row of a request, and check that it may run |
//! | `dispatch` | calls the command's function |
//! | `guard` | holds the store's lock for the turn |
//! | `expiry` | removes expired keys and fields |
//! | `measure` | counts calls and their time, and notes slow ones |
//! | `hold` | tells for how long the turn holds the lock |
//! | `records` | gathers what the log must hold |
//! | `transaction` | MULTI, EXEC and WATCH |
//! | `monitoring` | shows requests to the clients in the mode of MONITOR |
//! | `pausing` | says which requests CLIENT PAUSE postpones |
//! | `waiting` | puts clients in line that wait for data, and serves them |
//! | `events` | gathers the keyspace events that no command names: expired and new keys |
//! | `tracking` | remembers the keys that tracking clients read, and tells them about changes |
//! | `tracing` | marks the steps of a traced request |
//! | `prefetch` | loads from memory what the next requests need |
//! | `replay` | runs the commands of a file |
//! | `upkeep` | begins rewrites of the file |

mod admission;
mod dispatch;
mod events;
mod expiry;
mod guard;
mod hold;
mod measure;
mod monitoring;
mod names;
mod pausing;
mod prefetch;
mod records;
mod replay;
mod tracing;
mod tracking;
mod transaction;
mod turn;
mod upkeep;
mod waiting;

pub use expiry::Sweep;
pub use replay::{LoadError, Loader, Passed, Refused, Replayer, is_file_command, load};
pub use turn::{Next, Turn};

use std::io;
use std::sync::{Arc, OnceLock};

use crate::aof::{AppendOnlyFile, Log, Ticket};
use crate::client::session::Session;
use crate::client::trace::Step;
use crate::resp::args::Requests;
use crate::resp::reply::Reply;
use crate::state::ServerState;
use crate::store::{Databases, Store};
use waiting::Waiting;

/// The data, the log, and the state of the server: everything that a command can use.
#[derive(Debug)]
pub struct Engine {
    store: Arc<Store>,
    log: OnceLock<Log>,
    waiting: Waiting,
    state: Arc<ServerState>,
}

/// The progress of a turn.
#[derive(Clone, Copy, Debug)]
pub struct Done {
    /// The index of the request that comes next.
    pub index: usize,
    /// Whether the client goes on.
    pub next: Next,
    /// The ticket of the last record, if anything was recorded.
    pub ticket: Option<Ticket>,
}

impl Engine {
    /// Creates an engine without data and without a log.
    pub fn new(state: Arc<ServerState>) -> Engine {
        let databases = state.config().databases;
        Engine {
            store: Arc::new(Store::new(databases)),
            log: OnceLock::new(),
            waiting: Waiting::default(),
            state,
        }
    }

    /// Starts the log, which continues `file`; without a file it is switched off. Only the first
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

    /// Returns the log, even if it is switched off.
    pub fn attached_log(&self) -> Option<&Log> {
        self.log.get()
    }

    /// Returns the log, if it records commands.
    pub fn log(&self) -> Option<&Log> {
        self.log.get().filter(|log| log.is_recording())
    }

    /// Returns the state that the threads of the server share besides the data.
    pub fn state(&self) -> &Arc<ServerState> {
        &self.state
    }

    /// Counts the keys of all databases.
    pub fn key_count(&self) -> usize {
        let databases = self.store.read();
        databases.iter().map(|keyspace| keyspace.len()).sum()
    }

    /// Calls `read` with the data, unless the lock cannot be had within a millisecond. The page's
    /// threads call this: `read` must take microseconds.
    pub fn read_if_free<T>(&self, read: impl FnOnce(&Databases) -> T) -> Option<T> {
        Some(read(&*self.store.try_read()?))
    }

    /// Holds the lock alone for as long as the class wants, which has begun that.
    pub fn hold_lock(&self) {
        let classroom = &self.state.classroom;
        let held = self.store.write();
        classroom.hold();
        drop(held);
        classroom.end_hold();
    }

    /// Runs `requests` from index `first` on, in one turn. Stops early if a request ends the
    /// connection, if it waits for data, if the replies must be sent first, or if the turn has become long.
    ///
    /// If they changed anything, there is a ticket, and the replies must not be sent before it is
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
        let traced = session.trace.as_ref().and_then(|trace| trace.index());
        let traced = traced.unwrap_or(usize::MAX);
        let mut turn = self.turn(session);
        turn.reserve(requests.bytes_from(first), requests.total_bytes());
        while index < requests.len() && next == Next::Continue && !reply.is_full() {
            turn.prefetch(requests, index);
            if index == traced {
                turn.start_trace(requests.get(index));
            }
            next = turn.execute(requests.get(index), reply);
            if index == traced {
                turn.end_trace(index, next);
            }
            index += usize::from(!next.is_again());
            if turn.measure.is_long() {
                break;
            }
        }
        if index > traced.saturating_add(1) {
            turn.mark_end(Step::Others);
        }
        let ticket = turn.end();
        if let Some(trace) = &mut session.trace {
            trace.end_turn();
        }
        Done {
            index,
            next,
            ticket,
        }
    }

    /// Begins a turn of a client.
    pub fn turn<'a>(&'a self, session: &'a mut Session) -> Turn<'a> {
        Turn::new(self, session)
    }

    /// Begins a turn that replays the log. Nothing expires in it: when a key expired, the log
    /// says so.
    pub fn replaying_turn<'a>(&'a self, session: &'a mut Session) -> Turn<'a> {
        Turn::replaying(self, session)
    }
}
