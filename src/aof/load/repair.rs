//! A file before it is written to: checked, read, and freed of what is no good.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::PathBuf;

use super::check::{Fault, Report, check};
use super::replay::{Damage, Replay};
use super::tail::find_whole;
use crate::aof::AppendOnlyFile;
use crate::aof::file::{beside, is_at, other_file};
use crate::sys::sync_directory_of;

/// A torn end is searched for something whole if it is not bigger than this: a length that
/// was damaged can make what follows look like a part of one huge value. A real torn end
/// is a part of what was written at once, and mostly far smaller.
const SEARCHED_TORN_BYTES: u64 = 64 * 1024 * 1024;

/// What is behind the good part of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Behind {
    /// Nothing.
    Nothing,
    /// A record or a transaction without its end.
    Torn,
    /// Something else, and then nothing whole.
    Tail(Damage),
    /// Something whole follows, so this is damage in the middle.
    Whole {
        /// What is wrong.
        fault: Fault,
        /// Where what is whole begins.
        whole_at: u64,
    },
    /// More than was to be looked at.
    Much(Damage),
    /// All there is. So this is no append-only file, or nothing of it is left.
    Everything(Damage),
}

impl AppendOnlyFile {
    /// How far the file is good, in one pass; its first `before` bytes are, without being
    /// looked at.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn check(&self, before: u64) -> io::Result<Report> {
        check(&self.file, before, &mut |_| true)
    }

    /// What is behind the good part of a file that was checked. `max_tail_bytes` bounds what
    /// is to be taken for a tail; `is_file_command` tells whether a command of that name is in a
    /// file. The good part may turn out to be shorter.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn look_behind(
        &mut self,
        report: &mut Report,
        max_tail_bytes: u64,
        is_file_command: &dyn Fn(&[u8]) -> bool,
    ) -> io::Result<Behind> {
        let Some(fault) = report.fault.clone() else {
            return Ok(Behind::Nothing);
        };
        match fault {
            Fault::Torn if self.bytes - report.found_at > SEARCHED_TORN_BYTES => {
                return Ok(Behind::Torn);
            }
            Fault::Damaged(damage) if self.bytes - report.good.bytes > max_tail_bytes => {
                return Ok(Behind::Much(damage));
            }
            _ => {}
        }
        let tail = self.read_from(report.found_at)?;
        let whole_at = find_whole(&tail, report, is_file_command);
        Ok(match (whole_at, fault) {
            (Some(whole_at), fault) => Behind::Whole { fault, whole_at },
            (None, Fault::Torn) => Behind::Torn,
            (None, Fault::Damaged(damage)) => {
                let is_void = tail.iter().all(|byte| *byte == 0);
                if report.good.bytes == 0 && !is_void {
                    Behind::Everything(damage)
                } else if self.bytes - report.good.bytes > max_tail_bytes {
                    Behind::Much(damage)
                } else {
                    Behind::Tail(damage)
                }
            }
        })
    }

    fn read_from(&mut self, offset: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.file.seek(SeekFrom::Start(offset))?;
        (&self.file).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// The commands in it, from the offset `start` to the offset `end`.
    pub fn replay(&self, start: u64, end: u64) -> Replay<'_> {
        Replay::part(&self.file, start, end)
    }

    /// Cuts it off at `offset`. What was behind is kept in a file beside it, whose name ends
    /// in `.{what}-at-{offset}` and whose path comes back.
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
        // Before it is gone here, so that a crash leaves it in at least one place.
        sync_directory_of(&self.path)?;
        self.file.set_len(offset)?;
        self.file.sync_all()?;
        self.bytes = offset;
        Ok(kept)
    }
}
