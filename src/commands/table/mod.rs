//! What one row of the command table says.
//!
//! A row is a command's whole truth: arity checks, COMMAND, COMMAND DOCS, redis-cli's
//! hints and the choice of the lock all read it. The fields are those of Redis's
//! `src/commands/*.json`.

pub mod error;

use super::{Call, Effect, Prepared, ReplyError, Rest};
use crate::resp::args::Args;
use crate::state::ServerState;
use crate::store::Databases;
use crate::store::keyspace::Keyspace;

/// One command, or one subcommand.
#[derive(Debug)]
pub struct Command {
    /// Its name in lower case; `client|list` for a subcommand.
    pub name: &'static str,
    /// How many arguments it takes, the name included; `-n` for n or more.
    pub arity: i32,
    /// What it does to the server.
    pub flags: &'static [Flag],
    /// ACL categories that do not follow from the flags.
    pub categories: &'static [Category],
    /// Which arguments are keys.
    pub keys: Option<Keys>,
    /// Which others are, if something else is done to those.
    pub more_keys: &'static [Keys],
    /// A remark on what is done to the keys.
    pub keys_note: Option<&'static str>,
    /// Hints for clients that talk to clusters.
    pub tips: &'static [&'static str],
    /// Its group in the documentation.
    pub group: &'static str,
    /// The version of Redis that brought it.
    pub since: &'static str,
    /// What it does, in a line.
    pub summary: &'static str,
    /// How its time grows.
    pub complexity: &'static str,
    /// Versions of Redis that changed it, and how.
    pub history: &'static [(&'static str, &'static str)],
    /// What Redis's documentation marks it as: `deprecated` or `syscmd`.
    pub doc_flag: Option<&'static str>,
    /// The version of Redis that advised against it, and what it advised instead.
    pub deprecated: Option<(&'static str, &'static str)>,
    /// What may follow the name.
    pub arguments: &'static [Argument],
    /// Commands whose name is this one's followed by theirs.
    pub subcommands: &'static [Command],
    /// What HELP tells of those, but for its first line and for HELP itself.
    pub help: &'static [&'static str],
    /// What runs it.
    pub handler: Handler,
}

/// To build rows on: `Command { name: "get", ..Command::ROW }`.
impl Command {
    /// A row with nothing in it.
    pub const ROW: Command = Command {
        name: "",
        arity: 0,
        flags: &[],
        categories: &[],
        keys: None,
        more_keys: &[],
        keys_note: None,
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

    /// Whether `count` arguments, the name included, are neither too few nor too many.
    pub fn takes(&self, count: usize) -> bool {
        let wanted = self.arity.unsigned_abs() as usize;
        if self.arity < 0 {
            count >= wanted
        } else {
            count == wanted
        }
    }

    /// All key specifications.
    pub fn key_specs(&self) -> impl Iterator<Item = &Keys> {
        self.keys.iter().chain(self.more_keys)
    }

    /// The keys among `args`, whose number fits the arity.
    pub fn keys_of<'a>(&'a self, args: Args<'a>) -> impl Iterator<Item = &'a [u8]> {
        self.key_specs()
            .flat_map(move |keys| keys.positions(args.len()).map(move |at| args.get(at)))
    }

    /// What runs the request `args`.
    ///
    /// # Errors
    /// If it is for a subcommand of DEBUG that there is not.
    pub fn handler_for(&self, args: Args) -> Result<Handler, ReplyError> {
        match self.handler {
            Handler::Debug(choose) => choose(args),
            handler => Ok(handler),
        }
    }

    /// Whether the request `args` changes data.
    pub fn writes(&self, args: Args) -> bool {
        self.handler_for(args).is_ok_and(|handler| handler.writes())
    }

    /// Whether the row has `flag`.
    pub fn has(&self, flag: Flag) -> bool {
        self.flags.contains(&flag)
    }
}

/// How a command is run. The type of its function tells which side of the store's lock
/// it needs: a read that changes data does not compile.
#[derive(Clone, Copy, Debug)]
pub enum Handler {
    /// Needs no data.
    Plain(fn(&mut Call) -> Result<(), ReplyError>),
    /// Reads the selected database.
    Read(fn(&mut Call, &Keyspace) -> Result<(), ReplyError>),
    /// Reads the selected database; what takes long is done after the lock is released.
    ReadThen(fn(&mut Call, &Keyspace) -> Result<Rest, ReplyError>),
    /// Reads any database.
    ReadAll(fn(&mut Call, &Databases) -> Result<(), ReplyError>),
    /// Changes the selected database.
    Write(fn(&mut Call, &mut Keyspace) -> Result<Effect, ReplyError>),
    /// Works on the request before the lock is taken; what it returns changes the selected
    /// database.
    PrepareWrite(fn(Args, &ServerState) -> Result<Prepared, ReplyError>),
    /// Changes any database.
    WriteAll(fn(&mut Call, &mut Databases) -> Result<Effect, ReplyError>),
    /// DEBUG, whose subcommands are no rows: names the handler for this request. Allowed by
    /// `enable-debug-command` only.
    Debug(fn(Args) -> Result<Handler, ReplyError>),
    /// EXEC, which `engine` runs itself.
    Exec,
    /// WATCH, the same.
    Watch,
    /// DEBUG RELOAD and LOADAOF, the same.
    Reload,
    /// Has subcommands only.
    Container,
}

/// The databases that a handler can use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Of none.
    Nothing,
    /// Of the selected one.
    Selected,
    /// Of all.
    All,
}

