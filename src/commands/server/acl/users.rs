//! ACL SETUSER and DELUSER, which change users; ACL DRYRUN and GENPASS.

use std::fs::File;
use std::io::Read;
use std::sync::Arc;

use super::too_many;
use crate::client::Client;
use crate::client::subscriptions::Kind;
use crate::client::users::{DEFAULT_USER, User};
use crate::commands::permission::{self, Denied};
use crate::commands::{Call, ReplyError, catalogue, find_row};
use crate::config::user::{Selector, UserRules, has_spaces, merge_selectors};
use crate::resp::args::Args;
use crate::state::ServerState;
use crate::sys::system_text;

/// The longest password of GENPASS.
const MAX_BITS: i64 = 4096;

const BITS_RANGE: ReplyError = ReplyError::Fixed(
    "ERR ACL GENPASS argument must be the number of bits for the output password, a positive \
     number up to 4096",
);

pub(super) fn setuser(call: &mut Call) -> Result<(), ReplyError> {
    let name = call.args.get(2);
    if has_spaces(name) {
        return Err(ReplyError::Fixed(
            "ERR Usernames can't contain spaces or null characters",
        ));
    }
    let rules = merge_selectors(call.args.from(3)).map_err(|index| {
        let rule = call.args.get(3 + index);
        let before = "ERR Unmatched parenthesis in acl selector starting at '";
        ReplyError::about(before, rule, "'.")
    })?;
    let terms = call.state.config().terms(catalogue());
    let change = |user: &mut UserRules| {
        rules.iter().try_for_each(|rule| {
            user.apply(rule, &terms).map_err(|error| {
                let after = format!("': {}", error.text());
                ReplyError::about("ERR Error in ACL SETUSER modifier '", rule, &after)
            })
        })
    };
    let fresh = UserRules::new(terms.all_channels);
    let (user, before) = call.state.users.change(name, fresh, change)?;
    disconnect_subscribers(call, &user, &before);
    call.reply.ok();
    Ok(())
}

/// Disconnects the clients of `user` that have subscribed to channels which it may not use any more.
/// `before` are its former rules.
fn disconnect_subscribers(call: &mut Call, user: &Arc<User>, before: &UserRules) {
    let rules = user.rules();
    let patterns = |rules: &UserRules| -> Vec<Vec<u8>> {
        let selectors = rules.selectors().iter();
        selectors.flat_map(Selector::channels).cloned().collect()
    };
    let has_all = |rules: &UserRules| rules.selectors().iter().any(Selector::has_all_channels);
    let now = patterns(&rules);
    if has_all(&rules) || !has_all(before) && patterns(before).iter().all(|it| now.contains(it)) {
        return;
    }
    let is_forbidden = |kind: Kind, name: &[u8], client: &Client| {
        let is_pattern = kind == Kind::Pattern;
        let mut selectors = rules.selectors().iter();
        client.is_of(user) && !selectors.any(|it| it.allows_channel(name, is_pattern))
    };
    let subscriptions = &call.state.deliveries.subscriptions;
    for client in subscriptions.clients_with(is_forbidden) {
        match client.id == call.session.client.id {
            // The reply still goes out.
            true => call.close = true,
            false => client.connection().close(),
        }
    }
}

pub(super) fn deluser(call: &mut Call) -> Result<(), ReplyError> {
    if call.args.from(2).any(|name| name == DEFAULT_USER) {
        return Err(ReplyError::Fixed(
            "ERR The 'default' user cannot be removed",
        ));
    }
    let names = call.args.from(2);
    let removed: Vec<Arc<User>> = names
        .filter_map(|name| call.state.users.remove(name))
        .collect();
    call.close |= disconnect(call.state, &removed, &call.session.client);
    call.reply.count(removed.len());
    Ok(())
}

/// Disconnects all clients of removed users but `own`. Returns whether `own` is one of them.
pub(super) fn disconnect(state: &ServerState, removed: &[Arc<User>], own: &Client) -> bool {
    let is_removed = |client: &Client| removed.iter().any(|user| client.is_of(user));
    for client in state.clients.clients() {
        if client.id != own.id && is_removed(&client) {
            client.connection().close();
        }
    }
    is_removed(own)
}

/// DRYRUN: tells whether a user may make a request.
pub(super) fn dryrun(call: &mut Call) -> Result<(), ReplyError> {
    let name = call.args.get(2);
    let user = call.state.users.find(name);
    let user = user.ok_or_else(|| ReplyError::about("ERR User '", name, "' not found"))?;
    let request = call.args.tail(3);
    let row = find_row(&call.state.renames, request);
    let (id, row) =
        row.ok_or_else(|| ReplyError::about("ERR Command '", request.get(0), "' not found"))?;
    if !row.takes(request.len()) {
        return Err(ReplyError::wrong_arity(row.name));
    }
    match permission::check(&user.rules(), id, row, request) {
        Ok(()) => call.reply.ok(),
        Err(denied) => call.reply.bulk(&explanation(denied, row.name, request)),
    }
    Ok(())
}

fn explanation(denied: Denied, command: &str, request: Args) -> Vec<u8> {
    let (before, object, after) = match denied {
        Denied::Command => ("run", command.as_bytes(), "command"),
        Denied::Key(index) => ("access", request.get(index), "key"),
        Denied::Channel(index) => ("access", request.get(index), "channel"),
    };
    let before = format!("This user has no permissions to {before} the '");
    let text = ReplyError::about(&before, object, &format!("' {after}"));
    text.text().to_vec()
}

pub(super) fn genpass(call: &mut Call) -> Result<(), ReplyError> {
    let bits = match call.args.len() {
        2 => 256,
        3 => call.integer(2)?,
        _ => return Err(too_many(call.args.get(1))),
    };
    if !(1..=MAX_BITS).contains(&bits) {
        return Err(BITS_RANGE);
    }
    let digits = (bits as usize).div_ceil(4);
    let mut random = vec![0; digits.div_ceil(2)];
    // The kernel's own source of randomness; it never blocks once the system has started.
    File::open("/dev/urandom")
        .and_then(|mut source| source.read_exact(&mut random))
        .map_err(|error| format!("ERR No random numbers: {}", system_text(&error)))?;
    let text: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    call.reply.bulk(&text.as_bytes()[..digits]);
    Ok(())
}
