//! The thread that owns the append-only file.
//!
//! ```text
//!   gather --> write --> (always: sync) --> commit --> (everysec: sync, if it is time)
//! ```
//!
//! What cannot be written stays in the batch, its answers are not given, and new writes
//! are refused (`Status::failure`) until it can be. A file that cannot be relied on is not
//! written to any more (`trust.rs`), and a fresh one takes its place (`file_swap.rs`).

use std::fs::File;
use std::io;
use std::mem;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError};
use std::time::{Duration, Instant};

use super::commit::Commit;
use super::flusher::Flusher;
use super::log_file::Open;
use super::rewrite::Rewrite;
use super::status::Status;
use super::trust::VERIFY_INTERVAL;
use super::{AppendOnlyFile, Message, Record};
use crate::config::Fsync;
use crate::logger::Logger;
use crate::polling::Poller;
use crate::resp::output::Output;
use crate::store::Snapshot;

/// A batch is written when it has this many bytes, even if more is queued, so that the
/// first of many does not wait for the last.
const BATCH_BYTES: usize = 1024 * 1024;

/// After a failed write the next try comes this much later.
pub(super) const RETRY_INTERVAL: Duration = Duration::from_millis(100);

/// A client whose answer a failing disk holds up is disconnected after this time, without OK.
const REPLY_PATIENCE: Duration = Duration::from_secs(5);

pub(super) struct Writer {
    /// Where the file is, or will be.
    pub(super) path: PathBuf,
    /// `None` while `appendonly` is off.
    pub(super) file: Option<Open>,
    pub(super) messages: Receiver<Message>,
    /// For the thread that makes a fresh file.
    pub(super) sender: Sender<Message>,
    pub(super) status: Arc<Status>,
    pub(super) commit: Arc<Commit>,
    pub(super) logger: Arc<Logger>,
    /// The database that the last record in the file belongs to; none at the start, so
    /// that every run begins with a SELECT.
    pub(super) database: Option<usize>,
    /// Records that are to be written.
    pub(super) batch: Output,
    /// Records that are just being written, with their checksum.
    pub(super) sealed: Output,
    /// How many records have come, these among them.
    pub(super) taken: u64,
    /// Bytes that the records to be written hold of the channel's room.
    pub(super) held: usize,
    pub(super) poller: Poller,
    pub(super) rewrite: Option<Rewrite>,
    /// Since when the file can be neither written nor trusted.
    pub(super) failing_since: Option<Instant>,
    /// The last complaint, and when that was.
    pub(super) complained: Option<(Instant, String)>,
}

/// What the thread is to do when all that was sent before is written.
enum Task {
    Sync(Sender<bool>),
    First(u64, Snapshot, PathBuf),
    Rewrite(u64, Snapshot),
    Rewritten(u64),
    Share(Sender<io::Result<(File, u64)>>),
    Close(Sender<()>),
    Stop,
}

impl Writer {
    pub(super) fn new(
        file: Option<AppendOnlyFile>,
        (sender, messages): (Sender<Message>, Receiver<Message>),
        (status, commit, logger): (Arc<Status>, Arc<Commit>, Arc<Logger>),
    ) -> io::Result<Writer> {
        let path = file.as_ref().map(|file| file.path.clone());
        let open = file.map(|file| {
            let flusher = Flusher::start(&file.file, &file.path)?;
            Ok::<Open, io::Error>(Open::new(file, flusher, &status))
        });
        Ok(Writer {
            path: path.unwrap_or_default(),
            file: open.transpose()?,
            messages,
            sender,
            status,
            commit,
            logger,
            database: None,
            batch: Output::default(),
            sealed: Output::default(),
            taken: 0,
            held: 0,
            poller: Poller::default(),
            rewrite: None,
            failing_since: None,
            complained: None,
        })
    }

    /// Until it is told to stop: take what is queued, write it, answer, sync in time.
    pub(super) fn run(mut self) {
        loop {
            let task = self.gather();
            self.settle();
            self.verify_if_due();
            match task {
                None => {}
                Some(Task::Stop) => break,
                Some(task) => self.perform(task),
            }
        }
        self.stop();
        self.commit.close();
    }

    /// Performs a task. Errors of `send` mean that the receiver has gone.
    fn perform(&mut self, task: Task) {
        match task {
            Task::Sync(done) => {
                self.sync();
                self.verify();
                let _ = done.send(self.is_safe());
            }
            Task::First(number, snapshot, path) => self.begin_first(number, snapshot, path),
            Task::Rewrite(number, snapshot) => self.begin_rewrite(number, snapshot),
            Task::Rewritten(number) => self.end_rewrite(number),
            Task::Share(file) => {
                let _ = file.send(self.share());
            }
            Task::Close(done) => {
                self.close();
                let _ = done.send(());
            }
            Task::Stop => {}
        }
    }

    /// Writes, answers and syncs, in the order that the policy asks for: under `always` the
    /// first call of [`Writer::commit`] finds that it is too early.
    pub(super) fn settle(&mut self) {
        self.write_batch();
        self.commit();
        if self.sync_if_due() {
            self.commit();
        }
    }

