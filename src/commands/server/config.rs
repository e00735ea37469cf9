//! CONFIG: reads and changes settings while the server runs.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use super::acl::written_users;
use crate::aof::Log;
use crate::client::deliveries::Delivery;
use crate::commands::help::help;
use crate::commands::table::error;
use crate::commands::table::{Argument, Command, Flag, Handler};
use crate::commands::{Call, LOADING, ReplyError};
use crate::config::{Changes, Config, SetError};
use crate::glob;
use crate::state::ServerState;
use crate::sys::system_text;

const ROW: Command = Command {
    flags: &[Flag::Admin, Flag::Noscript, Flag::Loading, Flag::Stale],
    group: "server",
    since: "2.0.0",
    ..Command::ROW
};

/// Settings whose change may wait for a socket or a file.
const WAITING: &[&str] = &[APPENDONLY, "port", "bind", "dir"];

/// The setting that switches the log on or off.
const APPENDONLY: &str = "appendonly";

const HELP: &[&str] = &[
    "GET <pattern>",
    "    Return parameters matching the glob-like <pattern> and their values.",
    "SET <directive> <value>",
    "    Set the configuration <directive> to <value>.",
    "RESETSTAT",
    "    Reset statistics reported by the INFO command.",
    "REWRITE",
    "    Rewrite the configuration file.",
];

pub(super) const COMMANDS: &[Command] = &[Command {
    name: "config",
    arity: -2,
    flags: &[],
    summary: "A container for server configuration commands",
    complexity: "Depends on subcommand.",
    help: HELP,
    subcommands: &[
        Command {
            name: "config|get",
            arity: -3,
            summary: "Get the values of configuration parameters",
            complexity: "O(N) when N is the number of configuration parameters provided",
            history: &[(
                "7.0.0",
                "Added the ability to pass multiple pattern parameters in one call",
            )],
            arguments: &[
                Argument::block("parameter", &[Argument::new("parameter", "string")]).multiple(),
            ],
            handler: Handler::Plain(get),
            ..ROW
        },
        Command {
            name: "config|help",
            arity: 2,
            flags: &[Flag::Loading, Flag::Stale],
            since: "5.0.0",
            summary: "Show helpful text about the different subcommands",
            handler: Handler::Plain(help),
            ..ROW
        },
        Command {
            name: "config|resetstat",
            arity: 2,
            summary: "Reset the stats returned by INFO",
            handler: Handler::Plain(reset_statistics),
            ..ROW
        },
        Command {
            name: "config|rewrite",
            arity: 2,
            since: "2.8.0",
            summary: "Rewrite the configuration file with the in memory configuration",
            handler: Handler::Plain(rewrite),
            ..ROW
        },
        Command {
            name: "config|set",
            arity: -4,
            tips: &["request_policy:all_nodes", "response_policy:all_succeeded"],
            summary: "Set configuration parameters to the given values",
            complexity: "O(N) when N is the number of configuration parameters provided",
            history: &[(
                "7.0.0",
                "Added the ability to set multiple parameters in one call.",
            )],
            arguments: &[Argument::block(
                "parameter_value",
                &[
                    Argument::new("parameter", "string"),
                    Argument::new("value", "string"),
                ],
            )
            .multiple()],
            handler: Handler::Plain(set),
            ..ROW
        },
    ],
    ..ROW
}];

fn get(call: &mut Call) -> Result<(), ReplyError> {
    let config = call.state.config();
    // The key is the lower-case name. The reply has the name as the request first writes it.
    let mut found: BTreeMap<String, (String, String)> = BTreeMap::new();
    let mut add = |name: &str, value| {
        found
            .entry(name.to_ascii_lowercase())
            .or_insert_with(|| (name.to_owned(), value));
    };
    for pattern in call.args.from(2) {
        if is_glob(pattern) {
            let matching = |name: &str| glob::matches(pattern, name.as_bytes(), true);
            let matches = config.list().filter(|(name, _)| matching(name));
            matches.for_each(|(name, value)| add(name, value));
        } else if let Ok(name) = std::str::from_utf8(pattern)
            && let Some(value) = config.get(name)
        {
            add(name, value);
        }
    }
    drop(config);
    call.reply.map(found.len());
    for (name, value) in found.values() {
        call.reply.bulk(name.as_bytes());
        call.reply.bulk(value.as_bytes());
    }
    Ok(())
}

fn reset_statistics(call: &mut Call) -> Result<(), ReplyError> {
    let state = call.state;
    state.clients.reset_totals();
    state.threads.reset();
    state.aof.figures.reset();
    state.expired_keys.store(0, Ordering::Relaxed);
    state.sweeping.reset();
    state.lazyfreed_objects.store(0, Ordering::Relaxed);
    call.reply.ok();
    Ok(())
}

/// REWRITE. It waits for the disk, so it must not hold the store's lock.
fn rewrite(call: &mut Call) -> Result<(), ReplyError> {
    if !call.may_wait {
        call.postpone(|state, _| rewrite_file(state));
        return Ok(());
    }
    rewrite_file(call.state)?;
    call.reply.ok();
    Ok(())
}

