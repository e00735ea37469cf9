//! Loads the append-only file into an engine, which then logs to it.
//!
//! ```text
//!   open     lock the file
//!   replay   check it, and execute meanwhile the part that is known to be good
//!   judge    may the end be cut off, if it is bad? If not, the start ends here
//!   finish   execute the rest of the good part, and cut off a broken end
//!   attach   log to the file; clients get access to the data
//! ```

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use super::ServerError;
use crate::aof::load::progress::Recovered;
use crate::aof::{AppendOnlyFile, Checked, Damage, Fault, Report, Tail};
use crate::engine;
use crate::engine::{Engine, Loader};
use crate::state::ServerState;

/// A damaged append-only file, whose bad end must not be cut off: the start ends.
#[derive(Debug)]
pub struct DamagedFile {
    path: PathBuf,
    /// Where the bad part begins.
    offset: u64,
    reason: String,
    /// Whether cutting the file off there would repair it.
    is_repairable: bool,
}

impl fmt::Display for DamagedFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (path, offset, reason) = (self.path.display(), self.offset, &self.reason);
        write!(
            f,
            "Bad file format reading the append only file {path} at offset {offset}: {reason}"
        )?;
        if !self.is_repairable {
            return Ok(());
        }
        write!(
            f,
            " To cut the file off there and keep the rest in another file: threadbare \
             --check-aof {path} --fix"
        )
    }
}

/// Opens and locks the configured file, if `appendonly` is on.
pub(super) fn open(state: &ServerState) -> Result<Option<AppendOnlyFile>, ServerError> {
    let (path, is_on) = {
        let config = state.config();
        (config.aof_path(), config.appendonly)
    };
    let file = is_on.then(|| AppendOnlyFile::open(&path)).transpose();
    file.map_err(|error| ServerError::Aof(path, error))
}

/// Loads the good part of `file` and makes the engine log to it. Returns `false` if the server was
/// stopped meanwhile.
pub(super) fn load(engine: &Engine, file: Option<AppendOnlyFile>) -> Result<bool, ServerError> {
    let state = engine.state();
    let mut file = file;
    if let Some(file) = &mut file
        && !replay(engine, file)?
    {
        return Ok(false);
    }
    engine.start_log(file).map_err(ServerError::Thread)?;
    state.loading.end();
    Ok(true)
}

fn replay(engine: &Engine, file: &mut AppendOnlyFile) -> Result<bool, ServerError> {
    let state = engine.state();
    let path = file.path().to_owned();
    let failed = |error| ServerError::Aof(path.clone(), error);
    state.loading.begin(file.bytes());
    let (began, whole_bytes) = (Instant::now(), file.bytes());
    let mut loader = Loader::new(engine, &path, file.bytes());
    let (executed, checked) = file
        .check_ahead(&|| !state.is_stopping(), |ahead| loader.run(ahead))
        .map_err(ServerError::Thread)?;
    if state.is_stopping() {
        return Ok(false);
    }
    if let Err(error) = executed {
        // If the file is damaged, that is the better explanation.
        let mut report = file.check(0).map_err(failed)?;
        judge(state, file, &mut report, 0)?;
        return Err(ServerError::Load(error));
    }
    let Checked {
        mut report,
        handed_out,
    } = checked.map_err(failed)?;
    let cut = judge(state, file, &mut report, handed_out)?;
    let executed = loader.run(&mut file.replay(handed_out, report.good.bytes));
    if state.is_stopping() {
        return Ok(false);
    }
    executed
        .and_then(|()| loader.finish())
        .map_err(ServerError::Load)?;
    if let Some(cut) = cut {
        move_tail(state, file, report.good.bytes, &cut).map_err(failed)?;
    }
    let _ = state.loading.recovered.set(Recovered {
        keys: engine.key_count() as u64,
        records: report.good.commands,
        bytes: report.good.bytes,
        cut_bytes: whole_bytes - report.good.bytes,
        ms: began.elapsed().as_millis() as u64,
    });
    Ok(true)
}

