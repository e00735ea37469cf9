//! ACL: the users and their rights.

mod file;
mod log;
mod show;
mod users;

use crate::commands::ReplyError;
use crate::commands::help::help;
use crate::commands::table::{Argument, Command, Flag, Handler};

pub use file::load_users;
pub(super) use file::written_users;

const ROW: Command = Command {
    flags: &[Flag::Admin, Flag::Noscript, Flag::Loading, Flag::Stale],
    group: "server",
    since: "6.0.0",
    ..Command::ROW
};

/// Subcommands that are not for administrators.
const FOR_ALL: Command = Command {
    flags: &[Flag::Noscript, Flag::Loading, Flag::Stale],
    ..ROW
};

const OF_USERS: &str = "O(N). Where N is the number of configured users.";

const HELP: &[&str] = &[
    "CAT [<category>]",
    "    List all commands that belong to <category>, or all command categories",
    "    when no category is specified.",
    "DELUSER <username> [<username> ...]",
    "    Delete a list of users.",
    "DRYRUN <username> <command> [<arg> ...]",
    "    Returns whether the user can execute the given command without executing the command.",
    "GETUSER <username>",
    "    Get the user's details.",
    "GENPASS [<bits>]",
    "    Generate a secure 256-bit user password. The optional `bits` argument can",
    "    be used to specify a different size.",
    "LIST",
    "    Show users details in config file format.",
    "LOAD",
    "    Reload users from the ACL file.",
    "LOG [<count> | RESET]",
    "    Show the ACL log entries.",
    "SAVE",
    "    Save the current config to the ACL file.",
    "SETUSER <username> <attribute> [<attribute> ...]",
    "    Create or modify a user with the specified attributes.",
    "USERS",
    "    List all the registered usernames.",
    "WHOAMI",
    "    Return the current connection username.",
];

const USERNAME: Argument = Argument::new("username", "string");

pub(super) const COMMANDS: &[Command] = &[Command {
    name: "acl",
    arity: -2,
    flags: &[],
    summary: "A container for Access List Control commands ",
    complexity: "Depends on subcommand.",
    help: HELP,
    subcommands: &[
        Command {
            name: "acl|cat",
            arity: -2,
            summary: "List the ACL categories or the commands inside a category",
            complexity: "O(1) since the categories and commands are a fixed set.",
            arguments: &[Argument::new("categoryname", "string").optional()],
            handler: Handler::Plain(show::cat),
            ..FOR_ALL
        },
        Command {
            name: "acl|deluser",
            arity: -3,
            summary: "Remove the specified ACL users and the associated rules",
            complexity: "O(1) amortized time considering the typical user.",
            arguments: &[USERNAME.multiple()],
            handler: Handler::Plain(users::deluser),
            ..ROW
        },
        Command {
            name: "acl|dryrun",
            arity: -4,
            since: "7.0.0",
            summary: "Returns whether the user can execute the given command without executing \
                      the command.",
            complexity: "O(1).",
            arguments: &[
                USERNAME,
                Argument::new("command", "string"),
                Argument::new("arg", "string").optional().multiple(),
            ],
            handler: Handler::Plain(users::dryrun),
            ..ROW
        },
        Command {
            name: "acl|genpass",
            arity: -2,
            summary: "Generate a pseudorandom secure password to use for ACL users",
            arguments: &[Argument::new("bits", "integer").optional()],
            handler: Handler::Plain(users::genpass),
            ..FOR_ALL
        },
        Command {
            name: "acl|getuser",
            arity: 3,
            summary: "Get the rules for a specific ACL user",
            complexity: "O(N). Where N is the number of password, command and pattern rules that \
                         the user has.",
            history: &[
                ("6.2.0", "Added Pub/Sub channel patterns."),
                (
                    "7.0.0",
                    "Added selectors and changed the format of key and channel patterns from a \
                     list to their rule representation.",
                ),
            ],
            arguments: &[USERNAME],
            handler: Handler::Plain(show::getuser),
            ..ROW
        },
        Command {
            name: "acl|help",
            arity: 2,
            flags: &[Flag::Loading, Flag::Stale],
            summary: "Show helpful text about the different subcommands",
            handler: Handler::Plain(help),
            ..ROW
        },
        Command {
            name: "acl|list",
            arity: 2,
            summary: "List the current ACL rules in ACL config file format",
            complexity: OF_USERS,
            handler: Handler::Plain(show::list),
            ..ROW
        },
        Command {
            name: "acl|load",
            arity: 2,
            summary: "Reload the ACLs from the configured ACL file",
            complexity: OF_USERS,
            handler: Handler::Plain(file::load),
            ..ROW
        },
        Command {
            name: "acl|log",
            arity: -2,
            summary: "List latest events denied because of ACLs in place",
            complexity: "O(N) with N being the number of entries shown.",
            arguments: &[Argument::one_of(
                "operation",
                &[
                    Argument::new("count", "integer"),
                    Argument::word("reset", "RESET"),
                ],
            )
            .optional()],
            handler: Handler::Plain(log::log),
            ..ROW
        },
        Command {
            name: "acl|save",
            arity: 2,
            summary: "Save the current ACL rules in the configured ACL file",
            complexity: OF_USERS,
            handler: Handler::Plain(file::save),
            ..ROW
        },
        Command {
            name: "acl|setuser",
            arity: -3,
            summary: "Modify or create the rules for a specific ACL user",
            complexity: "O(N). Where N is the number of rules provided.",
            history: &[
                ("6.2.0", "Added Pub/Sub channel patterns."),
                ("7.0.0", "Added selectors and key based permissions."),
            ],
            arguments: &[
                USERNAME,
                Argument::new("rule", "string").optional().multiple(),
            ],
            handler: Handler::Plain(users::setuser),
            ..ROW
        },
        Command {
            name: "acl|users",
            arity: 2,
            summary: "List the username of all the configured ACL rules",
            complexity: OF_USERS,
            handler: Handler::Plain(show::users),
            ..ROW
        },
        Command {
            name: "acl|whoami",
            arity: 2,
            summary: "Return the name of the user associated to the current connection",
            handler: Handler::Plain(show::whoami),
            ..FOR_ALL
        },
    ],
    ..ROW
}];

/// Returns the error for a subcommand with too many arguments.
fn too_many(subcommand: &[u8]) -> ReplyError {
    ReplyError::about(
        "ERR unknown subcommand or wrong number of arguments for '",
        &subcommand[..subcommand.len().min(128)],
        "'. Try ACL HELP.",
    )
}
