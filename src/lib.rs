//! threadbare: a Redis-compatible server made of threads and the standard library,
//! nothing else.
//!
//! One OS thread per connection reads a request, runs it and writes the reply with
//! plain blocking calls. All data lies in hash maps behind one `RwLock`. One thread owns
//! the append-only file. It is no cache with eviction, no cluster and no replica, and has
//! strings and hashes of Redis's types.
//!
//! # The path of a request
//!
//! ```text
//! server::accept   accepts a client, from a socket of sys
//! server::welcome  gives it a thread
//! server::connection reads through   resp::request   -> an argument list
//! engine           looks it up in  commands        -> a row: arity, flags, handler
//!                  takes the lock of store, as the handler's type says
//! commands::...    works on        store::keyspace, replies into resp::reply
//! engine           sends a record of the change to aof, then releases the lock
//! server::connection sends replies through outbox: at once, or, after a write, when the
//!                  aof thread has its record in the file
//! ```
//!
//! All `unsafe` code is in [`sys`].
//!
//! # Threads
//!
//! | thread | work |
//! |---|---|
//! | `accept`, one for each address | accepts clients |
//! | `welcome` | starts a thread for each client |
//! | `client-N` | reads and executes the requests of one client |
//! | `client-N-out`, while needed | writes replies to a client that reads slowly |
//! | `aof` | owns the append-only file |
//! | `aof-flush` | syncs the file ahead of `aof`, so that `aof` waits less |
//! | `aof-rewrite`, while needed | makes a fresh file |
//! | `aof-read`, at the start | checks and parses the file while another thread executes it |
//! | `aof-upkeep` | begins rewrites |
//! | `sweeper` | removes expired keys and fields |
//! | `idle-check` | disconnects clients that are silent or over a limit |
//! | `memory` | returns freed memory to the system |
//! | `signals`, in the program | stops the server on SIGINT and SIGTERM |
//!
//! # Lock order
//!
//! 1. the store
//! 2. the settings; CONFIG SET and CONFIG REWRITE take a lock of their own before, without 1;
//!    CONFIG SET appendonly takes one before 1
//! 3. the registry, then the names of a client
//! 4. the right to send pending replies (`aof::Commit`), then an outbox
//!
//! Other locks are private to a module, and none of these is taken under them. No thread waits
//! for a socket or a disk while it holds one of 1 to 3. Under the locks of 4 a thread tries to
//! write, and never waits.
//!
//! # Guarantees
//!
//! - The order of the file is the order of the store.
//! - A write is acknowledged when its record is in the file; under `appendfsync always`, when
//!   it is on the disk.
//! - A key that has expired when the lock is taken is absent for every command. Replaying the
//!   file does not depend on any clock.
//! - A transaction is visible, and durable, whole or not at all.
//! - A file that cannot be trusted is replaced by a fresh one from memory.
//! - A panic costs its own connection. A panic while data is changed ends the process, and
//!   replaying the file restores the last whole state.

pub mod aof;
pub mod client;
pub mod clock;
pub mod commands;
pub mod config;
pub mod engine;
pub mod glob;
#[cfg(any(doc, doctest))]
pub mod guide;
pub mod logger;
pub mod num;
pub mod offline;
pub mod polling;
pub mod quoting;
pub mod rdb;
pub mod resp;
pub mod server;
pub mod state;
pub mod store;
pub mod sys;
pub mod testing;

pub use crate::config::Config;
pub use crate::logger::Level;
pub use crate::server::{Handle, Server, ServerError};
