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

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::thread::{self, JoinHandle};

use super::checksum::Sealer;
use super::status::Status;
use super::{AppendOnlyFile, Message};
use crate::config::limits::FIELDS_PER_COMMAND;
use crate::resp::output::Output;
use crate::store::Snapshot;
use crate::store::blob::Blob;
use crate::store::hash::{Field, Hash};
use crate::store::value::{Entry, Moment, Value};

/// The fresh file is written in pieces of this size.
const PIECE_BYTES: usize = 256 * 1024;

/// What is copied from the old file is copied in pieces of this size: few system calls, and no
/// long wait for a rewrite that is cancelled.
const COPIED_BYTES: u64 = 4 * 1024 * 1024;

/// With less than this to be copied from the old file, its owner does the rest.
const REST_BYTES: u64 = 64 * 1024;

/// A rewrite under way.
pub(super) struct Rewrite {
    path: PathBuf,
    cancelled: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

/// What its thread reports.
pub(super) struct Outcome {
    cancelled: Arc<AtomicBool>,
    result: io::Result<Rewritten>,
}

/// A fresh file that is nearly complete.
pub(super) struct Rewritten {
    file: File,
    path: PathBuf,
    /// How far the old file has been copied into it, if what comes after the snapshot is
    /// there.
    copied: Option<u64>,
}

/// The path beside `path` under which a fresh file is made.
pub(super) fn fresh_path(path: &Path) -> PathBuf {
    let mut name = path.to_owned().into_os_string();
    name.push(".rewrite");
    PathBuf::from(name)
}

impl Rewrite {
    /// Starts the thread. It reports to `done`.
    pub(super) fn start(
        snapshot: Snapshot,
        path: &Path,
        old: Option<&AppendOnlyFile>,
        status: &Arc<Status>,
        done: Sender<Message>,
    ) -> io::Result<Rewrite> {
        let cancelled = Arc::new(AtomicBool::new(false));
        let mut work = Work {
            path: fresh_path(path),
            old: old.map(|old| (old.path.clone(), old.bytes)),
            status: Arc::clone(status),
            cancelled: Arc::clone(&cancelled),
            piece: Output::default(),
            sealer: Sealer::new(status, false),
        };
        status.note_begun_rewrite();
        status.rewritten_keys.store(0, Ordering::Relaxed);
        let thread = thread::Builder::new()
            .name("aof-rewrite".to_owned())
            .spawn(move || {
                let mut snapshot = snapshot;
                let run = AssertUnwindSafe(|| work.run(&mut snapshot));
                // The old file is as good as it was, so nothing need end; unless the data's lock
                // was held, see `Store`.
                let result = panic::catch_unwind(run)
                    .unwrap_or_else(|_| Err(io::Error::other("its thread panicked")));
                snapshot.end();
                let cancelled = work.cancelled;
                // If nobody listens the server has stopped.
                let _ = done.send(Message::Rewritten(Outcome { cancelled, result }));
            })?;
        Ok(Rewrite {
            path: fresh_path(path),
            cancelled,
            thread,
        })
    }

    /// Ends it without a result. If its report is on the way, that will have none either.
    pub(super) fn cancel(self) {
        self.cancelled.store(true, Ordering::Relaxed);
        let path = self.path.clone();
        self.join();
        discard(&path);
    }

