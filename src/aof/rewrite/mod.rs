//! Making the file small again: BGREWRITEAOF.
//!
//! A fresh file is made of a snapshot of the data by a thread of its own, beside the old
//! one, to which records go as before:
//!
//! ```text
//!   old file    ...... | records since the snapshot ...
//!                      |        |
//!   fresh file  SET SET HSET ..| copied | copied |        <- thread "aof-rewrite"
//!                                                | rest   <- thread "aof", then it
//!                                                            renames and goes on there
//! ```
//!
//! So nothing is kept in memory twice but what is written to meanwhile, and whenever it all
//! ends, there is one whole file under the file's name.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::thread::{self, JoinHandle};

use super::Message;
use super::checksum::Sealer;
use super::encode;
use super::encode::{Big, PIECE_BYTES, Pieces};
use super::file::{AppendOnlyFile, Place};
use super::status::Status;
use crate::resp::output::Output;
use crate::store::Snapshot;

/// The fresh file is synced after this many bytes, so that no sync takes long: a server that stops
/// takes a long silence for a disk that hangs. Each sync delays the writes to the old file, so it
/// is not done more often.
const SYNC_BYTES: usize = 128 * 1024 * 1024;

/// With less than this to be copied from the old file, its owner does the rest.
const REST_BYTES: u64 = 64 * 1024;

/// A rewrite under way.
pub(super) struct Rewrite {
    /// Of the fresh file.
    pub(super) number: u64,
    /// The lock of the file that the fresh one replaces, unless that is the log's own.
    pub(super) place: Option<Place>,
    needs_old: bool,
    cancelled: Arc<AtomicBool>,
    thread: JoinHandle<io::Result<Rewritten>>,
}

/// A fresh file that is nearly complete.
pub(super) struct Rewritten {
    fresh: Place,
    /// How far the old file has been copied into it, if what comes after the snapshot is
    /// there.
    copied: Option<u64>,
}

/// What a rewrite is made of.
pub(super) struct Source<'a> {
    pub(super) snapshot: Snapshot,
    /// The file that gets the records after the snapshot, if they are to be copied from there.
    pub(super) old: Option<&'a AppendOnlyFile>,
}

/// The path beside `path` whose name ends in `what`.
pub(super) fn working_path(path: &Path, what: &str) -> PathBuf {
    let mut name = path.to_owned().into_os_string();
    name.push(what);
    PathBuf::from(name)
}

impl Rewrite {
    /// Starts the thread, which makes file `number` beside `path`, and tells `done` when it ends.
    /// The caller, or `place`, has the lock of the file at `path`.
    pub(super) fn start(
        number: u64,
        source: Source,
        (path, place): (&Path, Option<Place>),
        status: &Arc<Status>,
        done: Sender<Message>,
    ) -> io::Result<Rewrite> {
        let cancelled = Arc::new(AtomicBool::new(false));
        let old = source
            .old
            .map(|old| Ok::<_, io::Error>((old.file.try_clone()?, old.bytes)));
        let mut work = Work {
            path: working_path(path, ".rewrite"),
            old: old.transpose()?,
            status: Arc::clone(status),
            cancelled: Arc::clone(&cancelled),
            sealer: Sealer::new(status, false),
            unsynced_bytes: 0,
        };
        let needs_old = work.old.is_some();
        let thread = thread::Builder::new()
            .name("aof-rewrite".to_owned())
            .spawn(move || {
                let mut snapshot = source.snapshot;
                let run = AssertUnwindSafe(|| work.run(&mut snapshot));
                // The old file is as good as it was, so nothing need end; unless the data's lock
                // was held, see `Store`.
                let result = panic::catch_unwind(run)
                    .unwrap_or_else(|_| Err(io::Error::other("its thread panicked")));
                snapshot.end();
                // If nobody listens the server has stopped.
                let _ = done.send(Message::Rewritten(number));
                result
            })?;
        Ok(Rewrite {
            number,
            place,
            needs_old,
            cancelled,
            thread,
        })
    }

    /// Whether it copies from the old file.
    pub(super) fn needs_old(&self) -> bool {
        self.needs_old
    }

    /// Ends it without a result, and removes what it has made.
    pub(super) fn cancel(self) {
        self.cancelled.store(true, Ordering::Relaxed);
        drop(self.join());
    }

    /// Waits for its thread. Returns what it has made, and the lock of the file that this replaces,
    /// unless that is the log's own.
    pub(super) fn join(self) -> (io::Result<Rewritten>, Option<Place>) {
        let result = self.thread.join();
        // A panic outside of what is caught: it has been printed already.
        let result = result.unwrap_or_else(|_| Err(io::Error::other("its thread panicked")));
        (result, self.place)
    }
}

