//! Whether the file can be relied on. If not, writes are refused, and a fresh file made from memory
//! takes its place.
//!
//! After a failed sync the content of the file on the disk is unknown. Another process may also
//! remove, replace, cut or extend the file. No write would fail then: the thread has the file
//! open, and would write to a file without a name, or behind foreign bytes. So the thread checks
//! the path and the length once a second, and whenever the file is copied.

use std::fs::File;
use std::io;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::log_file::LogFile;
use super::rewrite::Rewrite;
use super::writer::{VERIFY_INTERVAL, Writer};

/// How often the same complaint is logged again.
const COMPLAINT_INTERVAL: Duration = Duration::from_secs(30);

impl Writer {
    /// Returns the file, unless there is none or it is suspect.
    pub(super) fn reliable_file(&self) -> Option<&LogFile> {
        self.file.as_ref().filter(|file| !file.is_suspect)
    }

    fn is_suspect(&self) -> bool {
        self.file.as_ref().is_some_and(|file| file.is_suspect)
    }

    /// Returns the file, with all records in it, and its length.
    pub(super) fn share(&mut self) -> io::Result<(File, u64)> {
        self.verify();
        match self.reliable_file() {
            Some(file) if self.records.is_empty() => {
                Ok((file.aof.file.try_clone()?, file.aof.bytes))
            }
            _ => Err(io::Error::other("it cannot be written")),
        }
    }

    /// Verifies the file once a second.
    pub(super) fn verify_if_due(&mut self) {
        let is_due = |file: &LogFile| file.verified.elapsed() >= VERIFY_INTERVAL;
        if self.reliable_file().is_some_and(is_due) {
            self.verify();
        }
    }

    /// Checks that no other process has changed the file, and that it is at its path.
    pub(super) fn verify(&mut self) {
        let Some(file) = &mut self.file else { return };
        file.verified = Instant::now();
        if file.is_suspect || file.is_aside {
            return;
        }
        let Err(error) = file.aof.verify() else {
            return;
        };
        self.status.lost_files.fetch_add(1, Ordering::Relaxed);
        self.fail_for_good(
            "The AOF file is not what was written, and replaced by a fresh one from memory",
            &error,
        );
    }

    /// Makes the file suspect, so that it is not written to any more.
    pub(super) fn fail_for_good(&mut self, what: &str, error: &io::Error) {
        if let Some(file) = &mut self.file {
            file.is_suspect = true;
        }
        self.fail(what, error);
    }

    /// Refuses writes from now on. If the first file is being made, cancels it instead.
    pub(super) fn fail(&mut self, what: &str, error: &io::Error) {
        if let (true, Some(rewrite)) = (self.is_aside(), &self.rewrite) {
            let number = rewrite.number;
            return self.fail_first(number, error);
        }
        self.failing_since.get_or_insert_with(Instant::now);
        self.status.figures.failures.fetch_add(1, Ordering::Relaxed);
        self.status.set_failure(Some(error));
        self.complain(what, error);
        if self.is_suspect() && self.rewrite.as_ref().is_none_or(Rewrite::needs_old) {
            self.cancel_rewrite();
            self.status.switch.need_file();
        }
    }

    /// Logs a warning, unless the same one was logged within [`COMPLAINT_INTERVAL`].
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

    /// Forgets the failure if nothing is pending. A successful sync alone is not enough.
    pub(super) fn recover(&mut self) {
        if self.failing_since.is_some() && self.records.is_empty() && !self.is_suspect() {
            self.forget_failure();
            self.logger
                .warning(format_args!("The AOF file can be written again."));
        }
    }

    /// Forgets the failure, so that writes are accepted again.
    pub(super) fn forget_failure(&mut self) {
        self.failing_since = None;
        self.complained = None;
        self.status.set_failure(None);
        self.commit.backpressure.give_up(false);
    }
}
