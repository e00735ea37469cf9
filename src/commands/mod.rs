//! What a client can ask for.
//!
//! One file per subject. At its head stand the rows of its commands ([`table`]), below
//! them the functions that run them. A new command is a row and a function in the file
//! of its subject, and nothing else anywhere.
//!
//! A function gets a [`Call`] and, if it works on data, the data: locked by `engine`,
//! the only caller of the lock, for as long as the function runs. So it neither waits
//! nor does long work that could be done before or after. It checks everything before
//! it changes anything, and what it returns says what there is to record.

pub mod bitmap;
pub(crate) mod connection;
mod deadline;
mod effect;
mod generic;
mod hash;
mod scripting;
mod server;
pub mod string;
pub mod table;
mod transaction;

pub use effect::{Commands, Effect};
pub use table::error::{self, LOADING, NO_AUTH, ReplyError};
pub use table::{Command, Flag, Handler};

use std::any::Any;
use std::cell::OnceCell;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{Arc, LazyLock};

use crate::aof::Log;
use crate::client::registry::Counters;
use crate::client::session::Session;
use crate::clock::unix_time_ms;
use crate::config::Renames;
use crate::num::integer;
use crate::resp::args::Args;
use crate::resp::output::Output;
use crate::resp::reply::Reply;
use crate::state::ServerState;
use crate::store::blob::Blob;
use crate::store::keyspace::{Keyspace, WrongType};
use crate::store::types::Entry;

/// The rows, group by group and file by file.
const TABLES: &[&[&[Command]]] = &[
    string::TABLES,
    bitmap::TABLES,
    hash::TABLES,
    generic::TABLES,
    connection::TABLES,
    transaction::TABLES,
    scripting::TABLES,
    server::TABLES,
];

/// The longest name that can be in the table.
const MAX_NAME_BYTES: usize = 32;

/// All commands and subcommands; a position in this list identifies one.
static ALL: LazyLock<Vec<&'static Command>> = LazyLock::new(|| {
    top_level()
        .flat_map(|command| [command].into_iter().chain(command.subcommands))
        .collect()
});

/// Lower-case names of those that are not subcommands to positions in `ALL`.
static BY_NAME: LazyLock<HashMap<&'static [u8], usize, BuildHasherDefault<NameHasher>>> =
    LazyLock::new(|| {
        top_level()
            .map(|command| {
                let id = ALL.iter().position(|row| std::ptr::eq(*row, command));
                (command.name.as_bytes(), id.expect("a row of the table"))
            })
            .collect()
    });

/// FNV-1a (<http://www.isthe.com/chongo/tech/comp/fnv/>). The names in the table are known
/// and few, so nobody can make them collide, and a keyed hash would be a tenth of the time
/// that a short command takes.
struct NameHasher(u64);

impl Default for NameHasher {
    fn default() -> Self {
        NameHasher(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for NameHasher {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
        }
    }

    /// The length, which slices hash too: the name tells it.
    fn write_usize(&mut self, _: usize) {}

    fn finish(&self) -> u64 {
        self.0
    }
}

/// All commands that are not subcommands.
pub fn top_level() -> impl Iterator<Item = &'static Command> {
    TABLES.iter().copied().flatten().copied().flatten()
}

/// Identifies a command, in a form that an atomic can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommandId(pub usize);

impl CommandId {
    /// Its row, if there is one.
    pub fn command(self) -> Option<&'static Command> {
        ALL.get(self.0).copied()
    }
}

/// The command `name`, in whatever case: no subcommands.
pub fn find(name: &[u8]) -> Option<(CommandId, &'static Command)> {
    let mut lower = [0; MAX_NAME_BYTES];
    let lower = lower.get_mut(..name.len())?;
    lower.copy_from_slice(name);
    lower.make_ascii_lowercase();
    let id = *BY_NAME.get(&*lower)?;
    Some((CommandId(id), ALL[id]))
}

