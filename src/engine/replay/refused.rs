//! Commands of a file that are refused.

use std::fmt;

use crate::commands;
use crate::resp::args::Args;

/// Why a command of the file cannot be executed.
#[derive(Debug)]
pub enum Refused {
    /// It does not belong in such a file.
    Unexpected(String),
    /// Redis has it, and this server does not.
    Missing {
        /// Its name in the file.
        name: String,
        /// Its key in the file, if it has one.
        key: Option<String>,
        /// The type of value that it is about, such as "a list", if it is about one type.
        kind: Option<&'static str>,
    },
    /// It failed, with this error.
    Failed(String, String),
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refused::Unexpected(name) => write!(f, "'{name}' is no command that changes data"),
            Refused::Failed(name, error) => write!(f, "'{name}' failed: {error}"),
            Refused::Missing { name, key, kind } => match (key, kind) {
                (Some(key), Some(kind)) => {
                    write!(f, "'{name}' makes the key '{key}' {kind}: not supported")
                }
                (None, Some(kind)) => write!(f, "'{name}' makes {kind}: not supported"),
                (_, None) => write!(f, "'{name}' is not supported"),
            },
        }
    }
}

/// Returns why a command is refused that this server does not write to its file.
pub(super) fn refusal(args: Args) -> Refused {
    let lower = String::from_utf8_lossy(args.get(0)).to_ascii_lowercase();
    let name = args.get(0).escape_ascii().to_string();
    if commands::find(args.get(0)).is_some() || !commands::is_command(&lower) {
        return Refused::Unexpected(name);
    }
    let key_at = if lower == "xgroup" { 2 } else { 1 };
    Refused::Missing {
        name,
        key: (args.from(key_at).next()).map(|key| key.escape_ascii().to_string()),
        kind: commands::missing_type(&lower),
    }
}
