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
//! (`aof-flush` helps with the last, see `flusher.rs`.) Who is awake can help with the answers:
//! `append` returns a ticket, and an answer can be left with that where those who are awake
//! give what is due (`desk.rs`).
//!
//! Guarantees: records are in the file in the order of `append`. An answer is given when
//! its record, and every one that its sender appended before, is in the file; that is how
//! nobody hears OK for a write which `kill -9` could still take back. What the operating
//! system has not put on the disk, a power cut can take back: a second's
//! worth, and what the disk was just busy with.
//!
//! Before it is written to, the file is checked (`check.rs`) and what is good of it read
//! (`replay.rs`), both ahead of who executes that (`ahead.rs`); what is no good is put aside
//! (`behind.rs`, `repair.rs`). Lines that begin with `#` are no commands; some are checksums
//! (`annotation.rs`).
//!
//! Knows no command, no client and no socket.

mod ahead;
mod annotation;
mod behind;
mod check;
mod checksum;
mod current;
mod desk;
mod flusher;
mod frame;
mod gate;
mod input;
mod repair;
mod replay;
mod rewrite;
mod status;
mod succession;
mod writer;

pub use ahead::{Ahead, Checked};
pub use annotation::checksum_line;
pub use check::{Extent, Fault, Report, check};
pub use desk::Stay;
pub use gate::Room;
pub use repair::Behind;
pub use replay::{Batch, Batches, Damage, Replay, ReplayError};
pub use status::{Fsync, Status};

use std::fmt;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::logger::Logger;
use crate::resp::output::Output;
use crate::store::Snapshot;
use gate::Gate;
use rewrite::Outcome;
use writer::Writer;

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
    /// Make a fresh file of what all records before have led to.
    Rewrite(Snapshot),
    /// It is made, or cannot be.
    Rewritten(Outcome),
    /// Let go of the file.
    Close,
    Stop,
}

/// The file, opened and locked, not yet served by its thread.
#[derive(Debug)]
pub struct AppendOnlyFile {
    file: File,
    path: PathBuf,
    bytes: u64,
    /// Whether what it has so far ends with checksums, as far as that is known.
    is_covered: bool,
}

impl AppendOnlyFile {
    /// Opens the file at `path`, making it if there is none, and syncs it: what a server that
    /// was killed has left may be nowhere but in memory, and so may the file's name.
    ///
    /// # Errors
    /// If it cannot be opened or synced, or another process holds it.
    pub fn open(path: &Path) -> io::Result<AppendOnlyFile> {
        let file = loop {
            let file = open_locked(path)?;
            if is_at(&file, path)? {
                break file;
            }
        };
        let bytes = file.metadata()?.len();
        file.sync_all()?;
        sync_directory_of(path)?;
        Ok(AppendOnlyFile {
            file,
            path: path.to_owned(),
            bytes,
            is_covered: false,
        })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How long it is.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }
}

fn open_locked(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new()
        .read(true)
        .append(true)
        .create(true)
        .open(path)?;
    file.try_lock().map_err(|error| match error {
        TryLockError::WouldBlock => {
            io::Error::new(io::ErrorKind::ResourceBusy, "another server is using it")
        }
        TryLockError::Error(error) => error,
    })?;
    Ok(file)
}

/// Whether `file` is what `path` names. Before it was locked its owner may have put a fresh file
/// in its place, and then another server is using that.
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    let named = match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        named => named?,
    };
    let file = file.metadata()?;
    Ok((file.dev(), file.ino()) == (named.dev(), named.ino()))
}

/// A new name is on the disk only when its directory is.
fn sync_directory_of(path: &Path) -> io::Result<()> {
    let directory = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    File::open(directory.unwrap_or(Path::new(".")))?.sync_all()
}

/// The handle that connections hold.
#[derive(Debug)]
pub struct Log {
    channel: Sender<Message>,
    gate: Arc<Gate>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Log {
    /// Starts the thread that owns `file`, which is or will be at `path`; appends from its
    /// end on. Without a file nothing is recorded until [`Log::switch_on`].
    ///
    /// # Errors
    /// If the thread cannot be started.
    pub fn start(
        path: &Path,
        file: Option<AppendOnlyFile>,
        status: Arc<Status>,
        logger: Arc<Logger>,
    ) -> io::Result<Log> {
        let (channel, messages) = mpsc::channel();
        let bytes = file.as_ref().map_or(0, |file| file.bytes);
        status.file_bytes.store(bytes, Ordering::Relaxed);
        status.base_bytes.store(bytes, Ordering::Relaxed);
        status.is_on.store(file.is_some(), Ordering::Relaxed);
        status.note_sync();
        let gate = Arc::new(Gate::new(status));
        let ends = (channel.clone(), messages);
        let writer = Writer::new(path.to_owned(), file, ends, Arc::clone(&gate), logger)?;
        let thread = thread::Builder::new()
            .name("aof".to_owned())
            .spawn(move || {
                let _guard = AbortOnPanic;
                writer.run();
            })?;
        Ok(Log {
            channel,
            gate,
            thread: Mutex::new(Some(thread)),
        })
    }

    /// Waits until the channel has room for records of about `bytes` bytes, or the disk has
    /// failed for long. Call it before taking the store's lock; the sends below never wait, so
    /// that they can be made with the lock held. What is returned keeps the room for a large
    /// record until that is sent.
    pub fn wait_for_room(&self, bytes: usize) -> Option<Room<'_>> {
        self.gate.wait(bytes)
    }

