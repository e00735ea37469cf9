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
//! server::accept   a client connects
//! server::welcome  and gets a thread
//! connection       reads through   resp::request   -> an argument list
//! execute          looks it up in  commands        -> a row: arity, flags, handler
//!                  takes the lock of store, as the handler's type says
//! commands::...    works on        store::keyspace, replies into resp::reply
//! execute          sends what was done to aof, then releases the lock
//! connection       replies leave through outbox: at once, or, after a write, when the
//!                  aof thread has its record in the file
//! ```
//!
//! # Threads
//!
//! `accept` (one for each address), `welcome`, `client-N` (one for each client), `aof`,
//! `aof-flush`, `aof-rewrite` while a fresh file is made, `aof-upkeep`, `sweeper`,
//! `idle-check`, `memory`, and in the program `signals`. A client that reads too slowly may get a
//! `client-N-out` for a while.
//!
//! # Lock order
//!
//! store, then config, then registry, then a client's names, then the right to give answers
//! at the log's desk, then an outbox. Nobody waits for a socket or a disk while holding any of
//! the first four; the last two are held for a bounded try to write.
//!
//! # Guarantees
//!
//! - The order of the file is the order of the store.
//! - Nobody hears OK for a write before its record is in the file, under `appendfsync
//!   always` on the disk.
//! - What is past its time when the lock is taken is absent for everybody, and replaying the
//!   file does not depend on any clock.
//! - A transaction is seen, and kept, whole or not at all.
//! - A panic costs its own connection; a panic while data is changed ends the process,
//!   and replaying the file brings the last whole state back.

pub mod aof;
pub mod bits;
pub mod clock;
pub mod commands;
pub mod config;
pub mod connection;
pub mod execute;
pub mod glob;
pub mod instance;
pub mod lcs;
pub mod loading;
pub mod logger;
pub mod offline;
pub mod outbox;
pub mod rdb;
pub mod registry;
pub mod resp;
pub mod rules;
pub mod server;
pub mod session;
pub mod store;
pub mod sys;
pub mod warmth;

pub use config::Config;
pub use logger::Level;
pub use server::{Handle, Server, ServerError};
