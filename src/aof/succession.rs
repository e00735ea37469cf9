//! How the writer exchanges its file for a fresh one: from the order to rewrite to the new
//! file in the place of the old one.

use std::fs;
use std::io;
use std::sync::atomic::Ordering;

use super::current::Open;
use super::rewrite::{Outcome, Rewrite, discard, fresh_path};
use super::sync_directory_of;
use super::writer::Writer;
use crate::store::Snapshot;

impl Writer {
    /// Has a fresh file made that holds `snapshot`, which is what all records before have
    /// led to. What comes from now on goes to the old file and is copied from there; if that
    /// cannot be relied on, it waits in memory.
    pub(super) fn begin_rewrite(&mut self, snapshot: Snapshot) {
        self.cancel_rewrite();
        // Whatever database was selected, it will not be in the fresh file.
        self.database = None;
        // What could not be written is in the snapshot, but only a fresh file can go on from there.
        if let Some(open) = &mut self.file {
            open.is_suspect |= !self.sealed.is_empty();
        }
        if self.reliable_file().is_none() {
            self.forget_records();
        }
        let old = self.reliable_file().map(|open| &open.file);
        let sender = self.sender.clone();
        let status = &self.gate.status;
        match Rewrite::start(snapshot, &self.path, old, status, sender) {
            Ok(rewrite) => {
                // A disk that stays full is not mentioned at each try.
                if self.complained.is_none() {
                    let text = "Background append only file rewriting started";
                    self.logger.notice(format_args!("{text}"));
                }
                self.rewrite = Some(rewrite);
            }
            Err(error) => self.fail_rewrite(&error),
        }
    }

    /// Puts the fresh file in the place of the old one.
    pub(super) fn end_rewrite(&mut self, outcome: Outcome) {
        let Some(result) = outcome.result() else {
            return;
        };
        if let Some(rewrite) = self.rewrite.take() {
            rewrite.join();
        }
        let old = self.reliable_file().map(|open| &open.file);
        // All that can go wrong comes before the name changes hands.
        let open = result
            .and_then(|rewritten| rewritten.complete(old))
            .and_then(|file| Open::new(file, &self.gate.status))
            .and_then(|open| fs::rename(&open.file.path, &self.path).map(|()| open));
        match open {
            Ok(open) => self.go_on_with(open),
            Err(error) => self.fail_rewrite(&error),
        }
    }

    /// Goes on with a fresh file, which has its name by now. If that may not be on the disk,
    /// yet another one is needed.
    fn go_on_with(&mut self, mut open: Open) {
        self.path.clone_into(&mut open.file.path);
        let synced = sync_directory_of(&self.path);
        open.is_suspect = synced.is_err();
        self.gate.status.note_rewrite(open.file.bytes);
        self.file = Some(open);
        match synced {
            Ok(()) => self
                .logger
                .notice(format_args!("Background AOF rewrite finished successfully")),
            Err(error) => self.fail("Error syncing the directory of the AOF file", &error),
        }
        self.settle();
    }

    fn fail_rewrite(&mut self, error: &io::Error) {
        discard(&fresh_path(&self.path));
        let status = &self.gate.status;
        status.note_failed_rewrite();
        if self.reliable_file().is_none() {
            status.wants_rewrite.store(true, Ordering::Relaxed);
        }
        self.complain("Background AOF rewrite failed", error);
    }

    pub(super) fn cancel_rewrite(&mut self) {
        if let Some(rewrite) = self.rewrite.take() {
            rewrite.cancel();
            let rewriting = &self.gate.status.rewriting;
            rewriting.store(false, Ordering::Relaxed);
        }
    }
}
