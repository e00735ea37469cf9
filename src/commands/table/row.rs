//! A row of the command table, and the handler that runs its command.

use super::{Argument, Category, Channels, Flag, Keys, Place};
use crate::commands::call::Call;
use crate::commands::effect::Effect;
use crate::commands::table::error::ReplyError;
use crate::commands::wait::{Outcome, Unblock};
use crate::resp::args::Args;
use crate::resp::reply::Reply;
use crate::state::ServerState;
use crate::store::Databases;
use crate::store::keyspace::Keyspace;

/// One command, or one subcommand.
#[derive(Debug)]
pub struct Command {
    /// Its name in lower case; `client|list` for a subcommand.
    pub name: &'static str,
    /// The number of arguments, the name included; `-n` for n or more.
    pub arity: i32,
    /// Its properties.
    pub flags: &'static [Flag],
    /// ACL categories that do not follow from the flags.
    pub categories: &'static [Category],
    /// The arguments that are keys: one specification for each use that it makes of them.
    pub keys: &'static [Keys],
    /// The arguments that are fields of the key, if it names fields.
    pub fields: Option<Place>,
    /// The arguments that are channels.
    pub channels: Option<Channels>,
    /// Hints for clients of clusters.
    pub tips: &'static [&'static str],
    /// Its group in the documentation.
    pub group: &'static str,
    /// The version of Redis that added it.
    pub since: &'static str,
    /// Describes it in one line.
    pub summary: &'static str,
    /// Its time complexity; empty if the documentation does not tell it.
    pub complexity: &'static str,
    /// Versions of Redis that changed it, with the change.
    pub history: &'static [(&'static str, &'static str)],
    /// A mark of the documentation: `deprecated` or `syscmd`.
    pub doc_flag: Option<&'static str>,
    /// The version of Redis that deprecated it, and the replacement.
    pub deprecated: Option<(&'static str, &'static str)>,
    /// The arguments behind the name.
    pub arguments: &'static [Argument],
    /// Its subcommands. Their names begin with this one's.
    pub subcommands: &'static [Command],
    /// The lines of its HELP subcommand, without the first line and without HELP itself.
    pub help: &'static [&'static str],
    /// Runs it.
    pub handler: Handler,
}

impl Command {
    /// An empty row, to build others on: `Command { name: "get", ..Command::ROW }`.
    pub const ROW: Command = Command {
        name: "",
        arity: 0,
        flags: &[],
        categories: &[],
        keys: &[],
        fields: None,
        channels: None,
        tips: &[],
        group: "",
        since: "1.0.0",
        summary: "",
        complexity: "O(1)",
        history: &[],
        doc_flag: None,
        deprecated: None,
        arguments: &[],
        subcommands: &[],
        help: &[],
        handler: Handler::Container,
    };

    /// Returns whether `count` arguments, the name included, fit the arity.
    pub fn takes(&self, count: usize) -> bool {
        let wanted = self.arity.unsigned_abs() as usize;
        if self.arity < 0 {
            count >= wanted
        } else {
            count == wanted
        }
    }

    /// Returns the keys that the request `args` names. If its syntax is wrong, some may be missing.
    pub fn keys_of<'a>(&self, args: Args<'a>) -> impl Iterator<Item = &'a [u8]> {
        let specs = self.keys.iter();
        specs
            .filter_map(move |keys| keys.place.indexes(args))
            .flat_map(move |indexes| indexes.map(move |index| args.get(index)))
    }

    /// Returns the fields that the request `args` names; none if its syntax is wrong.
    pub fn fields_of<'a>(&self, args: Args<'a>) -> impl Iterator<Item = &'a [u8]> {
        let indexes = self.fields.and_then(|fields| fields.indexes(args));
        indexes
            .into_iter()
            .flat_map(move |indexes| indexes.map(move |index| args.get(index)))
    }

    /// Returns its key specifications, as COMMAND INFO lists them.
    pub fn key_specs(&self) -> impl Iterator<Item = Keys> {
        let channels = self.channels.and_then(Channels::key_spec);
        self.keys.iter().copied().chain(channels)
    }

    /// Returns whether its keys cannot be found by the first, the last and the distance alone.
    pub fn has_movable_keys(&self) -> bool {
        self.keys.iter().any(|keys| keys.legacy_range().is_none())
    }

    /// Returns the handler of the request `args`.
    ///
    /// # Errors
    /// If DEBUG has no such subcommand.
    pub fn handler_for(&self, args: Args) -> Result<Handler, ReplyError> {
        match self.handler {
            Handler::ByOptions(choose) => Ok(choose(args)),
            Handler::Debug(choose) => choose(args),
            handler => Ok(handler),
        }
    }

    /// Returns whether the request `args` changes data.
    pub fn writes(&self, args: Args) -> bool {
        self.handler_for(args).is_ok_and(|handler| handler.writes())
    }

    /// Returns whether the row has `flag`.
    pub fn has(&self, flag: Flag) -> bool {
        self.flags.contains(&flag)
    }

    /// Returns the names of its ACL categories, including those that follow from the flags.
    pub fn category_names(&self) -> Vec<&'static str> {
        Category::ALL
            .iter()
            .filter(|(it, _)| self.is_in(*it))
            .map(|(_, name)| *name)
            .collect()
    }

    /// Returns whether it is in the ACL category, also if that follows from the flags.
    pub fn is_in(&self, category: Category) -> bool {
        category.follows_from(self.flags) || self.categories.contains(&category)
    }
}

