//! The handle of the log that clients' threads hold. It sends records and tasks to the log's thread.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::commit::{Commit, Room, Ticket};
use super::status::Status;
use super::switch::STOPPED;
use super::writer::Writer;
use super::{AppendOnlyFile, Message, Record, Task};
use crate::logger::Logger;
use crate::store::{Snapshot, Store};
use crate::sys::memory::Account;
use crate::threads::{self, Kind};

/// While the server stops: how long it tries again to replace a suspect file.
const RETRY_PATIENCE: Duration = Duration::from_secs(2);

/// While the server stops: the time between two checks whether the file is complete.
const STOP_CHECK: Duration = Duration::from_millis(100);

/// The error if no rewrite begins: one is running, or `appendonly` is off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoRewrite;

/// The handle of the log.
#[derive(Debug)]
pub struct Log {
    channel: Sender<Message>,
    store: Arc<Store>,
    status: Arc<Status>,
    commit: Arc<Commit>,
    thread: Mutex<Option<Running>>,
}

/// The thread that owns the file.
#[derive(Debug)]
struct Running {
    thread: JoinHandle<()>,
    /// Disconnected when the thread has ended.
    ended: Receiver<()>,
}

impl Log {
    /// Starts the log's thread, which appends to `file`. Without a file nothing is recorded until
    /// [`Log::switch_on`]. Fresh files are made from the data in `store`.
    ///
    /// # Errors
    /// If the thread cannot be started.
    pub fn start(
        file: Option<AppendOnlyFile>,
        store: Arc<Store>,
        status: Arc<Status>,
        logger: Arc<Logger>,
    ) -> io::Result<Log> {
        let (channel, messages) = mpsc::channel();
        status.note_file(file.as_ref().map_or(0, |file| file.bytes));
        status.switch.start(file.is_some());
        status.note_sync();
        let commit = Arc::new(Commit::new(Arc::clone(&status)));
        let ends = (channel.clone(), messages);
        let shared = (Arc::clone(&status), Arc::clone(&commit), logger);
        let writer = Writer::new(file, ends, shared)?;
        let (alive, ended) = mpsc::channel();
        let builder = thread::Builder::new().name("aof".to_owned());
        let thread = threads::start(Kind::Aof, builder, move || {
            let _guard = AbortOnPanic;
            let _account = Account::open();
            let _alive: Sender<()> = alive;
            writer.run();
        })?;
        Ok(Log {
            channel,
            store,
            status,
            commit,
            thread: Mutex::new(Some(Running { thread, ended })),
        })
    }