impl Rewritten {
    /// Copies what is still to be copied from `old`, the file if it can be relied on. The file
    /// that comes back is whole and on the disk, and has yet to get its name.
    pub(super) fn complete(self, old: Option<&AppendOnlyFile>) -> io::Result<Place> {
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

struct Work {
    path: PathBuf,
    /// The old file, and where the records begin that the snapshot does not have.
    old: Option<(File, u64)>,
    status: Arc<Status>,
    cancelled: Arc<AtomicBool>,
    sealer: Sealer,
    /// How much has been written since the fresh file was last synced.
    unsynced_bytes: usize,
}

impl Work {
    fn run(&mut self, snapshot: &mut Snapshot) -> io::Result<Rewritten> {
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

    fn write(&mut self, file: &File, piece: &mut Output) -> io::Result<()> {
        if piece.is_empty() {
            return self.go_on(0);
        }
        self.sealer.seal(piece);
        let count = piece.len();
        self.go_on(count)?;
        let mut file = file;
        while !piece.write_some(&mut file, PIECE_BYTES)? {
            // Clients' threads go first; the p99.9 of their requests is 1.2 ms instead of 4.
            thread::yield_now();
        }
        thread::yield_now();
        piece.clear();
        self.unsynced_bytes += count;
        Ok(())
    }

    /// Syncs the fresh file after every [`SYNC_BYTES`]. Called when no entries are held: a write
    /// to one that is held copies it, and a sync takes long.
    fn sync_if_due(&mut self, file: &File) -> io::Result<()> {
        if self.unsynced_bytes < SYNC_BYTES {
            return Ok(());
        }
        self.unsynced_bytes = 0;
        file.sync_data()
    }

    /// Copies what has been added to the old file and syncs the fresh one, again and again,
    /// since more is added meanwhile: until little is left to the owner of the old file, who
    /// answers nobody while it copies and syncs the rest. If no longer much less is left than
    /// before, more is written than the disk can take, and this would go on for ever. Returns
    /// how far it came.
    fn catch_up(&self, fresh: &File) -> io::Result<Option<u64>> {
        let Some((old, start)) = &self.old else {
            fresh.sync_all()?;
            return Ok(None);
        };
        let mut copied = *start;
        let mut left_before = u64::MAX;
        loop {
            let end = self.status.file_bytes.load(Ordering::Relaxed);
            copy(old, copied, end, fresh, &|bytes| self.go_on(bytes))?;
            copied = end;
            fresh.sync_all()?;
            let left = self.status.file_bytes.load(Ordering::Relaxed) - copied;
            if left < REST_BYTES || left > left_before / 2 {
                return Ok(Some(copied));
            }
            left_before = left;
        }
    }

    /// Counts bytes that are to be written; an error if the rewrite is cancelled.
    fn go_on(&self, bytes: usize) -> io::Result<()> {
        self.status
            .made_bytes
            .fetch_add(bytes as u64, Ordering::Relaxed);
        match self.cancelled.load(Ordering::Relaxed) {
            true => Err(io::Error::new(io::ErrorKind::Interrupted, "cancelled")),
            false => Ok(()),
        }
    }
}

/// Appends the bytes from `start` to `end` of the file `old`, as long as `go_on` says so of the
/// number of bytes that come next.
fn copy(
    old: &File,
    start: u64,
    end: u64,
    mut fresh: &File,
    go_on: &dyn Fn(usize) -> io::Result<()>,
) -> io::Result<()> {
    let mut piece = vec![0; PIECE_BYTES.min(end.saturating_sub(start) as usize)];
    let mut at = start;
    while at < end {
        let count = piece.len().min((end - at) as usize);
        go_on(count)?;
        // By the open file, whatever its name is by now. A file that has been cut gives too little.
        old.read_exact_at(&mut piece[..count], at)?;
        fresh.write_all(&piece[..count])?;
        at += count as u64;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::io::Read;
    use std::os::fd::OwnedFd;

    #[test]
    fn a_copy_that_is_no_longer_wanted_ends_before_all_is_copied() {
        const BYTES: u64 = 64 * PIECE_BYTES as u64;
        let name = format!("threadbare-copy-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        File::create(&path).unwrap().set_len(BYTES).unwrap();
        let old = File::open(&path).unwrap();
        fs::remove_file(&path).unwrap();
        let cancelled = AtomicBool::new(false);
        let go_on = |_| match cancelled.load(Ordering::Relaxed) {
            true => Err(io::ErrorKind::Interrupted.into()),
            false => Ok(()),
        };
        // A pipe in the place of the fresh file takes no more than is read from it.
        let (mut output, input) = io::pipe().unwrap();
        let fresh = File::from(OwnedFd::from(input));
        let (result, copied) = thread::scope(|scope| {
            let copying = scope.spawn(move || copy(&old, 0, BYTES, &fresh, &go_on));
            output.read_exact(&mut [0]).unwrap();
            cancelled.store(true, Ordering::Relaxed);
            let copied = 1 + io::copy(&mut output, &mut io::sink()).unwrap();
            (copying.join().unwrap(), copied)
        });
        assert_eq!(result.unwrap_err().kind(), io::ErrorKind::Interrupted);
        assert!(copied < BYTES, "{copied} bytes");
    }
}
