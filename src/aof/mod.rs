//! The append-only file: what survives the process.
//!
//! # Format
//!
//! The file is a sequence of write commands, as a client would send them. Redis 7 loads it; Redis
//! 8, if fields of hashes expire:
//!
//! ```text
//!   *2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n          the database of the next records
//!   *3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n  a record
//!   *1\r\n$5\r\nMULTI\r\n ... EXEC\r\n           records that count together or not at all
//!   #CRC64:63:f0e1d2c3b4a59687\r\n           a checksum of the bytes before, if wanted
//! ```
//!
//! Lines that begin with `#` are no commands. `annotation.rs` has the format of the checksums.
//!
//! # Who writes
//!
//! One thread owns the file. Clients' threads send it records over one channel, and never touch the
//! file:
//!
//! ```text
//!   a client's thread                           the thread "aof"
//!   -----------------                           ----------------
//!   write guard held:  append(record) -- mpsc -> take all records from the channel
//!                        -> ticket              write them with one call
//!   guard dropped:     queue(ticket, reply)     under `always`: sync_all
//!                                               publish: committed up to this record
//!   poll for requests, and send replies   <---- send replies, if no other thread polls
//!   whose records are committed                 under `everysec`, once a second: sync_all
//! ```
//!
//! | file | its part |
//! |---|---|
//! | `log.rs` | the handle that clients' threads hold |
//! | `commit/` | which records are committed, the replies that wait, the bytes in the channel |
//! | `writer.rs` | the thread; `pending_records.rs` has its records, `log_file.rs` its file |
//! | `flusher.rs` | makes the sync short |
//! | `figures.rs`, `recent.rs` | how the writes and syncs went |
//! | `trust.rs` | notices that another process has changed the file |
//! | `file_swap.rs`, `rewrite/` | replace the file by a fresh one |
//! | `state.rs`, `switch.rs` | whether records are wanted, and whether a fresh file is being made |
//! | `file.rs`, `place.rs` | opening, locking and renaming files |
//!
//! # Recovery
//!
//! At the start the file is checked (`load/check.rs`). Its good part is executed like requests of a
//! client (`load/replay.rs`). Both happen ahead of the executing thread (`load/ahead.rs`). A broken
//! end, as a crash leaves it, is moved to a file beside it (`load/tail.rs`, `load/repair.rs`). A
//! file that is damaged elsewhere is refused.
//!
//! # Guarantees
//!
//! - Records are in the file in the order of `append`, and so in the order of the store.
//! - A reply is sent when its record is in the file: no client gets OK for a write that
//!   `kill -9` could take back.
//! - Under `always` it is sent when the record is on the disk. Otherwise a power cut can take back
//!   writes that the system has not written. Under `everysec` these are the writes of a second, and
//!   the writes that the disk was busy with.
//!
//! The log knows no command, no client and no socket.

mod annotation;
mod checksum;
mod commit;
pub(crate) mod encode;
mod figures;
mod file;
mod file_swap;
mod flusher;
pub mod load;
mod log;
mod log_file;
mod pending_records;
mod place;
mod recent;
mod rewrite;
mod state;
mod status;
mod switch;
mod trust;
mod writer;

pub use annotation::checksum_line;
pub use commit::{Commit, PollGuard, Room, Ticket};
pub use figures::{Figures, Times, Unsynced};
pub use file::AppendOnlyFile;
pub use load::Tail;
pub use load::{Ahead, Checked};
pub use load::{Batch, Batches, Damage, Replay, ReplayError};
pub use load::{Extent, Fault, Report, check};
pub use log::{Log, NoRewrite};
pub use place::Place;
pub use recent::{Recent, Tenth};

pub use status::Status;
pub use switch::Rewrites;

use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::mpsc::Sender;

use crate::resp::output::Output;
use crate::store::Snapshot;

/// The changes of a turn, as commands in the form in which clients send them.
#[derive(Debug)]
pub struct Record {
    /// The database of the first command.
    pub first_database: usize,
    /// The database that is selected after the last command.
    pub last_database: usize,
    /// The commands.
    pub commands: Output,
}

/// A message to the log's thread.
enum Message {
    /// Write this.
    Record(Record),
    /// Do this when all records sent before are written.
    Task(Task),
}

enum Task {
    /// Sync now, then say whether all is on the disk.
    Sync(Sender<bool>),
    /// Make the first file, at this path: the file of this number, from the snapshot, which has the
    /// effect of all records before.
    First(u64, Snapshot, PathBuf),
    /// Make a fresh file in the same way.
    Rewrite(u64, Snapshot),
    /// The thread that makes the file of this number has ended.
    Rewritten(u64),
    /// Send the file, to be read, and its length.
    Share(Sender<io::Result<(File, u64)>>),
    /// Close the file, then say so.
    Close(Sender<()>),
    Stop,
}
