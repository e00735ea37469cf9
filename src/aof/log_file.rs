//! The file that is written to, and how far it is safe.

use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use super::AppendOnlyFile;
use super::checksum::Sealer;
use super::file::Place;
use super::flusher::Flusher;
use super::rewrite::working_path;
use super::status::Status;
use crate::config::Fsync;
use crate::resp::output::Output;

/// How long bytes of the file may stay unsynced: `appendfsync everysec`.
const SYNC_INTERVAL: Duration = Duration::from_secs(1);

/// With more than this to be synced, the kernel is first asked to write it back while
/// others are answered. Less is synced at once.
const FLUSH_FROM_BYTES: u64 = 256 * 1024;

/// How often it is checked whether that has ended, if nothing else is due.
const FLUSH_CHECK: Duration = Duration::from_millis(2);

/// The file, and how far it is safe.
pub(super) struct Open {
    pub(super) file: AppendOnlyFile,
    pub(super) flusher: Flusher,
    pub(super) unsynced_since: Option<Instant>,
    pub(super) unsynced_bytes: u64,
    /// It cannot be relied on and is not written to any more: a sync has failed, or another process
    /// has changed it.
    pub(super) is_suspect: bool,
    /// It has no name and is never synced: it takes records while the first file is being made,
    /// and is gone when that has them.
    pub(super) is_aside: bool,
    pub(super) sealer: Sealer,
    /// When it was last verified.
    pub(super) verified: Instant,
}

impl Open {
    /// A file that is appended to.
    pub(super) fn new(file: AppendOnlyFile, flusher: Flusher, status: &Status) -> Open {
        Open {
            sealer: Sealer::new(status, file.is_covered),
            file,
            flusher,
            unsynced_since: None,
            unsynced_bytes: 0,
            is_suspect: false,
            is_aside: false,
            verified: Instant::now(),
        }
    }

    /// An empty file on the disk of `path`, but without a name.
    pub(super) fn aside(path: &Path, status: &Status) -> io::Result<Open> {
        let path = working_path(path, ".meanwhile");
        // Its name goes with this.
        let place = Place::take_empty(&path)?;
        let flusher = Flusher::start(place.file(), &path)?;
        let file = AppendOnlyFile {
            file: place.file().try_clone()?,
            path,
            bytes: 0,
            is_covered: false,
        };
        Ok(Open {
            is_aside: true,
            ..Open::new(file, flusher, status)
        })
    }

    /// Writes all of `batch` or nothing of it.
    pub(super) fn write(&mut self, batch: &mut Output) -> io::Result<()> {
        let result = batch.write_all(&mut &self.file.file);
        if result.is_err() {
            let written = batch.written() as u64;
            batch.rewind();
            self.cut(written);
            return result;
        }
        self.file.bytes += batch.len() as u64;
        if !self.is_aside {
            self.unsynced_bytes += batch.len() as u64;
            self.unsynced_since.get_or_insert_with(Instant::now);
        }
        Ok(())
    }

    /// Takes back the `written` bytes of a record that is there in part, before another follows.
    /// If the file has another length than it should, somebody else has changed it.
    fn cut(&mut self, written: u64) {
        let bytes = self.file.bytes;
        let found = self.file.file.metadata().map(|found| found.len());
        let is_whole = found.is_ok_and(|found| found == bytes + written)
            && (written == 0 || self.file.file.set_len(bytes).is_ok());
        self.is_suspect |= !is_whole;
    }

    /// In what time it is to be synced, if at all.
    pub(super) fn sync_due(&self, fsync: Fsync) -> Option<Duration> {
        let since = self.unsynced_since?;
        match fsync {
            Fsync::No => None,
            Fsync::Always => Some(Duration::ZERO),
            Fsync::EverySecond if self.flusher.is_busy() => Some(FLUSH_CHECK),
            Fsync::EverySecond => Some(SYNC_INTERVAL.saturating_sub(since.elapsed())),
        }
    }

    /// Whether it is to be synced now.
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

    /// Whether all that is in the file is on the disk.
    pub(super) fn is_synced(&self) -> bool {
        !self.is_suspect && self.unsynced_bytes == 0
    }

    pub(super) fn sync(&mut self) -> io::Result<()> {
        let result = self.file.file.sync_all();
        self.is_suspect |= result.is_err();
        self.unsynced_since = None;
        self.unsynced_bytes = 0;
        result
    }
}
