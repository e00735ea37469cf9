//! How the writer gets its first file, replaces it by a fresh one, and closes it.
//!
//! A fresh file gets the name of the old one only while the file with this name is locked. That is
//! the log's own file, or a foreign one (`Place`).
//!
//! The writer never takes the store's lock, because DEBUG RELOAD waits for the writer with the lock
//! held. So it only drops a snapshot that is no longer wanted.

use std::io;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use super::AppendOnlyFile;
use super::file::is_at;
use super::flusher::Flusher;
use super::log_file::LogFile;
use super::place::Place;
use super::rewrite::{Rewrite, Rewritten, Source};
use super::writer::{RETRY_INTERVAL, Writer};
use crate::store::Snapshot;
use crate::sys::{sync_directory_of, system_text};

/// How long a server that stops retries to write the pending records.
const STOP_PATIENCE: Duration = Duration::from_secs(2);

impl Writer {
    /// Starts to make the first file, at `path`. Until it is complete, records go to a file without a
    /// name.
    pub(super) fn begin_first(&mut self, number: u64, snapshot: Snapshot, path: PathBuf) {
        if !self.status.switch.is_making(number) {
            return;
        }
        self.path = path;
        self.records.forget_database();
        if let Err(error) = self.start_first(number, snapshot) {
            self.fail_first(number, &error);
        }
    }

    fn start_first(&mut self, number: u64, snapshot: Snapshot) -> io::Result<()> {
        let place = Some(Place::take(&self.path)?);
        let aside = self.file.insert(LogFile::aside(&self.path, &self.status)?);
        self.status.note_file(0);
        let old = Some(&aside.aof);
        self.rewrite = Some(Rewrite::start(
            number,
            Source { snapshot, old },
            (&self.path, place),
            &self.status,
            self.sender.clone(),
        )?);
        self.report_begun_rewrite();
        Ok(())
    }

    /// Starts to make a fresh file that holds `snapshot`: the result of all records so far. Later
    /// records go to the old file and are copied from there. If the old file is suspect, they wait
    /// in memory.
    pub(super) fn begin_rewrite(&mut self, number: u64, snapshot: Snapshot) {
        self.verify();
        // If the check has just found the file suspect, it has asked for another rewrite.
        if !self.status.switch.is_making(number) {
            return;
        }
        // In the fresh file no database is selected.
        self.records.forget_database();
        // The snapshot has the records of an unwritten piece, but the old file lacks them. So it cannot
        // be continued.
        if let Some(file) = &mut self.file {
            file.is_suspect |= self.records.has_unwritten_piece();
        }
        if self.reliable_file().is_none() {
            self.forget_records();
            self.status.switch.require(number);
        }
        match self.start_rewrite(number, snapshot) {
            Ok(rewrite) => {
                self.rewrite = Some(rewrite);
                self.report_begun_rewrite();
            }
            Err(error) => self.fail_rewrite(number, &error),
        }
    }

    fn start_rewrite(&self, number: u64, snapshot: Snapshot) -> io::Result<Rewrite> {
        let place = self.hold_place()?;
        let old = self.reliable_file().map(|file| &file.aof);
        Rewrite::start(
            number,
            Source { snapshot, old },
            (&self.path, place),
            &self.status,
            self.sender.clone(),
        )
    }

    fn report_begun_rewrite(&self) {
        // Not at each retry while a disk is full.
        if self.complained.is_none() {
            let text = "Background append only file rewriting started";
            self.logger.notice(format_args!("{text}"));
        }
    }

    /// Locks the file at the path, unless that is the log's own.
    fn hold_place(&self) -> io::Result<Option<Place>> {
        match self.file.as_ref().filter(|file| !file.is_aside) {
            Some(file) if is_at(&file.aof.file, &self.path)? => Ok(None),
            _ => Place::take(&self.path).map(Some),
        }
    }

    /// Replaces the old file by the fresh one, which is made.
    pub(super) fn end_rewrite(&mut self, number: u64) {
        // Cancels the rewrite if the file that it has copied from was changed by another process.
        self.verify();
        let Some(rewrite) = self.rewrite.take_if(|rewrite| rewrite.number == number) else {
            return;
        };
        if !self.status.switch.is_making(number) {
            return rewrite.cancel();
        }
        let (result, place) = rewrite.join();
        match result.and_then(|rewritten| self.exchange(rewritten, place)) {
            Ok(file) => self.go_on_with(number, file),
            Err(error) => self.fail_rewrite(number, &error),
        }
    }

