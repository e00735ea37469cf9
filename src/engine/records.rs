//! What a turn did to the data, as the commands that the log will keep.

use crate::aof::Record;
use crate::commands::{Commands, Effect};
use crate::resp::args::Args;
use crate::resp::output::Output;

const MULTI: &[u8] = b"*1\r\n$5\r\nMULTI\r\n";
const EXEC: &[u8] = b"*1\r\n$4\r\nEXEC\r\n";

/// Commands, gathered until the lock is released.
///
/// What belongs together is a transaction in the file: what EXEC ran, and an effect of several
/// commands. The removal of an expired key is no part of the command that follows it: it is true
/// without that command.
#[derive(Default)]
pub(super) struct Records {
    /// Without a log nothing is gathered.
    pub(super) is_on: bool,
    commands: Output,
    /// The database of the first of them, and that of the last.
    first: usize,
    last: usize,
    /// What was there before the transaction that is being recorded.
    before: Option<Output>,
    /// How many have been added since.
    added: usize,
    /// How many bytes all that may come will have, as a guess, until there is room for them.
    pub(super) room: usize,
}

impl Records {
    /// Whether there is nothing to be sent.
    pub(super) fn is_empty(&self) -> bool {
        self.commands.is_empty() && self.before.as_ref().is_none_or(Output::is_empty)
    }

    /// Adds what a command in `database` did, `args` being how it was asked for.
    pub(super) fn add(&mut self, effect: Effect, database: usize, args: Args) {
        match effect {
            Effect::Nothing => {}
            Effect::AsRequested => {
                if let Some(commands) = self.begin(database) {
                    args.encode(commands);
                }
            }
            Effect::Instead(commands) => self.add_commands(database, commands),
        }
    }

    /// Adds commands, which are kept whole or not at all.
    pub(super) fn add_commands(&mut self, database: usize, commands: Commands) {
        let is_alone = self.before.is_none();
        let count = commands.count();
        if let Some(output) = self.begin(database) {
            append(output, commands.into_output(), is_alone && count > 1);
            self.added += count - 1;
        }
    }

    /// From now on all is one transaction.
    pub(super) fn begin_transaction(&mut self) {
        self.before = Some(std::mem::take(&mut self.commands));
        self.added = 0;
    }

    /// Ends the transaction: what it did is kept whole or not at all.
    pub(super) fn end_transaction(&mut self) {
        let done = std::mem::take(&mut self.commands);
        self.commands = self.before.take().unwrap_or_default();
        // One command is whole anyway.
        append(&mut self.commands, done, self.added > 1);
    }

    /// Takes all out for the log.
    pub(super) fn take(&mut self) -> Option<Record> {
        if self.commands.is_empty() {
            return None;
        }
        Some(Record {
            first_database: self.first,
            last_database: self.last,
            commands: std::mem::take(&mut self.commands),
        })
    }

    /// Makes way for one more command, which is about `database`.
    fn begin(&mut self, database: usize) -> Option<&mut Output> {
        if !self.is_on {
            return None;
        }
        if self.is_empty() {
            let room = std::mem::take(&mut self.room);
            self.commands.bytes_mut().reserve(room);
            self.first = database;
        } else if self.last != database {
            self.commands
                .push_command(&[b"SELECT", database.to_string().as_bytes()]);
        }
        self.last = database;
        self.added += 1;
        Some(&mut self.commands)
    }
}

/// Appends `commands` to `output`, as a transaction or not.
fn append(output: &mut Output, mut commands: Output, is_transaction: bool) {
    if is_transaction {
        output.push(MULTI);
    }
    output.append(&mut commands);
    if is_transaction {
        output.push(EXEC);
    }
}
