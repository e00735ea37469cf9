//! From the append-only file to an engine that has its data and logs to it.
//!
//! ```text
//!   open     the file is ours
//!   replay   it is checked, and what is known to be good is executed meanwhile
//!   judge    may what is behind the good part go aside? Or else the start ends here
//!   finish   what is left of the good part is executed, and the rest goes aside
//!   attach   from now on the engine logs to it, and clients get at the data
//! ```

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use super::ServerError;
use crate::aof::{AppendOnlyFile, Behind, Checked, Damage, Fault, Report};
use crate::engine;
use crate::engine::{Engine, Loader};
use crate::state::ServerState;

/// Why a start ends at what is behind the good part of the file.
#[derive(Debug)]
pub struct DamagedFile {
    path: PathBuf,
    /// Where that begins.
    offset: u64,
    reason: String,
    /// Whether the file is one that cutting it off there would mend.
    is_mendable: bool,
}

impl fmt::Display for DamagedFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (path, offset, reason) = (self.path.display(), self.offset, &self.reason);
        write!(
            f,
            "Bad file format reading the append only file {path} at offset {offset}: {reason}"
        )?;
        if !self.is_mendable {
            return Ok(());
        }
        write!(
            f,
            " To cut it off there and keep what is behind in a file beside it: threadbare \
             --check-aof {path} --fix"
        )
    }
}

/// Takes hold of the configured file, if there is to be one.
pub(super) fn open(state: &ServerState) -> Result<Option<AppendOnlyFile>, ServerError> {
    let (path, is_on) = {
        let config = state.config();
        (config.aof_path(), config.appendonly)
    };
    let file = is_on.then(|| AppendOnlyFile::open(&path)).transpose();
    file.map_err(|error| ServerError::Aof(path, error))
}

/// Loads what is good of `file` and has the engine log to it. `false` if the server was
/// told to stop meanwhile.
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
    let mut loader = Loader::new(engine, &path, file.bytes());
    let (executed, checked) = file
        .check_ahead(&|| !state.is_stopping(), |ahead| loader.run(ahead))
        .map_err(ServerError::Thread)?;
    if state.is_stopping() {
        return Ok(false);
    }
    if let Err(error) = executed {
        // Better said is what is wrong with the file, if that is why.
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
        put_aside(state, file, report.good.bytes, &cut).map_err(failed)?;
    }
    Ok(true)
}

/// What is behind the good part is to be put aside.
struct Cut {
    /// How the file is called that gets it.
    name: &'static str,
    /// What is said of the one that loses it.
    said: String,
}

/// Whether there is something behind the good part, and that what a crash or a power cut
/// leaves. Anything else ends the start. Of the file, so many bytes have been `executed`.
fn judge(
    state: &ServerState,
    file: &mut AppendOnlyFile,
    report: &mut Report,
    executed: u64,
) -> Result<Option<Cut>, ServerError> {
    let (may_be_torn, max_tail_bytes) = {
        let config = state.config();
        (
            config.aof_load_truncated,
            config.aof_load_corrupt_tail_max_bytes,
        )
    };
    let path = file.path().to_owned();
    let behind = file
        .look_behind(report, max_tail_bytes, &engine::is_file_command)
        .map_err(|error| ServerError::Aof(path.clone(), error))?;
    let offset = report.good.bytes;
    let (reason, is_mendable) = match verdict(behind, may_be_torn, file.bytes() - offset) {
        Verdict::Good => return Ok(None),
        Verdict::Cut(cut) if executed <= offset => return Ok(Some(cut)),
        Verdict::Cut(cut) => {
            let reason = format!(
                "the file {}, and so is what seemed good before: a checksum is about both.",
                cut.said
            );
            (reason, true)
        }
        Verdict::Refused(reason, is_mendable) => (reason, is_mendable),
    };
    Err(ServerError::DamagedFile(DamagedFile {
        path,
        offset,
        reason,
        is_mendable,
    }))
}

fn put_aside(
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
        cut.said,
        kept.display()
    ));
    Ok(())
}

/// What is to become of a file.
enum Verdict {
    Good,
    /// It is cut off.
    Cut(Cut),
    /// It stays as it is. Why, and whether cutting it off would help.
    Refused(String, bool),
}

/// `bytes` is how many there are behind the good part.
fn verdict(behind: Behind, may_be_torn: bool, bytes: u64) -> Verdict {
    let refused = |reason| Verdict::Refused(reason, true);
    match behind {
        Behind::Nothing => Verdict::Good,
        Behind::Torn if may_be_torn => Verdict::Cut(Cut {
            name: "cut",
            said: "ends within a command, as a crash can leave it".to_owned(),
        }),
        Behind::Torn => refused(format!(
            "{}, and 'aof-load-truncated' is 'no'.",
            Fault::Torn
        )),
        Behind::Tail(damage) => Verdict::Cut(Cut {
            name: "damaged",
            said: format!("is damaged at its end ({damage})"),
        }),
        Behind::Whole { fault, whole_at } => refused(format!(
            "{fault}. What follows is whole from offset {whole_at} on."
        )),
        Behind::Much(Damage::RdbPreamble) | Behind::Everything(Damage::RdbPreamble) => {
            Verdict::Refused(Damage::RdbPreamble.to_string(), false)
        }
        Behind::Much(damage) => refused(format!(
            "{damage}. There are {bytes} bytes from there on, more than \
             'aof-load-corrupt-tail-max-size'."
        )),
        Behind::Everything(damage) => {
            refused(format!("{damage}. Nothing in it is an append only file."))
        }
    }
}

/// An engine with the data that the configured append-only file holds, which from now on
/// logs to it. Whatever moves the bytes can drive it.
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
