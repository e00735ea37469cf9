//! Finds the row of a command by its name.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::LazyLock;
use std::sync::atomic::Ordering;

use super::TABLES;
use super::table::Command;
use crate::client::{Client, description};
use crate::config::Renames;
use crate::resp::args::Args;

/// The longest name that the table may hold.
const MAX_NAME_BYTES: usize = 32;

/// Every command, followed by its subcommands. A [`CommandId`] is an index of this list.
static ALL: LazyLock<Vec<&'static Command>> = LazyLock::new(|| {
    top_level()
        .flat_map(|command| [command].into_iter().chain(command.subcommands))
        .collect()
});

/// Lower-case names of commands, without subcommands, to indexes of `ALL`.
static BY_NAME: LazyLock<HashMap<&'static [u8], usize, BuildHasherDefault<NameHasher>>> =
    LazyLock::new(|| {
        let all = ALL.iter().enumerate();
        all.filter(|(_, command)| !command.name.contains('|'))
            .map(|(id, command)| (command.name.as_bytes(), id))
            .collect()
    });

/// FNV-1a (<http://www.isthe.com/chongo/tech/comp/fnv/>). Nobody can make names of the table
/// collide, because the table is fixed. The standard library's keyed hash would take a tenth of
/// the time of a short command.
struct NameHasher(u64);

impl Default for NameHasher {
    fn default() -> Self {
        NameHasher(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for NameHasher {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
        }
    }

    /// Ignores the length that slices add to their hash; the bytes are enough.
    fn write_usize(&mut self, _: usize) {}

    fn finish(&self) -> u64 {
        self.0
    }
}

/// Identifies a command or subcommand. It fits into an atomic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommandId(pub usize);

impl CommandId {
    /// Returns its row, if it has one.
    pub fn command(self) -> Option<&'static Command> {
        ALL.get(self.0).copied()
    }
}

/// Appends the line that describes a client, with the name of its last command.
pub fn describe(client: &Client, text: &mut String) {
    let last = CommandId(client.last_command.load(Ordering::Relaxed)).command();
    let name = last.map_or("NULL", |command| command.name);
    description::describe(client, name, text);
}

/// Returns all commands, each followed by its subcommands, in the order of their ids.
pub(super) fn all() -> &'static [&'static Command] {
    &ALL
}

/// Returns all commands, without subcommands.
pub fn top_level() -> impl Iterator<Item = &'static Command> {
    TABLES.iter().copied().flatten().copied().flatten()
}

/// Finds the command `name`, in any case. Does not find subcommands.
pub fn find(name: &[u8]) -> Option<(CommandId, &'static Command)> {
    let mut lower = [0; MAX_NAME_BYTES];
    let lower = lower.get_mut(..name.len())?;
    lower.copy_from_slice(name);
    lower.make_ascii_lowercase();
    let id = *BY_NAME.get(&*lower)?;
    Some((CommandId(id), ALL[id]))
}

/// Finds the command that clients call `name`, in any case: `rename-command` can change names.
pub fn find_renamed(renames: &Renames, name: &[u8]) -> Option<(CommandId, &'static Command)> {
    if renames.is_empty() {
        return find(name);
    }
    let name = std::str::from_utf8(name).ok()?.to_ascii_lowercase();
    find(renames.original(&name)?.as_bytes())
}

/// Returns the commands that clients can call, without subcommands.
pub fn callable(renames: &Renames) -> impl Iterator<Item = &'static Command> {
    top_level().filter(|command| renames.can_call(command.name))
}

/// Finds the subcommand `name` of the command `container`, in any case.
pub fn find_subcommand(container: CommandId, name: &[u8]) -> Option<(CommandId, &'static Command)> {
    let subcommands = container.command()?.subcommands;
    let index = subcommands.iter().position(|row| {
        let (_, own_name) = row.name.split_once('|').unwrap_or_default();
        own_name.as_bytes().eq_ignore_ascii_case(name)
    })?;
    // In `ALL` they follow their container.
    Some((CommandId(container.0 + 1 + index), &subcommands[index]))
}

/// Finds the row of a request by the names that clients have: that of a subcommand, if the command
/// has subcommands and the request names one.
pub fn find_row(renames: &Renames, request: Args) -> Option<(CommandId, &'static Command)> {
    row_of(find_renamed(renames, request.get(0))?, request)
}

/// Returns the row of a request for `command`: that of a subcommand, if the command has subcommands
/// and the request names one.
pub fn row_of(
    (id, command): (CommandId, &'static Command),
    request: Args,
) -> Option<(CommandId, &'static Command)> {
    match command.subcommands.is_empty() || request.len() == 1 {
        true => Some((id, command)),
        false => find_subcommand(id, request.get(1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_found_by_its_name() {
        assert_eq!(BY_NAME.len(), top_level().count(), "a name stands twice");
        for command in top_level() {
            assert!(command.name.len() <= MAX_NAME_BYTES);
            let (id, found) = find(command.name.to_uppercase().as_bytes()).unwrap();
            assert_eq!(found.name, command.name);
            for subcommand in command.subcommands {
                let (_, name) = subcommand.name.split_once('|').unwrap();
                let found = find_subcommand(id, name.to_uppercase().as_bytes()).unwrap();
                assert_eq!(found.1.name, subcommand.name);
                assert_eq!(found.0.command().unwrap().name, subcommand.name);
                assert!(find(subcommand.name.as_bytes()).is_none());
            }
        }
    }
}
