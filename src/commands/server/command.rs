//! COMMAND: describes the command table to clients. redis-cli asks for it when it starts, for its
//! hints and its help.

use super::description::{describe, describe_flags, document};
use crate::commands::help::help;
use crate::commands::table::error;
use crate::commands::table::{Argument, Category, Command, Flag, Handler, Indexes, Keys};
use crate::commands::{Call, ReplyError, callable, find_renamed, find_row, find_subcommand};
use crate::config::Renames;
use crate::glob;
use crate::resp::args::Args;

const ROW: Command = Command {
    flags: &[Flag::Loading, Flag::Stale],
    categories: &[Category::Connection],
    group: "server",
    ..Command::ROW
};

/// Names of commands. Without any, the command is about all.
const NAMES: &[Argument] = &[Argument::new("command-name", "string")
    .optional()
    .multiple()];

const UNKNOWN: ReplyError = ReplyError::Fixed("ERR Invalid command specified");
const NO_KEYS: ReplyError = ReplyError::Fixed("ERR The command has no key arguments");
const WRONG_COUNT: ReplyError =
    ReplyError::Fixed("ERR Invalid number of arguments specified for command");
const WRONG_ARGUMENTS: ReplyError =
    ReplyError::Fixed("ERR Invalid arguments specified for command");

/// A whole request as the arguments of another.
const FULL_COMMAND: Command = Command {
    arity: -4,
    since: "2.8.13",
    complexity: "O(N) where N is the number of arguments to the command",
    ..ROW
};

const HELP: &[&str] = &[
    "(no subcommand)",
    "    Return details about all Redis commands.",
    "COUNT",
    "    Return the total number of commands in this Redis server.",
    "LIST",
    "    Return a list of all commands in this Redis server.",
    "INFO [<command-name> ...]",
    "    Return details about multiple Redis commands.",
    "    If no command names are given, documentation details for all",
    "    commands are returned.",
    "DOCS [<command-name> ...]",
    "    Return documentation details about multiple Redis commands.",
    "    If no command names are given, documentation details for all",
    "    commands are returned.",
    "GETKEYS <full-command>",
    "    Return the keys from a full Redis command.",
    "GETKEYSANDFLAGS <full-command>",
    "    Return the keys and the access flags from a full Redis command.",
];

pub(super) const COMMANDS: &[Command] = &[Command {
    name: "command",
    arity: -1,
    tips: &["nondeterministic_output_order"],
    since: "2.8.13",
    summary: "Get array of Redis command details",
    complexity: "O(N) where N is the total number of Redis commands",
    help: HELP,
    handler: Handler::Plain(all),
    subcommands: &[
        Command {
            name: "command|count",
            arity: 2,
            since: "2.8.13",
            summary: "Get total number of Redis commands",
            handler: Handler::Plain(count_all),
            ..ROW
        },
        Command {
            name: "command|docs",
            arity: -2,
            tips: &["nondeterministic_output_order"],
            since: "7.0.0",
            summary: "Get array of specific Redis command documentation",
            complexity: "O(N) where N is the number of commands to look up",
            arguments: NAMES,
            handler: Handler::Plain(docs),
            ..ROW
        },
        Command {
            name: "command|getkeys",
            summary: "Extract keys given a full Redis command",
            handler: Handler::Plain(getkeys),
            ..FULL_COMMAND
        },
        Command {
            name: "command|getkeysandflags",
            since: "7.0.0",
            summary: "Extract keys and access flags given a full Redis command",
            handler: Handler::Plain(getkeysandflags),
            ..FULL_COMMAND
        },
        Command {
            name: "command|help",
            arity: 2,
            since: "5.0.0",
            summary: "Show helpful text about the different subcommands",
            handler: Handler::Plain(help),
            ..ROW
        },
        Command {
            name: "command|info",
            arity: -2,
            tips: &["nondeterministic_output_order"],
            since: "2.8.13",
            summary: "Get array of specific Redis command details, or all when no argument is \
                      given.",
            complexity: "O(N) where N is the number of commands to look up",
            history: &[(
                "7.0.0",
                "Allowed to be called with no argument to get info on all commands.",
            )],
            arguments: NAMES,
            handler: Handler::Plain(info),
            ..ROW
        },
        Command {
            name: "command|list",
            arity: -2,
            tips: &["nondeterministic_output_order"],
            since: "7.0.0",
            summary: "Get an array of Redis command names",
            complexity: "O(N) where N is the total number of Redis commands",
            arguments: &[Argument::one_of(
                "filterby",
                &[
                    Argument::new("module-name", "string").after("MODULE"),
                    Argument::new("category", "string").after("ACLCAT"),
                    Argument::new("pattern", "pattern").after("PATTERN"),
                ],
            )
            .after("FILTERBY")
            .optional()],
            handler: Handler::Plain(list),
            ..ROW
        },
    ],
    ..ROW
}];

