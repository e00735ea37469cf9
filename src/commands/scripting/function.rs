//! FUNCTION. This server cannot run functions, so it answers like a Redis in which none is loaded.
//! Clients and tests ask for the empty list, or flush it.

use crate::commands::help::help;
use crate::commands::table::{Argument, Category, Command, Flag, Handler};
use crate::commands::{Call, Effect, ReplyError};
use crate::store::keyspace::Keyspace;

const NO_LIBRARY: ReplyError = ReplyError::Fixed("ERR Library not found");
const NO_LIBRARY_NAME: ReplyError = ReplyError::Fixed("ERR library name argument was not given");
const FLUSH_MODE: ReplyError =
    ReplyError::Fixed("ERR FUNCTION FLUSH only supports SYNC|ASYNC option");
const NOT_BUSY: ReplyError = ReplyError::Fixed("NOTBUSY No scripts in execution right now.");

/// A dump without functions: the version of the format and a checksum.
const DUMP_OF_NONE: &[u8] = b"\n\0]\x9b\\@\x0f\x7f\xa2\xda";

const HELP: &[&str] = &[
    "DELETE <LIBRARY NAME>",
    "    Delete the given library.",
    "LIST [LIBRARYNAME PATTERN] [WITHCODE]",
    "    Return general information on all the libraries:",
    "    * Library name",
    "    * The engine used to run the Library",
    "    * Library description",
    "    * Functions list",
    "    * Library code (if WITHCODE is given)",
    "    It also possible to get only function that matches a pattern using LIBRARYNAME argument.",
    "STATS",
    "    Return information about the current function running:",
    "    * Function name",
    "    * Command used to run the function",
    "    * Duration in MS that the function is running",
    "    If no function is running, return nil",
    "    In addition, returns a list of available engines.",
    "KILL",
    "    Kill the current running function.",
    "FLUSH [ASYNC|SYNC]",
    "    Delete all the libraries.",
    "    When called without the optional mode argument, the behavior is determined by the",
    "    lazyfree-lazy-user-flush configuration directive. Valid modes are:",
    "    * ASYNC: Asynchronously flush the libraries.",
    "    * SYNC: Synchronously flush the libraries.",
    "DUMP",
    "    Return a serialized payload representing the current libraries",
];

const SUBCOMMAND: Command = Command {
    categories: &[Category::Scripting],
    group: "scripting",
    since: "7.0.0",
    ..Command::ROW
};

pub(super) const COMMANDS: &[Command] = &[Command {
    name: "function",
    group: "scripting",
    since: "7.0.0",
    arity: -2,
    flags: &[],
    summary: "A container for function commands",
    complexity: "Depends on subcommand.",
    help: HELP,
    subcommands: &[
        Command {
            name: "function|flush",
            arity: -2,
            flags: &[Flag::Write, Flag::Noscript],
            tips: &["request_policy:all_shards", "response_policy:all_succeeded"],
            summary: "Deleting all functions",
            complexity: "O(N) where N is the number of functions deleted",
            arguments: &[Argument::one_of(
                "async",
                &[
                    Argument::word("async", "ASYNC"),
                    Argument::word("sync", "SYNC"),
                ],
            )
            .optional()],
            handler: Handler::Write(flush),
            ..SUBCOMMAND
        },
        Command {
            name: "function|kill",
            arity: 2,
            flags: &[Flag::Noscript, Flag::AllowBusy],
            tips: &["request_policy:all_shards", "response_policy:one_succeeded"],
            summary: "Kill the function currently in execution.",
            handler: Handler::Plain(kill),
            ..SUBCOMMAND
        },
        Command {
            name: "function|list",
            arity: -2,
            flags: &[Flag::Noscript],
            tips: &["nondeterministic_output_order"],
            summary: "List information about all the functions",
            complexity: "O(N) where N is the number of functions",
            arguments: &[
                Argument::new("library-name-pattern", "string")
                    .after("LIBRARYNAME")
                    .optional(),
                Argument::word("withcode", "WITHCODE").optional(),
            ],
            handler: Handler::Plain(list),
            ..SUBCOMMAND
        },
        Command {
            name: "function|dump",
            arity: 2,
            flags: &[Flag::Noscript],
            summary: "Dump all functions into a serialized binary payload",
            complexity: "O(N) where N is the number of functions",
            handler: Handler::Plain(dump),
            ..SUBCOMMAND
        },
        Command {
            name: "function|help",
            arity: 2,
            flags: &[Flag::Loading, Flag::Stale],
            summary: "Show helpful text about the different subcommands",
            handler: Handler::Plain(help),
            ..SUBCOMMAND
        },
        Command {
            name: "function|delete",
            arity: 3,
            flags: &[Flag::Write, Flag::Noscript],
            tips: &["request_policy:all_shards", "response_policy:all_succeeded"],
            summary: "Delete a function by name",
            arguments: &[Argument::new("library-name", "string")],
            handler: Handler::Write(delete),
            ..SUBCOMMAND
        },
        Command {
            name: "function|stats",
            arity: 2,
            flags: &[Flag::Noscript, Flag::AllowBusy],
            tips: &[
                "nondeterministic_output",
                "request_policy:all_shards",
                "response_policy:special",
            ],
            summary: "Return information about the function currently running (name, description, \
                      duration)",
            handler: Handler::Plain(stats),
            ..SUBCOMMAND
        },
    ],
    handler: Handler::Container,
    ..Command::ROW
}];

fn list(call: &mut Call) -> Result<(), ReplyError> {
    let (mut with_code, mut pattern) = (false, None);
    let mut options = call.args.from(2);
    while let Some(option) = options.next() {
        if !with_code && option.eq_ignore_ascii_case(b"withcode") {
            with_code = true;
        } else if pattern.is_none() && option.eq_ignore_ascii_case(b"libraryname") {
            pattern = Some(options.next().ok_or(NO_LIBRARY_NAME)?);
        } else {
            return Err(ReplyError::about("ERR Unknown argument ", option, ""));
        }
    }
    call.reply.array(0);
    Ok(())
}

fn flush(call: &mut Call, _: &mut Keyspace) -> Result<Effect, ReplyError> {
    let mut options = call.args.from(2);
    match (options.next(), options.next()) {
        (_, Some(_)) => Err(ReplyError::about(
            "ERR unknown subcommand or wrong number of arguments for '",
            call.args.get(1),
            "'. Try FUNCTION HELP.",
        )),
        (Some(mode), None)
            if !mode.eq_ignore_ascii_case(b"sync") && !mode.eq_ignore_ascii_case(b"async") =>
        {
            Err(FLUSH_MODE)
        }
        _ => {
            call.reply.ok();
            Ok(Effect::Nothing)
        }
    }
}

fn kill(_: &mut Call) -> Result<(), ReplyError> {
    Err(NOT_BUSY)
}

fn delete(_: &mut Call, _: &mut Keyspace) -> Result<Effect, ReplyError> {
    Err(NO_LIBRARY)
}

fn dump(call: &mut Call) -> Result<(), ReplyError> {
    call.reply.bulk(DUMP_OF_NONE);
    Ok(())
}

fn stats(call: &mut Call) -> Result<(), ReplyError> {
    call.reply.map(2);
    call.reply.bulk(b"running_script");
    call.reply.null();
    call.reply.bulk(b"engines");
    call.reply.map(1);
    call.reply.bulk(b"LUA");
    call.reply.map(2);
    for count in [&b"libraries_count"[..], b"functions_count"] {
        call.reply.bulk(count);
        call.reply.integer(0);
    }
    Ok(())
}
