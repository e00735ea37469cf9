//! threadbare: a Redis-compatible server made of threads and the standard library,
//! nothing else.
//!
//! One OS thread per connection reads a request, runs it and writes the reply with
//! plain blocking calls. All data lies in hash maps behind one `RwLock`. One thread owns
//! the append-only file. It is no cache with eviction, no cluster and no replica, and has
//! strings and hashes of Redis's types.
//!

pub mod aof;
pub mod commands;
pub mod config;
pub mod execute;
pub mod glob;
pub mod instance;
pub mod logger;
pub mod registry;
pub mod resp;
pub mod session;
pub mod store;