fn all(call: &mut Call) -> Result<(), ReplyError> {
    let renames = &call.state.renames;
    call.reply.array(callable(renames).count());
    callable(renames).for_each(|command| describe(call.reply, command));
    Ok(())
}

fn count_all(call: &mut Call) -> Result<(), ReplyError> {
    call.reply.count(callable(&call.state.renames).count());
    Ok(())
}

fn info(call: &mut Call) -> Result<(), ReplyError> {
    let names = call.args.from(2);
    if names.len() == 0 {
        return all(call);
    }
    call.reply.array(names.len());
    for name in names {
        match find_any(&call.state.renames, name) {
            Some(command) => describe(call.reply, command),
            None => call.reply.null(),
        }
    }
    Ok(())
}

fn docs(call: &mut Call) -> Result<(), ReplyError> {
    let names = call.args.from(2);
    let renames = &call.state.renames;
    let commands: Vec<&Command> = if names.len() == 0 {
        callable(renames).collect()
    } else {
        names.filter_map(|name| find_any(renames, name)).collect()
    };
    call.reply.map(commands.len());
    for command in commands {
        document(call.reply, command);
    }
    Ok(())
}

fn list(call: &mut Call) -> Result<(), ReplyError> {
    let wanted: Filter = match call.args.len() {
        2 => Box::new(|_| true),
        5 if call.args.get(2).eq_ignore_ascii_case(b"filterby") => {
            list_filter(call.args.get(3), call.args.get(4))?
        }
        _ => return Err(error::SYNTAX),
    };
    let names: Vec<&str> = callable(&call.state.renames)
        .flat_map(|command| [command].into_iter().chain(command.subcommands))
        .filter(|command| wanted(command))
        .map(|command| command.name)
        .collect();
    call.reply.array(names.len());
    for name in names {
        call.reply.bulk(name.as_bytes());
    }
    Ok(())
}

type Filter<'a> = Box<dyn Fn(&Command) -> bool + 'a>;

/// Returns the filter `FILTERBY kind value`. There are no modules.
fn list_filter<'a>(kind: &[u8], value: &'a [u8]) -> Result<Filter<'a>, ReplyError> {
    match kind.to_ascii_lowercase().as_slice() {
        b"module" => Ok(Box::new(|_| false)),
        b"aclcat" => Ok(Box::new(move |command| {
            let is_wanted = |name: &&str| name.as_bytes()[1..].eq_ignore_ascii_case(value);
            command.category_names().iter().any(is_wanted)
        })),
        b"pattern" => Ok(Box::new(move |command| {
            glob::matches(value, command.name.as_bytes(), true)
        })),
        _ => Err(error::SYNTAX),
    }
}

fn getkeys(call: &mut Call) -> Result<(), ReplyError> {
    let request = call.args.tail(2);
    let found = keys_of(&call.state.renames, request)?;
    call.reply.array(count(&found));
    for index in found.into_iter().flat_map(|(_, indexes)| indexes) {
        call.reply.bulk(request.get(index));
    }
    Ok(())
}

fn getkeysandflags(call: &mut Call) -> Result<(), ReplyError> {
    let request = call.args.tail(2);
    let found = keys_of(&call.state.renames, request)?;
    call.reply.array(count(&found));
    for (keys, indexes) in found {
        for index in indexes {
            call.reply.array(2);
            call.reply.bulk(request.get(index));
            describe_flags(call.reply, keys.flags_of(request));
        }
    }
    Ok(())
}

/// Key specifications of a row, with the arguments that they find in a request.
type Found = Vec<(&'static Keys, Indexes)>;

fn count(found: &Found) -> usize {
    found.iter().map(|(_, indexes)| indexes.len()).sum()
}

/// Finds the keys of a request. The errors are checked in Redis's order.
fn keys_of(renames: &Renames, request: Args) -> Result<Found, ReplyError> {
    let (_, row) = find_row(renames, request).ok_or(UNKNOWN)?;
    if row.keys.is_empty() {
        return Err(NO_KEYS);
    }
    if !row.takes(request.len()) {
        return Err(WRONG_COUNT);
    }
    let specs = row.keys.iter();
    let found = specs.map(|keys| keys.place.indexes(request).map(|indexes| (keys, indexes)));
    match found.collect() {
        Some(found) => Ok(found),
        None if row.has(Flag::NoMandatoryKeys) => Ok(Found::new()),
        None => Err(WRONG_ARGUMENTS),
    }
}

/// Finds a command, or `container|subcommand`, by the name that clients have for it.
fn find_any(renames: &Renames, name: &[u8]) -> Option<&'static Command> {
    let find = |name| find_renamed(renames, name);
    let (_, command) = match name.iter().position(|&byte| byte == b'|') {
        Some(at) => find_subcommand(find(&name[..at])?.0, &name[at + 1..])?,
        None => find(name)?,
    };
    Some(command)
}
