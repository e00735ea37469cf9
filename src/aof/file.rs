//! Files and their paths. Only the holder of the lock of the file at a path may write to it, or
//! put another file in its place.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use crate::sys::{FileId, sync_directory_of};

/// The file, opened and locked, not yet served by its thread.
#[derive(Debug)]
pub struct AppendOnlyFile {
    pub(super) file: File,
    pub(super) path: PathBuf,
    pub(super) bytes: u64,
    /// Whether what it has so far ends with checksums, as far as that is known.
    pub(super) is_covered: bool,
}

impl AppendOnlyFile {
    /// Opens the file at `path`, making it if there is none, and syncs it: what a server that
    /// was killed has left may be nowhere but in memory, and so may the file's name.
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

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How long it is.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Checks that the file is what was written to it, and that its path still names it.
    ///
    /// # Errors
    /// How the file was changed. There is no error if that cannot be found out, for example because
    /// the path cannot be looked up just now.
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

/// A path whose file is locked, so that a fresh file may be put there.
#[derive(Debug)]
pub struct Place {
    // Dropped first: a name is removed while the file is still locked.
    name: Name,
    file: File,
}

/// The path of a locked file.
#[derive(Debug)]
struct Name {
    path: PathBuf,
    id: FileId,
    /// Whether the path is removed when this is dropped, if it still names the file: it was made
    /// to have something to lock, or is of no use unless it is completed.
    is_temporary: bool,
}

impl Place {
    /// Locks the file at `path`. If there is none, an empty one is made, and removed again when
    /// this is dropped.
    ///
    /// # Errors
    /// If the file cannot be opened, or another process holds it.
    pub fn take(path: &Path) -> io::Result<Place> {
        let was_there = path.exists();
        let mut place = Place::open(path)?;
        place.name.is_temporary = !was_there && place.bytes()? == 0;
        Ok(place)
    }

    /// Locks an empty file at `path`, which is removed unless it gets another name. Whatever an
    /// earlier crash has left there is gone.
    ///
    /// # Errors
    /// The same.
    pub(super) fn take_empty(path: &Path) -> io::Result<Place> {
        let mut place = Place::open(path)?;
        place.name.is_temporary = true;
        place.file.set_len(0)?;
        Ok(place)
    }

    fn open(path: &Path) -> io::Result<Place> {
        let file = open_held(path)?;
        let name = Name {
            path: path.to_owned(),
            id: FileId::of(&file)?,
            is_temporary: false,
        };
        Ok(Place { name, file })
    }

    /// The file.
    pub(super) fn file(&self) -> &File {
        &self.file
    }

    /// The path.
    pub(super) fn path(&self) -> &Path {
        &self.name.path
    }

    /// How long the file is.
    ///
    /// # Errors
    /// If the system does not tell.
    pub fn bytes(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    /// Whether the path still names the file.
    pub(super) fn is_there(&self) -> bool {
        matches!(self.name.is_there(), Ok(true))
    }

    /// Gives the file a second name, which ends in `what`, unless it is empty. Returns its path.
    ///
    /// # Errors
    /// If the system cannot do that.
    pub(super) fn keep_beside(&self, what: &str) -> io::Result<Option<PathBuf>> {
        if self.bytes()? == 0 {
            return Ok(None);
        }
        let path = &self.name.path;
        beside(path, what, |kept| fs::hard_link(path, kept)).map(|(kept, ())| Some(kept))
    }

    /// Moves the file at `fresh`, which no other process uses, to this path.
    ///
    /// # Errors
    /// If the path names another file by now, or the file cannot be moved.
    pub fn give_to(self, fresh: &Path) -> io::Result<()> {
        self.name.expect_there()?;
        fs::rename(fresh, &self.name.path)?;
        sync_directory_of(&self.name.path)
    }

    /// Moves the file to `path`, at which is the locked file `held`. Returns the file.
    ///
    /// # Errors
    /// If one of the paths names another file by now, or the file cannot be moved.
    pub(super) fn replace(self, held: &File, path: &Path) -> io::Result<File> {
        if !is_at(held, path)? {
            return Err(other_file());
        }
        self.name.expect_there()?;
        fs::rename(&self.name.path, path)?;
        Ok(self.file)
    }
}

impl Name {
    fn is_there(&self) -> io::Result<bool> {
        Ok(FileId::at(&self.path)? == Some(self.id))
    }

    fn expect_there(&self) -> io::Result<()> {
        match self.is_there()? {
            true => Ok(()),
            false => Err(other_file()),
        }
    }
}

impl Drop for Name {
    fn drop(&mut self) {
        if self.is_temporary && matches!(self.is_there(), Ok(true)) {
            // If that fails, a file stays that the next rewrite uses.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Why a path is not what it was when it was looked at last.
pub(super) fn other_file() -> io::Error {
    io::Error::other("another file has got its name meanwhile")
}

/// Makes a file beside `path` whose name ends in `what`, with `make`, which must fail if the file
/// exists. Files of earlier events stay. Returns its path.
///
/// # Errors
/// Those of `make`.
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

/// Opens the file at `path` so that it is locked as long as it is open; makes it if there is none.
fn open_held(path: &Path) -> io::Result<File> {
    loop {
        let file = open_locked(path)?;
        // Before it was locked its owner may have put a fresh file in its place, and then another
        // server is using that.
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