    /// Waits for a message or the next sync, then takes all that is queued up to the next
    /// task.
    fn gather(&mut self) -> Option<Task> {
        let mut message = match self.receive() {
            Ok(message) => message,
            Err(RecvTimeoutError::Timeout) => return None,
            Err(RecvTimeoutError::Disconnected) => return Some(Task::Stop),
        };
        loop {
            match message {
                Message::Record(record) => self.add_record(record),
                Message::Sync(done) => return Some(Task::Sync(done)),
                Message::First(number, snapshot, path) => {
                    return Some(Task::First(number, snapshot, path));
                }
                Message::Rewrite(number, snapshot) => return Some(Task::Rewrite(number, snapshot)),
                Message::Rewritten(number) => return Some(Task::Rewritten(number)),
                Message::Share(file) => return Some(Task::Share(file)),
                Message::Close(done) => return Some(Task::Close(done)),
                Message::Stop => return Some(Task::Stop),
            }
            if self.batch.len() >= BATCH_BYTES {
                return None;
            }
            message = match self.messages.try_recv() {
                Ok(message) => message,
                Err(TryRecvError::Empty) => return None,
                Err(TryRecvError::Disconnected) => return Some(Task::Stop),
            };
        }
    }

    /// Waits for the next message, or until something else is due. Polls first: after work
    /// there will soon be more, and a sender need not wake a thread that polls.
    fn receive(&mut self) -> Result<Message, RecvTimeoutError> {
        if self.poller.should_poll()
            && let Some(message) = self.poller.poll(|| self.messages.try_recv().ok())
        {
            return Ok(message);
        }
        match self.patience() {
            Some(patience) => self.messages.recv_timeout(patience),
            None => {
                let message = self.messages.recv();
                message.map_err(|_| RecvTimeoutError::Disconnected)
            }
        }
    }

    /// When there will be something to do without a message.
    fn patience(&self) -> Option<Duration> {
        if self.failing_since.is_some() {
            return Some(RETRY_INTERVAL);
        }
        let open = self.file.as_ref().filter(|open| !open.is_aside)?;
        let verify = VERIFY_INTERVAL.saturating_sub(open.verified.elapsed());
        Some(verify.min(open.sync_due(self.status.fsync()).unwrap_or(verify)))
    }

    fn add_record(&mut self, record: Record) {
        let Record {
            first_database,
            last_database,
            mut commands,
        } = record;
        if self.database != Some(first_database) {
            let database = first_database.to_string();
            self.batch.push_command(&[b"SELECT", database.as_bytes()]);
        }
        self.taken += 1;
        self.database = Some(last_database);
        self.held += commands.len();
        self.batch.append(&mut commands);
    }

    /// Writes what there is, and keeps what cannot be written.
    pub(super) fn write_batch(&mut self) {
        let Some(open) = &mut self.file else {
            // Records of turns that had begun before the first file could not be made.
            return self.forget_records();
        };
        let status = &self.status;
        while !(open.is_suspect || self.sealed.is_empty() && self.batch.is_empty()) {
            if self.sealed.is_empty() {
                mem::swap(&mut self.sealed, &mut self.batch);
                open.sealer.seal(&mut self.sealed);
            }
            if let Err(error) = open.write(&mut self.sealed) {
                return self.fail("Error writing to the AOF file", &error);
            }
            status.file_bytes.store(open.file.bytes, Ordering::Relaxed);
            self.sealed.clear();
        }
        self.recover();
    }

    /// Returns whether it was due.
    fn sync_if_due(&mut self) -> bool {
        let fsync = self.status.fsync();
        let open = self.file.as_mut();
        let is_due = open.is_some_and(|open| open.is_sync_due(fsync));
        if is_due {
            self.sync();
        }
        is_due
    }

    pub(super) fn sync(&mut self) {
        let Some(open) = &mut self.file else { return };
        if open.is_suspect || open.unsynced_since.is_none() {
            return;
        }
        match open.sync() {
            Ok(()) => {
                self.status.note_sync();
                self.recover();
            }
            Err(error) => self.fail("Error syncing the AOF file", &error),
        }
    }

    /// Publishes which records are committed, so that their replies are sent.
    pub(super) fn commit(&mut self) {
        if self.is_kept() {
            self.commit.advance(self.taken);
            self.leave_channel();
        } else if self
            .failing_since
            .is_some_and(|since| since.elapsed() >= REPLY_PATIENCE)
        {
            self.commit.drop_replies();
            self.commit.backpressure.give_up(true);
        }
    }

    fn leave_channel(&mut self) {
        self.commit.backpressure.leave(mem::take(&mut self.held));
    }

    /// Whether all that was sent is as durable as `appendfsync` asks. Nothing is promised before
    /// the first file is there.
    pub(super) fn is_kept(&self) -> bool {
        // What a suspect file lacks may no longer be in the batch either.
        self.file.as_ref().is_none_or(|open| {
            open.is_aside
                || !open.is_suspect
                    && self.is_written()
                    && (self.status.fsync() != Fsync::Always || open.is_synced())
        })
    }

    /// Whether nothing is left to be written.
    pub(super) fn is_written(&self) -> bool {
        self.sealed.is_empty() && self.batch.is_empty()
    }

    /// Whether all that was sent is on the disk.
    fn is_safe(&self) -> bool {
        self.is_written() && self.file.as_ref().is_some_and(Open::is_synced)
    }

    /// Forgets what has not been written.
    pub(super) fn forget_records(&mut self) {
        self.sealed.clear();
        self.batch.clear();
        self.leave_channel();
    }
}
