//! The waits of an orderly stop, within `shutdown-timeout`.
//!
//! Half of that time is for clients with pending replies, the other half for the disk. A thread
//! that takes longer is left behind: one in the middle of a long command, or the log's thread if
//! its disk does not answer.

use std::time::Duration;

use super::ServerError;
use crate::engine::Engine;
use crate::state::ServerState;

/// The least time for the disk to take the acknowledged writes, even with `shutdown-timeout 0`.
const MIN_LOG_PATIENCE: Duration = Duration::from_secs(1);

fn half_of_timeout(state: &ServerState) -> Duration {
    Duration::from_secs(state.config().shutdown_timeout_s) / 2
}

/// Disconnects all clients. If `is_now`, drops their pending replies. A thread in the middle of a
/// long command cannot be ended; its reply is never sent.
pub(super) fn disconnect_clients(state: &ServerState, is_now: bool) {
    let patience = match is_now {
        true => Duration::ZERO,
        false => half_of_timeout(state),
    };
    let left = state.clients.close(patience);
    if left > 0 {
        state.logger.warning(format_args!(
            "{left} clients are still executing commands. Exit anyway."
        ));
    }
}

/// Stops the log when its file contains all acknowledged writes. If the first file of the log is
/// still being made, waits until it is complete, unless the stop is forced.
pub(super) fn stop_log(engine: &Engine, is_forced: bool) -> Result<(), ServerError> {
    let Some(log) = engine.attached_log() else {
        return Ok(());
    };
    let logger = &engine.state().logger;
    let patience = half_of_timeout(engine.state()).max(MIN_LOG_PATIENCE);
    let is_first = log.is_recording() && !log.is_on();
    let completed = match is_forced {
        true if is_first => {
            logger.warning(format_args!("Writing initial AOF. Exit anyway."));
            Ok(())
        }
        true => Ok(()),
        false => {
            if is_first {
                let text = "Writing initial AOF, can't exit before it is complete.";
                logger.warning(format_args!("{text}"));
            }
            log.complete(patience)
        }
    };
    let stopped = completed.and_then(|()| log.stop(patience));
    stopped.map_err(ServerError::Unsaved)
}