impl Handler {
    /// Whether it changes data, so that the log must keep what it does.
    pub fn writes(&self) -> bool {
        matches!(
            self,
            Handler::Write(_) | Handler::PrepareWrite(_) | Handler::WriteAll(_)
        )
    }

    /// Returns the databases that it can use.
    pub fn scope(&self) -> Scope {
        match self {
            Handler::Read(_)
            | Handler::ReadThen(_)
            | Handler::Write(_)
            | Handler::PrepareWrite(_)
            | Handler::Watch => Scope::Selected,
            Handler::ReadAll(_) | Handler::WriteAll(_) => Scope::All,
            Handler::Plain(_)
            | Handler::Debug(_)
            | Handler::Exec
            | Handler::Reload
            | Handler::Container => Scope::Nothing,
        }
    }
}

/// What a command does to the server, in the order in which Redis lists it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flag {
    /// Changes data.
    Write,
    /// Only reads data.
    Readonly,
    /// May need more memory.
    Denyoom,
    /// For whoever runs the server.
    Admin,
    /// Not for scripts.
    Noscript,
    /// Allowed while data is loaded.
    Loading,
    /// Allowed while a replica's data is out of date.
    Stale,
    /// Not allowed while a replica loads data and serves older one meanwhile.
    NoAsyncLoading,
    /// Takes constant time, or nearly so.
    Fast,
    /// Allowed before AUTH.
    NoAuth,
    /// Not within a transaction.
    NoMulti,
    /// Not told by SLOWLOG, which tells of the commands in it.
    SkipSlowlog,
    /// Allowed while a script blocks the server.
    AllowBusy,
}

impl Flag {
    /// As COMMAND INFO gives it.
    pub fn name(self) -> &'static str {
        match self {
            Flag::Write => "write",
            Flag::Readonly => "readonly",
            Flag::Denyoom => "denyoom",
            Flag::Admin => "admin",
            Flag::Noscript => "noscript",
            Flag::Loading => "loading",
            Flag::Stale => "stale",
            Flag::NoAsyncLoading => "no_async_loading",
            Flag::Fast => "fast",
            Flag::NoAuth => "no_auth",
            Flag::NoMulti => "no_multi",
            Flag::SkipSlowlog => "skip_slowlog",
            Flag::AllowBusy => "allow_busy",
        }
    }
}

/// ACL categories, in the order in which Redis lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Category {
    /// Works on keys of any type.
    Keyspace,
    /// Follows from [`Flag::Readonly`].
    Read,
    /// Follows from [`Flag::Write`].
    Write,
    /// Works on hashes.
    Hash,
    /// Works on strings.
    String,
    /// Follows from [`Flag::Admin`].
    Admin,
    /// Follows from [`Flag::Fast`].
    Fast,
    /// Follows from there being no [`Flag::Fast`].
    Slow,
    /// Can do harm; follows from [`Flag::Admin`].
    Dangerous,
    /// Concerns the connection.
    Connection,
    /// Concerns transactions.
    Transaction,
    /// Works on bits of strings.
    Bitmap,
    /// Concerns scripts and functions.
    Scripting,
}

impl Category {
    const ALL: [(Category, &'static str); 13] = [
        (Category::Keyspace, "@keyspace"),
        (Category::Read, "@read"),
        (Category::Write, "@write"),
        (Category::Hash, "@hash"),
        (Category::String, "@string"),
        (Category::Bitmap, "@bitmap"),
        (Category::Admin, "@admin"),
        (Category::Fast, "@fast"),
        (Category::Slow, "@slow"),
        (Category::Dangerous, "@dangerous"),
        (Category::Connection, "@connection"),
        (Category::Transaction, "@transaction"),
        (Category::Scripting, "@scripting"),
    ];
}

impl Command {
    /// Names of the ACL categories, those included that follow from the flags.
    pub fn category_names(&self) -> Vec<&'static str> {
        let implied = |category| match category {
            Category::Read => self.has(Flag::Readonly),
            Category::Write => self.has(Flag::Write),
            Category::Admin | Category::Dangerous => self.has(Flag::Admin),
            Category::Fast => self.has(Flag::Fast),
            Category::Slow => !self.has(Flag::Fast),
            _ => false,
        };
        Category::ALL
            .iter()
            .filter(|(category, _)| implied(*category) || self.categories.contains(category))
            .map(|(_, name)| *name)
            .collect()
    }
}

