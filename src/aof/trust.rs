//! Whether the file can be relied on, and what follows if not: writes are refused, and a fresh file
//! made of memory takes its place.
//!
//! After a failed sync the content of the file on the disk is unknown. Another process may also
//! remove, replace, cut or extend the file. No write would fail then: the thread has the file
//! open, and writes to a file without a name, or behind foreign bytes. So the thread checks the
//! path and the length once a second, and whenever the file is copied from.

use std::fs::File;
use std::io;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::log_file::Open;
use super::rewrite::Rewrite;
use super::writer::Writer;

/// How often the file is verified.
pub(super) const VERIFY_INTERVAL: Duration = Duration::from_secs(1);

/// A disk that stays full is mentioned this often.
const COMPLAINT_INTERVAL: Duration = Duration::from_secs(30);

impl Writer {
    /// The file, if there is one that can be gone on with.
    pub(super) fn reliable_file(&self) -> Option<&Open> {
        self.file.as_ref().filter(|open| !open.is_suspect)
    }

    fn is_suspect(&self) -> bool {
        self.file.as_ref().is_some_and(|open| open.is_suspect)
    }

    /// The file with all that was sent, and how long it is.
    pub(super) fn share(&mut self) -> io::Result<(File, u64)> {
        self.verify();
        match self.reliable_file() {
            Some(open) if self.is_written() => Ok((open.file.file.try_clone()?, open.file.bytes)),
            _ => Err(io::Error::other("it cannot be written")),
        }
    }

    /// Verifies the file once a second.
    pub(super) fn verify_if_due(&mut self) {
        let is_due = |open: &Open| open.verified.elapsed() >= VERIFY_INTERVAL;
        if self.reliable_file().is_some_and(is_due) {
            self.verify();
        }
    }

    /// Checks that the file is unchanged and at its path.
    pub(super) fn verify(&mut self) {
        let Some(open) = &mut self.file else { return };
        open.verified = Instant::now();
        if open.is_suspect || open.is_aside {
            return;
        }
        let Err(error) = open.file.verify() else {
            return;
        };
        self.status.lost_files.fetch_add(1, Ordering::Relaxed);
        self.fail_for_good(
            "The AOF file is not what was written, and replaced by a fresh one from memory",
            &error,
        );
    }

    /// The file is not written to any more.
    pub(super) fn fail_for_good(&mut self, what: &str, error: &io::Error) {
        if let Some(open) = &mut self.file {
            open.is_suspect = true;
        }
        self.fail(what, error);
    }

    /// From now on writes are refused, or, if the first file is being made, it is given up.
    pub(super) fn fail(&mut self, what: &str, error: &io::Error) {
        if let (true, Some(rewrite)) = (self.is_aside(), &self.rewrite) {
            let number = rewrite.number;
            return self.fail_first(number, error);
        }
        self.failing_since.get_or_insert_with(Instant::now);
        self.status.set_failure(Some(error));
        self.complain(what, error);
        if self.is_suspect() && self.rewrite.as_ref().is_none_or(Rewrite::needs_old) {
            self.cancel_rewrite();
            self.status.switch.need_file();
        }
    }

    /// Writes to the server's log, unless the same has just been written.
    pub(super) fn complain(&mut self, what: &str, error: &io::Error) {
        let text = format!("{what}: {error}");
        let is_known = self
            .complained
            .as_ref()
            .is_some_and(|(at, before)| at.elapsed() < COMPLAINT_INTERVAL && *before == text);
        if !is_known {
            self.logger.warning(format_args!("{text}"));
            self.complained = Some((Instant::now(), text));
        }
    }

    /// All is well if nothing is left that could not be written; that the rest can be synced
    /// is not enough.
    pub(super) fn recover(&mut self) {
        if self.failing_since.is_some() && self.is_written() && !self.is_suspect() {
            self.forget_failure();
            self.logger
                .warning(format_args!("The AOF file can be written again."));
        }
    }

    pub(super) fn forget_failure(&mut self) {
        self.failing_since = None;
        self.complained = None;
        self.status.set_failure(None);
        self.commit.backpressure.give_up(false);
    }
}
