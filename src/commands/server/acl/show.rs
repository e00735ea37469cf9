//! ACL CAT, GETUSER, LIST, USERS and WHOAMI: the users and their rights, shown.

use super::too_many;
use crate::client::users::User;
use crate::commands::{Call, ReplyError, catalogue};
use crate::config::user::Selector;

pub(super) fn cat(call: &mut Call) -> Result<(), ReplyError> {
    let names: Vec<&str> = match call.args.len() {
        2 => catalogue().categories().to_vec(),
        3 => {
            let name = call.args.get(2);
            let shown = &name[..name.len().min(128)];
            let unknown = || ReplyError::about("ERR Unknown category '", shown, "'");
            let category = catalogue().category(name).ok_or_else(unknown)?;
            let entries = catalogue().entries().iter();
            let members = entries.filter(|entry| entry.categories & category != 0);
            members.map(|entry| entry.name).collect()
        }
        _ => return Err(too_many(call.args.get(1))),
    };
    call.reply.array(names.len());
    for name in names {
        call.reply.bulk(name.as_bytes());
    }
    Ok(())
}

pub(super) fn getuser(call: &mut Call) -> Result<(), ReplyError> {
    let Some(user) = call.state.users.find(call.args.get(2)) else {
        call.reply.null();
        return Ok(());
    };
    let rules = user.rules();
    call.reply.map(6);
    call.reply.bulk(b"flags");
    let flags: Vec<&str> = rules.flags().collect();
    call.reply.set(flags.len());
    for flag in flags {
        call.reply.bulk(flag.as_bytes());
    }
    call.reply.bulk(b"passwords");
    let hashes = rules.password_hashes();
    call.reply.array(hashes.len());
    for hash in hashes {
        call.reply.bulk(hash.as_bytes());
    }
    let [own, others @ ..] = rules.selectors() else {
        unreachable!("every user has a selector of its own");
    };
    describe(call, own);
    call.reply.bulk(b"selectors");
    call.reply.array(others.len());
    for selector in others {
        call.reply.map(3);
        describe(call, selector);
    }
    Ok(())
}

/// Replies with the three pairs that describe a selector.
fn describe(call: &mut Call, selector: &Selector) {
    call.reply.bulk(b"commands");
    let commands = selector.describe_commands(catalogue());
    call.reply.bulk(commands.as_bytes());
    call.reply.bulk(b"keys");
    call.reply.bulk(&selector.describe_keys());
    call.reply.bulk(b"channels");
    call.reply.bulk(&selector.describe_channels());
}

pub(super) fn list(call: &mut Call) -> Result<(), ReplyError> {
    let users = call.state.users.list();
    call.reply.array(users.len());
    for user in users {
        call.reply.bulk(&line(&user));
    }
    Ok(())
}

/// Returns the line that defines a user, as an ACL file has it.
pub(super) fn line(user: &User) -> Vec<u8> {
    let description = user.rules().describe(catalogue());
    [b"user ", &user.name[..], b" ", &description].concat()
}

pub(super) fn users(call: &mut Call) -> Result<(), ReplyError> {
    let users = call.state.users.list();
    call.reply.array(users.len());
    for user in users {
        call.reply.bulk(&user.name);
    }
    Ok(())
}

pub(super) fn whoami(call: &mut Call) -> Result<(), ReplyError> {
    call.reply.bulk(&call.session.user().name);
    Ok(())
}
