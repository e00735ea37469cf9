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
//!   write guard held:   append(record, answer) --+
//!   no guard held:      after(answer)          --+--> mpsc --> "aof" thread:
//!                                                     take all that is queued, one
//!                                                     write, then give the answers;
//!                                                     once a second sync_all
//! ```
//!
//! (`aof-flush` helps with the last, see `flusher.rs`.) Threads that poll help with the answers:
//! `append` returns a ticket. An answer can be left with its ticket at the desk, and a polling
//! thread sends it when the record is written (`desk.rs`).
//!
//! Guarantees: records are in the file in the order of `append`. An answer is given when
//! its record, and every one that its sender appended before, is in the file; that is how
//! nobody hears OK for a write which `kill -9` could still take back. What the operating
//! system has not put on the disk, a power cut can take back: a second's
//! worth, and what the disk was just busy with.
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
mod desk;
pub(crate) mod encode;
mod file;
mod file_swap;
mod flusher;
mod gate;
pub mod load;
mod log;
mod log_file;
mod rewrite;
mod state;
mod status;
mod trust;
mod writer;

pub use annotation::checksum_line;
pub use desk::Stay;
pub use file::{AppendOnlyFile, Place};
pub use gate::Room;
pub use load::Behind;
pub use load::{Ahead, Checked};
pub use load::{Batch, Batches, Damage, Replay, ReplayError};
pub use load::{Extent, Fault, Report, check};
pub use log::{Log, NoRewrite};
pub use state::Rewrites;
pub use status::Status;

use std::fmt;
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

/// What is done for a client once its records are in the file. How that reaches the client
/// is not the log's business. An answer that is dropped without having been given tells that
/// nobody knows whether the records will be in the file: its disk has been failing for too
/// long, or still is as the server stops.
pub struct Answer {
    /// Called on the log's thread, or that of any client, so it must not wait for anything.
    pub give: Box<dyn FnOnce() + Send>,
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Answer")
    }
}

/// A record's number. With it one can see whether it is kept, and leave an [`Answer`] that waits
/// for it with others who are awake: see [`Log::stay`].
#[derive(Clone, Copy, Debug)]
pub struct Ticket(u64);

enum Message {
    Work {
        record: Option<Record>,
        answer: Option<Answer>,
    },
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
