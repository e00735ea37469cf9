//! `pidfile`: a file with the process id.

use std::fs;
use std::path::PathBuf;
use std::process;

use crate::state::ServerState;
use crate::sys::system_text;

/// The pid file of this process. Dropping this removes the file, unless another process has written
/// its own id there.
pub(super) struct PidFile(PathBuf);

impl PidFile {
    /// Writes the file, if one is configured. As in Redis, a server that cannot write it logs a
    /// warning and serves.
    pub(super) fn write(state: &ServerState) -> Option<PidFile> {
        let path = state.config().pid_path()?;
        match fs::write(&path, content()) {
            Ok(()) => Some(PidFile(path)),
            Err(error) => {
                state.logger.warning(format_args!(
                    "Failed to write PID file: {}",
                    system_text(&error)
                ));
                None
            }
        }
    }
}

fn content() -> String {
    format!("{}\n", process::id())
}

impl Drop for PidFile {
    fn drop(&mut self) {
        if fs::read_to_string(&self.0).is_ok_and(|found| found == content()) {
            // A file that stays does no harm.
            let _ = fs::remove_file(&self.0);
        }
    }
}
