//! A path, and the right to put another file there.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::file::{beside, is_at, open_held, other_file};
use crate::sys::{FileId, sync_directory_of};

/// A path whose file is locked, so that another file may be put there.
#[derive(Debug)]
pub struct Place {
    // Dropped first: the name must be removed while the file is still locked.
    name: Name,
    file: File,
}

/// The path of a locked file.
#[derive(Debug)]
struct Name {
    path: PathBuf,
    id: FileId,
    /// Whether the path is removed when this is dropped, if it still names the file. So it is for a
    /// file that was made only to be locked, and for one that is not complete.
    is_temporary: bool,
}

impl Place {
    /// Locks the file at `path`. If there is none, makes an empty one, which is removed when this is
    /// dropped.
    ///
    /// # Errors
    /// If the file cannot be opened, or another process holds it.
    pub fn take(path: &Path) -> io::Result<Place> {
        let was_there = path.exists();
        let mut place = Place::open(path)?;
        place.name.is_temporary = !was_there && place.bytes()? == 0;
        Ok(place)
    }

    /// Makes and locks an empty file at `path`. A file that a crash has left there is emptied. It is
    /// removed when this is dropped, unless it was renamed.
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

    /// The length of the file in bytes.
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

    /// Links the file to a second name, which ends in `what`, unless it is empty. Returns that
    /// path.
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

    /// Moves the file to `path`, in place of the locked file `held`. Returns the moved file.
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
            // If this fails, the next rewrite empties the file.
            let _ = fs::remove_file(&self.path);
        }
    }
}
