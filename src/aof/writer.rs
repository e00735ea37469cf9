//! The thread that owns the append-only file.
//!
//! ```text
//!   gather --> write --> (always: sync) --> answer --> (everysec: sync, if it is time)
//! ```
//!
//! What cannot be written stays in the batch, its answers are not given, and new writes
//! are refused (`Status::failure`) until it can be. After a sync that failed nobody knows
//! what the disk has of the file: it is not written to any more, and a fresh one takes its
//! place (`rewrite.rs`).

use std::io;
use std::mem;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError};
use std::thread;
use std::time::{Duration, Instant};

use super::current::Open;
use super::gate::Gate;
use super::rewrite::{Outcome, Rewrite};
use super::status::Fsync;
use super::{Answer, AppendOnlyFile, Message, Record};
use crate::logger::Logger;
use crate::resp::output::Output;
use crate::store::Snapshot;
use crate::warmth::Warmth;

/// How long what is in the file may stay unsynced: `appendfsync everysec`.
const SYNC_INTERVAL: Duration = Duration::from_secs(1);

/// With more than this to be synced, the kernel is first asked to write it back while
/// others are answered. Less is synced at once.
const FLUSH_FROM_BYTES: u64 = 256 * 1024;

/// How often the end of that is looked for, when there is nothing else to do.
const FLUSH_CHECK: Duration = Duration::from_millis(2);

/// A batch is written when it has this many bytes, even if more is queued, so that the
/// first of many does not wait for the last.
const BATCH_BYTES: usize = 1024 * 1024;

/// After a failed write the next try comes this much later.
const RETRY_INTERVAL: Duration = Duration::from_millis(100);

/// Whoever waits for an answer that a failing disk holds up is let go after so long,
/// without having been told OK.
const ANSWER_PATIENCE: Duration = Duration::from_secs(5);

/// A server that stops tries so long to write what there is.
const STOP_PATIENCE: Duration = Duration::from_secs(2);

/// A disk that stays full is mentioned this often.
const COMPLAINT_INTERVAL: Duration = Duration::from_secs(30);

pub(super) struct Writer {
    pub(super) path: PathBuf,
    /// `None` while `appendonly` is off, and when it has just been switched on.
    pub(super) file: Option<Open>,
    pub(super) messages: Receiver<Message>,
    /// For the thread that makes a fresh file.
    pub(super) sender: Sender<Message>,
    pub(super) gate: Arc<Gate>,
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
    pub(super) answers: Vec<Answer>,
    /// Bytes that the records to be written hold of the channel's room.
    pub(super) held: usize,
    pub(super) warmth: Warmth,
    pub(super) rewrite: Option<Rewrite>,
    /// Since when the file can be neither written nor trusted.
    pub(super) failing_since: Option<Instant>,
    pub(super) complained: Option<Instant>,
}

/// What the thread is to do when all that was sent before is written.
enum Task {
    Sync(Sender<bool>),
    Rewrite(Snapshot),
    Rewritten(Outcome),
    Close,
    Stop,
}