    /// Waits until the channel has room for records of about `bytes` bytes, or the disk has been
    /// failing for too long. Call it without the store's lock; the sends below never wait, so they
    /// may be called with it. The [`Room`] reserves the bytes of a large record until that is sent.
    pub fn wait_for_room(&self, bytes: usize) -> Option<Room<'_>> {
        self.commit.backpressure.wait(bytes)
    }

    /// Whether a record would be written without delay: there is room, and the disk does not fail.
    pub fn has_room(&self) -> bool {
        !self.commit.backpressure.is_full() && !self.status.is_failing()
    }

    /// Sends `record` to be written. Call it with the write guard held. The ticket tells when the
    /// record is committed: see [`Commit`].
    pub fn append(&self, record: Record) -> Ticket {
        let ticket = self.commit.append(record.commands.len());
        self.send(Message::Record(record));
        ticket
    }

    /// Which records are committed, and the replies that wait for them.
    pub fn commit(&self) -> &Commit {
        &self.commit
    }

    /// The figures of the log.
    pub fn status(&self) -> &Status {
        &self.status
    }

    /// Whether `appendonly` is on and its first file is there.
    pub fn is_on(&self) -> bool {
        self.status.is_on()
    }

    /// Whether commands are recorded. Call it with the store's write lock held.
    pub fn is_recording(&self) -> bool {
        self.status.switch.is_recording()
    }

    /// Starts to make a fresh file. Records are written meanwhile. Takes the store's lock.
    ///
    /// # Errors
    /// [`NoRewrite`].
    pub fn rewrite(&self) -> Result<(), NoRewrite> {
        let mut databases = self.store.write();
        let number = self.status.switch.begin().ok_or(NoRewrite)?;
        let snapshot = Snapshot::begin(&self.store, &mut databases);
        // With the lock held, so that the snapshot is the result of all records before.
        self.ask(Task::Rewrite(number, snapshot));
        Ok(())
    }

    /// Asks for a rewrite, which the thread `aof-upkeep` begins soon. Takes no lock.
    pub fn schedule_rewrite(&self) {
        self.status.switch.schedule();
    }

    /// Begins to record, in a fresh file at `path`. Returns when the file is complete, synced and at
    /// its path. From then on it has every acknowledged write. Takes the store's lock, but waits
    /// without it.
    ///
    /// # Errors
    /// Why the file could not be made. Then nothing is recorded, and `path` is unchanged.
    pub fn switch_on(&self, path: &Path) -> Result<(), String> {
        let (waiter, result) = mpsc::channel();
        let mut databases = self.store.write();
        if let Some(number) = self.status.switch.switch_on(waiter) {
            let snapshot = Snapshot::begin(&self.store, &mut databases);
            self.ask(Task::First(number, snapshot, path.to_owned()));
        }
        drop(databases);
        result.recv().unwrap_or_else(|_| Err(STOPPED.to_owned()))
    }

    /// Stops recording. Returns when the file is closed. Takes the store's lock, but waits without it.
    pub fn switch_off(&self) {
        let (closed, wait) = mpsc::channel();
        let databases = self.store.write();
        self.status.switch.switch_off(SWITCHED_OFF);
        self.ask(Task::Close(closed));
        drop(databases);
        // An error means that the thread has ended, and so has closed the file.
        let _ = wait.recv();
    }

    /// Returns the file, to be read, and its length in bytes. All records sent before are in it.
    ///
    /// # Errors
    /// Why the file is suspect or cannot be written.
    pub fn written_file(&self) -> io::Result<(File, u64)> {
        let (sender, file) = mpsc::channel();
        self.ask(Task::Share(sender));
        file.recv()
            .unwrap_or_else(|_| Err(io::Error::other(STOPPED)))
    }

    /// Syncs all records appended before. Returns whether they are on the disk; `false` also if that
    /// takes longer than `patience`.
    pub fn sync(&self, patience: Option<Duration>) -> bool {
        let (done, result) = mpsc::channel();
        self.ask(Task::Sync(done));
        match patience {
            Some(patience) => result.recv_timeout(patience).unwrap_or(false),
            None => result.recv().unwrap_or(false),
        }
    }

    /// Asks for a sync of all records appended before, and does not wait for it.
    pub fn sync_later(&self) {
        self.ask(Task::Sync(mpsc::channel().0));
    }

    /// Prepares to stop. From now on no client waits for room or for the first file. Records that
    /// cannot be written were not acknowledged.
    pub fn prepare_stop(&self) {
        self.commit.backpressure.stop();
        self.status.switch.prepare_stop();
    }

    /// Waits until there is a file with every acknowledged write. This is the first file if that is
    /// being made, or a fresh file in place of a suspect one. For a server that stops; takes the
    /// store's lock.
    ///
    /// # Errors
    /// Why there is none: each attempt fails, or there is no progress for as long as `patience`.
    pub fn complete(&self, patience: Duration) -> Result<(), String> {
        let status = &self.status;
        let mut since = Instant::now();
        let mut progress = None;
        // The thread verifies its file with this.
        self.sync(Some(patience));
        while since.elapsed() < patience {
            if self.is_complete() {
                return Ok(());
            }
            let rewrites = status.rewrites();
            let (made, is_running) = (rewrites.made_bytes, rewrites.is_running);
            if progress.replace(made) != Some(made) {
                since = Instant::now();
            } else if !is_running && since.elapsed() >= RETRY_PATIENCE {
                return Err(status.failure().unwrap_or_default());
            }
            // Begins the next attempt at once, without its pause.
            if is_running || self.rewrite().is_err() {
                status.switch.wait(STOP_CHECK);
            }
        }
        Err(NO_ANSWER.to_owned())
    }

    /// Whether no fresh file is needed.
    fn is_complete(&self) -> bool {
        let status = &self.status;
        match status.is_on() {
            true => !status.switch.needs_file(),
            false => !self.is_recording(),
        }
    }

    /// Writes and syncs all records sent before, then ends the thread. Gives up a file that is not
    /// [complete](Log::complete).
    ///
    /// # Errors
    /// If this takes longer than `patience`. The thread is then still waiting for the disk.
    pub fn stop(&self, patience: Duration) -> Result<(), String> {
        let mut running = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(running) = running.take() else {
            return Ok(());
        };
        self.ask(Task::Stop);
        if running.ended.recv_timeout(patience) == Err(RecvTimeoutError::Timeout) {
            return Err(NO_ANSWER.to_owned());
        }
        // Its panic has been printed already.
        let _ = running.thread.join();
        self.status.switch.switch_off(STOPPED);
        Ok(())
    }

    fn ask(&self, task: Task) {
        self.send(Message::Task(task));
    }

    /// Sends a message. After `stop` it is lost.
    fn send(&self, message: Message) {
        if self.channel.send(message).is_err() {
            self.status.switch.switch_off(STOPPED);
        }
    }
}

/// Why a server cannot stop in good order.
const NO_ANSWER: &str = "the disk does not answer";

/// Why a first file is not completed.
const SWITCHED_OFF: &str = "it has been switched off meanwhile";

/// Ends the process if the log's thread panics. Without it no write could be recorded, and clients
/// would wait for replies for ever.
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
