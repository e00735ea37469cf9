//! What a command that can change data did, which is what the log must hold.

use super::push_blob;
use crate::config::limits::BIG_BYTES;
use crate::resp::output::Output;
use crate::store::blob::Blob;

/// What the log must hold of a command.
#[derive(Debug)]
pub enum Effect {
    /// Nothing changed.
    Nothing,
    /// The request, done again at any time, does the same again.
    AsRequested,
    /// These commands do the same at any time: with an absolute time, or with the result of a
    /// calculation. Several are kept whole or not at all.
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

    /// Returns how many there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Returns the commands as they stand in the file.
    pub fn into_output(self) -> Output {
        self.encoded
    }
}

/// The one command that is encoded in `command`.
impl From<Output> for Commands {
    fn from(command: Output) -> Commands {
        Commands {
            encoded: command,
            count: 1,
        }
    }
}

impl Effect {
    /// The command that these words make does the same.
    pub fn instead(words: &[&[u8]]) -> Effect {
        let mut commands = Commands::default();
        commands.push(words);
        Effect::Instead(commands)
    }

    /// These commands do the same; if there is none, nothing changed.
    pub fn of(commands: Commands) -> Effect {
        match commands.count {
            0 => Effect::Nothing,
            _ => Effect::Instead(commands),
        }
    }

    /// Whether nothing changed.
    pub fn is_nothing(&self) -> bool {
        matches!(self, Effect::Nothing)
    }

    /// SET does the same, with these words behind the value. A big value is not copied.
    pub fn set(key: &[u8], value: &Blob, words: &[&[u8]]) -> Effect {
        let room = 100 + key.len() + value.len().min(BIG_BYTES);
        let mut command = Output::with_capacity(room);
        command.push_header(b'*', 3 + words.len() as i64);
        command.push_bulk(b"SET");
        command.push_bulk(key);
        push_blob(&mut command, value);
        for word in words {
            command.push_bulk(word);
        }
        Effect::Instead(command.into())
    }

    /// `AsRequested` if something changed.
    pub fn if_changed(changed: bool) -> Effect {
        if changed {
            Effect::AsRequested
        } else {
            Effect::Nothing
        }
    }
}
