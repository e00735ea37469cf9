//! Checks whether a request may run, before the store's lock is taken: its name, the number of its
//! arguments, the password, the rights of the user, the state of loading, and whether the log can
//! record a write.

use std::sync::atomic::Ordering;

use super::Turn;
use crate::commands;
use crate::commands::permission::{self, Reason};
use crate::commands::{Command, CommandId, Flag, Handler, LOADING, NO_AUTH, ReplyError};
use crate::resp::args::Args;

impl Turn<'_> {
    /// Checks whether a request may run or be queued. An error makes the transaction that the
    /// request belongs to fail as a whole. `None` if the connection must end without a reply.
    pub(super) fn admit(&mut self, args: Args) -> Result<Option<&'static Command>, ReplyError> {
        let found = self.find(args).and_then(|found| {
            // PING too, as in Redis, so that monitoring clients notice.
            if found.is_some_and(|row| row.writes(args) || row.name == "ping") {
                self.check_log()?;
            }
            if self.session.is_in_subscribe_mode() {
                check_subscribe_mode(found)?;
            }
            Ok(found)
        });
        found.map_err(|error| {
            if self.row_of(args).is_some_and(|row| row.name == "exec") {
                return self.abort_exec(&error);
            }
            self.session.fail_transaction();
            error
        })
    }

    /// Finds the command's row and checks all that needs no log. `None` as above.
    pub(super) fn find(&self, args: Args) -> Result<Option<&'static Command>, ReplyError> {
        let name = args.get(0);
        let Some((mut id, mut command)) = self.find_command(name) else {
            if is_http(name) {
                self.report_attack();
                return Ok(None);
            }
            self.session
                .client
                .last_command
                .store(usize::MAX, Ordering::Relaxed);
            return Err(ReplyError::unknown_command(args.from(0)));
        };
        if !command.subcommands.is_empty() && args.len() > 1 {
            let subcommand = args.get(1);
            (id, command) = commands::find_subcommand(id, subcommand)
                .ok_or_else(|| ReplyError::unknown_subcommand(name, subcommand))?;
        }
        self.session
            .client
            .last_command
            .store(id.0, Ordering::Relaxed);
        if !command.takes(args.len()) {
            return Err(ReplyError::wrong_arity(command.name));
        }
        if matches!(command.handler, Handler::Debug(_)) && !self.may_debug() {
            return Err(commands::error::DEBUG_NOT_ALLOWED);
        }
        if !self.session.is_admitted() && !command.has(Flag::NoAuth) {
            return Err(NO_AUTH);
        }
        self.check_rights(command, id, args)?;
        if self.lacks_data && !command.has(Flag::Loading) {
            return Err(LOADING);
        }
        if self.session.monitoring.is_some() && uses_keys(command) {
            return Err(commands::error::MONITOR_AND_KEYS);
        }
        Ok(Some(command))
    }

    /// Checks whether the user may make the request. Most users have all rights.
    fn check_rights(&self, command: &Command, id: CommandId, args: Args) -> Result<(), ReplyError> {
        let user = self.session.user();
        if user.has_all_rights() {
            return Ok(());
        }
        let Err(denied) = permission::check(&user.rules(), id, command, args) else {
            return Ok(());
        };
        let is_exec = self.guard.keeps_lock;
        let is_in_transaction = is_exec || self.is_in_transaction();
        let reason = Reason::Request {
            denied,
            command: command.name,
            args,
        };
        let client = &self.session.client;
        permission::log(&self.engine.state, client, is_in_transaction, reason);
        Err(match is_exec {
            true => denied.error_in_exec(),
            false => denied.error(command.name),
        })
    }

    /// Refuses a write that the log could not record.
    pub(super) fn check_log(&self) -> Result<(), ReplyError> {
        let log = self.engine.log();
        match log.and_then(|log| log.status().failure()) {
            None => Ok(()),
            Some(error) => Err(ReplyError::cannot_log(&error)),
        }
    }

    fn may_debug(&self) -> bool {
        let allowed = self.engine.state.config().enable_debug_command;
        allowed.allows(&self.session.client.peer)
    }

    fn report_attack(&self) {
        self.engine.state.logger.warning(format_args!(
            "Possible SECURITY ATTACK detected. It looks like somebody is sending POST or Host: \
             commands to Redis. This is likely due to an attacker attempting to use Cross \
             Protocol Scripting to compromise your Redis state. Connection from {} aborted.",
            self.session.client.peer
        ));
    }
}

/// Refuses a command whose reply a subscriber could not tell from a message.
fn check_subscribe_mode(found: Option<&Command>) -> Result<(), ReplyError> {
    const ALLOWED: [&str; 9] = [
        "ping",
        "subscribe",
        "ssubscribe",
        "unsubscribe",
        "sunsubscribe",
        "psubscribe",
        "punsubscribe",
        "quit",
        "reset",
    ];
    match found {
        Some(row) if !ALLOWED.contains(&row.name) => {
            Err(ReplyError::not_in_subscribe_mode(row.name))
        }
        _ => Ok(()),
    }
}

/// Returns whether Redis refuses a command to replicas, and so to monitors.
fn uses_keys(command: &Command) -> bool {
    let is_publish = matches!(command.name, "publish" | "spublish");
    command.has(Flag::Write) || command.has(Flag::Readonly) || is_publish
}

/// Returns whether `name` is the first word of a line that a web page can make a browser send.
fn is_http(name: &[u8]) -> bool {
    name.eq_ignore_ascii_case(b"post") || name.eq_ignore_ascii_case(b"host:")
}
