//! CONFIG: the settings, read and changed while the server runs.

use super::table::{Argument, Command, Flag, Handler};
use super::{Call, ReplyError, command};
use crate::config::SetError;
use crate::glob;

const ROW: Command = Command {
    flags: &[Flag::Admin, Flag::Noscript, Flag::Loading, Flag::Stale],
    group: "server",
    since: "2.0.0",
    ..Command::ROW
};

pub(super) const COMMANDS: &[Command] = &[Command {
    name: "config",
    arity: -2,
    flags: &[],
    summary: "A container for server configuration commands",
    complexity: "Depends on subcommand.",
    subcommands: &[
        Command {
            name: "config|get",
            arity: -3,
            summary: "Get the values of configuration parameters",
            complexity: "O(N) when N is the number of configuration parameters provided",
            history: &[(
                "7.0.0",
                "Added the ability to pass multiple pattern parameters in one call",
            )],
            arguments: &[
                Argument::block("parameter", &[Argument::new("parameter", "string")]).multiple(),
            ],
            handler: Handler::Plain(get),
            ..ROW
        },
        Command {
            name: "config|help",
            arity: 2,
            flags: &[Flag::Loading, Flag::Stale],
            since: "5.0.0",
            summary: "Show helpful text about the different subcommands",
            handler: Handler::Plain(command::help),
            ..ROW
        },
        Command {
            name: "config|set",
            arity: -4,
            tips: &["request_policy:all_nodes", "response_policy:all_succeeded"],
            summary: "Set configuration parameters to the given values",
            complexity: "O(N) when N is the number of configuration parameters provided",
            history: &[(
                "7.0.0",
                "Added the ability to set multiple parameters in one call.",
            )],
            arguments: &[Argument::block(
                "parameter_value",
                &[
                    Argument::new("parameter", "string"),
                    Argument::new("value", "string"),
                ],
            )
            .multiple()],
            handler: Handler::Plain(set),
            ..ROW
        },
    ],
    ..ROW
}];

fn get(call: &mut Call) -> Result<(), ReplyError> {
    let config = call.instance.config();
    let is_wanted = |name: &str| {
        call.args
            .from(2)
            .any(|pattern| glob::matches(pattern, name.as_bytes(), true))
    };
    let found: Vec<_> = config.list().filter(|(name, _)| is_wanted(name)).collect();
    drop(config);
    call.reply.map(found.len());
    for (name, value) in found {
        call.reply.bulk(name.as_bytes());
        call.reply.bulk(value.as_bytes());
    }
    Ok(())
}

fn set(call: &mut Call) -> Result<(), ReplyError> {
    if !call.args.len().is_multiple_of(2) {
        return Err(ReplyError::wrong_arity("config|set"));
    }
    let pairs: Vec<(String, String)> = (2..call.args.len())
        .step_by(2)
        .map(|index| (call.text(index), call.text(index + 1)))
        .collect();
    let failed = |name: &str, reason: &str| {
        let text =
            format!("ERR CONFIG SET failed (possibly related to argument '{name}') - {reason}");
        ReplyError::from(text)
    };
    for (index, (name, _)) in pairs.iter().enumerate() {
        if pairs[..index]
            .iter()
            .any(|(earlier, _)| earlier.eq_ignore_ascii_case(name))
        {
            return Err(failed(name, "duplicate parameter"));
        }
    }
    call.instance
        .set_config(&pairs)
        .map_err(|(name, error)| match error {
            SetError::Unknown => {
                format!("ERR Unknown option or number of arguments for CONFIG SET - '{name}'")
                    .into()
            }
            SetError::Immutable => failed(&name, "can't set immutable config"),
            SetError::Invalid(reason) => failed(&name, &reason),
        })?;
    call.reply.ok();
    Ok(())
}
