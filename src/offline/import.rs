//! `--import-aof`: loads the data of a Redis into a new append-only file.
//!
//! Redis 7 has a directory with a manifest, a base (an RDB file or commands) and increments
//! (commands). All of them are replayed into an engine that logs to a new file. The file gets its
//! final name when it is complete. Older versions of Redis have one file, which can begin with an
//! RDB file too.

use std::fmt::Display;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use super::at;
use super::manifest::parts;
use crate::aof;
use crate::aof::encode;
use crate::aof::encode::Pieces;
use crate::aof::{AppendOnlyFile, Fault, Place, Replay};
use crate::config::Config;
use crate::engine;
use crate::engine::{Engine, Replayer};
use crate::logger::Logger;
use crate::rdb::file::{Key, MAGIC, RdbFile};
use crate::resp::args::Requests;
use crate::resp::output::Output;
use crate::resp::protocol::Limits;
use crate::state::ServerState;

/// The time that the disk has for the last records.
const STOP_PATIENCE: Duration = Duration::from_secs(60);

/// Imports `source`, a directory or a file of Redis, into the file that `config` names. Returns the
/// report for the user.
///
/// # Errors
/// A message that says which file, key or command cannot be read, imported or written. Then there
/// is no new file.
pub fn import_aof(source: &Path, config: Config) -> Result<String, String> {
    let parts = parts(source)?;
    let path = config.aof_path();
    let failed = |error| at(&path, error);
    // Held until the end, so that no server starts with the file meanwhile.
    let place = Place::take(&path).map_err(failed)?;
    if place.bytes().map_err(failed)? > 0 {
        return Err(at(&path, "the file exists already and is not empty"));
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
            "{}: {fault}. The part after offset {end} is not imported.",
            path.display()
        )),
        None => {}
    }
    let replay = Replay::part(&file, before, end);
    engine::load(engine, path, end, replay).map_err(|error| error.to_string())
}

/// Replays the RDB file that `bytes` begin with. Returns where it ends.
fn import_rdb(engine: &Engine, path: &Path, bytes: &[u8]) -> Result<u64, String> {
    let failed =
        |offset: u64, reason: &dyn Display| at(path, format_args!("at offset {offset}: {reason}"));
    let thresholds = engine.state().thresholds();
    let mut file = RdbFile::new(bytes, thresholds).map_err(|error| failed(error.offset, &error))?;
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