/// Which arguments are keys, and what is done to them: a key specification
/// (<https://redis.io/docs/latest/develop/reference/key-specs/>).
#[derive(Clone, Copy, Debug)]
pub struct Keys {
    /// Position of the first one.
    pub first: i64,
    /// Position of the last one; -1 for the last argument.
    pub last: i64,
    /// Distance from one to the next.
    pub step: i64,
    /// `RO`, `RW`, `OW` or `RM`, then what happens to the content.
    pub flags: &'static [&'static str],
}

impl Keys {
    /// Positions of the keys among `count` arguments.
    pub fn positions(&self, count: usize) -> impl Iterator<Item = usize> + use<> {
        let last = if self.last < 0 {
            count as i64 + self.last
        } else {
            self.last
        };
        (self.first..=last)
            .step_by(self.step.max(1) as usize)
            .map(|at| at as usize)
    }

    /// One key, the first argument.
    pub const fn one(flags: &'static [&'static str]) -> Option<Keys> {
        Some(Keys {
            first: 1,
            last: 1,
            step: 1,
            flags,
        })
    }

    /// All arguments.
    pub const fn all(flags: &'static [&'static str]) -> Option<Keys> {
        Some(Keys {
            first: 1,
            last: -1,
            step: 1,
            flags,
        })
    }
}

/// One argument of a command, for its documentation.
#[derive(Clone, Copy, Debug)]
pub struct Argument {
    /// What it is called.
    pub name: &'static str,
    /// `key`, `string`, `integer`, `pattern`, `pure-token`, `oneof` or `block`.
    pub kind: &'static str,
    /// The word that announces it.
    pub token: Option<&'static str>,
    /// The version of Redis that brought it, if later than the command.
    pub since: Option<&'static str>,
    /// Whether it may be left out.
    pub is_optional: bool,
    /// Whether there may be several.
    pub is_multiple: bool,
    /// Whether each of several is announced.
    pub repeats_token: bool,
    /// Which key specification tells of it, if it is a key.
    pub key_spec: i64,
    /// What `oneof` chooses from and `block` consists of.
    pub arguments: &'static [Argument],
}

impl Argument {
    /// An argument of a kind.
    pub const fn new(name: &'static str, kind: &'static str) -> Argument {
        Argument {
            name,
            kind,
            token: None,
            since: None,
            is_optional: false,
            is_multiple: false,
            repeats_token: false,
            key_spec: 0,
            arguments: &[],
        }
    }

    /// The key that the first key specification tells of.
    pub const KEY: Argument = Argument::new("key", "key");

    /// A key of that name, of which key specification `key_spec` tells.
    pub const fn key(name: &'static str, key_spec: i64) -> Argument {
        Argument {
            key_spec,
            ..Argument::new(name, "key")
        }
    }

    /// A word that is its own announcement.
    pub const fn word(name: &'static str, token: &'static str) -> Argument {
        Argument {
            token: Some(token),
            ..Argument::new(name, "pure-token")
        }
    }

    /// Several arguments that belong together.
    pub const fn block(name: &'static str, arguments: &'static [Argument]) -> Argument {
        Argument {
            arguments,
            ..Argument::new(name, "block")
        }
    }

    /// One of several arguments.
    pub const fn one_of(name: &'static str, arguments: &'static [Argument]) -> Argument {
        Argument {
            arguments,
            ..Argument::new(name, "oneof")
        }
    }

    /// The same, announced by `token`.
    pub const fn after(self, token: &'static str) -> Argument {
        Argument {
            token: Some(token),
            ..self
        }
    }

    /// The same, brought by a later version.
    pub const fn since(self, version: &'static str) -> Argument {
        Argument {
            since: Some(version),
            ..self
        }
    }

    /// The same, but it may be left out.
    pub const fn optional(self) -> Argument {
        Argument {
            is_optional: true,
            ..self
        }
    }

    /// The same, but there may be several.
    pub const fn multiple(self) -> Argument {
        Argument {
            is_multiple: true,
            ..self
        }
    }

    /// The same, but each of several is announced.
    pub const fn multiple_token(self) -> Argument {
        Argument {
            repeats_token: true,
            ..self
        }
    }
}
