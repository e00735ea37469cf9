//! The steps before the server appends to a file: check, replay, cut off a broken end.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::PathBuf;

use super::check::check;
use super::replay::Replay;
use super::report::{Fault, Report};
use super::tail::find_whole;
use crate::aof::AppendOnlyFile;
use crate::aof::file::{beside, is_at, other_file};
use crate::sys::sync_directory_of;

/// A torn end is searched for whole commands if it is not longer than this. A damaged length can
/// make everything after it look like part of one huge value. A real torn end is part of one write,
/// and mostly far shorter.
const SEARCHED_TORN_BYTES: u64 = 64 * 1024 * 1024;

/// The bytes behind the good part of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tail {
    /// A crash or a power cut left this end. It may be cut off.
    Broken,
    /// It may hold data, so only a person may decide to cut it off.
    Data {
        /// The offset of whole commands behind the fault. `None` if the whole file is bad or the
        /// tail was too long to be searched.
        whole_at: Option<u64>,
    },
}

impl AppendOnlyFile {
    /// Checks in one pass how far the file is good. Its first `before` bytes count as good.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn check(&self, before: u64) -> io::Result<Report> {
        check(&self.file, before, &mut |_| true)
    }

    /// Judges the bytes behind the good part of a file that was checked; `None` if there are none.
    /// A damaged tail of more than `max_tail_bytes` is not broken, it is data. `is_file_command`
    /// tells whether files hold a command of this name. The good part in `report` may become
    /// shorter.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn judge_tail(
        &mut self,
        report: &mut Report,
        max_tail_bytes: u64,
        is_file_command: &dyn Fn(&[u8]) -> bool,
    ) -> io::Result<Option<Tail>> {
        let is_torn = match report.fault {
            None => return Ok(None),
            Some(Fault::Torn) => true,
            Some(Fault::Damaged(_)) => false,
        };
        let unsearched = Tail::Data { whole_at: None };
        if is_torn && self.bytes - report.found_at > SEARCHED_TORN_BYTES {
            return Ok(Some(Tail::Broken));
        }
        if !is_torn && self.bytes - report.good.bytes > max_tail_bytes {
            return Ok(Some(unsearched));
        }
        let tail = self.read_from(report.found_at)?;
        let whole_at = find_whole(&tail, report, is_file_command);
        let is_too_long = self.bytes - report.good.bytes > max_tail_bytes;
        // A tail of NULs is what a power cut leaves.
        let is_all = report.good.bytes == 0 && tail.iter().any(|byte| *byte != 0);
        Ok(Some(match whole_at {
            Some(_) => Tail::Data { whole_at },
            None if !is_torn && (is_all || is_too_long) => unsearched,
            None => Tail::Broken,
        }))
    }

    fn read_from(&mut self, offset: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.file.seek(SeekFrom::Start(offset))?;
        (&self.file).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Returns the commands from the offset `start` to the offset `end`.
    pub fn replay(&self, start: u64, end: u64) -> Replay<'_> {
        Replay::part(&self.file, start, end)
    }

    /// Cuts the file off at `offset`. Copies the rest before to a file beside it, whose name ends in
    /// `.{what}-at-{offset}`, and returns the path of that.
    ///
    /// # Errors
    /// If a file cannot be read or written.
    pub fn cut(&mut self, offset: u64, what: &str) -> io::Result<PathBuf> {
        if !is_at(&self.file, &self.path)? {
            return Err(other_file());
        }
        let (kept, mut copy) = beside(&self.path, &format!("{what}-at-{offset}"), |path| {
            File::create_new(path)
        })?;
        self.file.seek(SeekFrom::Start(offset))?;
        io::copy(&mut &self.file, &mut copy)?;
        copy.sync_all()?;
        // Before the cut, so that a crash leaves the rest in at least one place.
        sync_directory_of(&self.path)?;
        self.file.set_len(offset)?;
        self.file.sync_all()?;
        self.bytes = offset;
        Ok(kept)
    }
}
