//! The file that the log's thread appends to, and how much of it is on the disk.

use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use super::AppendOnlyFile;
use super::checksum::ChecksumWriter;
use super::flusher::Flusher;
use super::place::Place;
use super::rewrite::working_path;
use super::status::Status;
use crate::config::Fsync;
use crate::resp::output::Output;

/// How long bytes of the file may stay unsynced: `appendfsync everysec`.
const SYNC_INTERVAL: Duration = Duration::from_secs(1);

/// If more bytes than this are unsynced, the flusher writes them back first, and the log's thread
/// goes on meanwhile. Fewer bytes are synced at once.
const FLUSH_FROM_BYTES: u64 = 256 * 1024;

/// How often the log's thread checks whether the flusher has ended, if nothing else is due.
const FLUSH_CHECK: Duration = Duration::from_millis(2);

/// An open file, and how much of it is on the disk.
pub(super) struct LogFile {
    pub(super) aof: AppendOnlyFile,
    pub(super) flusher: Flusher,
    /// When the oldest unsynced byte was written.
    pub(super) unsynced_since: Option<Instant>,
    pub(super) unsynced_bytes: u64,
    /// Not written to any more, because its content is uncertain: a sync has failed, or another
    /// process has changed it.
    pub(super) is_suspect: bool,
    /// Has no name and is never synced. It takes records while the first file is being made, and is
    /// gone once that has them.
    pub(super) is_aside: bool,
    pub(super) checksums: ChecksumWriter,
    /// When it was last verified.
    pub(super) verified: Instant,
}

impl LogFile {
    /// Begins to append to a file.
    pub(super) fn new(file: AppendOnlyFile, flusher: Flusher, status: &Status) -> LogFile {
        LogFile {
            checksums: ChecksumWriter::new(status, file.is_covered),
            aof: file,
            flusher,
            unsynced_since: None,
            unsynced_bytes: 0,
            is_suspect: false,
            is_aside: false,
            verified: Instant::now(),
        }
    }

    /// Makes an empty file without a name, on the disk of `path`.
    pub(super) fn aside(path: &Path, status: &Status) -> io::Result<LogFile> {
        let path = working_path(path, ".meanwhile");
        // When this is dropped, the name is removed.
        let place = Place::take_empty(&path)?;
        let flusher = Flusher::start(place.file(), &path)?;
        let file = AppendOnlyFile {
            file: place.file().try_clone()?,
            path,
            bytes: 0,
            is_covered: false,
        };
        Ok(LogFile {
            is_aside: true,
            ..LogFile::new(file, flusher, status)
        })
    }

    /// Writes all of `batch` or nothing of it.
    pub(super) fn write(&mut self, batch: &mut Output) -> io::Result<()> {
        let result = batch.write_all(&mut &self.aof.file);
        if result.is_err() {
            let written = batch.written() as u64;
            batch.rewind();
            self.cut(written);
            return result;
        }
        self.aof.bytes += batch.len() as u64;
        if !self.is_aside {
            self.unsynced_bytes += batch.len() as u64;
            self.unsynced_since.get_or_insert_with(Instant::now);
        }
        Ok(())
    }

    /// Removes the `written` bytes of a batch that was written in part. If the file then has another
    /// length than expected, another process has changed it.
    fn cut(&mut self, written: u64) {
        let bytes = self.aof.bytes;
        let found = self.aof.file.metadata().map(|found| found.len());
        let is_whole = found.is_ok_and(|found| found == bytes + written)
            && (written == 0 || self.aof.file.set_len(bytes).is_ok());
        self.is_suspect |= !is_whole;
    }

    /// Returns the time until the file is to be synced, if it is.
    pub(super) fn sync_due(&self, fsync: Fsync) -> Option<Duration> {
        let since = self.unsynced_since?;
        match fsync {
            Fsync::No => None,
            Fsync::Always => Some(Duration::ZERO),
            Fsync::EverySecond if self.flusher.is_busy() => Some(FLUSH_CHECK),
            Fsync::EverySecond => Some(SYNC_INTERVAL.saturating_sub(since.elapsed())),
        }
    }

    /// Whether the file is to be synced now.
    pub(super) fn is_sync_due(&mut self, fsync: Fsync) -> bool {
        let Some(since) = self.unsynced_since else {
            return false;
        };
        match fsync {
            Fsync::No => false,
            Fsync::Always => true,
            Fsync::EverySecond => {
                since.elapsed() >= SYNC_INTERVAL
                    && (self.unsynced_bytes < FLUSH_FROM_BYTES || self.flusher.is_flushed())
            }
        }
    }

    /// Whether the whole file is on the disk.
    pub(super) fn is_synced(&self) -> bool {
        !self.is_suspect && self.unsynced_bytes == 0
    }

    /// Waits until the whole file is on the disk. After an error the file is suspect.
    pub(super) fn sync(&mut self) -> io::Result<()> {
        let result = self.aof.file.sync_all();
        self.is_suspect |= result.is_err();
        self.unsynced_since = None;
        self.unsynced_bytes = 0;
        result
    }
}