    /// Waits for its thread.
    pub(super) fn join(self) {
        // Its panic has been printed already.
        let _ = self.thread.join();
    }
}

impl Outcome {
    /// The result; `None` if the rewrite was cancelled.
    pub(super) fn result(self) -> Option<io::Result<Rewritten>> {
        let is_cancelled = self.cancelled.load(Ordering::Relaxed);
        (!is_cancelled).then_some(self.result)
    }
}

impl Rewritten {
    /// Copies what is still to be copied from `old`, the file as far as it can be relied on.
    /// The file that comes back is whole and on the disk, and has yet to get its name.
    pub(super) fn complete(self, old: Option<&AppendOnlyFile>) -> io::Result<AppendOnlyFile> {
        match (self.copied, old) {
            (Some(copied), Some(old)) => {
                copy(&old.path, copied, old.bytes, &self.file, &|| Ok(()))?;
            }
            (Some(_), None) => return Err(io::Error::other("the old file cannot be relied on")),
            (None, _) => {}
        }
        self.file.sync_all()?;
        Ok(AppendOnlyFile {
            bytes: self.file.metadata()?.len(),
            file: self.file,
            path: self.path,
            is_covered: false,
        })
    }
}

/// Removes a fresh file that is of no use to anybody; it may not even be there.
pub(super) fn discard(path: &Path) {
    let _ = fs::remove_file(path);
}

struct Work {
    path: PathBuf,
    /// The old file, and where the records begin that the snapshot does not have.
    old: Option<(PathBuf, u64)>,
    status: Arc<Status>,
    cancelled: Arc<AtomicBool>,
    piece: Output,
    sealer: Sealer,
}

impl Work {
    fn run(&mut self, snapshot: &mut Snapshot) -> io::Result<Rewritten> {
        let file = create(&self.path)?;
        let mut selected = None;
        while let Some((database, entries)) = snapshot.next_piece().map_err(io::Error::other)? {
            if selected.replace(database) != Some(database) {
                let database = database.to_string();
                self.piece.push_command(&[b"SELECT", database.as_bytes()]);
            }
            entries.visit(|key, entry| self.add(&file, key, entry))?;
        }
        self.write(&file)?;
        let copied = self.catch_up(&file)?;
        Ok(Rewritten {
            file,
            path: self.path.clone(),
            copied,
        })
    }

    fn add(&mut self, file: &File, key: &Blob, entry: &Entry) -> io::Result<()> {
        encode(&mut self.piece, key, entry);
        self.status.rewritten_keys.fetch_add(1, Ordering::Relaxed);
        if self.piece.len() >= PIECE_BYTES {
            self.write(file)?;
        }
        Ok(())
    }

    fn write(&mut self, file: &File) -> io::Result<()> {
        self.go_on()?;
        if self.piece.is_empty() {
            return Ok(());
        }
        self.sealer.seal(&mut self.piece);
        let mut file = file;
        self.piece.write_all(&mut file)?;
        self.piece.clear();
        Ok(())
    }

    /// Copies what has been added to the old file and syncs the fresh one, again and again,
    /// since more is added meanwhile: until little is left to the owner of the old file, who
    /// answers nobody while it copies and syncs the rest. If no longer much less is left than
    /// before, more is written than the disk can take, and this would go on for ever. Returns
    /// how far it came.
    fn catch_up(&self, fresh: &File) -> io::Result<Option<u64>> {
        let Some((path, start)) = &self.old else {
            fresh.sync_all()?;
            return Ok(None);
        };
        let mut copied = *start;
        let mut left_before = u64::MAX;
        loop {
            let end = self.status.file_bytes.load(Ordering::Relaxed);
            copy(path, copied, end, fresh, &|| self.go_on())?;
            copied = end;
            fresh.sync_all()?;
            let left = self.status.file_bytes.load(Ordering::Relaxed) - copied;
            if left < REST_BYTES || left > left_before / 2 {
                return Ok(Some(copied));
            }
            left_before = left;
        }
    }

