//! Which files a pattern describes, as glob(3) has it.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use crate::glob;

/// Whether `name` describes files rather than naming one.
pub(super) fn is_pattern(name: &str) -> bool {
    name.contains(['*', '?', '['])
}

/// Returns the paths that exist and that `pattern` describes, sorted, as glob(3) has it: no part
/// of the pattern describes a slash, nor a dot at the begin of a name.
pub(super) fn matching_paths(pattern: &str) -> Vec<PathBuf> {
    let root = if pattern.starts_with('/') { "/" } else { "" };
    let mut found = vec![PathBuf::from(root)];
    for part in pattern.split('/').filter(|part| !part.is_empty()) {
        found = found
            .iter()
            .flat_map(|directory| entries(directory, part))
            .collect();
    }
    found.sort_by(|a, b| a.as_os_str().cmp(b.as_os_str()));
    found
}

/// What `directory`, the current one if it is empty, has of that name or pattern.
fn entries(directory: &Path, part: &str) -> Vec<PathBuf> {
    if !is_pattern(part) {
        let path = directory.join(part);
        return if path.exists() { vec![path] } else { vec![] };
    }
    // Where Redis's own patterns say `^`.
    let pattern = part.replace("[!", "[^");
    let is_meant = |name: &OsStr| {
        let name = name.as_encoded_bytes();
        let is_hidden = name.starts_with(b".") && !part.starts_with('.');
        !is_hidden && glob::matches(pattern.as_bytes(), name, false)
    };
    // A directory that cannot be read has nothing in it.
    let listed = fs::read_dir(Path::new(".").join(directory));
    let names = listed.into_iter().flatten().flatten();
    names
        .map(|entry| entry.file_name())
        .filter(|name| is_meant(name))
        .map(|name| directory.join(name))
        .collect()
}
