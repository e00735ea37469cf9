//! Records that have come over the channel and are not yet in the file.

use std::mem;

use super::Record;
use super::checksum::ChecksumWriter;
use crate::resp::output::Output;

/// Records of this many bytes are written, even if more are in the channel. So the first of many
/// does not wait for the last.
const BATCH_BYTES: usize = 1024 * 1024;

/// Pending records, as the bytes that will be written.
#[derive(Debug, Default)]
pub(super) struct PendingRecords {
    /// Records that came after the piece was made.
    gathered: Output,
    /// Records that are being written at once, with their checksum.
    piece: Output,
    /// The database that the last record belongs to. `None` makes the next record begin with a
    /// SELECT.
    database: Option<usize>,
    /// All records that have ever come.
    count: u64,
    /// The records that have been counted as written.
    written: u64,
    /// Bytes that these records take of the channel's room.
    channel_bytes: usize,
}

impl PendingRecords {
    /// Adds a record.
    pub(super) fn add(&mut self, record: Record) {
        let Record {
            first_database,
            last_database,
            mut commands,
        } = record;
        if self.database != Some(first_database) {
            let database = first_database.to_string();
            self.gathered
                .push_command(&[b"SELECT", database.as_bytes()]);
        }
        self.database = Some(last_database);
        self.count += 1;
        self.channel_bytes += commands.len();
        self.gathered.append(&mut commands);
    }

    /// The number of records that have ever come.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// Bytes that are to be written.
    pub(super) fn bytes(&self) -> usize {
        self.piece.left() + self.gathered.left()
    }

    /// Whether no more records are to be gathered before the next write.
    pub(super) fn is_batch_full(&self) -> bool {
        self.gathered.len() >= BATCH_BYTES
    }

    /// Whether nothing is to be written.
    pub(super) fn is_empty(&self) -> bool {
        self.piece.is_empty() && self.gathered.is_empty()
    }

    /// Whether a piece was made that could not be written.
    pub(super) fn has_unwritten_piece(&self) -> bool {
        !self.piece.is_empty()
    }

    /// Returns the bytes to be written next, at once. They are the same until
    /// [`PendingRecords::finish_piece`] is called.
    pub(super) fn piece(&mut self, checksums: &mut ChecksumWriter) -> &mut Output {
        if self.piece.is_empty() {
            mem::swap(&mut self.piece, &mut self.gathered);
            checksums.finish(&mut self.piece);
        }
        &mut self.piece
    }

    /// The piece has been written. Returns the number of records that have come since the last piece.
    pub(super) fn finish_piece(&mut self) -> u64 {
        self.piece.clear();
        self.count - mem::replace(&mut self.written, self.count)
    }

    /// Drops all records that are not written yet.
    pub(super) fn clear(&mut self) {
        self.piece.clear();
        self.gathered.clear();
    }

    /// Another file comes next, in which no database is selected.
    pub(super) fn forget_database(&mut self) {
        self.database = None;
    }

    /// Takes the bytes that are to leave the channel's room.
    pub(super) fn take_channel_bytes(&mut self) -> usize {
        mem::take(&mut self.channel_bytes)
    }
}
