//! How the writer opens its file, replaces it by a fresh one, and closes it.
//!
//! A fresh file gets the name of the old one only while the file of this name is locked. That is
//! the log's own file, or a foreign one (`Place`).
//!
//! The writer never takes the store's lock: DEBUG RELOAD waits for it with the lock held. So a
//! snapshot that is no longer wanted is only dropped.

use std::io;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use super::AppendOnlyFile;
use super::file::{Place, is_at};
use super::flusher::Flusher;
use super::log_file::Open;
use super::rewrite::{Rewrite, Rewritten, Source};
use super::writer::{RETRY_INTERVAL, Writer};
use crate::store::Snapshot;
use crate::sys::{sync_directory_of, system_text};

/// How long a server that stops tries to write the pending records.
const STOP_PATIENCE: Duration = Duration::from_secs(2);

impl Writer {
    /// Has the first file made, at `path`. Its records wait in a file without a name.
    pub(super) fn begin_first(&mut self, number: u64, snapshot: Snapshot, path: PathBuf) {
        if !self.status.switch.is_making(number) {
            return;
        }
        self.path = path;
        self.database = None;
        if let Err(error) = self.start_first(number, snapshot) {
            self.fail_first(number, &error);
        }
    }

    fn start_first(&mut self, number: u64, snapshot: Snapshot) -> io::Result<()> {
        let place = Some(Place::take(&self.path)?);
        let aside = self.file.insert(Open::aside(&self.path, &self.status)?);
        self.status.note_file(0);
        let old = Some(&aside.file);
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

    /// Has a fresh file made that holds `snapshot`, which is what all records before have
    /// led to. What comes from now on goes to the old file and is copied from there; if that
    /// cannot be relied on, it waits in memory.
    pub(super) fn begin_rewrite(&mut self, number: u64, snapshot: Snapshot) {
        self.verify();
        // If the file has just been found to be of no use, another rewrite has been asked for.
        if !self.status.switch.is_making(number) {
            return;
        }
        // Whatever database was selected, it will not be in the fresh file.
        self.database = None;
        // What could not be written is in the snapshot, but only a fresh file can go on from there.
        if let Some(open) = &mut self.file {
            open.is_suspect |= !self.sealed.is_empty();
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
        let old = self.reliable_file().map(|open| &open.file);
        Rewrite::start(
            number,
            Source { snapshot, old },
            (&self.path, place),
            &self.status,
            self.sender.clone(),
        )
    }

    fn report_begun_rewrite(&self) {
        // A disk that stays full is not mentioned at each try.
        if self.complained.is_none() {
            let text = "Background append only file rewriting started";
            self.logger.notice(format_args!("{text}"));
        }
    }

    /// Locks the file at the path, unless that is the log's own.
    fn hold_place(&self) -> io::Result<Option<Place>> {
        match self.file.as_ref().filter(|open| !open.is_aside) {
            Some(open) if is_at(&open.file.file, &self.path)? => Ok(None),
            _ => Place::take(&self.path).map(Some),
        }
    }

    /// Puts the fresh file in the place of the old one.
    pub(super) fn end_rewrite(&mut self, number: u64) {
        // Cancels the rewrite, if it has copied from a file that is not what was written.
        self.verify();
        let Some(rewrite) = self.rewrite.take_if(|rewrite| rewrite.number == number) else {
            return;
        };
        if !self.status.switch.is_making(number) {
            return rewrite.cancel();
        }
        let (result, place) = rewrite.join();
        match result.and_then(|rewritten| self.exchange(rewritten, place)) {
            Ok(open) => self.go_on_with(number, open),
            Err(error) => self.fail_rewrite(number, &error),
        }
    }

    fn exchange(&self, rewritten: Rewritten, place: Option<Place>) -> io::Result<Open> {
        let old = self.reliable_file().map(|open| &open.file);
        let fresh = rewritten.complete(old)?;
        // All that can go wrong comes before the name changes hands.
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
        let own = self.file.as_ref().map(|open| &open.file.file);
        let held = place.as_ref().map(Place::file).or(own);
        let held = held.ok_or(io::ErrorKind::NotFound)?;
        let file = AppendOnlyFile {
            file: fresh.replace(held, &self.path)?,
            path: self.path.clone(),
            bytes,
            is_covered: false,
        };
        Ok(Open::new(file, flusher, &self.status))
    }

    /// Gives what somebody has put in the place of the log's file another name, before that is
    /// lost.
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

    /// Goes on with a fresh file, which has its name by now. If that may not be on the disk,
    /// yet another one is needed.
    fn go_on_with(&mut self, number: u64, open: Open) {
        let status = &self.status;
        let synced = sync_directory_of(&self.path);
        if let (Err(error), true) = (&synced, self.is_aside()) {
            return self.fail_first(number, error);
        }
        status.note_file(open.file.bytes);
        self.file = Some(open);
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
        // If the file has been cut while it was copied from, another rewrite is needed at once.
        self.verify();
        let status = &self.status;
        status.switch.fail(number, &system_text(error));
        if self.reliable_file().is_none() {
            status.set_failure(Some(error));
        }
        self.complain("Background AOF rewrite failed", error);
    }

    /// There will be no first file: `appendonly` stays off.
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
        self.file.as_ref().is_some_and(|open| open.is_aside)
    }

    /// Closes the file: `appendonly` is switched off.
    pub(super) fn close(&mut self) {
        self.cancel_rewrite();
        self.sync();
        self.let_go();
    }

    fn let_go(&mut self) {
        self.cancel_rewrite();
        self.unlock();
        self.file = None;
        self.database = None;
        self.status.note_file(0);
        self.forget_records();
        self.forget_failure();
        self.commit();
    }

    /// Closing the file unlocks it, but a child that another thread is just starting has a copy of
    /// the descriptor for a moment.
    fn unlock(&self) {
        if let Some(open) = &self.file {
            let _ = open.file.file.unlock();
        }
    }

    pub(super) fn stop(&mut self) {
        self.cancel_rewrite();
        if self.is_aside() {
            return self.let_go();
        }
        let deadline = Instant::now() + STOP_PATIENCE;
        self.write_batch();
        let is_worth_while = |writer: &Writer| writer.reliable_file().is_some();
        while self.failing_since.is_some() && is_worth_while(self) && Instant::now() < deadline {
            thread::sleep(RETRY_INTERVAL);
            self.write_batch();
        }
        self.sync();
        let left = self.sealed.left() + self.batch.left();
        if left > 0 && self.file.is_some() {
            self.logger.warning(format_args!(
                "Stopping with {left} bytes that can't be written to the AOF file."
            ));
        }
        self.commit();
        self.unlock();
    }
}
