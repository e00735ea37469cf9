//! Ends what is written at once with a checksum; `annotation.rs` says how that looks.

use std::sync::atomic::Ordering;

use super::annotation::{COVERED, UNCOVERED, checksum_line};
use super::status::Status;
use crate::rdb::crc64;
use crate::resp::output::Output;

/// Seals what is written to one file.
#[derive(Debug)]
pub(super) struct Sealer {
    has_checksums: bool,
    /// What is still to be said of all that follows.
    mark: Option<&'static str>,
}

impl Sealer {
    /// For a file that goes on as `status` says, with or without checksums; `is_covered` if what
    /// it has so far ends with them.
    pub(super) fn new(status: &Status, is_covered: bool) -> Sealer {
        let has_checksums = status.has_checksums.load(Ordering::Relaxed);
        let mark = match (has_checksums, is_covered) {
            // Somebody may have added something without.
            (true, _) => Some(COVERED),
            (false, true) => Some(UNCOVERED),
            (false, false) => None,
        };
        Sealer {
            has_checksums,
            mark,
        }
    }

    /// Ends `batch`, which is to be written at once, with its checksum, if it is to have one.
    pub(super) fn seal(&mut self, batch: &mut Output) {
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