/// The command that clients call `name`, in whatever case.
pub fn find_renamed(renames: &Renames, name: &[u8]) -> Option<(CommandId, &'static Command)> {
    if renames.is_empty() {
        return find(name);
    }
    let name = std::str::from_utf8(name).ok()?.to_ascii_lowercase();
    find(renames.original(&name)?.as_bytes())
}

/// The commands that clients can call, without subcommands.
pub fn callable(renames: &Renames) -> impl Iterator<Item = &'static Command> {
    top_level().filter(|command| renames.can_call(command.name))
}

/// The subcommand `name` of the command `container`, in whatever case.
pub fn find_subcommand(container: CommandId, name: &[u8]) -> Option<(CommandId, &'static Command)> {
    let subcommands = container.command()?.subcommands;
    let index = subcommands.iter().position(|row| {
        let (_, own_name) = row.name.split_once('|').unwrap_or_default();
        own_name.as_bytes().eq_ignore_ascii_case(name)
    })?;
    // They follow their container in `ALL`.
    Some((CommandId(container.0 + 1 + index), &subcommands[index]))
}

/// What is left of a command that has done all it could without the data.
pub type Prepared = Box<dyn FnOnce(&mut Call, &mut Keyspace) -> Result<Effect, ReplyError>>;

/// One request on its way through a command.
pub struct Call<'a> {
    /// The request, its name first; their number fits the command's arity.
    pub args: Args<'a>,
    /// Who asks.
    pub session: &'a mut Session,
    /// Where the answer goes.
    pub reply: &'a mut Reply,
    /// The server.
    pub state: &'a ServerState,
    /// What has a time not after this is gone, in milliseconds since 1970: when the lock was
    /// taken. 0 in a replay of the log, where nothing is gone that the log does not say is gone.
    pub now_ms: u64,
    /// What [`Call::clock_ms`] has read.
    pub clock_ms: OnceCell<u64>,
    /// Whether the connection ends after this request.
    pub close: bool,
    /// The log, switched on or off; `None` before the data is loaded.
    pub log: Option<&'a Log>,
    /// Whether the command may wait for something: not within a transaction.
    pub may_wait: bool,
    /// What is to be freed once the lock is released.
    pub garbage: &'a mut Garbage,
    /// Expired keys that commands have met which only read, with their databases. They are
    /// removed when the command has run.
    pub expired: &'a mut Vec<(usize, Blob)>,
    /// Work for the end of the transaction.
    pub postponed: &'a mut Vec<Postponed>,
}

/// A command of a transaction that has to wait for something, and so is run when the lock is
/// released, before the client hears of any of its commands.
pub struct Postponed {
    /// The replies before its own.
    pub before: Output,
    /// Runs it. Its reply is OK, or the error.
    pub run: Run,
}

type Run = Box<dyn FnOnce(&ServerState, Option<&Log>) -> Result<(), ReplyError>>;

/// Things to be freed.
pub type Garbage = Vec<Box<dyn Any + Send>>;

/// What is left to do of a [`Handler::ReadThen`].
pub type Rest = Box<dyn FnOnce(&mut Reply)>;

/// Appends a bulk string; big ones are not copied.
fn push_blob(output: &mut Output, blob: &Blob) {
    match blob.big() {
        Some(value) => output.push_bulk_shared(value),
        None => output.push_bulk(blob),
    }
}

