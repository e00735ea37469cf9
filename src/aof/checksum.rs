//! Adds a checksum to each piece that is written at once. `annotation.rs` has the format.

use std::sync::atomic::Ordering;

use super::annotation::{COVERED, UNCOVERED, checksum_line};
use super::status::Status;
use crate::rdb::crc64;
use crate::resp::output::Output;

/// Adds the checksums of one file.
#[derive(Debug)]
pub(super) struct ChecksumWriter {
    has_checksums: bool,
    /// A line that must come before the next piece: whether all from there on is covered.
    mark: Option<&'static str>,
}

impl ChecksumWriter {
    /// For a file that goes on with or without checksums, as `status` says. `is_covered` if its
    /// content so far ends with a checksum.
    pub(super) fn new(status: &Status, is_covered: bool) -> ChecksumWriter {
        let has_checksums = status.has_checksums.load(Ordering::Relaxed);
        let mark = match (has_checksums, is_covered) {
            // Another process may have appended something without checksums.
            (true, _) => Some(COVERED),
            (false, true) => Some(UNCOVERED),
            (false, false) => None,
        };
        ChecksumWriter {
            has_checksums,
            mark,
        }
    }

    /// Appends the checksum of `batch`, if the file has checksums. `batch` is then written at once.
    pub(super) fn finish(&mut self, batch: &mut Output) {
        let crc = self.has_checksums.then(|| batch.slices().fold(0, crc64));
        let length = batch.len() as u64;
        if let Some(mark) = self.mark.take() {
            let mut records = std::mem::take(batch);
            batch.push(mark.as_bytes());
            batch.append(&mut records);
        }
        if let Some(crc) = crc {
            batch.push(checksum_line(length, crc).as_bytes());
        }
    }
}
