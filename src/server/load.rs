//! From the append-only file to an engine that has its data and logs to it.
//!
//! ```text
//!   open     the file is ours
//!   check    how far is it good?             one pass, nothing is executed
//!   mend     what is behind that goes aside, or the start ends here
//!   replay   the good part is executed
//!   attach   from now on the engine logs to it, and clients get at the data
//! ```

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::ServerError;
use crate::aof::{AppendOnlyFile, Behind, Damage, Fault, Log, Report};
use crate::execute::{self, Engine};
use crate::instance::Instance;

/// Why a start ends at what is behind the good part of the file.
#[derive(Debug)]
pub struct Unmended {
    path: PathBuf,
    offset: u64,
    behind: Behind,
    bytes: u64,
}

impl fmt::Display for Unmended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (path, bytes) = (self.path.display(), self.bytes);
        write!(
            f,
            "Bad file format reading the append only file {path} at offset {}: ",
            self.offset
        )?;
        match &self.behind {
            Behind::Nothing => Ok(()),
            Behind::Torn => write!(f, "{}, and 'aof-load-truncated' is 'no'.", Fault::Torn),
            Behind::Tail(damage) => write!(f, "{damage}."),
            Behind::Whole { fault, whole_at } => {
                write!(
                    f,
                    "{fault}. What follows is whole from offset {whole_at} on."
                )
            }
            Behind::Much(Damage::RdbPreamble) | Behind::Everything(Damage::RdbPreamble) => {
                return write!(f, "{}", Damage::RdbPreamble);
            }
            Behind::Much(damage) => write!(
                f,
                "{damage}. There are {bytes} bytes from there on, more than \
                 'aof-load-corrupt-tail-max-size'."
            ),
            Behind::Everything(damage) => {
                write!(f, "{damage}. Nothing in it is an append only file.")
            }
        }?;
        write!(
            f,
            " To cut it off there and keep what is behind in a file beside it: threadbare \
             --check-aof {path} --fix"
        )
    }
}

/// Takes hold of the configured file, if there is to be one.
pub(super) fn open(instance: &Instance) -> Result<Option<AppendOnlyFile>, ServerError> {
    let (path, is_on) = {
        let config = instance.config();
        (config.aof_path(), config.appendonly)
    };
    let file = is_on.then(|| AppendOnlyFile::open(&path)).transpose();
    file.map_err(|error| ServerError::Aof(path, error))
}

/// Loads what is good of `file` and has the engine log to it. `false` if the server was
/// told to stop meanwhile.
pub(super) fn load(engine: &Engine, file: Option<AppendOnlyFile>) -> Result<bool, ServerError> {
    let instance = engine.instance();
    if let Some(mut file) = file {
        if !replay(engine, &mut file)? {
            return Ok(false);
        }
        let status = Arc::clone(&instance.aof);
        let logger = Arc::clone(&instance.logger);
        let log = Log::start(file, status, logger).map_err(ServerError::Thread)?;
        engine.attach_log(log);
    }
    instance.loading.end();
    Ok(true)
}

fn replay(engine: &Engine, file: &mut AppendOnlyFile) -> Result<bool, ServerError> {
    let instance = engine.instance();
    let path = file.path().to_owned();
    let failed = |error| ServerError::Aof(path.clone(), error);
    instance.loading.begin(file.bytes());
    let mut report = match file.check(0, &|| !instance.is_stopping()) {
        Err(_) if instance.is_stopping() => return Ok(false),
        checked => checked.map_err(failed)?,
    };
    mend(instance, file, &mut report)?;
    let replay = file.replay(report.good.bytes).map_err(failed)?;
    match execute::load(engine, &path, report.good.bytes, replay) {
        Err(error) if error.is_stop() => Ok(false),
        Err(error) => Err(ServerError::Load(error)),
        Ok(()) => Ok(true),
    }
}

/// Puts aside what is behind the good part, if that is what a crash or a power cut leaves.
fn mend(
    instance: &Instance,
    file: &mut AppendOnlyFile,
    report: &mut Report,
) -> Result<(), ServerError> {
    let path = file.path().to_owned();
    let failed = |error| ServerError::Aof(path.clone(), error);
    let (is_torn_allowed, max_tail_bytes) = {
        let config = instance.config();
        (
            config.aof_load_truncated,
            config.aof_load_corrupt_tail_max_bytes,
        )
    };
    let behind = file
        .look_behind(report, max_tail_bytes, &execute::belongs)
        .map_err(failed)?;
    let (offset, bytes) = (report.good.bytes, file.bytes() - report.good.bytes);
    let (what, said) = match &behind {
        Behind::Nothing => return Ok(()),
        Behind::Torn if is_torn_allowed => (
            "cut",
            "ends within a command, as a crash can leave it".to_owned(),
        ),
        Behind::Tail(damage) => ("damaged", format!("is damaged at its end ({damage})")),
        _ => {
            return Err(ServerError::Unmended(Unmended {
                path,
                offset,
                behind,
                bytes,
            }));
        }
    };
    let kept = file.cut(offset, what).map_err(failed)?;
    warn(instance, &path, &said, bytes, offset, &kept);
    Ok(())
}

fn warn(instance: &Instance, path: &Path, said: &str, bytes: u64, offset: u64, kept: &Path) {
    instance.logger.warning(format_args!(
        "The append only file {} {said}. Its last {bytes} bytes, from offset {offset} on, are \
         cut off and kept in {}.",
        path.display(),
        kept.display()
    ));
}

/// An engine with the data that the configured append-only file holds, which from now on
/// logs to it. Whatever moves the bytes can drive it.
///
/// # Errors
/// If the data cannot be loaded or the log's thread cannot be started.
pub fn open_engine(instance: &Arc<Instance>) -> Result<Engine, ServerError> {
    let engine = Engine::new(Arc::clone(instance));
    let file = open(instance)?;
    if load(&engine, file)? {
        Ok(engine)
    } else {
        let path = instance.config().aof_path();
        Err(ServerError::Aof(path, io::ErrorKind::Interrupted.into()))
    }
}
