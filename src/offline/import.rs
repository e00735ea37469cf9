//! `--import-aof`: copies the data of a Redis into a file of this server.
//!
//! Redis 7 keeps a directory: a manifest, a base (an RDB file or commands) and increments
//! (commands). All of it is replayed into an engine that logs to a new file. The new file gets its
//! name when it is complete. Older Redis keep one file, which can begin with an RDB file as well.

use std::fmt::Display;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use crate::aof;
use crate::aof::encode;
use crate::aof::encode::Pieces;
use crate::aof::{AppendOnlyFile, Fault, Place, Replay};
use crate::config::Config;
use crate::engine;
use crate::engine::{Engine, Replayer};
use crate::logger::Logger;
use crate::quoting::split_words;
use crate::rdb::file::{Key, MAGIC, RdbFile};
use crate::resp::args::Requests;
use crate::resp::output::Output;
use crate::resp::protocol::Limits;
use crate::state::ServerState;

/// The time that the disk has for the last records.
const STOP_PATIENCE: Duration = Duration::from_secs(60);

/// Imports `source`, a directory or a file of Redis's, into the file that `config` names.
/// Returns a message for the user.
///
/// # Errors
/// A message that says which file, key or command cannot be read, imported or written. Then there
/// is no new file.
pub fn import_aof(source: &Path, config: Config) -> Result<String, String> {
    let parts = parts(source)?;
    let path = config.aof_path();
    let failed = |error| at(&path, error);
    // Held until the end, so that no server starts with it meanwhile.
    let place = Place::take(&path).map_err(failed)?;
    if place.bytes().map_err(failed)? > 0 {
        return Err(at(&path, "the file is there already and is not empty"));
    }
    let fresh = PathBuf::from(format!("{}.import", path.display()));
    remove_if_there(&fresh).map_err(|error| at(&fresh, error))?;
    let result = import(&parts, &fresh, config);
    let keys = match result {
        Ok(keys) => keys,
        Err(error) => {
            // A part of the data is of no use.
            let _ = fs::remove_file(&fresh);
            return Err(error);
        }
    };
    place.give_to(&fresh).map_err(failed)?;
    Ok(format!("{keys} keys imported into {}\n", path.display()))
}

/// Replays all parts into the file `fresh`. Returns the number of keys.
fn import(parts: &[PathBuf], fresh: &Path, config: Config) -> Result<usize, String> {
    let may_be_torn = config.aof_load_truncated;
    let engine = engine(fresh, config).map_err(|error| at(fresh, error))?;
    let mut result = Ok(());
    for (index, part) in parts.iter().enumerate() {
        let may_be_torn = may_be_torn && index == parts.len() - 1;
        result = result.and_then(|()| import_part(&engine, part, may_be_torn));
    }
    if let Some(log) = engine.attached_log() {
        log.prepare_stop();
        log.stop(STOP_PATIENCE)
            .map_err(|reason| at(fresh, reason))?;
    }
    if engine.state().aof.is_failing() {
        return Err(at(fresh, "it can't be written"));
    }
    result.map(|()| engine.key_count())
}

/// Makes an engine that logs to `fresh`.
fn engine(fresh: &Path, config: Config) -> io::Result<Engine> {
    let logger = Arc::new(Logger::open(&config.logfile, config.loglevel)?);
    let state = Arc::new(ServerState::new(config, logger, mpsc::channel().0));
    let engine = Engine::new(state);
    engine.start_log(Some(AppendOnlyFile::open(fresh)?))?;
    Ok(engine)
}

/// Lists the files of `source` in their order.
fn parts(source: &Path) -> Result<Vec<PathBuf>, String> {
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
        [] => Err(at(source, "there is no file whose name ends in .manifest")),
        _ => Err(at(
            source,
            "there are several files whose names end in .manifest",
        )),
    }
}

/// Reads the names of the base and of the increments. Each line of a manifest is
/// `file NAME seq NUMBER type b|i|h`; a part of type h is history.
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
    // The base before all, then by number, from 1.
    parts.sort();
    Some(parts.into_iter().map(|(_, name)| name).collect())
}

fn import_part(engine: &Engine, path: &Path, may_be_torn: bool) -> Result<(), String> {
    let failed = |error: io::Error| at(path, error);
    let mut file = File::open(path).map_err(failed)?;
    let mut start = [0; MAGIC.len()];
    let begins_with_rdb = io::Read::read_exact(&mut file, &mut start).is_ok() && start == MAGIC;
    let before = if begins_with_rdb {
        let bytes = fs::read(path).map_err(failed)?;
        import_rdb(engine, path, &bytes)?
    } else {
        0
    };
    let report = aof::check(&file, before, &mut |_| true).map_err(failed)?;
    let end = report.good.bytes;
    match report.fault {
        Some(fault) if fault != Fault::Torn || !may_be_torn => {
            return Err(at(path, format_args!("at offset {end}: {fault}")));
        }
        Some(fault) => engine.state().logger.warning(format_args!(
            "{}: {fault}. What is behind offset {end} is left out.",
            path.display()
        )),
        None => {}
    }
    let replay = Replay::part(&file, before, end);
    engine::load(engine, path, end, replay).map_err(|error| error.to_string())
}

/// Replays the RDB file that `bytes` begin with. Returns where the file ends.
fn import_rdb(engine: &Engine, path: &Path, bytes: &[u8]) -> Result<u64, String> {
    let failed =
        |offset: u64, reason: &dyn Display| at(path, format_args!("at offset {offset}: {reason}"));
    let small = engine.state().small_hash();
    let mut file = RdbFile::new(bytes, small).map_err(|error| failed(error.offset, &error))?;
    let mut replayer = Replayer::new(engine);
    let mut piece = Output::default();
    loop {
        let offset = file.offset() as u64;
        let read = file.read().map_err(|error| failed(error.offset, &error))?;
        let Some(key) = read else {
            return Ok(file.offset() as u64);
        };
        import_key(&mut replayer, &mut piece, &key).map_err(|error| failed(offset, &error))?;
    }
}

fn import_key(replayer: &mut Replayer, piece: &mut Output, key: &Key) -> io::Result<()> {
    piece.push_command(&[b"SELECT", key.database.to_string().as_bytes()]);
    let mut write = |piece: &mut Output| execute(replayer, piece);
    let mut pieces = Pieces {
        piece,
        write: &mut write,
    };
    encode::add(&mut pieces, &key.name, &key.entry)?;
    execute(replayer, piece)
}

/// Executes the commands of `piece`, and empties it.
fn execute(replayer: &mut Replayer, piece: &mut Output) -> io::Result<()> {
    let mut requests = Requests::default();
    for bytes in piece.slices() {
        requests.receive(bytes);
    }
    while requests.parse_next(Limits::FILE).map_err(other)? {}
    for index in 0..requests.len() {
        replayer.execute(requests.get(index)).map_err(other)?;
    }
    piece.clear();
    Ok(())
}

fn other(error: impl Display) -> io::Error {
    io::Error::other(error.to_string())
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn at(path: &Path, what: impl Display) -> String {
    format!("{}: {what}", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_gives_the_parts_in_their_order() {
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
    fn what_is_no_manifest_is_none() {
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
