//! The work of the thread `aof-rewrite`: it writes a snapshot, then copies later records.

use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::copy::copy;
use crate::aof::checksum::ChecksumWriter;
use crate::aof::encode;
use crate::aof::encode::{Big, PIECE_BYTES, Pieces};
use crate::aof::file::AppendOnlyFile;
use crate::aof::place::Place;
use crate::aof::status::Status;
use crate::resp::output::Output;
use crate::store::Snapshot;
use crate::threads::{self, Reason};

/// The fresh file is synced after this many bytes. With fewer syncs each would take so long that a
/// server that stops takes the disk for hanging. With more syncs the writes to the old file are
/// delayed more often.
const SYNC_BYTES: usize = 128 * 1024 * 1024;

/// If fewer bytes than this are left to be copied, the log's thread copies them.
const REST_BYTES: u64 = 64 * 1024;

/// The state of the thread.
pub(super) struct Work {
    path: PathBuf,
    /// The old file, and the offset of the first record that the snapshot lacks.
    old: Option<(File, u64)>,
    status: Arc<Status>,
    cancelled: Arc<AtomicBool>,
    checksums: ChecksumWriter,
    /// Bytes written since the last sync of the fresh file.
    unsynced_bytes: usize,
}

impl Work {
    pub(super) fn new(
        path: PathBuf,
        old: Option<(File, u64)>,
        status: &Arc<Status>,
        cancelled: &Arc<AtomicBool>,
    ) -> Work {
        Work {
            path,
            old,
            status: Arc::clone(status),
            cancelled: Arc::clone(cancelled),
            checksums: ChecksumWriter::new(status, false),
            unsynced_bytes: 0,
        }
    }

    /// Makes the fresh file.
    pub(super) fn run(&mut self, snapshot: &mut Snapshot) -> io::Result<Rewritten> {
        let fresh = Place::take_empty(&self.path)?;
        let mut selected = None;
        let mut piece = Output::default();
        while let Some((database, entries)) = snapshot.next_piece().map_err(io::Error::other)? {
            if selected.replace(database) != Some(database) {
                let database = database.to_string();
                piece.push_command(&[b"SELECT", database.as_bytes()]);
            }
            let mut write = |piece: &mut Output| self.write(fresh.file(), piece);
            let mut pieces = Pieces {
                piece: &mut piece,
                write: &mut write,
            };
            // A big value waits until no other entry is held.
            let mut later = Vec::new();
            entries.visit(|key, entry| match Big::of(key, entry) {
                Some(big) => {
                    later.push(big);
                    Ok(())
                }
                None => encode::add(&mut pieces, key, entry),
            })?;
            for big in later {
                big.add(&mut pieces)?;
            }
            self.sync_if_due(fresh.file())?;
        }
        self.write(fresh.file(), &mut piece)?;
        let copied = self.catch_up(fresh.file())?;
        Ok(Rewritten { fresh, copied })
    }

    /// Writes `piece` with its checksum. Yields in between, so that clients' threads run first.
    fn write(&mut self, file: &File, piece: &mut Output) -> io::Result<()> {
        if piece.is_empty() {
            return self.go_on(0);
        }
        self.checksums.finish(piece);
        let count = piece.len();
        self.go_on(count)?;
        let mut file = file;
        while !piece.write_some(&mut file, PIECE_BYTES)? {
            thread::yield_now();
        }
        thread::yield_now();
        piece.clear();
        self.unsynced_bytes += count;
        Ok(())
    }

    /// Syncs the fresh file after every [`SYNC_BYTES`]. Call it when no entries are held: a client's
    /// write to a held entry copies it, and a sync takes long.
    fn sync_if_due(&mut self, file: &File) -> io::Result<()> {
        if self.unsynced_bytes < SYNC_BYTES {
            return Ok(());
        }
        self.unsynced_bytes = 0;
        let _waiting = threads::waiting(Reason::Disk);
        file.sync_data()
    }

    /// Copies the new records of the old file and syncs the fresh one, in rounds, since more
    /// records come meanwhile. Ends when little is left, because the log's thread sends no replies
    /// while it copies the rest. Also ends when a round leaves more than half of the round before:
    /// then records come faster than the disk takes them. Returns the offset that it reached.
    fn catch_up(&self, fresh: &File) -> io::Result<Option<u64>> {
        let Some((old, start)) = &self.old else {
            sync_all(fresh)?;
            return Ok(None);
        };
        let mut copied = *start;
        let mut left_before = u64::MAX;
        loop {
            let end = self.status.file_bytes.load(Ordering::Relaxed);
            copy(old, copied, end, fresh, &|bytes| self.go_on(bytes))?;
            copied = end;
            sync_all(fresh)?;
            let left = self.status.file_bytes.load(Ordering::Relaxed) - copied;
            if left < REST_BYTES || left > left_before / 2 {
                return Ok(Some(copied));
            }
            left_before = left;
        }
    }

    /// Counts bytes that are to be written next, and waits if a class has slowed the disk down. Returns
    /// an error if the rewrite is cancelled.
    fn go_on(&self, bytes: usize) -> io::Result<()> {
        let made_bytes = &self.status.switch.made_bytes;
        made_bytes.fetch_add(bytes as u64, Ordering::Relaxed);
        if self.status.classroom.disk_ms() > 0 {
            let _waiting = threads::waiting(Reason::Disk);
            self.status.classroom.slow_disk();
        }
        match self.cancelled.load(Ordering::Relaxed) {
            true => Err(io::Error::new(io::ErrorKind::Interrupted, "cancelled")),
            false => Ok(()),
        }
    }
}

fn sync_all(file: &File) -> io::Result<()> {
    let _waiting = threads::waiting(Reason::Disk);
    file.sync_all()
}

/// A fresh file that lacks at most the last records.
pub(in crate::aof) struct Rewritten {
    fresh: Place,
    /// The offset up to which the old file has been copied. `None` if nothing is to be copied.
    copied: Option<u64>,
}

impl Rewritten {
    /// Copies the last records from `old`, which is `None` if the old file is suspect. Returns the
    /// fresh file, complete and synced. It does not have its final name yet.
    pub(in crate::aof) fn complete(self, old: Option<&AppendOnlyFile>) -> io::Result<Place> {
        match (self.copied, old) {
            (Some(copied), Some(old)) => {
                copy(&old.file, copied, old.bytes, self.fresh.file(), &|_| Ok(()))?;
            }
            (Some(_), None) => return Err(io::Error::other("the old file cannot be relied on")),
            (None, _) => {}
        }
        self.fresh.file().sync_all()?;
        Ok(self.fresh)
    }
}
