//! The commands of clients, in folders by the groups of Redis's documentation.
//!
//! **To add a command**, add a row ([`Command`]) to `COMMANDS` in the file of its subject, and
//! below it the function that the row's `handler` names. The row holds every fact about the
//! command, its keys and fields included. The guide's page
//! [a new command](crate::guide::new_command) has the steps.
//!
//! **To add a file**, add its `COMMANDS` to `TABLES` in the group's `mod.rs`. **To add a group**,
//! add a folder with a `mod.rs` that has `TABLES`, and one line to `TABLES` here.
//!
//! A handler gets a [`Call`] and, if it works on data, the data. The engine holds the lock for it,
//! so it must not wait, and does slow work before or after ([`Handler::PrepareWrite`],
//! [`Handler::ReadThen`], [`Handler::ReadAndStore`], [`Handler::ReadAllThen`]). If it needs data
//! that is not there yet, it says so ([`Handler::MayWait`]). It checks everything before it changes
//! anything, and returns the [`Effect`] that the log must hold.

mod absent;
pub mod bitmap;
mod call;
mod catalogue;
pub(crate) mod connection;
mod effect;
mod expiry;
mod generic;
mod geo;
mod hash;
mod help;
mod hyperloglog;
mod key;
mod list;
mod lookup;
pub mod notify;
pub(crate) mod permission;
mod positions;
mod pubsub;
mod redacted;
mod sampling;
mod scan;
mod scripting;
mod server;
mod set;
mod several;
pub mod string;
pub mod table;
mod transaction;
mod wait;
mod zset;

pub use absent::{is_command, missing_type};
pub use call::{Call, Garbage, Postponed};
use call::{QUICK_ELEMENTS, push_blob};
pub use catalogue::catalogue;
pub use effect::{Commands, Effect, encode_set_until};
pub use lookup::{
    CommandId, callable, describe, find, find_renamed, find_row, find_subcommand, row_of, top_level,
};
pub use redacted::redacted;
pub use server::load_users;
pub use table::error::{self, LOADING, NO_AUTH, ReplyError};
pub use table::{Command, Flag, Handler, Prepared, Rest};
pub use wait::{Awaited, Outcome, Unblock};

/// The rows of each group, file by file.
const TABLES: &[&[&[Command]]] = &[
    string::TABLES,
    bitmap::TABLES,
    hash::TABLES,
    list::TABLES,
    set::TABLES,
    zset::TABLES,
    geo::TABLES,
    hyperloglog::TABLES,
    generic::TABLES,
    connection::TABLES,
    transaction::TABLES,
    pubsub::TABLES,
    scripting::TABLES,
    server::TABLES,
];

#[cfg(test)]
mod tests {
    use super::table::{Argument, Keys};
    use super::*;

    fn all() -> impl Iterator<Item = &'static Command> {
        top_level().flat_map(|command| [command].into_iter().chain(command.subcommands))
    }

    #[test]
    fn the_handler_and_the_flags_agree() {
        for command in all() {
            let writes = command.handler.writes();
            assert_eq!(writes, command.has(Flag::Write), "{}", command.name);
            assert!(
                !command.summary.is_empty() && !command.group.is_empty(),
                "{}",
                command.name
            );
        }
    }

    /// Before a command changes data, the engine removes the expired keys that its row names.
    #[test]
    fn every_row_that_changes_data_names_its_keys() {
        for command in all().filter(|command| command.handler.writes()) {
            let is_about_all = ["flushall", "flushdb", "swapdb"].contains(&command.name);
            let has_none = is_about_all || command.group == "scripting";
            assert_eq!(command.keys.is_empty(), has_none, "{}", command.name);
        }
    }

    #[test]
    fn every_row_that_documents_keys_or_fields_says_where_they_are() {
        for command in all() {
            let has_keys = documents(command.arguments, &|it| it.kind == "key");
            assert_eq!(has_keys, !command.keys.is_empty(), "{}", command.name);
            let has_fields = documents(command.arguments, &|it| it.name == "field");
            let has_members = documents(command.arguments, &|it| it.name == "member");
            let is_right = match command.fields {
                Some(_) => has_fields || has_members,
                None => !has_fields,
            };
            assert!(is_right, "{}", command.name);
        }
    }

    fn documents(arguments: &[Argument], is_one: &dyn Fn(&Argument) -> bool) -> bool {
        let mut arguments = arguments.iter();
        arguments.any(|it| is_one(it) || documents(it.arguments, is_one))
    }

    #[test]
    fn the_handler_and_the_use_of_the_keys_agree() {
        for command in all() {
            let changes = |keys: &Keys| keys.flags[0] != "RO";
            let may_change = command.handler.is_recorded();
            let is_right =
                command.keys.iter().any(changes) == may_change || command.keys.is_empty();
            assert!(is_right, "{}", command.name);
        }
    }
}