    fn exchange(&self, rewritten: Rewritten, place: Option<Place>) -> io::Result<LogFile> {
        let old = self.reliable_file().map(|file| &file.aof);
        let fresh = rewritten.complete(old)?;
        // Everything that can fail comes before the fresh file gets the name.
        let bytes = fresh.bytes()?;
        let flusher = Flusher::start(fresh.file(), fresh.path())?;
        let place = match place.filter(Place::is_there) {
            Some(place) => Some(place),
            None => self.hold_place()?,
        };
        if let Some(place) = &place
            && !self.is_aside()
        {
            self.keep_foreign(place);
        }
        let own = self.file.as_ref().map(|file| &file.aof.file);
        let held = place.as_ref().map(Place::file).or(own);
        let held = held.ok_or(io::ErrorKind::NotFound)?;
        let file = AppendOnlyFile {
            file: fresh.replace(held, &self.path)?,
            path: self.path.clone(),
            bytes,
            is_covered: false,
        };
        Ok(LogFile::new(file, flusher, &self.status))
    }

    /// Keeps a file that another process has put at the log's path, under another name.
    fn keep_foreign(&self, place: &Place) {
        if let Some(kept) = place.keep_beside("foreign").transpose() {
            let path = self.path.display();
            match kept {
                Ok(kept) => self.logger.warning(format_args!(
                    "The foreign file at {path} is kept in {}",
                    kept.display()
                )),
                Err(error) => self
                    .logger
                    .warning(format_args!("The foreign file at {path} is lost: {error}")),
            }
        }
    }

    /// Continues with a fresh file, which has its name by now. If the name may not be on the disk,
    /// another fresh file is needed.
    fn go_on_with(&mut self, number: u64, file: LogFile) {
        let status = &self.status;
        let synced = sync_directory_of(&self.path);
        if let (Err(error), true) = (&synced, self.is_aside()) {
            return self.fail_first(number, error);
        }
        status.note_file(file.aof.bytes);
        self.file = Some(file);
        status.switch.finish(number);
        match synced {
            Ok(()) => self
                .logger
                .notice(format_args!("Background AOF rewrite finished successfully")),
            Err(error) => self.fail_for_good("Error syncing the directory of the AOF file", &error),
        }
        self.settle();
    }

    fn fail_rewrite(&mut self, number: u64, error: &io::Error) {
        if self.is_aside() {
            return self.fail_first(number, error);
        }
        // If the old file was cut while it was copied, another rewrite is needed at once.
        self.verify();
        let status = &self.status;
        status.switch.fail(number, &system_text(error));
        if self.reliable_file().is_none() {
            status.set_failure(Some(error));
        }
        self.complain("Background AOF rewrite failed", error);
    }

    /// Cancels the first file: `appendonly` stays off.
    pub(super) fn fail_first(&mut self, number: u64, error: &io::Error) {
        self.let_go();
        self.logger
            .warning(format_args!("The AOF can't be switched on: {error}"));
        self.status.switch.fail(number, &system_text(error));
    }

    pub(super) fn cancel_rewrite(&mut self) {
        if let Some(rewrite) = self.rewrite.take() {
            rewrite.cancel();
        }
    }

    /// Whether the first file is being made.
    pub(super) fn is_aside(&self) -> bool {
        self.file.as_ref().is_some_and(|file| file.is_aside)
    }

    /// Closes the file: `appendonly` is switched off.
    pub(super) fn close(&mut self) {
        self.cancel_rewrite();
        self.sync();
        self.let_go();
    }

    /// Closes the file and forgets its records and failures. Replies that waited for them are sent.
    fn let_go(&mut self) {
        self.cancel_rewrite();
        self.unlock();
        self.file = None;
        self.records.forget_database();
        self.status.note_file(0);
        self.forget_records();
        self.forget_failure();
        self.commit();
    }

    /// Unlocks the file. Closing it would not do: a child process that another thread is just starting
    /// has a copy of the descriptor for a moment.
    fn unlock(&self) {
        if let Some(file) = &self.file {
            let _ = file.aof.file.unlock();
        }
    }

    /// Writes and syncs all pending records, and closes the file.
    pub(super) fn stop(&mut self) {
        self.cancel_rewrite();
        if self.is_aside() {
            return self.let_go();
        }
        let deadline = Instant::now() + STOP_PATIENCE;
        self.write_records();
        let can_succeed = |writer: &Writer| writer.reliable_file().is_some();
        while self.failing_since.is_some() && can_succeed(self) && Instant::now() < deadline {
            thread::sleep(RETRY_INTERVAL);
            self.write_records();
        }
        self.sync();
        let left = self.records.bytes();
        if left > 0 && self.file.is_some() {
            self.logger.warning(format_args!(
                "Stopping with {left} bytes that can't be written to the AOF file."
            ));
        }
        self.commit();
        self.unlock();
    }
}
