//! threadbare: a Redis-compatible server made of threads and the standard library, nothing else.
//!
//! One OS thread per connection reads a request, runs it and writes the reply with plain blocking
//! calls. All data lies in hash maps behind one `RwLock`. One thread owns the append-only file. The
//! server is not a cache with eviction, not a cluster and not a replica. Of Redis's types it has
//! all but streams.
//!
//! This page is the map: parts, threads, locks, promises, words. The [guide] explains more, and
//! begins with [a tour along one SET](guide::tour).
//!
//! # The parts
//!
//! Imports point down this list, never up.
//!
//! ```text
//! server     one process: bind, accept, a thread for each client, background jobs, stop
//! view       the page that shows the server at work in a browser; what a class can do with it
//! offline    check and import of files
//! engine     the path of one command: look up, lock, run, record
//! commands   what a client can ask for: a row and a function for each command
//! client     what engine and commands know of a client: session, outbox, registry
//! aof  rdb   the append-only file; Redis's serialisation
//! store      the data; knows no socket, client, file or clock
//! config resp num sys   settings, RESP, numbers, system calls (all unsafe code)
//! ```
//!
//! # The path of a request
//!
//! ```text
//! server::accept      accepts a client; server::welcome starts a thread for it
//! server::connection  receives bytes; resp::request makes argument lists of them
//! engine              finds the row in commands, and takes the store's lock as the row's
//!                     handler asks
//! commands::...       works on store::keyspace, and writes the reply into resp::reply
//! engine              sends a record of the change to aof, then releases the lock
//! server::connection  sends the reply through client::outbox: at once, or, after a write, when
//!                     the record is in the file
//! ```
//!
//! # Threads
//!
//! | thread | work |
//! |---|---|
//! | `accept`, one for each address | accepts clients |
//! | `welcome` | starts a thread for each client |
//! | `client-N` | reads and executes the requests of one client |
//! | `client-N-out`, while needed | writes replies to a client that reads slowly |
//! | `deliveries`, while needed | sends messages that have many receivers |
//! | `aof` | owns the append-only file |
//! | `aof-flush` | syncs the file ahead of `aof`, so that `aof` waits less |
//! | `aof-rewrite`, while needed | makes a fresh file |
//! | `aof-read`, at the start | checks and parses the file while another thread executes it |
//! | `aof-upkeep` | begins rewrites |
//! | `sweeper` | removes expired keys and fields |
//! | `idle-check` | disconnects clients that are silent or over a limit |
//! | `view`, with `view-port` | accepts browsers |
//! | `view-sample` | samples what the threads show of themselves, while somebody watches |
//! | `viewer`, one for each browser | sends it the samples |
//! | `classroom`, for a moment | holds the lock so that a class can see it |
//! | `load-writer` and others, while wanted | clients of this server, so that a class sees some work |
//! | `memory` | returns freed memory to the system |
//! | `signals`, in the program | stops the server on SIGINT and SIGTERM |
//!
//! Each starts by [`threads::start`], except `aof-read` and `signals`. So INFO threads can tell how many
//! there are of each kind, and what they wait for.
//!
//! # Lock order
//!
//! 1. the store, then the requests of waiting clients (`src/engine/waiting.rs: Waiting`) and a
//!    client's [`Wait`](client::wait::Wait)
//! 2. the settings; CONFIG SET and CONFIG REWRITE take a lock of their own before, without 1;
//!    CONFIG SET appendonly takes one before 1
//! 3. the registry, then the names or the figures of a client
//! 4. the right to send pending replies (`src/aof/commit/mod.rs: Commit`), then 5 or an outbox
//! 5. the right to send messages (`src/client/deliveries/mod.rs: Deliveries`), then the subscriptions,
//!    or the tracked keys, or the queue of messages, or an outbox
//!
//! Other locks are private to a module, and none of these is taken under them. No thread waits
//! for a socket or a disk while it holds one of 1 to 3. Under the locks of 4 and 5 a thread tries to
//! write, and never waits. The queue of messages, the subscriptions and the tracked keys are also locked
//! under 1. In a class (setting `classroom`) slow motion and the button that holds the lock sleep under 1,
//! because a class wants to see exactly that.
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
//!
//! # Glossary
//!
//! | word | meaning |
//! |---|---|
//! | row | a command's entry in the table: name, arity, flags, keys, handler ([`commands::table`]) |
//! | handler | the function that runs a command. Its type says which side of the lock it needs |
//! | turn | some requests of one client, run one after the other without waiting for the client ([`engine::Turn`]) |
//! | guard | the store's lock as far as a turn holds it, with the turn's records (`src/engine/guard.rs: Guard`) |
//! | effect | what a handler returns for the log: nothing, the request itself, or other commands ([`commands::Effect`]) |
//! | record | the commands that a turn sends to the log, as they stand in the file |
//! | log | the append-only file with its thread and its queue ([`aof::Log`]). The server's messages go to the logger |
//! | ticket | the number of a record. A reply waits until its ticket is committed |
//! | commit | a record is committed when it is as durable as `appendfsync` asks |
//! | outbox | the only way to a client: whole replies in order, and bytes that its socket has no room for ([`client::outbox`]) |
//! | session | a client's own state: database, protocol, name, transaction, watched keys |
//! | registry | all connected clients |
//! | tracking | to tell clients that cache values themselves when keys change ([`client::tracking`]). The guide's page [messages](guide::messages) tells more |
//! | poll | to look for work again and again for a short time instead of sleeping ([`polling`]) |
//! | yield | to let other threads run before the next poll |
//! | line | the clients that wait for data at a key, in the order in which they came ([`store::keyspace::waiters`]). The guide's page [waiting](guide::waiting) tells more |
//! | ready | a key is ready if data has come to it that a client in line waits for |
//! | delivery | whatever a turn has for other clients: a message, an event of a key, a line for a monitor (`src/client/deliveries/mod.rs: Delivery`). The guide's page [messages](guide::messages) tells more |
//! | round | the sending of all deliveries that are in the queue, with one write to each receiver |
//! | keyspace | one database: keys to entries, with their times ([`store::keyspace`]) |
//! | entry | a value with its time to live |
//! | expired | an entry or field whose time is over. It is absent for readers; the sweeper, SCAN or the next writer removes it |
//! | purge | to remove the expired keys that a write names, before it runs |
//! | shard | one small hash map of a big one. A map grows shard by shard ([`store::map`]) |
//! | packed | a small collection in one piece of memory ([`store::packed`]) |
//! | sequence | a big collection in order: chunks under a tree that counts elements. Big lists, and the ordered side of big sorted sets ([`store::sequence`]) |
//! | blob | a string of bytes: short ones inline, long ones shared ([`store::blob`]) |
//! | trace | how long the steps of one request take ([`client::trace`]), for the page |
//! | snapshot | all keys at one moment, read piece by piece while the data changes ([`store::Snapshot`]) |
//! | preimage | the value of a key at a snapshot's moment, saved because the key changed before the snapshot came to it |
//! | rewrite | making a fresh, shorter file from a snapshot |
//! | replay | executing the file's commands at the start |
//! | tail | the end of a file that is damaged, or that was written during a rewrite |
//!
//! # What Drop does
//!
//! Every cleanup that must not be forgotten is a `Drop`:
//!
//! | value | when it is dropped |
//! |---|---|
//! | `src/engine/guard.rs: Guard` | sends the turn's records to the log, then releases the store's lock; not in a panic |
//! | `src/client/deliveries/mod.rs: Gate` | has the deliveries behind the gate sent |
//! | `src/client/monitors.rs: Monitoring` | ends the client's MONITOR |
//! | `src/client/registry.rs: Registration` | takes the client out of the registry, and adds its figures to the server's |
//! | `src/client/session.rs: Transaction` | marks the client as not in a transaction |
//! | `src/client/subscriptions.rs: Subscribed` | ends the client's subscriptions |
//! | `src/client/trace/tracing.rs: Watching` | ends a viewer's watching of requests |
//! | `src/client/tracking/tracked.rs: Tracked` | ends the client's tracking of keys |
//! | `src/client/outbox/mod.rs: Outbox` | gives its pending bytes back to the budget of all clients |
//! | `src/client/outbox/pending.rs: PendingReply` | if its reply was never sent, closes the connection, so that nobody waits for it |
//! | `src/aof/commit/mod.rs: PollGuard` | sends the replies that are due, because this thread stops polling |
//! | `src/aof/commit/room.rs: Room` | gives the room in the log's queue back |
//! | `src/aof/log.rs: AbortOnPanic` | ends the process if the log's thread panics |
//! | `src/aof/place.rs: Name` | removes the file if it is still a temporary one |
//! | `src/server/pidfile.rs: PidFile` | removes the pid file if it is still this server's |
//! | `src/view/feed.rs: Watching` | counts the viewer as gone |
//! | `src/view/mod.rs: Connection` | counts the browser's connection as ended |
//! | `src/server/unix.rs: SocketFile` | removes the Unix socket if it is still this server's |
//! | `src/threads/current.rs: Member` | takes the thread out of its server's threads, and keeps the sums of its waits |
//! | `src/threads/current.rs: Entered` | ends the current thread's membership of a server |
//! | `src/threads/current.rs: Waiting` | ends the noted wait of the current thread |
//! | `src/threads/current.rs: Holding` | ends the noted hold of the store's lock |
//! | `src/sys/memory.rs: Account` | returns the thread's counter of bytes in use |
//! | `src/testing.rs: TestServer` | stops the server |
//! | `src/testing.rs: Directory` | removes the temporary directory, after the server has stopped |
//!
//! # An afternoon's reading
//!
//! Eight files, in this order:
//!
//! 1. [`src/server/mod.rs`]: `Server::run` reads as a table of contents
//! 2. [`src/server/connection.rs`]: the loop of a client's thread
//! 3. [`src/resp/request.rs`]: from bytes to argument lists
//! 4. [`src/engine/turn.rs`]: the path of one command
//! 5. [`src/engine/guard.rs`]: the lock and the records
//! 6. [`src/commands/string/basic.rs`]: rows and functions
//! 7. [`src/store/keyspace/mod.rs`]: keys, entries and times
//! 8. [`src/aof/commit/mod.rs`]: the replies that wait for the file
//!
//! [`src/server/mod.rs`]: ../src/threadbare/server/mod.rs.html
//! [`src/server/connection.rs`]: ../src/threadbare/server/connection.rs.html
//! [`src/resp/request.rs`]: ../src/threadbare/resp/request.rs.html
//! [`src/engine/turn.rs`]: ../src/threadbare/engine/turn.rs.html
//! [`src/engine/guard.rs`]: ../src/threadbare/engine/guard.rs.html
//! [`src/commands/string/basic.rs`]: ../src/threadbare/commands/string/basic.rs.html
//! [`src/store/keyspace/mod.rs`]: ../src/threadbare/store/keyspace/mod.rs.html
//! [`src/aof/commit/mod.rs`]: ../src/threadbare/aof/commit/mod.rs.html

pub mod aof;
pub mod classroom;
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
pub mod stats;
pub mod store;
pub mod sys;
pub mod testing;
pub mod threads;
pub mod view;

pub use crate::config::Config;
pub use crate::logger::Level;
pub use crate::server::{Handle, Server, ServerError};