fn rewrite_file(state: &ServerState) -> Result<(), ReplyError> {
    let logger = &state.logger;
    let users = || written_users(state);
    let rewritten = state.rewrite_config(users).ok_or(error::NO_CONFIG_FILE)?;
    if let Err(error) = rewritten {
        let reason = system_text(&error);
        logger.warning(format_args!("CONFIG REWRITE failed: {reason}"));
        return Err(format!("ERR Rewriting config file: {reason}").into());
    }
    logger.warning(format_args!("CONFIG REWRITE executed with success."));
    Ok(())
}

fn is_glob(pattern: &[u8]) -> bool {
    pattern.iter().any(|byte| b"[*?".contains(byte))
}

fn set(call: &mut Call) -> Result<(), ReplyError> {
    if !call.args.len().is_multiple_of(2) {
        return Err(error::SYNTAX);
    }
    let argument = |index| call.args.get(index).to_vec();
    let pair = |index| (argument(index), argument(index + 1));
    let pairs = (2..call.args.len()).step_by(2).map(pair).collect();
    let peer = call.session.client.peer.clone();
    let changes = Changes { pairs, peer };
    if !call.may_wait && changes.include(WAITING) {
        // The transaction holds the store's lock until its end, and nothing may wait under it.
        call.postpone(move |state, log| apply(state, log, &changes));
        return Ok(());
    }
    apply(call.state, call.log, &changes)?;
    // Fewer tracked keys may be allowed now.
    let evicted = call.state.deliveries.tracking.evict();
    let messages = evicted.into_iter().map(Delivery::Invalidation);
    call.deliveries.extend(messages);
    call.reply.ok();
    Ok(())
}

/// Makes all of `changes`, or none. A change of `appendonly` is complete when this returns: see
/// [`Log::switch_on`].
fn apply(state: &ServerState, log: Option<&Log>, changes: &Changes) -> Result<(), ReplyError> {
    if !changes.include(&[APPENDONLY]) {
        return apply_values(state, log, changes);
    }
    let switches_on = state.config_with(changes).map_err(refused)?.appendonly;
    // A failure switches the log off again, which must not undo the change of another client.
    let _turn = switches_on.then(|| state.switch_on_turn());
    let wanted = state.config_with(changes).map_err(refused)?;
    switch_log(state, log, &wanted, || {
        // Another client may have changed `dir` just before the log was switched on.
        let now = state.config_with(changes).map_err(refused)?;
        if wanted.appendonly && now.aof_path() != wanted.aof_path() {
            return Err(failed(APPENDONLY, "'dir' has just been changed"));
        }
        apply_values(state, log, changes)
    })
}

fn apply_values(
    state: &ServerState,
    log: Option<&Log>,
    changes: &Changes,
) -> Result<(), ReplyError> {
    let before = state.aof.fsync();
    state.set_config(changes).map_err(refused)?;
    // Under 'no' the log's thread sleeps until there is something to write. It must be woken.
    if let Some(log) = log
        && state.aof.fsync() != before
    {
        log.sync_later();
    }
    Ok(())
}

/// Switches the log on or off as `wanted` says and runs `the_rest`, or does neither. Waits for the
/// first file without any lock.
fn switch_log(
    state: &ServerState,
    log: Option<&Log>,
    wanted: &Config,
    the_rest: impl FnOnce() -> Result<(), ReplyError>,
) -> Result<(), ReplyError> {
    let Some(log) = log else {
        // The settings must be unlocked before they are changed.
        let stays = wanted.appendonly == state.config().appendonly;
        return match stays {
            true => the_rest(),
            false => Err(failed(APPENDONLY, "the dataset is being loaded")),
        };
    };
    let was_on = log.is_on();
    if wanted.appendonly {
        let unable = |reason| failed(APPENDONLY, &format!("Unable to turn on AOF: {reason}"));
        log.switch_on(&wanted.aof_path()).map_err(unable)?;
    }
    let result = the_rest();
    let is_on = match result {
        Ok(()) => wanted.appendonly,
        Err(_) => was_on,
    };
    // From here on nothing can fail.
    if !is_on {
        log.switch_off();
    }
    state.update_appendonly();
    result
}

fn refused((name, error): (Vec<u8>, SetError)) -> ReplyError {
    let failed = |reason: &str| failed(&String::from_utf8_lossy(&name), reason);
    match error {
        SetError::Unknown => unknown(&name),
        SetError::Immutable => failed("can't set immutable config"),
        SetError::Protected => failed("can't set protected config"),
        SetError::Loading => LOADING,
        SetError::Duplicate => failed("duplicate parameter"),
        SetError::Invalid(reason) => failed(&reason),
    }
}

fn unknown(name: &[u8]) -> ReplyError {
    ReplyError::about(
        "ERR Unknown option or number of arguments for CONFIG SET - '",
        name,
        "'",
    )
}

fn failed(name: &str, reason: &str) -> ReplyError {
    format!("ERR CONFIG SET failed (possibly related to argument '{name}') - {reason}").into()
}
