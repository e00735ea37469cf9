//! The thread that owns the append-only file.
//!
//! ```text
//!   gather --> write --> (always: sync) --> commit --> (everysec: sync, if it is time)
//! ```
//!
//! Records that cannot be written stay pending, their replies are not sent, and new writes are
//! refused (`Status::failure`) until they can be. A file that cannot be relied on is not written to
//! any more (`trust.rs`), and a fresh one takes its place (`file_swap.rs`).

use std::io;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError};
use std::time::{Duration, Instant};

use super::commit::Commit;
use super::flusher::Flusher;
use super::log_file::LogFile;
use super::pending_records::PendingRecords;
use super::rewrite::Rewrite;
use super::status::Status;
use super::{AppendOnlyFile, Message, Task};
use crate::config::Fsync;
use crate::logger::Logger;
use crate::polling::Poller;
use crate::threads::{self, Reason, Waits};

/// How often the file is verified.
pub(super) const VERIFY_INTERVAL: Duration = Duration::from_secs(1);

/// The time between a failed write and the next try.
pub(super) const RETRY_INTERVAL: Duration = Duration::from_millis(100);

/// While the disk fails, a client that waits for a reply is disconnected after this time, without OK.
const REPLY_PATIENCE: Duration = Duration::from_secs(5);

/// The state of the log's thread.
pub(super) struct Writer {
    /// The path of the file, or of the first one to come.
    pub(super) path: PathBuf,
    /// `None` while `appendonly` is off.
    pub(super) file: Option<LogFile>,
    pub(super) messages: Receiver<Message>,
    /// For the thread that makes a fresh file.
    pub(super) sender: Sender<Message>,
    pub(super) status: Arc<Status>,
    pub(super) commit: Arc<Commit>,
    pub(super) logger: Arc<Logger>,
    pub(super) records: PendingRecords,
    pub(super) poller: Poller,
    pub(super) rewrite: Option<Rewrite>,
    /// Since when the file can be neither written nor trusted.
    pub(super) failing_since: Option<Instant>,
    /// The last warning that was logged, and its time.
    pub(super) complained: Option<(Instant, String)>,
    /// The waits of this thread.
    waits: Arc<Waits>,
}

impl Writer {
    pub(super) fn new(
        file: Option<AppendOnlyFile>,
        (sender, messages): (Sender<Message>, Receiver<Message>),
        (status, commit, logger): (Arc<Status>, Arc<Commit>, Arc<Logger>),
    ) -> io::Result<Writer> {
        let path = file.as_ref().map(|file| file.path.clone());
        let file = file.map(|file| {
            let flusher = Flusher::start(&file.file, &file.path)?;
            Ok::<LogFile, io::Error>(LogFile::new(file, flusher, &status))
        });
        Ok(Writer {
            path: path.unwrap_or_default(),
            file: file.transpose()?,
            messages,
            sender,
            status,
            commit,
            logger,
            records: PendingRecords::default(),
            poller: Poller::default(),
            rewrite: None,
            failing_since: None,
            complained: None,
            waits: Arc::default(),
        })
    }

