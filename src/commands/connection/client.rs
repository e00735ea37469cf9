//! CLIENT: the clients of the server, and how they call themselves.

use super::basic::CONNECTION;
use super::kill::{KILL, Type, client_type, parse_type};
use super::modes::{NO_EVICT, NO_TOUCH, REPLY};
use super::pause::{PAUSE, UNPAUSE};
use super::tracking::{CACHING, GETREDIR, TRACKING, TRACKINGINFO};
use crate::client::Names;
use crate::client::buffers::Buffers;
use crate::commands::describe;
use crate::commands::help::help;
use crate::commands::table::error;
use crate::commands::table::{Argument, Command, Flag, Handler};
use crate::commands::{Call, ReplyError, Unblock};
use crate::num::integer;
use crate::resp::args::Args;

/// The longest name of a client or of its library.
const MAX_NAME_BYTES: usize = 64 * 1024;

const NAME_TOO_LONG: ReplyError =
    ReplyError::Fixed("ERR Client names cannot be longer than 65536 bytes.");

const UNBLOCK_REASON: ReplyError =
    ReplyError::Fixed("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");

/// The flags of most subcommands of CLIENT.
pub(super) const CLIENT: Command = Command {
    flags: &[Flag::Noscript, Flag::Loading, Flag::Stale],
    ..CONNECTION
};

const HELP: &[&str] = &[
    "CACHING (YES|NO)",
    "    Enable/disable tracking of the keys for next command in OPTIN/OPTOUT modes.",
    "GETREDIR",
    "    Return the client ID we are redirecting to when tracking is enabled.",
    "GETNAME",
    "    Return the name of the current connection.",
    "ID",
    "    Return the ID of the current connection.",
    "INFO",
    "    Return information about the current client connection.",
    "KILL <ip:port>",
    "    Kill connection made from <ip:port>.",
    "KILL <option> <value> [<option> <value> [...]]",
    "    Kill connections. Options are:",
    "    * ADDR (<ip:port>|<unixsocket>:0)",
    "      Kill connections made from the specified address",
    "    * LADDR (<ip:port>|<unixsocket>:0)",
    "      Kill connections made to specified local address",
    "    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)",
    "      Kill connections by type.",
    "    * USER <username>",
    "      Kill connections authenticated by <username>.",
    "    * SKIPME (YES|NO)",
    "      Skip killing current connection (default: yes).",
    "LIST [options ...]",
    "    Return information about client connections. Options:",
    "    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)",
    "      Return clients of specified type.",
    "UNPAUSE",
    "    Stop the current client pause, resuming traffic.",
    "PAUSE <timeout> [WRITE|ALL]",
    "    Suspend all, or just write, clients for <timeout> milliseconds.",
    "REPLY (ON|OFF|SKIP)",
    "    Control the replies sent to the current connection.",
    "SETINFO <option> <value>",
    "    Set client meta attr. Options are:",
    "    * LIB-NAME: the client lib name.",
    "    * LIB-VER: the client lib version.",
    "SETNAME <name>",
    "    Assign the name <name> to the current connection.",
    "UNBLOCK <clientid> [TIMEOUT|ERROR]",
    "    Unblock the specified blocked client.",
    "TRACKING (ON|OFF) [REDIRECT <id>] [BCAST] [PREFIX <prefix> [...]]",
    "         [OPTIN] [OPTOUT] [NOLOOP]",
    "    Control server assisted client side caching.",
    "TRACKINGINFO",
    "    Report tracking status for the current connection.",
    "NO-EVICT (ON|OFF)",
    "    Protect current client connection from eviction.",
    "NO-TOUCH (ON|OFF)",
    "    Will not touch LRU/LFU stats when this mode is on.",
];

pub(super) const COMMANDS: &[Command] = &[Command {
    name: "client",
    arity: -2,
    categories: &[],
    since: "2.4.0",
    summary: "A container for client connection commands",
    complexity: "Depends on subcommand.",
    subcommands: CLIENT_SUBCOMMANDS,
    help: HELP,
    ..CONNECTION
}];

