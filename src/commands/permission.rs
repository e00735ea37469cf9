//! Whether a user may make a request: what the request needs stands in the command's row.

use std::sync::Arc;

use super::table::{Command, Flag, Keys};
use super::{CommandId, ReplyError, describe};
use crate::client::Client;
use crate::client::denials::Denial;
use crate::client::subscriptions::Kind;
use crate::clock::unix_time_ms;
use crate::config::user::{Access, Selector, UserRules};
use crate::resp::args::Args;
use crate::state::ServerState;

/// What a user lacks for a request. Later variants are told rather than earlier ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Denied {
    /// The command.
    Command,
    /// The key with this index.
    Key(usize),
    /// The channel with this index.
    Channel(usize),
}

impl Denied {
    /// Returns the error of a request for `command`.
    pub(crate) fn error(self, command: &str) -> ReplyError {
        match self {
            Denied::Command => {
                format!("NOPERM this user has no permissions to run the '{command}' command").into()
            }
            Denied::Key(_) => ReplyError::Fixed(
                "NOPERM this user has no permissions to access one of the keys used as arguments",
            ),
            Denied::Channel(_) => ReplyError::Fixed(
                "NOPERM this user has no permissions to access one of the channels used as \
                 arguments",
            ),
        }
    }

    /// Returns the error of a request that was permitted when it was queued.
    pub(crate) fn error_in_exec(self) -> ReplyError {
        let reason = match self {
            Denied::Command => "no permission to execute the command or subcommand",
            Denied::Key(_) => "no permission to touch the specified keys",
            Denied::Channel(_) => "no permission to access one of the channels used as arguments",
        };
        format!(
            "NOPERM ACLs rules changed between the moment the transaction was accumulated and the \
             EXEC call. This command is no longer allowed for the following reason: {reason}"
        )
        .into()
    }
}

/// Checks whether a selector of the user grants all that a request needs.
///
/// # Errors
/// What the user lacks: of the selectors that come closest, the last key or channel.
pub(crate) fn check(
    user: &UserRules,
    id: CommandId,
    row: &Command,
    args: Args,
) -> Result<(), Denied> {
    let mut lacking = Denied::Command;
    for selector in user.selectors() {
        match check_selector(selector, id, row, args) {
            Ok(()) => return Ok(()),
            Err(denied) => lacking = lacking.max(denied),
        }
    }
    Err(lacking)
}

/// Returns whether the user may make a request that also reads keys which the data names.
pub(crate) fn may_read_all_keys(
    user: &UserRules,
    id: CommandId,
    row: &Command,
    args: Args,
) -> bool {
    let reads = Access {
        reads: true,
        writes: false,
    };
    let grants = |selector: &Selector| {
        selector.allows_all_keys(reads) && check_selector(selector, id, row, args).is_ok()
    };
    user.selectors().iter().any(grants)
}

fn check_selector(
    selector: &Selector,
    id: CommandId,
    row: &Command,
    args: Args,
) -> Result<(), Denied> {
    let first = args.from(1).next();
    if !row.has(Flag::NoAuth) && !selector.allows_command(id.0, first) {
        return Err(Denied::Command);
    }
    // A request with wrong syntax may name no keys. It fails anyway.
    let specs: Option<Vec<_>> = row
        .keys
        .iter()
        .map(|keys| keys.place.indexes(args).map(|indexes| (keys, indexes)))
        .collect();
    for (keys, mut indexes) in specs.into_iter().flatten() {
        let access = Keys::access(keys.flags_of(args));
        let denied = |index: &usize| !selector.allows_key(args.get(*index), access);
        if let Some(index) = indexes.find(denied) {
            return Err(Denied::Key(index));
        }
    }
    // Anybody may end a subscription.
    let Some(channels) = row.channels.filter(|channels| !channels.are_left) else {
        return Ok(());
    };
    let mut indexes = channels.place.indexes(args).into_iter().flatten();
    let are_patterns = channels.kind == Kind::Pattern;
    let denied = |index: &usize| !selector.allows_channel(args.get(*index), are_patterns);
    indexes
        .find(denied)
        .map_or(Ok(()), |index| Err(Denied::Channel(index)))
}

/// A refusal.
pub(crate) enum Reason<'a> {
    /// Of a request.
    Request {
        /// What the user lacks.
        denied: Denied,
        /// The command's name.
        command: &'a str,
        /// The request.
        args: Args<'a>,
    },
    /// Of a login.
    Login {
        /// The command, as the client wrote it.
        command: &'a [u8],
        /// The user.
        user: &'a [u8],
    },
}

/// Notes a refusal for ACL LOG.
pub(crate) fn log(
    state: &ServerState,
    client: &Arc<Client>,
    is_in_transaction: bool,
    reason: Reason,
) {
    let (reason, object, username) = match reason {
        Reason::Login { command, user } => ("auth", command, user.to_vec()),
        Reason::Request {
            denied,
            command,
            args,
        } => {
            let (reason, object) = match denied {
                Denied::Command => ("command", command.as_bytes()),
                Denied::Key(index) => ("key", args.get(index)),
                Denied::Channel(index) => ("channel", args.get(index)),
            };
            (reason, object, client.user_name())
        }
    };
    let mut description = String::new();
    describe(client, &mut description);
    let denial = Denial {
        count: 1,
        reason,
        context: if is_in_transaction {
            "multi"
        } else {
            "toplevel"
        },
        object: object.to_vec(),
        username,
        time_ms: unix_time_ms(),
        client: description.trim_end().to_owned(),
    };
    let max_len = state.config().acllog_max_len;
    state.denials.add(denial, max_len);
}
