//! Commands about several servers. A server is always alone here: no replica, no cluster, no
//! modules.

use crate::commands::help::help;
use crate::commands::table::{Argument, Category, Command, Flag, Handler};
use crate::commands::{Call, ReplyError};

const ROW: Command = Command {
    flags: &[],
    group: "server",
    ..Command::ROW
};

const REPLICAOF: Command = Command {
    name: "replicaof",
    arity: 3,
    flags: &[
        Flag::Admin,
        Flag::Noscript,
        Flag::Stale,
        Flag::NoAsyncLoading,
    ],
    since: "5.0.0",
    summary: "Make the server a replica of another instance, or promote it as master.",
    arguments: &[Argument::one_of(
        "args",
        &[
            Argument::block(
                "host-port",
                &[
                    Argument::new("host", "string"),
                    Argument::new("port", "integer"),
                ],
            ),
            Argument::block(
                "no-one",
                &[Argument::word("no", "NO"), Argument::word("one", "ONE")],
            ),
        ],
    )],
    handler: Handler::Plain(replicaof),
    ..ROW
};

const NO_REPLICAS: ReplyError = ReplyError::Fixed("ERR FAILOVER requires connected replicas.");
const NO_REPLICATION: ReplyError =
    ReplyError::Fixed("ERR This instance has replication support disabled");
const NO_MODULES: ReplyError = ReplyError::Fixed(
    "ERR MODULE command not allowed. If the enable-module-command option is set to \"local\", you \
     can run it from a local connection, otherwise you need to set this option in the configuration \
     file, and then restart the server.",
);

const HELP: &[&str] = &[
    "LIST",
    "    Return a list of loaded modules.",
    "LOAD <path> [<arg> ...]",
    "    Load a module library from <path>, passing to it any optional arguments.",
    "LOADEX <path> [[CONFIG NAME VALUE] [CONFIG NAME VALUE]] [ARGS ...]",
    "    Load a module library from <path>, while passing it module configurations and optional arguments.",
    "UNLOAD <name>",
    "    Unload a module.",
];

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "role",
        arity: 1,
        flags: &[Flag::Noscript, Flag::Loading, Flag::Stale, Flag::Fast],
        categories: &[Category::Admin, Category::Dangerous],
        since: "2.8.12",
        summary: "Return the role of the instance in the context of replication",
        handler: Handler::Plain(role),
        ..ROW
    },
    REPLICAOF,
    Command {
        name: "slaveof",
        since: "1.0.0",
        doc_flag: Some("deprecated"),
        deprecated: Some(("5.0.0", "`REPLICAOF`")),
        ..REPLICAOF
    },
    Command {
        name: "failover",
        arity: -1,
        flags: &[Flag::Admin, Flag::Noscript, Flag::Stale],
        since: "6.2.0",
        summary: "Start a coordinated failover between this server and one of its replicas.",
        arguments: &[
            Argument::block(
                "target",
                &[
                    Argument::new("host", "string"),
                    Argument::new("port", "integer"),
                    Argument::word("force", "FORCE").optional(),
                ],
            )
            .after("TO")
            .optional(),
            Argument::word("abort", "ABORT").optional(),
            Argument::new("milliseconds", "integer")
                .after("TIMEOUT")
                .optional(),
        ],
        handler: Handler::Plain(failover),
        ..ROW
    },
    Command {
        name: "module",
        arity: -2,
        flags: &[],
        since: "4.0.0",
        summary: "A container for module commands",
        complexity: "Depends on subcommand.",
        help: HELP,
        subcommands: &[
            Command {
                name: "module|help",
                arity: 2,
                flags: &[Flag::Loading, Flag::Stale],
                since: "5.0.0",
                summary: "Show helpful text about the different subcommands",
                handler: Handler::Plain(help),
                ..ROW
            },
            Command {
                name: "module|list",
                arity: 2,
                flags: &[Flag::Admin, Flag::Noscript],
                tips: &["nondeterministic_output_order"],
                since: "4.0.0",
                summary: "List all modules loaded by the server",
                complexity: "O(N) where N is the number of loaded modules.",
                handler: Handler::Plain(list),
                ..ROW
            },
            Command {
                name: "module|load",
                arity: -3,
                flags: &[Flag::Admin, Flag::Noscript, Flag::NoAsyncLoading],
                since: "4.0.0",
                summary: "Load a module",
                arguments: &[
                    Argument::new("path", "string"),
                    Argument::new("arg", "string").optional().multiple(),
                ],
                handler: Handler::Plain(load),
                ..ROW
            },
            Command {
                name: "module|loadex",
                arity: -3,
                flags: &[Flag::Admin, Flag::Noscript, Flag::NoAsyncLoading],
                since: "7.0.0",
                summary: "Load a module with extended parameters",
                arguments: &[
                    Argument::new("path", "string"),
                    Argument::block(
                        "configs",
                        &[
                            Argument::new("name", "string"),
                            Argument::new("value", "string"),
                        ],
                    )
                    .after("CONFIG")
                    .optional()
                    .multiple()
                    .multiple_token(),
                    Argument::block("args", &[Argument::new("arg", "string")])
                        .after("ARGS")
                        .optional()
                        .multiple(),
                ],
                handler: Handler::Plain(load),
                ..ROW
            },
            Command {
                name: "module|unload",
                arity: 3,
                flags: &[Flag::Admin, Flag::Noscript, Flag::NoAsyncLoading],
                since: "4.0.0",
                summary: "Unload a module",
                arguments: &[Argument::new("name", "string")],
                handler: Handler::Plain(load),
                ..ROW
            },
        ],
        ..ROW
    },
];

/// ROLE: replies as a master without replicas. The offset of its stream never grows.
fn role(call: &mut Call) -> Result<(), ReplyError> {
    call.reply.array(3);
    call.reply.bulk(b"master");
    call.reply.integer(0);
    call.reply.array(0);
    Ok(())
}

/// REPLICAOF: NO ONE is what the server is already.
fn replicaof(call: &mut Call) -> Result<(), ReplyError> {
    let is = |index, word: &[u8]| call.args.get(index).eq_ignore_ascii_case(word);
    if is(1, b"no") && is(2, b"one") {
        call.reply.ok();
        return Ok(());
    }
    Err(NO_REPLICATION)
}

fn failover(_: &mut Call) -> Result<(), ReplyError> {
    Err(NO_REPLICAS)
}

fn list(call: &mut Call) -> Result<(), ReplyError> {
    call.reply.array(0);
    Ok(())
}

fn load(_: &mut Call) -> Result<(), ReplyError> {
    Err(NO_MODULES)
}
