//! COMMAND: the command table, told to clients. redis-cli asks for it at its start and
//! makes its hints and its help of the answer.

use crate::commands::help::help;
use crate::commands::table::error;
use crate::commands::table::{Argument, Category, Command, Flag, Handler, Keys};
use crate::commands::{Call, ReplyError, callable, find_renamed, find_subcommand};
use crate::config::Renames;
use crate::glob;
use crate::resp::reply::Reply;

const ROW: Command = Command {
    flags: &[Flag::Loading, Flag::Stale],
    categories: &[Category::Connection],
    group: "server",
    ..Command::ROW
};

/// Several names, or none for all commands.
const NAMES: &[Argument] = &[Argument::new("command-name", "string")
    .optional()
    .multiple()];

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
            handler: Handler::Plain(count),
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

fn count(call: &mut Call) -> Result<(), ReplyError> {
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

/// What `FILTERBY kind value` lets through. There are no modules.
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

/// A command, or `container|subcommand`, by the name that clients have for it.
fn find_any(renames: &Renames, name: &[u8]) -> Option<&'static Command> {
    let find = |name| find_renamed(renames, name);
    let (_, command) = match name.iter().position(|&byte| byte == b'|') {
        Some(at) => find_subcommand(find(&name[..at])?.0, &name[at + 1..])?,
        None => find(name)?,
    };
    Some(command)
}

/// One entry of COMMAND INFO.
fn describe(reply: &mut Reply, command: &Command) {
    reply.array(10);
    reply.bulk(command.name.as_bytes());
    reply.integer(i64::from(command.arity));
    reply.set(command.flags.len());
    for flag in command.flags {
        reply.simple(flag.name());
    }
    for position in legacy_positions(command) {
        reply.integer(position);
    }
    let categories = command.category_names();
    reply.set(categories.len());
    for category in categories {
        reply.simple(category);
    }
    reply.set(command.tips.len());
    for tip in command.tips {
        reply.bulk(tip.as_bytes());
    }
    reply.set(command.key_specs().count());
    for keys in command.key_specs() {
        describe_keys(reply, keys, command.keys_note);
    }
    // Redis sends a set only where there are none.
    match command.subcommands.len() {
        0 => reply.set(0),
        count => reply.array(count),
    }
    for subcommand in command.subcommands {
        describe(reply, subcommand);
    }
}

/// First, last and step of all keys together, as older versions gave them.
fn legacy_positions(command: &Command) -> [i64; 3] {
    let first = command.key_specs().map(|keys| keys.first).min();
    // -1 is behind all others.
    let last = command.key_specs().map(|keys| keys.last as u64).max();
    let step = command.key_specs().map(|keys| keys.step).min();
    [first, last.map(|last| last as i64), step].map(Option::unwrap_or_default)
}

/// A key specification: where to begin, and how to find the keys from there.
fn describe_keys(reply: &mut Reply, keys: &Keys, note: Option<&str>) {
    reply.map(3 + usize::from(note.is_some()));
    if let Some(note) = note {
        text_pair(reply, "notes", note);
    }
    reply.bulk(b"flags");
    reply.set(keys.flags.len());
    for flag in keys.flags {
        reply.simple(flag);
    }
    reply.bulk(b"begin_search");
    reply.map(2);
    text_pair(reply, "type", "index");
    reply.bulk(b"spec");
    reply.map(1);
    number_pair(reply, "index", keys.first);
    reply.bulk(b"find_keys");
    reply.map(2);
    text_pair(reply, "type", "range");
    reply.bulk(b"spec");
    reply.map(3);
    // Counted from where the search began, unless from the end.
    let last = if keys.last < 0 {
        keys.last
    } else {
        keys.last - keys.first
    };
    number_pair(reply, "lastkey", last);
    number_pair(reply, "keystep", keys.step);
    number_pair(reply, "limit", 0);
}

/// One entry of COMMAND DOCS, its name included.
fn document(reply: &mut Reply, command: &Command) {
    reply.bulk(command.name.as_bytes());
    let has = |there: bool| usize::from(there);
    reply.map(
        4 + has(!command.history.is_empty())
            + has(command.doc_flag.is_some())
            + 2 * has(command.deprecated.is_some())
            + has(!command.arguments.is_empty())
            + has(!command.subcommands.is_empty()),
    );
    text_pair(reply, "summary", command.summary);
    text_pair(reply, "since", command.since);
    text_pair(reply, "group", command.group);
    text_pair(reply, "complexity", command.complexity);
    if let Some(flag) = command.doc_flag {
        reply.bulk(b"doc_flags");
        reply.set(1);
        reply.simple(flag);
    }
    if let Some((version, replacement)) = command.deprecated {
        text_pair(reply, "deprecated_since", version);
        text_pair(reply, "replaced_by", replacement);
    }
    if !command.history.is_empty() {
        reply.bulk(b"history");
        reply.set(command.history.len());
        for (version, change) in command.history {
            reply.array(2);
            reply.bulk(version.as_bytes());
            reply.bulk(change.as_bytes());
        }
    }
    if !command.arguments.is_empty() {
        reply.bulk(b"arguments");
        document_arguments(reply, command.arguments);
    }
    if !command.subcommands.is_empty() {
        reply.bulk(b"subcommands");
        reply.map(command.subcommands.len());
        for subcommand in command.subcommands {
            document(reply, subcommand);
        }
    }
}

/// Recursive, but only as deep as the table: its rows have three levels at most.
fn document_arguments(reply: &mut Reply, arguments: &[Argument]) {
    reply.array(arguments.len());
    for argument in arguments {
        let is_key = argument.kind == "key";
        let flags = [
            ("optional", argument.is_optional),
            ("multiple", argument.is_multiple),
            ("multiple_token", argument.repeats_token),
        ];
        let flags: Vec<&str> = flags
            .iter()
            .filter(|flag| flag.1)
            .map(|flag| flag.0)
            .collect();
        let count = [
            is_key,
            argument.token.is_some(),
            argument.since.is_some(),
            !flags.is_empty(),
            !argument.arguments.is_empty(),
        ];
        reply.map(2 + count.iter().filter(|there| **there).count());
        text_pair(reply, "name", argument.name);
        text_pair(reply, "type", argument.kind);
        if is_key {
            number_pair(reply, "key_spec_index", argument.key_spec);
        }
        if let Some(token) = argument.token {
            text_pair(reply, "token", token);
        }
        if let Some(version) = argument.since {
            text_pair(reply, "since", version);
        }
        if !flags.is_empty() {
            reply.bulk(b"flags");
            reply.set(flags.len());
            for flag in flags {
                reply.simple(flag);
            }
        }
        if !argument.arguments.is_empty() {
            reply.bulk(b"arguments");
            document_arguments(reply, argument.arguments);
        }
    }
}

fn text_pair(reply: &mut Reply, name: &str, value: &str) {
    reply.bulk(name.as_bytes());
    reply.bulk(value.as_bytes());
}

fn number_pair(reply: &mut Reply, name: &str, value: i64) {
    reply.bulk(name.as_bytes());
    reply.integer(value);
}
