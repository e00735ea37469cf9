//! The log lines of a start: which server starts, and which settings and files have no effect.

use crate::config::{Config, REDIS_VERSION};
use crate::logger::Logger;
use crate::state::ServerState;

/// Logs which server starts, and which settings have no effect.
pub(super) fn announce(state: &ServerState) {
    let logger = &state.logger;
    let config = state.config();
    logger.notice(format_args!(
        "threadbare {} is starting, as Redis {REDIS_VERSION}, pid={}, port={}",
        env!("CARGO_PKG_VERSION"),
        std::process::id(),
        config.port
    ));
    for (name, value, instead) in config.unsupported() {
        logger.warning(format_args!(
            "WARNING: '{name} {value}' has no effect: {instead}."
        ));
    }
    for name in config.inert.keys() {
        logger.debug(format_args!("The directive '{name}' has no effect here"));
    }
    for user in &config.users {
        let found = state.users.find(user.name.as_bytes());
        if found.is_some_and(|user| !user.rules().is_on()) {
            logger.notice(format_args!(
                "The user '{}' is disabled (there is no 'on' modifier in the user description). \
                 Make sure this is not a configuration error.",
                user.name
            ));
        }
    }
    if !config.appendonly {
        state.warn_of_no_persistence();
    }
    warn_of_ignored_data(&config, logger);
}

/// Warns of files in `dir` that hold data and are not loaded: the append-only file if `appendonly`
/// is off, or Redis's files if there is no append-only file.
fn warn_of_ignored_data(config: &Config, logger: &Logger) {
    let own = config.aof_path();
    if has_data(&own) {
        if !config.appendonly {
            logger.warning(format_args!(
                "WARNING: {} is not loaded, because 'appendonly' is 'no'.",
                own.display()
            ));
        }
        return;
    }
    let of_redis = ["appenddirname", "dbfilename"];
    let paths = of_redis.map(|name| config.dir.join(config.get(name).unwrap_or_default()));
    if let Some(path) = paths.iter().find(|path| has_data(path)) {
        logger.warning(format_args!(
            "WARNING: {} is not loaded. To take its data over: threadbare --import-aof {0} --dir \
             {}",
            path.display(),
            config.dir.display()
        ));
    }
}

/// Returns whether there is a non-empty file or a directory at `path`.
fn has_data(path: &std::path::Path) -> bool {
    std::fs::metadata(path).is_ok_and(|it| it.is_dir() || it.len() > 0)
}
