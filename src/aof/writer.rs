//! The thread that owns the append-only file.

use std::io;
use std::mem;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError};
use std::thread;
use std::time::{Duration, Instant};

use super::flusher::Flusher;
use super::{Answer, AppendOnlyFile, Gate, Message, Record};
use crate::logger::Logger;
use crate::resp::output::Output;
use crate::warmth::{LOG_LOOKS, Warmth};

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

/// A server that stops tries this often, then no more.
const STOP_RETRIES: usize = 20;

/// A disk that stays full is mentioned this often.
const COMPLAINT_INTERVAL: Duration = Duration::from_secs(30);

pub(super) struct Writer {
    file: AppendOnlyFile,
    flusher: Flusher,
    messages: Receiver<Message>,
    gate: Arc<Gate>,
    logger: Arc<Logger>,
    /// The database that the last record in the file belongs to; none at the start, so
    /// that every run begins with a SELECT.
    database: Option<usize>,
    batch: Output,
    answers: Vec<Answer>,
    /// Bytes that the batch and its answers hold of the channel's room.
    held: usize,
    warmth: Warmth,
    stop_retries: usize,
    /// A record may be in the file in part, so nothing may follow it.
    has_given_up: bool,
    unsynced_since: Option<Instant>,
    unsynced_bytes: u64,
    complained: Option<Instant>,
}

impl Writer {
    pub(super) fn new(
        file: AppendOnlyFile,
        messages: Receiver<Message>,
        gate: Arc<Gate>,
        logger: Arc<Logger>,
    ) -> io::Result<Writer> {
        Ok(Writer {
            flusher: Flusher::start(&file.path)?,
            file,
            messages,
            gate,
            logger,
            database: None,
            batch: Output::default(),
            answers: Vec::new(),
            held: 0,
            warmth: Warmth::new(LOG_LOOKS),
            stop_retries: STOP_RETRIES,
            has_given_up: false,
            unsynced_since: None,
            unsynced_bytes: 0,
            complained: None,
        })
    }

    /// Until it is told to stop: take what is queued, write it, answer, sync in time.
    pub(super) fn run(mut self) {
        let mut going_on = true;
        while going_on {
            going_on = self.gather();
            self.write_batch();
            self.answer();
            self.sync_if_due(!going_on);
        }
        // The lock would go with the descriptor, but a child that another thread is just
        // starting has a copy of that for a moment.
        let _ = self.file.file.unlock();
    }

    /// Waits for a message or the next sync, then takes all that is queued. `false` if
    /// the last one was to stop.
    fn gather(&mut self) -> bool {
        let mut message = match self.receive() {
            Ok(message) => message,
            Err(RecvTimeoutError::Timeout) => return true,
            Err(RecvTimeoutError::Disconnected) => return false,
        };
        loop {
            match message {
                Message::Work { record, answer } => {
                    if let Some(record) = record {
                        self.add_record(record);
                    }
                    if let Some(answer) = answer {
                        self.held += answer.cost;
                        self.answers.push(answer);
                    }
                }
                Message::Stop => return false,
            }
            if self.batch.len() >= BATCH_BYTES {
                return true;
            }
            message = match self.messages.try_recv() {
                Ok(message) => message,
                Err(TryRecvError::Empty) => return true,
                Err(TryRecvError::Disconnected) => return false,
            };
        }
    }

    /// The next message, waited for until the next sync is due. At first by looking: after
    /// work there will soon be more, and a sender need not wake who is not asleep.
    fn receive(&mut self) -> Result<Message, RecvTimeoutError> {
        if self.warmth.is_worth_looking()
            && let Some(message) = self.warmth.look(|| self.messages.try_recv().ok())
        {
            return Ok(message);
        }
        let patience = match self.unsynced_since {
            None => {
                return self
                    .messages
                    .recv()
                    .map_err(|_| RecvTimeoutError::Disconnected);
            }
            Some(_) if self.flusher.is_busy() => FLUSH_CHECK,
            Some(since) => SYNC_INTERVAL.saturating_sub(since.elapsed()),
        };
        self.messages.recv_timeout(patience)
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
        self.database = Some(last_database);
        self.held += commands.len();
        self.batch.append(&mut commands);
    }

    /// Writes the batch, however often that takes. Until it is in the file nobody who
    /// waits for it is answered, new writers wait at the gate, and readers go on.
    fn write_batch(&mut self) {
        if self.batch.is_empty() {
            return;
        }
        if self.has_given_up {
            return self.give_up();
        }
        while let Err(error) = self.batch.write_all(&mut &self.file.file) {
            self.complain("Error writing to the AOF file", &error);
            if self.gate.stopping.load(Ordering::Relaxed) {
                if self.stop_retries == 0 {
                    return self.give_up();
                }
                self.stop_retries -= 1;
            }
            thread::sleep(RETRY_INTERVAL);
        }
        self.file.bytes += self.batch.len() as u64;
        self.unsynced_bytes += self.batch.len() as u64;
        self.gate
            .status
            .file_bytes
            .store(self.file.bytes, Ordering::Relaxed);
        self.unsynced_since.get_or_insert_with(Instant::now);
        self.batch.clear();
    }

    /// Nobody was told OK for what is left, and nobody will be. What is in the file of a
    /// record that was not written whole will be cut off at the next start.
    fn give_up(&mut self) {
        self.logger.warning(format_args!(
            "Stopping with {} bytes that can't be written to the AOF file.",
            self.batch.left()
        ));
        self.has_given_up = true;
        self.batch.clear();
        self.answers.clear();
    }

    fn answer(&mut self) {
        for answer in self.answers.drain(..) {
            (answer.give)();
        }
        self.gate.leave(mem::take(&mut self.held));
    }

    fn sync_if_due(&mut self, now: bool) {
        let Some(since) = self.unsynced_since else {
            return;
        };
        let is_due = since.elapsed() >= SYNC_INTERVAL
            && (self.unsynced_bytes < FLUSH_FROM_BYTES || self.flusher.is_flushed());
        if !now && !is_due {
            return;
        }
        match self.file.file.sync_all() {
            Ok(()) => {
                self.unsynced_since = None;
                self.unsynced_bytes = 0;
                self.recovered();
            }
            Err(error) => {
                self.unsynced_since = Some(Instant::now());
                self.complain("Error syncing the AOF file", &error);
            }
        }
    }

    fn complain(&mut self, what: &str, error: &io::Error) {
        self.gate.status.failing.store(true, Ordering::Relaxed);
        if self
            .complained
            .is_none_or(|at| at.elapsed() >= COMPLAINT_INTERVAL)
        {
            self.complained = Some(Instant::now());
            self.logger.warning(format_args!("{what}: {error}"));
        }
    }

    fn recovered(&mut self) {
        if self.complained.take().is_some() {
            self.gate.status.failing.store(false, Ordering::Relaxed);
            self.logger
                .warning(format_args!("The AOF file can be written again."));
        }
    }
}