impl Call<'_> {
    /// Postpones `run` to the end of the transaction; its reply will stand here.
    fn later(
        &mut self,
        run: impl FnOnce(&ServerState, Option<&Log>) -> Result<(), ReplyError> + 'static,
    ) {
        self.postponed.push(Postponed {
            before: self.reply.take(),
            run: Box::new(run),
        });
    }

    /// What time it is, in milliseconds since 1970: times to live are counted from here. Read
    /// when it is first asked for: the lock may have been waited for, and the command before
    /// may have taken long.
    pub fn clock_ms(&self) -> u64 {
        *self.clock_ms.get_or_init(unix_time_ms)
    }

    /// Whether a time that something is given now is past already.
    fn is_past(&self, at_ms: i64) -> bool {
        let now_ms = match self.now_ms {
            0 => 0,
            _ => self.clock_ms(),
        };
        at_ms <= now_ms as i64
    }

    /// The argument at `index` as a blob; big ones are not copied.
    fn blob(&self, index: usize) -> Blob {
        match self.args.shared(index) {
            Some(value) => Blob::from(Arc::clone(value)),
            None => Blob::from(self.args.get(index)),
        }
    }

    /// Replies with a blob; big ones are not copied.
    fn reply_blob(&mut self, blob: &Blob) {
        push_blob(self.reply.output(), blob);
    }

    /// The argument at `index` as a signed 64-bit integer.
    fn integer(&self, index: usize) -> Result<i64, ReplyError> {
        integer::parse(self.args.get(index)).ok_or(error::NOT_AN_INTEGER)
    }

    /// Counts a lookup for reading and passes its result on. A key of the wrong type has
    /// been found as well.
    fn counted<T>(&self, found: Result<Option<T>, WrongType>) -> Result<Option<T>, WrongType> {
        let Counters { hits, misses, .. } = &self.session.client.counters;
        Counters::add(
            if matches!(found, Ok(None)) {
                misses
            } else {
                hits
            },
            1,
        );
        found
    }

    /// Has a key of the selected database, which has expired, removed when the command has run.
    fn note_expired(&mut self, key: &Blob) {
        self.expired.push((self.session.database(), key.clone()));
    }

    /// Frees what a key held: later, if that takes long.
    fn discard(&mut self, entry: Entry) {
        if entry.value().is_slow_to_free() {
            self.discard_later(entry);
        }
    }

    /// Frees values that were removed after the lock is released.
    fn discard_values(&mut self, mut values: Vec<Blob>) {
        values.retain(|value| value.heap_bytes() > 0);
        if !values.is_empty() {
            self.discard_later(values);
        }
    }

    /// Frees anything after the lock is released.
    fn discard_later(&mut self, garbage: impl Any + Send) {
        self.garbage.push(Box::new(garbage));
    }

    /// The argument at `index` as text; other bytes than UTF-8 become `U+FFFD`, which no
    /// name or setting has.
    fn text(&self, index: usize) -> String {
        String::from_utf8_lossy(self.args.get(index)).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::names;

    #[test]
    fn every_row_is_found_by_its_name() {
        assert_eq!(BY_NAME.len(), top_level().count(), "a name stands twice");
        for command in top_level() {
            assert!(command.name.len() <= MAX_NAME_BYTES);
            let (id, found) = find(command.name.to_uppercase().as_bytes()).unwrap();
            assert_eq!(found.name, command.name);
            for subcommand in command.subcommands {
                let (_, name) = subcommand.name.split_once('|').unwrap();
                let found = find_subcommand(id, name.to_uppercase().as_bytes()).unwrap();
                assert_eq!(found.1.name, subcommand.name);
                assert_eq!(found.0.command().unwrap().name, subcommand.name);
                assert!(find(subcommand.name.as_bytes()).is_none());
            }
        }
    }

    /// `rename-command` takes the names of this list.
    #[test]
    fn every_command_is_known_to_the_configuration() {
        for command in top_level() {
            assert!(names::is_command(command.name), "{}", command.name);
            assert_eq!(names::missing_type(command.name), None, "{}", command.name);
        }
    }

    #[test]
    fn the_handler_and_the_flags_tell_the_same() {
        for command in ALL.iter() {
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
        for command in ALL.iter().filter(|command| command.has(Flag::Write)) {
            let is_about_all = ["flushall", "flushdb", "swapdb"].contains(&command.name);
            let has_none = is_about_all || command.group == "scripting";
            assert_eq!(command.keys.is_none(), has_none, "{}", command.name);
        }
    }
}