const CLIENT_SUBCOMMANDS: &[Command] = &[
    CACHING,
    Command {
        name: "client|getname",
        arity: 2,
        since: "2.6.9",
        summary: "Get the current connection name",
        handler: Handler::Plain(getname),
        ..CLIENT
    },
    GETREDIR,
    Command {
        name: "client|help",
        arity: 2,
        flags: &[Flag::Loading, Flag::Stale],
        since: "5.0.0",
        summary: "Show helpful text about the different subcommands",
        handler: Handler::Plain(help),
        ..CLIENT
    },
    Command {
        name: "client|id",
        arity: 2,
        since: "5.0.0",
        summary: "Returns the client ID for the current connection",
        handler: Handler::Plain(id),
        ..CLIENT
    },
    Command {
        name: "client|info",
        arity: 2,
        tips: &["nondeterministic_output"],
        since: "6.2.0",
        summary: "Returns information about the current client connection.",
        handler: Handler::Plain(info),
        ..CLIENT
    },
    KILL,
    Command {
        name: "client|list",
        arity: -2,
        flags: &[Flag::Admin, Flag::Noscript, Flag::Loading, Flag::Stale],
        tips: &["nondeterministic_output"],
        since: "2.4.0",
        summary: "Get the list of client connections",
        complexity: "O(N) where N is the number of client connections",
        history: &[
            ("2.8.12", "Added unique client `id` field."),
            ("5.0.0", "Added optional `TYPE` filter."),
            ("6.0.0", "Added `user` field."),
            (
                "6.2.0",
                "Added `argv-mem`, `tot-mem`, `laddr` and `redir` fields and the optional `ID` \
                 filter.",
            ),
            (
                "7.0.0",
                "Added `resp`, `multi-mem`, `rbs` and `rbp` fields.",
            ),
            ("7.0.3", "Added `ssub` field."),
        ],
        arguments: &[
            Argument::one_of(
                "normal_master_replica_pubsub",
                &[
                    Argument::word("normal", "NORMAL"),
                    Argument::word("master", "MASTER"),
                    Argument::word("replica", "REPLICA"),
                    Argument::word("pubsub", "PUBSUB"),
                ],
            )
            .after("TYPE")
            .since("5.0.0")
            .optional(),
            Argument::block("id", &[Argument::new("client-id", "integer").multiple()])
                .after("ID")
                .since("6.2.0")
                .optional(),
        ],
        handler: Handler::Plain(list),
        ..CLIENT
    },
    NO_EVICT,
    NO_TOUCH,
    PAUSE,
    REPLY,
    Command {
        name: "client|setinfo",
        arity: 4,
        since: "7.2.0",
        summary: "Sets information specific to the client or connection.",
        arguments: &[Argument::one_of(
            "attr",
            &[
                Argument::new("libname", "string").after("LIB-NAME"),
                Argument::new("libver", "string").after("LIB-VER"),
            ],
        )],
        handler: Handler::Plain(setinfo),
        ..CLIENT
    },
    Command {
        name: "client|setname",
        arity: 3,
        since: "2.6.9",
        summary: "Set the current connection name",
        arguments: &[Argument::new("connection-name", "string")],
        handler: Handler::Plain(setname),
        ..CLIENT
    },
    TRACKING,
    TRACKINGINFO,
    Command {
        name: "client|unblock",
        arity: -3,
        flags: &[Flag::Admin, Flag::Noscript, Flag::Loading, Flag::Stale],
        since: "5.0.0",
        summary: "Unblock a client blocked in a blocking command from a different connection",
        complexity: "O(log N) where N is the number of client connections",
        arguments: &[
            Argument::new("client-id", "integer"),
            Argument::one_of(
                "timeout_error",
                &[
                    Argument::word("timeout", "TIMEOUT"),
                    Argument::word("error", "ERROR"),
                ],
            )
            .optional(),
        ],
        handler: Handler::Unblock(unblock),
        ..CLIENT
    },
    UNPAUSE,
];

fn id(call: &mut Call) -> Result<(), ReplyError> {
    call.reply.integer(call.session.client.id as i64);
    Ok(())
}

fn info(call: &mut Call) -> Result<(), ReplyError> {
    let mut text = String::new();
    show_request(call);
    describe(&call.session.client, &mut text);
    call.reply.verbatim(&text);
    Ok(())
}

fn getname(call: &mut Call) -> Result<(), ReplyError> {
    let name = call.session.client.names().name.clone();
    if name.is_empty() {
        call.reply.null()
    } else {
        call.reply.bulk(name.as_bytes())
    }
    Ok(())
}

fn setname(call: &mut Call) -> Result<(), ReplyError> {
    let name = client_name(call.args.get(2))?;
    call.session.client.names().name = name;
    call.reply.ok();
    Ok(())
}

