//! What an orderly stop waits for, within `shutdown-timeout`.
//!
//! Half of that time is for clients that have answers to take, the other half for the disk. What
//! takes longer is left behind: a thread in the middle of a long command, or the log's thread, if
//! its disk does not answer.

use std::time::Duration;

use super::ServerError;
use crate::engine::Engine;
use crate::state::ServerState;

/// With `shutdown-timeout 0` too the disk has time to take what was acknowledged.
const LEAST_LOG_PATIENCE: Duration = Duration::from_secs(1);

fn half_of_timeout(state: &ServerState) -> Duration {
    Duration::from_secs(state.config().shutdown_timeout_s) / 2
}

/// Ends the connections. If `is_now`, replies that clients have not taken are dropped. A thread
/// in the middle of a long command cannot be ended; its reply is never sent.
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

/// Stops the log when its file has all that was acknowledged: a first file that is being made is
/// completed before, unless the stop is forced.
pub(super) fn stop_log(engine: &Engine, is_forced: bool) -> Result<(), ServerError> {
    let Some(log) = engine.attached_log() else {
        return Ok(());
    };
    let logger = &engine.state().logger;
    let patience = half_of_timeout(engine.state()).max(LEAST_LOG_PATIENCE);
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
