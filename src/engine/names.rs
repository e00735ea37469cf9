//! The names of commands in requests: `rename-command` can change the names for clients. Records
//! and the append-only file have the original names.

use super::Turn;
use crate::commands;
use crate::commands::{Command, CommandId, Effect};
use crate::config::Renames;
use crate::resp::args::Args;
use crate::resp::output::Output;

impl Turn<'_> {
    /// Finds a command by its name in this turn's requests: an original name in a file, otherwise
    /// the name for clients.
    pub(super) fn find_command(&self, name: &[u8]) -> Option<(CommandId, &'static Command)> {
        // Most pipelines repeat one command.
        if let Some((id, command)) = self.found.get()
            && command.name.as_bytes().eq_ignore_ascii_case(name)
        {
            return Some((id, command));
        }
        let renames = &self.engine.state.renames;
        if !self.has_original_names && !renames.is_empty() {
            return commands::find_renamed(renames, name);
        }
        let found = commands::find(name);
        self.found.set(found);
        found
    }

    /// Finds the row of a request: that of a subcommand, if it names one.
    pub(super) fn row_of(&self, args: Args) -> Option<&'static Command> {
        let found = self.find_command(args.get(0))?;
        commands::row_of(found, args).map(|(_, command)| command)
    }

    /// Returns whether a request changes data.
    pub(super) fn is_write(&self, args: Args) -> bool {
        self.row_of(args)
            .is_some_and(|command| command.writes(args))
    }

    /// Returns whether a request needs the lock for writing.
    pub(super) fn is_exclusive(&self, args: Args) -> bool {
        let handler = self.row_of(args).map(|command| command.handler_for(args));
        handler.is_some_and(|handler| handler.is_ok_and(|it| it.is_exclusive()))
    }
}

/// Returns `effect`, with the original name of `command` if the request has another.
pub(super) fn with_original_name(
    renames: &Renames,
    effect: Effect,
    command: &Command,
    args: Args,
) -> Effect {
    if renames.is_empty() {
        return effect;
    }
    let name = command.name.split('|').next().unwrap_or_default();
    match effect {
        Effect::AsRequested if !args.get(0).eq_ignore_ascii_case(name.as_bytes()) => {
            let mut renamed = Output::default();
            args.encode_as(name.as_bytes(), &mut renamed);
            Effect::Instead(renamed.into())
        }
        effect => effect,
    }
}
