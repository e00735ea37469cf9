//! Checksums in the file, as lines that begin with `#`, which Redis 7's loader skips:
//!
//! ```text
//!   #CRC64:0:0000000000000000\r\n      from here on all is covered
//!   *3\r\n$3\r\nSET\r\n...             what was written at once, 31 bytes
//!   #CRC64:31:f0e1d2c3b4a59687\r\n     their CRC-64
//! ```
//!
//! Each covers what lies between the line before it of this kind and itself.

use super::annotation::checksum_line;
use crate::rdb::crc64::crc64;
use crate::resp::output::Output;

/// Seals what is written to one file.
#[derive(Debug, Default)]
pub(super) struct Sealer {
    /// Whether what was written last has a checksum.
    is_on: bool,
}

impl Sealer {
    /// Ends `batch`, which is to be written at once, with its checksum, if it is to have one.
    pub(super) fn seal(&mut self, batch: &mut Output, checksums: bool) {
        if checksums {
            seal(batch, !self.is_on);
        }
        self.is_on = checksums;
    }
}

/// Ends `batch` with its checksum; `is_first` if what was written before has none.
fn seal(batch: &mut Output, is_first: bool) {
    let crc = batch.slices().fold(0, crc64);
    let last = checksum_line(batch.len() as u64, crc);
    if is_first {
        let mut records = std::mem::take(batch);
        batch.push(checksum_line(0, 0).as_bytes());
        batch.append(&mut records);
    }
    batch.push(last.as_bytes());
}