    /// An error if it is cancelled.
    fn go_on(&self) -> io::Result<()> {
        match self.cancelled.load(Ordering::Relaxed) {
            true => Err(io::Error::new(io::ErrorKind::Interrupted, "cancelled")),
            false => Ok(()),
        }
    }
}

fn create(path: &Path) -> io::Result<File> {
    // What an earlier crash has left.
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let file = OpenOptions::new()
        .read(true)
        .append(true)
        .create_new(true)
        .open(path)?;
    // Before it gets the name of the one that is locked now.
    file.try_lock()?;
    Ok(file)
}

/// Appends the bytes from `start` to `end` of the file at `path`, as long as `go_on` says so.
fn copy(
    path: &Path,
    start: u64,
    end: u64,
    mut fresh: &File,
    go_on: &dyn Fn() -> io::Result<()>,
) -> io::Result<()> {
    let mut old = File::open(path)?;
    old.seek(SeekFrom::Start(start))?;
    let mut left = end - start;
    while left > 0 {
        go_on()?;
        let piece = left.min(COPIED_BYTES);
        let mut added = BufReader::with_capacity(PIECE_BYTES, (&old).take(piece));
        if io::copy(&mut added, &mut fresh)? < piece {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        left -= piece;
    }
    Ok(())
}

/// Appends the commands that make `key` what it is.
fn encode(out: &mut Output, key: &Blob, entry: &Entry) {
    match entry.value() {
        Value::String(value) => encode_string(out, key, value, entry.expires_at()),
        Value::Hash(hash) => {
            encode_hash(out, key, hash);
            if let Some(at) = entry.expires_at() {
                out.push_command(&[b"PEXPIREAT", key, at.to_string().as_bytes()]);
            }
        }
    }
}

fn encode_string(out: &mut Output, key: &Blob, value: &Blob, expires_at: Option<Moment>) {
    out.push_header(b'*', if expires_at.is_some() { 5 } else { 3 });
    out.push_bulk(b"SET");
    out.push_bulk(key);
    match value.big() {
        Some(value) => out.push_bulk_shared(value),
        None => out.push_bulk(value),
    }
    if let Some(at) = expires_at {
        out.push_bulk(b"PXAT");
        out.push_bulk(at.to_string().as_bytes());
    }
}

fn encode_hash(out: &mut Output, key: &Blob, hash: &Hash) {
    let fields: Vec<(&Blob, &Field)> = hash.all().iter().collect();
    for fields in fields.chunks(FIELDS_PER_COMMAND) {
        out.push_header(b'*', 2 + 2 * fields.len() as i64);
        out.push_bulk(b"HSET");
        out.push_bulk(key);
        for (name, field) in fields {
            out.push_bulk(name);
            out.push_bulk(field.value());
        }
    }
    for (name, field) in fields {
        if let Some(at) = field.expires_at() {
            let at = at.to_string();
            let words: [&[u8]; 6] = [b"HPEXPIREAT", key, at.as_bytes(), b"FIELDS", b"1", name];
            out.push_command(&words);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::OwnedFd;

    #[test]
    fn a_copy_that_is_no_longer_wanted_ends_before_all_is_copied() {
        const BYTES: u64 = 4 * COPIED_BYTES;
        let name = format!("threadbare-copy-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        File::create(&path).unwrap().set_len(BYTES).unwrap();
        let cancelled = AtomicBool::new(false);
        let go_on = || match cancelled.load(Ordering::Relaxed) {
            true => Err(io::ErrorKind::Interrupted.into()),
            false => Ok(()),
        };
        // A pipe in the place of the fresh file takes no more than is read from it.
        let (mut output, input) = io::pipe().unwrap();
        let fresh = File::from(OwnedFd::from(input));
        let (result, copied) = thread::scope(|scope| {
            let path = &path;
            let copying = scope.spawn(move || copy(path, 0, BYTES, &fresh, &go_on));
            output.read_exact(&mut [0]).unwrap();
            cancelled.store(true, Ordering::Relaxed);
            let copied = 1 + io::copy(&mut output, &mut io::sink()).unwrap();
            (copying.join().unwrap(), copied)
        });
        fs::remove_file(&path).unwrap();
        assert_eq!(result.unwrap_err().kind(), io::ErrorKind::Interrupted);
        assert!(copied < BYTES, "{copied} bytes");
    }
}
