//! The effect of a command: the commands that the log must hold for it.

use super::push_blob;
use crate::config::limits::{BIG_BYTES, ELEMENTS_PER_COMMAND};
use crate::num::integer;
use crate::resp::args::Args;
use crate::resp::output::Output;
use crate::store::blob::{Blob, BlobRef};
use crate::store::types::Moment;

/// The commands that repeat what a command did, whenever the log is replayed.
#[derive(Debug)]
pub enum Effect {
    /// No command: nothing changed.
    Nothing,
    /// The request itself.
    AsRequested,
    /// A SET of the request's first key, with an absolute expiry. Requests with a time to live are
    /// so common that this command is encoded straight into the records, without a copy.
    SetUntil {
        /// The index of the argument that is the value.
        value: usize,
        /// When the key expires.
        at: Moment,
    },
    /// Other commands, which have absolute times or the result of a calculation. Several are kept
    /// whole or not at all.
    Instead(Commands),
}

/// Commands for the log.
#[derive(Debug, Default)]
pub struct Commands {
    encoded: Output,
    count: usize,
}

impl Commands {
    /// Adds a command.
    pub fn push(&mut self, words: &[&[u8]]) {
        self.encoded.push_command(words);
        self.count += 1;
    }

    /// Adds commands that begin with `words` and go on with elements, up to
    /// [`ELEMENTS_PER_COMMAND`] each. Big elements are not copied.
    pub fn push_elements<'a>(
        &mut self,
        words: &[&[u8]],
        elements: impl Iterator<Item = BlobRef<'a>>,
    ) {
        let elements: Vec<BlobRef> = elements.collect();
        for group in elements.chunks(ELEMENTS_PER_COMMAND) {
            let length = words.len() + group.len();
            self.encoded.begin_command(length, words);
            for element in group {
                push_blob(&mut self.encoded, *element);
            }
            self.count += 1;
        }
    }

    /// Adds a SET, with `words` behind the value. A big value is not copied.
    pub fn push_set(&mut self, key: &[u8], value: &Blob, words: &[&[u8]]) {
        let room = 100 + key.len() + value.len().min(BIG_BYTES);
        self.encoded.bytes_mut().reserve(room);
        self.encoded.push_header(b'*', 3 + words.len() as i64);
        self.encoded.push_bulk(b"SET");
        self.encoded.push_bulk(key);
        push_blob(&mut self.encoded, value);
        for word in words {
            self.encoded.push_bulk(word);
        }
        self.count += 1;
    }

    /// Returns the number of commands.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Returns the commands in the form of the file.
    pub fn into_output(self) -> Output {
        self.encoded
    }
}

/// One command, which is encoded already.
impl From<Output> for Commands {
    fn from(command: Output) -> Commands {
        Commands {
            encoded: command,
            count: 1,
        }
    }
}

impl Effect {
    /// The effect of the command that consists of `words`.
    pub fn instead(words: &[&[u8]]) -> Effect {
        let mut commands = Commands::default();
        commands.push(words);
        Effect::Instead(commands)
    }

    /// Returns the effect of these commands: nothing, if there are none.
    pub fn of(commands: Commands) -> Effect {
        match commands.count {
            0 => Effect::Nothing,
            _ => Effect::Instead(commands),
        }
    }

    /// Returns the number of commands that the log must hold.
    pub fn count(&self) -> usize {
        match self {
            Effect::Nothing => 0,
            Effect::AsRequested | Effect::SetUntil { .. } => 1,
            Effect::Instead(commands) => commands.count,
        }
    }

    /// The effect of SET, with `words` behind the value. A big value is not copied.
    pub fn set(key: &[u8], value: &Blob, words: &[&[u8]]) -> Effect {
        let mut commands = Commands::default();
        commands.push_set(key, value, words);
        Effect::Instead(commands)
    }

    /// `AsRequested` if `changed`, else `Nothing`.
    pub fn if_changed(changed: bool) -> Effect {
        if changed {
            Effect::AsRequested
        } else {
            Effect::Nothing
        }
    }
}

/// Appends the command of an [`Effect::SetUntil`] of the request `args`. A big value is not copied.
pub fn encode_set_until(args: Args, value: usize, at: Moment, commands: &mut Output) {
    commands.push_header(b'*', 5);
    commands.push_bulk(b"SET");
    commands.push_bulk(args.get(1));
    match args.shared(value) {
        Some(value) => commands.push_bulk_shared(value),
        None => commands.push_bulk(args.get(value)),
    }
    commands.push_bulk(b"PXAT");
    let mut buffer = integer::Buffer::default();
    commands.push_bulk(integer::text(at.get() as i64, &mut buffer));
}