impl Writer {
    pub(super) fn new(
        path: PathBuf,
        file: Option<AppendOnlyFile>,
        (sender, messages): (Sender<Message>, Receiver<Message>),
        gate: Arc<Gate>,
        logger: Arc<Logger>,
    ) -> io::Result<Writer> {
        let open = file.map(|file| Open::new(file, &gate.status));
        Ok(Writer {
            path,
            file: open.transpose()?,
            messages,
            sender,
            gate,
            logger,
            database: None,
            batch: Output::default(),
            sealed: Output::default(),
            taken: 0,
            answers: Vec::new(),
            held: 0,
            warmth: Warmth::default(),
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
            match task {
                None => {}
                Some(Task::Sync(done)) => {
                    self.sync();
                    // Whoever asked may have gone.
                    let _ = done.send(self.is_safe());
                }
                Some(Task::Rewrite(snapshot)) => self.begin_rewrite(snapshot),
                Some(Task::Rewritten(outcome)) => self.end_rewrite(outcome),
                Some(Task::Close) => self.close(),
                Some(Task::Stop) => break,
            }
        }
        self.stop();
    }

    /// Writes, answers and syncs, in the order that the policy asks for: under `always` the
    /// first call of [`Writer::answer`] finds that it is too early.
    pub(super) fn settle(&mut self) {
        self.write_batch();
        self.answer();
        if self.sync_if_due() {
            self.answer();
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
                Message::Work { record, answer } => {
                    if let Some(record) = record {
                        self.add_record(record);
                    }
                    self.answers.extend(answer);
                }
                Message::Sync(done) => return Some(Task::Sync(done)),
                Message::Rewrite(snapshot) => return Some(Task::Rewrite(snapshot)),
                Message::Rewritten(outcome) => return Some(Task::Rewritten(outcome)),
                Message::Close => return Some(Task::Close),
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

    /// The next message, waited for until there is something else to do. At first by
    /// looking: after work there will soon be more, and a sender need not wake who is not
    /// asleep.
    fn receive(&mut self) -> Result<Message, RecvTimeoutError> {
        if self.warmth.is_worth_looking()
            && let Some(message) = self.warmth.look(|| self.messages.try_recv().ok())
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
        let open = self.file.as_ref()?;
        let since = open.unsynced_since?;
        match self.gate.status.fsync() {
            Fsync::No => None,
            Fsync::Always => Some(Duration::ZERO),
            Fsync::EverySecond if open.flusher.is_busy() => Some(FLUSH_CHECK),
            Fsync::EverySecond => Some(SYNC_INTERVAL.saturating_sub(since.elapsed())),
        }
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
    fn write_batch(&mut self) {
        let Some(open) = &mut self.file else { return };
        let status = &self.gate.status;
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
        let Some(open) = &mut self.file else {
            return false;
        };
        let Some(since) = open.unsynced_since else {
            return false;
        };
        let is_due = match self.gate.status.fsync() {
            Fsync::No => false,
            Fsync::Always => true,
            Fsync::EverySecond => {
                since.elapsed() >= SYNC_INTERVAL
                    && (open.unsynced_bytes < FLUSH_FROM_BYTES || open.flusher.is_flushed())
            }
        };
        if is_due {
            self.sync();
        }
        is_due
    }

    fn sync(&mut self) {
        let Some(open) = &mut self.file else { return };
        if open.is_suspect || open.unsynced_since.is_none() {
            return;
        }
        match open.sync() {
            Ok(()) => {
                self.gate.status.note_sync();
                self.recover();
            }
            Err(error) => self.fail("Error syncing the AOF file", &error),
        }
    }

    /// Gives the answers if what they are to is as safe as the policy wants it.
    fn answer(&mut self) {
        if self.is_kept() {
            self.gate.desk.keep(self.taken);
            for answer in self.answers.drain(..) {
                (answer.give)();
            }
            // What waits for the first file goes on taking memory.
            if self.is_written() {
                self.gate.leave(mem::take(&mut self.held));
            }
        } else if self
            .failing_since
            .is_some_and(|since| since.elapsed() >= ANSWER_PATIENCE)
        {
            self.drop_answers();
            self.gate.give_up(true);
        }
    }

    /// Nobody was told OK for these, and nobody will be.
    fn drop_answers(&mut self) {
        self.answers.clear();
        self.gate.desk.clear();
    }

    /// Whether all that was sent is as safe as the policy wants it.
    fn is_kept(&self) -> bool {
        // What a suspect file lacks may no longer be in the batch either.
        self.file.as_ref().is_none_or(|open| {
            !open.is_suspect
                && self.is_written()
                && (self.gate.status.fsync() != Fsync::Always || open.is_synced())
        })
    }

    /// The file, if there is one that can be gone on with.
    pub(super) fn reliable_file(&self) -> Option<&Open> {
        self.file.as_ref().filter(|open| !open.is_suspect)
    }

    fn is_suspect(&self) -> bool {
        self.file.as_ref().is_some_and(|open| open.is_suspect)
    }

    /// Whether nothing is left to be written.
    pub(super) fn is_written(&self) -> bool {
        self.sealed.is_empty() && self.batch.is_empty()
    }

    /// Whether all that was sent is on the disk.
    fn is_safe(&self) -> bool {
        self.is_written() && self.file.as_ref().is_some_and(Open::is_synced)
    }

    /// Lets go of the file: `appendonly` is switched off.
    fn close(&mut self) {
        self.cancel_rewrite();
        self.sync();
        self.file = None;
        self.database = None;
        self.gate.status.file_bytes.store(0, Ordering::Relaxed);
        self.forget_records();
        self.forget_failure();
        self.answer();
    }

    /// Forgets what has not been written.
    pub(super) fn forget_records(&mut self) {
        self.sealed.clear();
        self.batch.clear();
        self.gate.leave(mem::take(&mut self.held));
    }

    fn stop(&mut self) {
        self.cancel_rewrite();
        let deadline = Instant::now() + STOP_PATIENCE;
        self.write_batch();
        while self.failing_since.is_some() && Instant::now() < deadline {
            thread::sleep(RETRY_INTERVAL);
            self.write_batch();
        }
        self.sync();
        let left = self.sealed.left() + self.batch.left();
        if left > 0 && self.file.is_some() {
            self.logger.warning(format_args!(
                "Stopping with {left} bytes that can't be written to the AOF file."
            ));
        }
        if self.is_kept() {
            self.answer();
        } else {
            self.drop_answers();
        }
        // The lock would go with the descriptor, but a child that another thread is just
        // starting has a copy of that for a moment.
        if let Some(open) = &self.file {
            let _ = open.file.file.unlock();
        }
    }

    /// From now on writes are refused.
    pub(super) fn fail(&mut self, what: &str, error: &io::Error) {
        self.failing_since.get_or_insert_with(Instant::now);
        let status = &self.gate.status;
        status.set_failure(Some(error));
        // Somebody may have asked for a rewrite, so it is never taken back here.
        if self.is_suspect() {
            status.wants_rewrite.store(true, Ordering::Relaxed);
        }
        self.complain(what, error);
    }

    pub(super) fn complain(&mut self, what: &str, error: &io::Error) {
        if self
            .complained
            .is_none_or(|at| at.elapsed() >= COMPLAINT_INTERVAL)
        {
            self.complained = Some(Instant::now());
            self.logger.warning(format_args!("{what}: {error}"));
        }
    }

    /// All is well if nothing is left that could not be written; that the rest can be synced
    /// is not enough.
    fn recover(&mut self) {
        if self.failing_since.is_some() && self.is_written() && !self.is_suspect() {
            self.forget_failure();
            self.logger
                .warning(format_args!("The AOF file can be written again."));
        }
    }

    fn forget_failure(&mut self) {
        self.failing_since = None;
        self.complained = None;
        self.gate.status.set_failure(None);
        self.gate.give_up(false);
    }
}
