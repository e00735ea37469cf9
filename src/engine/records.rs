//! The effects of a turn, as the commands that the log will hold.

use std::mem;

use crate::aof::Record;
use crate::commands::{Commands, Effect, encode_set_until};
use crate::resp::args::Args;
use crate::resp::output::Output;

const MULTI: &[u8] = b"*1\r\n$5\r\nMULTI\r\n";
const EXEC: &[u8] = b"*1\r\n$4\r\nEXEC\r\n";

/// Commands, gathered until the lock is released.
///
/// A group of commands is kept whole or not at all. EXEC makes a group of what it runs, and an
/// effect of several commands is a group too. Groups nest: [`Records::savepoint`] begins one and
/// [`Records::close`] ends it, and the outermost becomes a transaction in the file. The removal of
/// an expired key does not belong to the command that follows it.
#[derive(Default)]
pub(super) struct Records {
    /// Whether commands are gathered. They are not without a log.
    pub(super) is_on: bool,
    commands: Output,
    /// The number of commands since the last [`Records::take`], those of the savepoint included.
    count: usize,
    /// The database of the first command.
    first: usize,
    /// The database of the last command.
    last: usize,
    /// Whether a group is open.
    is_in_group: bool,
    /// An estimate of all bytes to come. The first command reserves memory for them.
    pub(super) expected_bytes: usize,
}

/// The beginning of a group.
pub(super) struct Savepoint {
    /// The commands before the group; `None` if the group is part of another.
    before: Option<Output>,
    /// The number of commands before the group.
    count: usize,
}

impl Records {
    /// Returns whether there is nothing to send.
    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Adds the effect of the request `args` in `database`.
    pub(super) fn add(&mut self, effect: Effect, database: usize, args: Args) {
        match effect {
            Effect::Nothing => {}
            Effect::AsRequested => {
                if self.is_on {
                    self.begin(database, 1);
                    args.encode(&mut self.commands);
                }
            }
            Effect::SetUntil { value, at } => {
                if self.is_on {
                    self.begin(database, 1);
                    encode_set_until(args, value, at, &mut self.commands);
                }
            }
            Effect::Instead(commands) => self.add_commands(database, commands),
        }
    }

    /// Adds commands. Several are a group.
    pub(super) fn add_commands(&mut self, database: usize, commands: Commands) {
        let count = commands.count();
        if !self.is_on || count == 0 {
            return;
        }
        self.begin(database, count);
        let is_transaction = count > 1 && !self.is_in_group;
        self.append(commands.into_output(), is_transaction);
    }

    /// Begins a group.
    pub(super) fn savepoint(&mut self) -> Savepoint {
        let is_outermost = !mem::replace(&mut self.is_in_group, true);
        Savepoint {
            before: is_outermost.then(|| mem::take(&mut self.commands)),
            count: self.count,
        }
    }

    /// Ends the group that began at `savepoint`.
    pub(super) fn close(&mut self, savepoint: Savepoint) {
        let Some(before) = savepoint.before else {
            return;
        };
        self.is_in_group = false;
        let group = mem::replace(&mut self.commands, before);
        // One command is whole anyway.
        self.append(group, self.count - savepoint.count > 1);
    }

    /// Takes all commands out for the log. Must not be called within a group.
    pub(super) fn take(&mut self) -> Option<Record> {
        debug_assert!(!self.is_in_group);
        if self.is_empty() {
            return None;
        }
        self.count = 0;
        Some(Record {
            first_database: self.first,
            last_database: self.last,
            commands: mem::take(&mut self.commands),
        })
    }

    /// Prepares for `count` more commands in `database`.
    fn begin(&mut self, database: usize, count: usize) {
        if self.is_empty() {
            let room = mem::take(&mut self.expected_bytes);
            self.commands.bytes_mut().reserve(room);
            self.first = database;
        } else if self.last != database {
            let number = database.to_string();
            self.commands.push_command(&[b"SELECT", number.as_bytes()]);
        }
        self.last = database;
        self.count += count;
    }

    fn append(&mut self, mut commands: Output, is_transaction: bool) {
        if is_transaction {
            self.commands.push(MULTI);
        }
        self.commands.append(&mut commands);
        if is_transaction {
            self.commands.push(EXEC);
        }
    }
}