/// The second half of a [`Handler::PrepareWrite`], which changes the data.
pub type Prepared = Box<dyn FnOnce(&mut Call, &mut Keyspace) -> Result<Effect, ReplyError>>;

/// The second part of a [`Handler::ReadAndStore`], which needs no data. Replies, and may return the
/// third part.
pub type Compute = Box<dyn FnOnce(&mut Reply) -> Result<Option<Store>, ReplyError>>;

/// The third part of a [`Handler::ReadAndStore`], which stores a result for later requests.
pub type Store = Box<dyn FnOnce(&mut Call, &mut Keyspace) -> Effect>;

/// The second half of a [`Handler::ReadThen`], which needs no data.
pub type Rest = Box<dyn FnOnce(&mut Reply) -> Result<(), ReplyError>>;

/// The second half of a [`Handler::ReadAllThen`], which needs no data.
pub type Report = Box<dyn FnOnce(&mut Call)>;

/// The function that runs a command. Its type tells which side of the store's lock it needs: a
/// read that changes data does not compile.
#[derive(Clone, Copy, Debug)]
pub enum Handler {
    /// Needs no data.
    Plain(fn(&mut Call) -> Result<(), ReplyError>),
    /// Needs no data, and keeps everybody else from it.
    Alone(fn(&mut Call) -> Result<(), ReplyError>),
    /// Reads the selected database.
    Read(fn(&mut Call, &Keyspace) -> Result<(), ReplyError>),
    /// Reads the selected database, and does slow work, if there is any, after the lock is released.
    ReadThen(fn(&mut Call, &Keyspace) -> Result<Option<Rest>, ReplyError>),
    /// Reads the selected database. If a result must be computed, does so after the lock is released,
    /// and may store it afterwards. The data may have changed in between. Nothing is stored if the log
    /// could not record it, or in a transaction that only reads.
    ReadAndStore(fn(&mut Call, &Keyspace) -> Result<Option<Compute>, ReplyError>),
    /// Reads any database.
    ReadAll(fn(&mut Call, &Databases) -> Result<(), ReplyError>),
    /// Counts something in all databases, and reports it after the lock is released.
    ReadAllThen(fn(&Databases) -> Report),
    /// Changes the selected database.
    Write(fn(&mut Call, &mut Keyspace) -> Result<Effect, ReplyError>),
    /// Does slow work before the lock is taken, then changes the selected database.
    PrepareWrite(fn(Args, &ServerState) -> Result<Prepared, ReplyError>),
    /// Changes the selected database, or waits until there is data to do so.
    MayWait(fn(&mut Call, &mut Keyspace) -> Result<Outcome, ReplyError>),
    /// Changes any database.
    WriteAll(fn(&mut Call, &mut Databases) -> Result<Effect, ReplyError>),
    /// Reads or changes the selected database, as the options ask: chooses the handler of a request.
    ByOptions(fn(Args) -> Handler),
    /// DEBUG, whose subcommands have no rows: chooses the handler of a request. Only
    /// `enable-debug-command` allows it.
    Debug(fn(Args) -> Result<Handler, ReplyError>),
    /// EXEC, which the engine runs itself.
    Exec,
    /// WATCH, which the engine runs itself.
    Watch,
    /// CLIENT UNBLOCK, which the engine runs itself after this function has parsed it.
    Unblock(fn(Args) -> Result<Unblock, ReplyError>),
    /// DEBUG RELOAD and LOADAOF, which the engine runs itself.
    Reload,
    /// A command that has only subcommands.
    Container,
}

/// The databases that a handler can use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// None.
    Nothing,
    /// The selected one.
    Selected,
    /// All.
    All,
}

impl Handler {
    /// Returns whether its purpose is to change data: it must not run if the log cannot record its
    /// effect. This is the only place that decides it.
    pub fn writes(&self) -> bool {
        matches!(
            self,
            Handler::Write(_)
                | Handler::PrepareWrite(_)
                | Handler::MayWait(_)
                | Handler::WriteAll(_)
                | Handler::ByOptions(_)
        )
    }

    /// Returns whether the log may hold its effect.
    pub fn is_recorded(&self) -> bool {
        self.writes() || matches!(self, Handler::ReadAndStore(_))
    }

    /// Returns whether a transaction with it needs the store's lock for writing.
    pub fn is_exclusive(&self) -> bool {
        self.is_recorded()
            || matches!(
                self,
                Handler::Alone(_) | Handler::Watch | Handler::Unblock(_)
            )
    }

    /// Returns the databases that it can use.
    pub fn scope(&self) -> Scope {
        match self {
            Handler::Read(_)
            | Handler::ReadThen(_)
            | Handler::ReadAndStore(_)
            | Handler::Write(_)
            | Handler::PrepareWrite(_)
            | Handler::MayWait(_)
            | Handler::ByOptions(_)
            | Handler::Watch => Scope::Selected,
            Handler::ReadAll(_) | Handler::ReadAllThen(_) | Handler::WriteAll(_) => Scope::All,
            Handler::Plain(_)
            | Handler::Alone(_)
            | Handler::Debug(_)
            | Handler::Exec
            | Handler::Unblock(_)
            | Handler::Reload
            | Handler::Container => Scope::Nothing,
        }
    }
}
