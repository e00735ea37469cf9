//! The file that is written to, and how far it is safe.

use std::io;
use std::time::Instant;

use super::AppendOnlyFile;
use super::checksum::Sealer;
use super::flusher::Flusher;
use super::status::Status;
use crate::resp::output::Output;

/// The file, and how far it is safe.
pub(super) struct Open {
    pub(super) file: AppendOnlyFile,
    pub(super) flusher: Flusher,
    pub(super) unsynced_since: Option<Instant>,
    pub(super) unsynced_bytes: u64,
    /// A sync has failed: what the disk has is unknown.
    pub(super) is_suspect: bool,
    pub(super) sealer: Sealer,
}

impl Open {
    pub(super) fn new(file: AppendOnlyFile, status: &Status) -> io::Result<Open> {
        Ok(Open {
            flusher: Flusher::start(&file.path)?,
            sealer: Sealer::new(status, file.is_covered),
            file,
            unsynced_since: None,
            unsynced_bytes: 0,
            is_suspect: false,
        })
    }

    /// Writes all of `batch` or nothing of it.
    pub(super) fn write(&mut self, batch: &mut Output) -> io::Result<()> {
        let result = batch.write_all(&mut &self.file.file);
        if result.is_err() {
            batch.rewind();
            // A record that is there in part must go before another can follow.
            if self.file.file.set_len(self.file.bytes).is_err() {
                self.is_suspect = true;
            }
            return result;
        }
        self.file.bytes += batch.len() as u64;
        self.unsynced_bytes += batch.len() as u64;
        self.unsynced_since.get_or_insert_with(Instant::now);
        Ok(())
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
