//! Opening and locking the append-only file.
//!
//! Only the holder of the file's lock may write to the file, or put another one at its path
//! (`place.rs`). So two servers cannot use one file.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use crate::sys::{FileId, sync_directory_of};

/// The file, open and locked.
#[derive(Debug)]
pub struct AppendOnlyFile {
    pub(super) file: File,
    pub(super) path: PathBuf,
    pub(super) bytes: u64,
    /// Whether its content so far ends with a checksum. `false` before it is checked.
    pub(super) is_covered: bool,
}

impl AppendOnlyFile {
    /// Opens the file at `path`, or makes it, and syncs it: content and name that a killed server
    /// has left may not be on the disk yet.
    ///
    /// # Errors
    /// If it cannot be opened or synced, or another process holds it.
    pub fn open(path: &Path) -> io::Result<AppendOnlyFile> {
        let file = open_held(path)?;
        let bytes = file.metadata()?.len();
        file.sync_all()?;
        sync_directory_of(path)?;
        Ok(AppendOnlyFile {
            file,
            path: path.to_owned(),
            bytes,
            is_covered: false,
        })
    }

    /// The path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The length in bytes.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Checks that the file has the length that was written, and that its path still names it.
    ///
    /// # Errors
    /// Tells how the file was changed. If the system cannot tell, for example because the path
    /// cannot be looked up just now, there is no error.
    pub(super) fn verify(&self) -> io::Result<()> {
        if matches!(is_at(&self.file, &self.path), Ok(false)) {
            return Err(io::Error::other(match self.path.exists() {
                true => "another file is in its place",
                false => "it has been removed or renamed",
            }));
        }
        match self.file.metadata() {
            Ok(found) if found.len() != self.bytes => Err(io::Error::other(format!(
                "it has {} bytes, not the {} that were written",
                found.len(),
                self.bytes
            ))),
            _ => Ok(()),
        }
    }
}

/// The error if a path names another file than before.
pub(super) fn other_file() -> io::Error {
    io::Error::other("another file has got its name meanwhile")
}

/// Makes a file beside `path`, whose name ends in `what`, by `make`, which must fail if the file
/// exists. Then a number is added to the name, so that earlier files stay. Returns the path.
///
/// # Errors
/// Errors of `make`.
pub(super) fn beside<T>(
    path: &Path,
    what: &str,
    make: impl Fn(&Path) -> io::Result<T>,
) -> io::Result<(PathBuf, T)> {
    for number in 0.. {
        let mut name = path.to_owned().into_os_string();
        name.push(format!(".{what}"));
        if number > 0 {
            name.push(format!(".{number}"));
        }
        match make(Path::new(&name)) {
            Ok(made) => return Ok((PathBuf::from(name), made)),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    unreachable!("some name is free")
}

/// Opens the file at `path`, or makes it, and locks it until it is closed.
pub(super) fn open_held(path: &Path) -> io::Result<File> {
    loop {
        let file = open_locked(path)?;
        // Between open and lock its owner may have put a fresh file at the path. Then another server
        // uses that.
        if is_at(&file, path)? {
            return Ok(file);
        }
    }
}

fn open_locked(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new()
        .read(true)
        .append(true)
        .create(true)
        .open(path)?;
    file.try_lock().map_err(|error| match error {
        TryLockError::WouldBlock => {
            io::Error::new(ErrorKind::ResourceBusy, "another server is using it")
        }
        TryLockError::Error(error) => error,
    })?;
    Ok(file)
}

/// Whether `file` is the one that `path` names.
pub(super) fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    Ok(FileId::at(path)? == Some(FileId::of(file)?))
}

/// Whether these are the same file.
pub(super) fn is_same(one: &File, other: &File) -> io::Result<bool> {
    Ok(FileId::of(one)? == FileId::of(other)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread;

    /// The owner does what a rewrite does: the fresh file is locked before it gets its name.
    #[test]
    fn a_file_whose_owner_puts_fresh_ones_in_its_place_is_never_opened_by_another() {
        const OPENED: usize = 20_000;
        let directory =
            std::env::temp_dir().join(format!("threadbare-owner-{}", std::process::id()));
        fs::create_dir(&directory).unwrap();
        let (path, fresh) = (directory.join("a"), directory.join("fresh"));
        let mut owned = open_locked(&path).unwrap();
        let done = AtomicBool::new(false);
        let others = thread::scope(|scope| {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    let file = open_locked(&fresh).unwrap();
                    fs::rename(&fresh, &path).unwrap();
                    owned = file;
                }
            });
            let others = (0..OPENED)
                .filter(|_| AppendOnlyFile::open(&path).is_ok())
                .count();
            done.store(true, Ordering::Relaxed);
            others
        });
        fs::remove_dir_all(&directory).unwrap();
        assert_eq!(others, 0);
    }
}
