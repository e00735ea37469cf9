//! Finds the files that match a pattern, as glob(3) does.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use crate::glob;

/// Returns whether `name` is a pattern, and not the name of one file.
pub(super) fn is_pattern(name: &str) -> bool {
    name.contains(['*', '?', '['])
}

/// Returns the existing paths that match `pattern`, sorted. As in glob(3), no part of a pattern
/// matches a slash, or a dot at the beginning of a name.
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

/// Returns the entries of `directory` that match `part`, a name or a pattern. An empty `directory`
/// is the current one.
fn entries(directory: &Path, part: &str) -> Vec<PathBuf> {
    if !is_pattern(part) {
        let path = directory.join(part);
        return if path.exists() { vec![path] } else { vec![] };
    }
    // glob(3) negates a class with `!`, Redis's patterns with `^`.
    let pattern = part.replace("[!", "[^");
    let is_match = |name: &OsStr| {
        let name = name.as_encoded_bytes();
        let is_hidden = name.starts_with(b".") && !part.starts_with('.');
        !is_hidden && glob::matches(pattern.as_bytes(), name, false)
    };
    // A directory that cannot be read counts as empty.
    let listed = fs::read_dir(Path::new(".").join(directory));
    let names = listed.into_iter().flatten().flatten();
    names
        .map(|entry| entry.file_name())
        .filter(|name| is_match(name))
        .map(|name| directory.join(name))
        .collect()
}