    /// Until a message stops it: takes the records of the channel, writes, commits and syncs them
    /// in time.
    pub(super) fn run(mut self) {
        self.waits = threads::own_waits();
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

    /// Performs a task. An error of `send` means that the receiver has gone.
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

    /// Writes, commits and syncs. Under `always` the first commit is too early and does nothing; the
    /// second comes after the sync.
    pub(super) fn settle(&mut self) {
        self.write_records();
        self.commit();
        if self.sync_if_due() {
            self.commit();
        }
    }

    /// Waits for a message or the next sync, then takes all records up to the next task.
    fn gather(&mut self) -> Option<Task> {
        self.waits.begin(Reason::Work, Instant::now());
        let received = self.receive();
        self.waits.end(Instant::now());
        let mut message = match received {
            Ok(message) => message,
            Err(RecvTimeoutError::Timeout) => return None,
            Err(RecvTimeoutError::Disconnected) => return Some(Task::Stop),
        };
        loop {
            match message {
                Message::Record(record) => self.records.add(record),
                Message::Task(task) => return Some(task),
            }
            if self.records.is_batch_full() {
                return None;
            }
            message = match self.messages.try_recv() {
                Ok(message) => message,
                Err(TryRecvError::Empty) => return None,
                Err(TryRecvError::Disconnected) => return Some(Task::Stop),
            };
        }
    }

    /// Waits for the next message, or until something else is due. Polls first: after one message
    /// the next is near, and a sender need not wake a thread that polls.
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

    /// Returns the time until there is something to do without a message.
    fn patience(&self) -> Option<Duration> {
        if self.failing_since.is_some() {
            return Some(RETRY_INTERVAL);
        }
        let file = self.file.as_ref().filter(|file| !file.is_aside)?;
        let verify = VERIFY_INTERVAL.saturating_sub(file.verified.elapsed());
        Some(verify.min(file.sync_due(self.status.fsync()).unwrap_or(verify)))
    }

    /// Writes all pending records. Records that cannot be written stay pending.
    pub(super) fn write_records(&mut self) {
        let Some(file) = &mut self.file else {
            // The first file could not be made, and some turns had begun before.
            return self.forget_records();
        };
        while !(file.is_suspect || self.records.is_empty()) {
            let piece = self.records.piece(&mut file.checksums);
            let (piece_bytes, began) = (piece.len(), Instant::now());
            self.waits.begin(Reason::Disk, began);
            self.status.classroom.slow_disk();
            let result = file.write(piece);
            let ended = Instant::now();
            self.waits.end(ended);
            if let Err(error) = result {
                return self.fail("Error writing to the AOF file", &error);
            }
            let bytes = file.aof.bytes;
            self.status.file_bytes.store(bytes, Ordering::Relaxed);
            let unsynced = (file.unsynced_bytes, file.unsynced_since);
            let records = self.records.finish_piece();
            let situation = match () {
                () if file.flusher.is_busy() => "aof-write-pending-fsync",
                () if self.rewrite.is_some() => "aof-write-active-child",
                () => "aof-write-alone",
            };
            let took = ended - began;
            let figures = &self.status.figures;
            if let (bytes, Some(since)) = unsynced {
                figures.unsynced.add(records, bytes, since);
            }
            figures.add_batch(records, piece_bytes, began..ended);
            note_if_slow(&self.status, situation, took);
        }
        self.recover();
    }

    /// Counts a sync in this time.
    fn note_sync(&self, time: Range<Instant>) {
        let took = time.end - time.start;
        self.status.note_sync();
        self.status.figures.add_sync(time);
        if self.status.fsync() == Fsync::Always {
            let ms = took.as_millis() as u64;
            self.status.latency.note("aof-fsync-always", ms);
        }
    }

    /// Syncs the file if that is due. Returns whether it was.
    fn sync_if_due(&mut self) -> bool {
        let fsync = self.status.fsync();
        let file = self.file.as_mut();
        let is_due = file.is_some_and(|file| file.is_sync_due(fsync));
        if is_due {
            self.sync();
        }
        is_due
    }

    /// Syncs the file, unless it is suspect or synced already.
    pub(super) fn sync(&mut self) {
        let Some(file) = &mut self.file else { return };
        if file.is_suspect || file.unsynced_since.is_none() {
            return;
        }
        let began = Instant::now();
        self.waits.begin(Reason::Disk, began);
        self.status.classroom.slow_disk();
        let result = file.sync();
        let ended = Instant::now();
        self.waits.end(ended);
        match result {
            Ok(()) => {
                self.note_sync(began..ended);
                self.recover();
            }
            Err(error) => self.fail("Error syncing the AOF file", &error),
        }
    }

    /// Publishes which records are committed, so that their replies are sent.
    pub(super) fn commit(&mut self) {
        if self.is_committed() {
            self.commit.advance(self.records.count());
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
        let bytes = self.records.take_channel_bytes();
        self.commit.backpressure.leave(bytes);
    }

    /// Whether all records so far are as durable as `appendfsync` asks. Before the first file is
    /// complete nothing is promised.
    fn is_committed(&self) -> bool {
        // The records that a suspect file lacks may no longer be pending either.
        self.file.as_ref().is_none_or(|file| {
            file.is_aside
                || !file.is_suspect
                    && self.records.is_empty()
                    && (self.status.fsync() != Fsync::Always || file.is_synced())
        })
    }

    /// Whether all records so far are on the disk.
    fn is_safe(&self) -> bool {
        self.records.is_empty() && self.file.as_ref().is_some_and(LogFile::is_synced)
    }

    /// Drops the records that have not been written.
    pub(super) fn forget_records(&mut self) {
        self.records.clear();
        self.leave_channel();
    }
}

/// Notes a write of a batch in the latency monitor, if it took long. `situation` is the more precise of
/// its two events, which are Redis's.
fn note_if_slow(status: &Status, situation: &'static str, took: Duration) {
    let ms = took.as_millis() as u64;
    status.latency.note(situation, ms);
    status.latency.note("aof-write", ms);
}
