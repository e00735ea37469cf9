//! The manifest of a Redis: which files hold its data, and in which order they are loaded.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::at;
use crate::quoting::split_words;

/// Returns the files of `source`, in the order in which Redis loads them.
pub(super) fn parts(source: &Path) -> Result<Vec<PathBuf>, String> {
    let failed = |error: io::Error| at(source, error);
    if !fs::metadata(source).map_err(failed)?.is_dir() {
        return Ok(vec![source.to_owned()]);
    }
    let mut manifests = Vec::new();
    for entry in fs::read_dir(source).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_some_and(|it| it == "manifest") {
            manifests.push(path);
        }
    }
    match manifests.as_slice() {
        [manifest] => {
            let text = fs::read(manifest).map_err(|error| at(manifest, error))?;
            let names = read_manifest(&text).ok_or_else(|| at(manifest, "not a manifest"))?;
            Ok(names.into_iter().map(|name| source.join(name)).collect())
        }
        [] => Err(at(
            source,
            "there is no file with a name that ends in .manifest",
        )),
        _ => Err(at(
            source,
            "there are several files with names that end in .manifest",
        )),
    }
}

/// Returns the names of the base and of the increments, or `None` if `text` is no manifest. Each
/// line of a manifest is `file NAME seq NUMBER type b|i|h`: base, increment or history.
fn read_manifest(text: &[u8]) -> Option<Vec<String>> {
    let mut parts = Vec::new();
    for line in text.split(|byte| *byte == b'\n') {
        let words = split_words(line.strip_suffix(b"\r").unwrap_or(line))?;
        if words.is_empty() || words[0].starts_with(b"#") {
            continue;
        }
        let value = |name: &[u8]| {
            let pair = words.chunks_exact(2).find(|pair| pair[0] == name)?;
            String::from_utf8(pair[1].clone()).ok()
        };
        let (name, number) = (value(b"file")?, value(b"seq")?.parse::<u64>().ok()?);
        if name.contains('/') {
            return None;
        }
        match value(b"type")?.as_str() {
            "b" => parts.push((0, name)),
            "i" => parts.push((number, name)),
            "h" => {}
            _ => return None,
        }
    }
    // The base comes first, then the increments by number, from 1.
    parts.sort();
    Some(parts.into_iter().map(|(_, name)| name).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_lists_the_files_in_their_order() {
        let text = b"# a comment\n\
            file appendonly.aof.10.incr.aof seq 10 type i\n\
            file appendonly.aof.8.base.rdb seq 8 type h\n\
            file \"a name.9.incr.aof\" seq 9 type i\n\
            file appendonly.aof.9.base.rdb seq 9 type b\n";
        let parts = read_manifest(text).unwrap();
        let expected = [
            "appendonly.aof.9.base.rdb",
            "a name.9.incr.aof",
            "appendonly.aof.10.incr.aof",
        ];
        assert_eq!(parts, expected);
    }

    #[test]
    fn a_damaged_manifest_is_refused() {
        for text in [
            "file a seq 1",
            "file a seq x type b",
            "file ../a seq 1 type b",
            "\"a",
        ] {
            assert_eq!(read_manifest(text.as_bytes()), None, "{text}");
        }
    }
}