fn setinfo(call: &mut Call) -> Result<(), ReplyError> {
    let attribute = call.text(2);
    let field: fn(&mut Names) -> &mut String = match attribute.to_ascii_lowercase().as_str() {
        "lib-name" => |names| &mut names.lib_name,
        "lib-ver" => |names| &mut names.lib_ver,
        _ => {
            return Err(ReplyError::about(
                "ERR Unrecognized option '",
                call.args.get(2),
                "'",
            ));
        }
    };
    check_name_length(call.args.get(3))?;
    let value = printable(call.args.get(3)).ok_or_else(|| {
        format!("ERR {attribute} cannot contain spaces, newlines or special characters.")
    })?;
    *field(&mut call.session.client.names()) = value;
    call.reply.ok();
    Ok(())
}

/// Checks the name of a client.
pub(super) fn client_name(name: &[u8]) -> Result<String, ReplyError> {
    check_name_length(name)?;
    printable(name).ok_or(ReplyError::Fixed(
        "ERR Client names cannot contain spaces, newlines or special characters.",
    ))
}

/// Checks the length of a name. Redis does not limit it, but every CLIENT LIST repeats all names.
fn check_name_length(name: &[u8]) -> Result<(), ReplyError> {
    match name.len() {
        ..=MAX_NAME_BYTES => Ok(()),
        _ => Err(NAME_TOO_LONG),
    }
}

/// Returns `text` if it may stand in a line of CLIENT LIST: bytes from `!` to `~`.
fn printable(text: &[u8]) -> Option<String> {
    let fits = text.iter().all(|byte| (b'!'..=b'~').contains(byte));
    fits.then(|| String::from_utf8_lossy(text).into_owned())
}

/// Parses CLIENT UNBLOCK.
fn unblock(args: Args) -> Result<Unblock, ReplyError> {
    let is = |word: &[u8], name: &str| word.eq_ignore_ascii_case(name.as_bytes());
    let is_error = match args.from(3).next() {
        None => false,
        Some(_) if args.len() > 4 => {
            return Err(ReplyError::about(
                "ERR unknown subcommand or wrong number of arguments for '",
                args.get(1),
                "'. Try CLIENT HELP.",
            ));
        }
        Some(word) if is(word, "timeout") => false,
        Some(word) if is(word, "error") => true,
        Some(_) => return Err(UNBLOCK_REASON),
    };
    let id = integer::parse(args.get(2)).ok_or(error::NOT_AN_INTEGER)?;
    Ok(Unblock {
        // Client numbers begin with 1.
        client: u64::try_from(id).unwrap_or(0),
        is_error,
    })
}

fn list(call: &mut Call) -> Result<(), ReplyError> {
    let wanted = wanted_clients(call)?;
    let mut clients = call.state.clients.clients();
    show_request(call);
    let mut text = String::new();
    match wanted {
        Wanted::Type(wanted) => {
            clients.retain(|one| client_type(one) == wanted);
            clients.iter().for_each(|one| describe(one, &mut text));
        }
        Wanted::All => clients.iter().for_each(|one| describe(one, &mut text)),
        // In the order of the request. A repeated number repeats the line.
        Wanted::Ids(ids) => ids
            .iter()
            .filter_map(|id| clients.binary_search_by_key(id, |one| one.id).ok())
            .for_each(|index| describe(&clients[index], &mut text)),
    }
    call.reply.verbatim(&text);
    Ok(())
}

/// Shows the sizes of this request and of the replies before it in the client's line.
fn show_request(call: &mut Call) {
    let buffers = &call.session.client.buffers;
    Buffers::set(&buffers.arguments, call.args.bytes_of_all());
    Buffers::set(&buffers.built, call.reply.output().len());
}

/// The clients that CLIENT LIST lists.
enum Wanted {
    All,
    Type(Type),
    Ids(Vec<u64>),
}

/// Parses the options of CLIENT LIST.
fn wanted_clients(call: &Call) -> Result<Wanted, ReplyError> {
    let mut options = call.args.from(2);
    let Some(option) = options.next() else {
        return Ok(Wanted::All);
    };
    if option.eq_ignore_ascii_case(b"type") && options.len() == 1 {
        return parse_type(call.args.get(3)).map(Wanted::Type);
    }
    if option.eq_ignore_ascii_case(b"id") && options.len() > 0 {
        // Client numbers begin with 1.
        let ids = options.map(|id| Some(u64::try_from(integer::parse(id)?).unwrap_or(0)));
        let ids: Option<Vec<u64>> = ids.collect();
        return ids
            .map(Wanted::Ids)
            .ok_or(ReplyError::Fixed("ERR Invalid client ID"));
    }
    Err(error::SYNTAX)
}