/// How a broken end is cut off.
struct Cut {
    /// Part of the name of the file that gets the bytes.
    name: &'static str,
    /// The text for the logger about the file that is cut.
    description: String,
}

/// Returns how the end of the file is to be cut off, if it is broken. `executed` bytes of the file
/// have been executed already.
///
/// # Errors
/// If the end may hold data, or must not be cut off. The start ends then.
fn judge(
    state: &ServerState,
    file: &mut AppendOnlyFile,
    report: &mut Report,
    executed: u64,
) -> Result<Option<Cut>, ServerError> {
    let limits = {
        let config = state.config();
        (
            config.aof_load_truncated,
            config.aof_load_corrupt_tail_max_bytes,
        )
    };
    let path = file.path().to_owned();
    let tail = file
        .judge_tail(report, limits.1, &engine::is_file_command)
        .map_err(|error| ServerError::Aof(path.clone(), error))?;
    let (Some(tail), Some(fault)) = (tail, &report.fault) else {
        return Ok(None);
    };
    let offset = report.good.bytes;
    let reason = match cut(fault, tail, file.bytes() - offset, limits) {
        Ok(cut) if executed <= offset => return Ok(Some(cut)),
        Ok(cut) => format!(
            "the file {}, and so is the part before it: one checksum covers both.",
            cut.description
        ),
        Err(reason) => reason,
    };
    Err(ServerError::DamagedFile(DamagedFile {
        path,
        offset,
        reason,
        is_repairable: *fault != Fault::Damaged(Damage::RdbPreamble),
    }))
}

/// Returns how a tail of `bytes` is to be cut off, or why it must not be. The limits are
/// `aof-load-truncated` and `aof-load-corrupt-tail-max-size`.
fn cut(
    fault: &Fault,
    tail: Tail,
    bytes: u64,
    (may_be_torn, max_bytes): (bool, u64),
) -> Result<Cut, String> {
    match (fault, tail) {
        (Fault::Damaged(Damage::RdbPreamble), _) => Err(Damage::RdbPreamble.to_string()),
        (_, Tail::Data { whole_at: Some(at) }) => Err(format!(
            "{fault}. There are whole commands from offset {at} on."
        )),
        (_, Tail::Data { whole_at: None }) if bytes > max_bytes => Err(format!(
            "{fault}. There are {bytes} bytes from there on, more than \
             'aof-load-corrupt-tail-max-size'."
        )),
        (_, Tail::Data { whole_at: None }) => {
            Err(format!("{fault}. Nothing in it is an append only file."))
        }
        (Fault::Torn, Tail::Broken) if may_be_torn => Ok(Cut {
            name: "cut",
            description: "ends within a command, as a crash can leave it".to_owned(),
        }),
        (Fault::Torn, Tail::Broken) => Err(format!("{fault}, and 'aof-load-truncated' is 'no'.")),
        (Fault::Damaged(damage), Tail::Broken) => Ok(Cut {
            name: "damaged",
            description: format!("is damaged at its end ({damage})"),
        }),
    }
}

fn move_tail(
    state: &ServerState,
    file: &mut AppendOnlyFile,
    offset: u64,
    cut: &Cut,
) -> io::Result<()> {
    let bytes = file.bytes() - offset;
    let kept = file.cut(offset, cut.name)?;
    state.logger.warning(format_args!(
        "The append only file {} {}. Its last {bytes} bytes, from offset {offset} on, are cut \
         off and kept in {}.",
        file.path().display(),
        cut.description,
        kept.display()
    ));
    Ok(())
}

/// Returns an engine with the data of the append-only file, which logs to that file. Any I/O model
/// can drive it.
///
/// # Errors
/// If the data cannot be loaded or the log's thread cannot be started.
pub fn open_engine(state: &Arc<ServerState>) -> Result<Engine, ServerError> {
    let engine = Engine::new(Arc::clone(state));
    let file = open(state)?;
    if load(&engine, file)? {
        Ok(engine)
    } else {
        let path = state.config().aof_path();
        Err(ServerError::Aof(path, io::ErrorKind::Interrupted.into()))
    }
}
