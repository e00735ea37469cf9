//! What survives: the append-only file.
//!
//! The file is a sequence of write commands as a client would send them, which any
//! Redis loads:
//!
//! ```text
//!   *2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n          database of what follows
//!   *3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n  a record
//!   ...                                        appended in the order of the store
//! ```
//!
//! One thread owns it. Connections send it messages over one channel and never touch
//! the file:
//!
//! ```text
//!   a client's thread, write guard held:  append(record) -> ticket --> mpsc --+
//!   "aof":  take all that is queued <-----------------------------------------+
//!           write it with one call; under `always`, sync_all
//!           publish the number of the last committed record
//!           under `everysec`, once a second, sync_all (`flusher.rs` helps)
//!   a client's thread, no guard held:     queue(ticket, reply)
//! ```
//!
//! `commit/` holds the replies until their records are committed, and says which thread sends them.
//!
//! Guarantees: records are in the file in the order of `append`. A reply is sent when its record is
//! in the file: nobody hears OK for a write that `kill -9` could take back. A power cut can take
//! back what the system has not put on the disk. Under `everysec` this is a second's worth, and
//! what the disk was just busy with.
//!
//! `state.rs` has the states of the log in one enum. `trust.rs` notices that the file differs from
//! what was written. `file_swap.rs` replaces it by a fresh one (`rewrite.rs`). `file.rs` has the
//! lock that this takes.
//!
//! Before it is written to, the file is checked (`load/check.rs`) and what is good of it read
//! (`replay.rs`), both ahead of the thread that executes it (`ahead.rs`). A damaged end is put
//! aside (`load/tail.rs`, `repair.rs`). Lines that begin with `#` are no commands; some are checksums
//! (`annotation.rs`).
//!
//! Knows no command, no client and no socket.

mod annotation;
mod checksum;
mod commit;
pub(crate) mod encode;
mod file;
mod file_swap;
mod flusher;
pub mod load;
mod log;
mod log_file;
mod rewrite;
mod state;
mod status;
mod trust;
mod writer;

pub use annotation::checksum_line;
pub use commit::{Commit, PollGuard, Room, Ticket};
pub use file::{AppendOnlyFile, Place};
pub use load::Tail;
pub use load::{Ahead, Checked};
pub use load::{Batch, Batches, Damage, Replay, ReplayError};
pub use load::{Extent, Fault, Report, check};
pub use log::{Log, NoRewrite};
pub use state::Rewrites;
pub use status::Status;

use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::mpsc::Sender;

use crate::resp::output::Output;
use crate::store::Snapshot;

/// What was done, to be kept: commands as a client would send them.
#[derive(Debug)]
pub struct Record {
    /// The database that the first of them is about.
    pub first_database: usize,
    /// The database that is selected after the last of them.
    pub last_database: usize,
    /// The commands.
    pub commands: Output,
}

enum Message {
    /// Write this.
    Record(Record),
    /// Sync now, then say whether all is on the disk.
    Sync(Sender<bool>),
    /// Begin with a first file, at this path: make the file of this number from the snapshot,
    /// which has the effect of all records before.
    First(u64, Snapshot, PathBuf),
    /// Make a fresh file in the same way.
    Rewrite(u64, Snapshot),
    /// The thread that makes the file of this number has ended.
    Rewritten(u64),
    /// Hand out the file, to be read, and its length.
    Share(Sender<io::Result<(File, u64)>>),
    /// Close the file, then say so.
    Close(Sender<()>),
    Stop,
}
