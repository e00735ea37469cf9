//! The users in files: the ACL file, and the lines `user` of the configuration.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use super::show;
use super::users::disconnect;
use crate::client::Client;
use crate::client::users::{DEFAULT_USER, User};
use crate::commands::{Call, ReplyError, catalogue};
use crate::config::user::{UserRules, has_spaces, users_of_file};
use crate::config::{Config, WrittenUser, replace_file};
use crate::state::ServerState;
use crate::sys::system_text;

const NO_FILE: ReplyError = ReplyError::Fixed(
    "ERR This Redis instance is not configured to use an ACL file. You may want to specify users \
     via the ACL SETUSER command and then issue a CONFIG REWRITE (assuming you have a Redis \
     configuration file set) in order to store users in the Redis configuration.",
);

const NOT_SAVED: ReplyError = ReplyError::Fixed(
    "ERR There was an error trying to save the ACLs. Please check the server logs for more \
     information",
);

const FILE_AND_LINES: &str = "Configuring Redis with users defined in redis.conf and at the same setting an ACL file path \
     is invalid. This setup is very likely to lead to configuration errors and security holes, \
     please define either an ACL file or declare users directly in your redis.conf, but not both.";

type Defined = Vec<(Vec<u8>, UserRules)>;

/// Defines the users of the configuration, or of the ACL file.
///
/// # Errors
/// Why they cannot be defined, in Redis's words.
pub fn load_users(state: &ServerState) -> Result<(), String> {
    let config = state.config().clone();
    let has_file = config.acl_path().is_some();
    if has_file && !config.users.is_empty() {
        return Err(FILE_AND_LINES.to_owned());
    }
    let users = match has_file {
        true => read_file(&config).map_err(|errors| {
            let errors = String::from_utf8_lossy(&errors);
            format!("Aborting Redis startup because of ACL errors: {errors}")
        })?,
        false => configured_users(&config)?,
    };
    state.users.replace(users);
    Ok(())
}

/// Returns the users that the settings define, the default user among them.
fn configured_users(config: &Config) -> Result<Defined, String> {
    let terms = config.terms(catalogue());
    let mut default = UserRules::everything();
    default.set_password(&config.requirepass);
    let mut users = vec![(DEFAULT_USER.to_vec(), default)];
    for line in &config.users {
        let name = &line.name;
        if has_spaces(name.as_bytes()) {
            return Err("Spaces not allowed in ACL usernames".to_owned());
        }
        let mut user = UserRules::new(terms.all_channels);
        for rule in &line.rules {
            user.apply(rule, &terms).map_err(|error| {
                let rule = String::from_utf8_lossy(rule);
                let reason = error.text();
                format!("Error loading ACL rule '{rule}' for the user named '{name}': {reason}")
            })?;
        }
        users.retain(|(it, _)| it != name.as_bytes());
        users.push((name.as_bytes().to_vec(), user));
    }
    Ok(users)
}

/// Reads the ACL file.
fn read_file(config: &Config) -> Result<Defined, Vec<u8>> {
    let name = &config.aclfile;
    let path = config.acl_path().unwrap_or_default();
    let text = fs::read(path).map_err(|error| {
        let reason = system_text(&error);
        format!("Error loading ACLs, opening file '{name}': {reason}")
    })?;
    users_of_file(name, &text, &config.terms(catalogue()))
}

/// Returns the users for CONFIG REWRITE; none if there is an ACL file.
pub(in crate::commands::server) fn written_users(state: &ServerState) -> Vec<WrittenUser> {
    let config = state.config().clone();
    if config.acl_path().is_some() {
        return Vec::new();
    }
    let configured = configured_users(&config).unwrap_or_default();
    let written = |user: Arc<User>| {
        let rules = user.rules();
        let known = configured.iter().find(|(name, _)| *name == user.name);
        WrittenUser {
            name: String::from_utf8_lossy(&user.name).into_owned(),
            rules: String::from_utf8_lossy(&rules.describe(catalogue())).into_owned(),
            is_changed: known.is_none_or(|(_, known)| *known != *rules),
        }
    };
    state.users.list().into_iter().map(written).collect()
}

/// LOAD: replaces all users by those of the ACL file, and disconnects the clients of all users but
/// the default user. It reads a file, so it must not hold the store's lock.
pub(super) fn load(call: &mut Call) -> Result<(), ReplyError> {
    let own = Arc::clone(&call.session.client);
    if !call.may_wait {
        call.postpone(move |state, _| {
            if load_file(state, &own)? {
                own.connection().close_input();
            }
            Ok(())
        });
        return Ok(());
    }
    call.close |= load_file(call.state, &own)?;
    call.reply.ok();
    Ok(())
}

/// Loads the ACL file. Returns whether the client `own` must be disconnected too.
fn load_file(state: &ServerState, own: &Client) -> Result<bool, ReplyError> {
    let config = state.config().clone();
    if config.acl_path().is_none() {
        return Err(NO_FILE);
    }
    let users = read_file(&config)
        .map_err(|errors| ReplyError::Composed([b"ERR ", &errors[..]].concat()))?;
    let removed = state.users.replace(users);
    Ok(disconnect(state, &removed, own))
}

/// SAVE: writes all users to the ACL file. It waits for the disk, so it must not hold the store's
/// lock.
pub(super) fn save(call: &mut Call) -> Result<(), ReplyError> {
    if !call.may_wait {
        call.postpone(|state, _| save_file(state));
        return Ok(());
    }
    save_file(call.state)?;
    call.reply.ok();
    Ok(())
}

fn save_file(state: &ServerState) -> Result<(), ReplyError> {
    let path: PathBuf = state.config().acl_path().ok_or(NO_FILE)?;
    let write = || {
        let users = state.users.list();
        let lines = users
            .iter()
            .map(|user| [&show::line(user)[..], b"\n"].concat());
        replace_file(&path, &lines.collect::<Vec<_>>().concat())
    };
    state.with_config_file(write).map_err(|error| {
        let reason = system_text(&error);
        let logger = &state.logger;
        logger.warning(format_args!("Writing ACL file for ACL SAVE: {reason}"));
        NOT_SAVED
    })
}
