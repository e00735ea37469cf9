//! A directory for one test.

use std::fs;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicUsize, Ordering};

/// An empty directory, removed with all that is in it when this is dropped.
#[derive(Debug)]
pub(crate) struct TempDir(PathBuf);

impl TempDir {
    pub(crate) fn new() -> TempDir {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("threadbare-test-{}-{number}", process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).expect("a new directory");
        TempDir(path)
    }

    /// Writes a file into the directory and returns its path.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, content).expect("a file that can be written");
        path
    }

    /// Returns the path of the append-only file.
    pub(crate) fn aof(&self) -> PathBuf {
        self.0.join("appendonly.aof")
    }

    /// Returns the content of the append-only file.
    pub(crate) fn aof_bytes(&self) -> Vec<u8> {
        fs::read(self.aof()).expect("an append-only file")
    }

    /// Returns the commands in the append-only file, each as words with spaces between them. The
    /// words must have no line breaks.
    pub(crate) fn aof_commands(&self) -> Vec<String> {
        let text = String::from_utf8(self.aof_bytes()).expect("a file in UTF-8");
        let mut lines = text.split_terminator("\r\n");
        let mut commands = Vec::new();
        while let Some(head) = lines.next() {
            let count: usize = head[1..].parse().expect("a number of words");
            // Each word comes after its length.
            let words = lines.by_ref().take(2 * count).skip(1).step_by(2);
            commands.push(words.collect::<Vec<_>>().join(" "));
        }
        commands
    }
}

impl Deref for TempDir {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.0
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        // An error leaves the directory in the system's directory for temporary files.
        let _ = fs::remove_dir_all(&self.0);
    }
}