    /// Whether a record would be written without delay: nobody has to wait for room, and the
    /// disk does not fail.
    pub fn has_room(&self) -> bool {
        !self.gate.is_full() && !self.status().is_failing()
    }

    /// Keeps `record`, then gives `answer`. Call it with the write guard held. Both go in
    /// one message because the thread sleeps again after each that finds it asleep.
    pub fn append(&self, record: Record, answer: Option<Answer>) -> Ticket {
        let before = self.gate.appended.fetch_add(1, Ordering::Relaxed);
        self.work(Some(record), answer);
        Ticket(before + 1)
    }

    /// Whether a record is kept as soon as it is written. If not, that takes a sync.
    pub fn keeps_at_once(&self) -> bool {
        self.gate.status.fsync() != Fsync::Always
    }

    /// Whether answers to that record, and to all before it, may be given.
    pub fn has_kept(&self, ticket: Ticket) -> bool {
        self.gate.desk.has_kept(ticket.0)
    }

    /// To be held by a thread while it is awake and can give answers.
    pub fn stay(&self) -> Stay<'_> {
        Stay::begin(&self.gate)
    }

    /// Gives `answer` when all that this thread appended before is in the file.
    pub fn after(&self, answer: Answer) {
        self.work(None, Some(answer));
    }

    fn work(&self, record: Option<Record>, answer: Option<Answer>) {
        let record_bytes = record.as_ref().map_or(0, |record| record.commands.len());
        self.gate.enter(record_bytes);
        self.send(Message::Work { record, answer });
    }

    /// How it is doing.
    pub fn status(&self) -> &Status {
        &self.gate.status
    }

    /// Whether what is done is to be recorded. Changes only while the store's lock is held
    /// alone.
    pub fn is_on(&self) -> bool {
        self.gate.status.is_on()
    }

    /// Makes a fresh file of `snapshot`, while records go on being written. Call it with the
    /// store's lock held alone, as the snapshot was begun, so that it is what all records
    /// before have led to.
    pub fn rewrite(&self, snapshot: Snapshot) {
        let status = &self.gate.status;
        status.note_begun_rewrite();
        status.wants_rewrite.store(false, Ordering::Relaxed);
        self.send(Message::Rewrite(snapshot));
    }

    /// Begins to record, in a fresh file. Call it with the store's lock held alone.
    pub fn switch_on(&self, snapshot: Snapshot) {
        self.gate.status.is_on.store(true, Ordering::Relaxed);
        self.rewrite(snapshot);
    }

    /// Records nothing more. Call it with the store's lock held alone.
    pub fn switch_off(&self) {
        self.gate.status.is_on.store(false, Ordering::Relaxed);
        self.send(Message::Close);
    }

    /// Syncs all that was appended before and says whether it is on the disk; `false` as
    /// well if that takes longer than `patience`.
    pub fn sync(&self, patience: Option<Duration>) -> bool {
        let (done, result) = mpsc::channel();
        self.send(Message::Sync(done));
        match patience {
            Some(patience) => result.recv_timeout(patience).unwrap_or(false),
            None => result.recv().unwrap_or(false),
        }
    }

    /// Has all that was appended before synced, and does not wait for it.
    pub fn sync_later(&self) {
        self.send(Message::Sync(mpsc::channel().0));
    }

    /// Says that the end is near: nobody waits for room any more, and a disk that is full
    /// is not waited for much longer. What is not written was not acknowledged.
    pub fn prepare_stop(&self) {
        self.gate.open();
    }

    /// Writes and syncs all that was sent before, then ends the thread.
    pub fn stop(&self) {
        let thread = self
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(thread) = thread {
            self.send(Message::Stop);
            // Its panic has been printed already, and there is nobody to tell.
            let _ = thread.join();
        }
    }

    /// Fails only after `stop`, when no client is left to send anything.
    fn send(&self, message: Message) {
        let _ = self.channel.send(message);
    }
}

/// Without its thread nothing can be kept any more, and clients would wait for answers
/// for ever: the process ends, as after any other loss of the file.
struct AbortOnPanic;

impl Drop for AbortOnPanic {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!(
                "The thread that owns the append-only file panicked. Nothing more is served."
            );
            std::process::abort();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicBool;

    /// The owner does what a rewrite does: the fresh file is locked before it gets its name.
    #[test]
    fn a_file_whose_owner_puts_fresh_ones_in_its_place_is_never_opened_by_another() {
        const OPENED: usize = 20_000;
        let directory =
            std::env::temp_dir().join(format!("threadbare-owner-{}", std::process::id()));
        fs::create_dir(&directory).unwrap();
        let (path, fresh) = (directory.join("a"), directory.join("fresh"));
        let mut owned = open_locked(&path).unwrap();
        let done = AtomicBool::new(false);
        let others = thread::scope(|scope| {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    let file = open_locked(&fresh).unwrap();
                    fs::rename(&fresh, &path).unwrap();
                    owned = file;
                }
            });
            let others = (0..OPENED)
                .filter(|_| AppendOnlyFile::open(&path).is_ok())
                .count();
            done.store(true, Ordering::Relaxed);
            others
        });
        fs::remove_dir_all(&directory).unwrap();
        assert_eq!(others, 0);
    }
}
