//! Errors that are replies: the client's mistake, after which its connection lives on.
//!
//! The texts are Redis's, byte for byte; clients compare them.

use crate::store::keyspace::WrongType;

/// The reason why a command did nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReplyError {
    /// A constant text.
    Fixed(&'static str),
    /// A text that quotes the request, which can contain any bytes.
    Composed(Vec<u8>),
}

/// The key holds another type.
pub const WRONG_TYPE: ReplyError =
    ReplyError::Fixed("WRONGTYPE Operation against a key holding the wrong kind of value");
/// Unknown options, or options that exclude each other.
pub const SYNTAX: ReplyError = ReplyError::Fixed("ERR syntax error");
/// An argument that is not an integer of 64 bits.
pub const NOT_AN_INTEGER: ReplyError =
    ReplyError::Fixed("ERR value is not an integer or out of range");
/// A number that is negative, or no number.
pub const NOT_POSITIVE: ReplyError =
    ReplyError::Fixed("ERR value is out of range, must be positive");
/// A number of keys that is not at least 1.
pub const NUMKEYS_NOT_POSITIVE: ReplyError =
    ReplyError::Fixed("ERR numkeys should be greater than 0");
/// The LIMIT of a cardinality that is negative, or no number.
pub const NEGATIVE_LIMIT: ReplyError = ReplyError::Fixed("ERR LIMIT can't be negative");
/// An argument that is not a number.
pub const NOT_A_FLOAT: ReplyError = ReplyError::Fixed("ERR value is not a valid float");
/// A sum of integers that does not fit into 64 bits.
pub const SUM_OVERFLOWS: ReplyError =
    ReplyError::Fixed("ERR increment or decrement would overflow");
/// A sum that is infinite or not a number.
pub const SUM_IS_NO_NUMBER: ReplyError =
    ReplyError::Fixed("ERR increment would produce NaN or Infinity");
/// An integer that does not fit into 32 bits.
pub const INT_RANGE: ReplyError =
    ReplyError::Fixed("ERR value is out of range, value must between -2147483648 and 2147483647");
/// The integer -2^63, whose negative does not fit into 64 bits.
pub const NEGATABLE_RANGE: ReplyError = ReplyError::Fixed(
    "ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807",
);
/// SELECT of a database that does not exist.
pub const DB_INDEX: ReplyError = ReplyError::Fixed("ERR DB index is out of range");
/// RENAME of a key that does not exist.
pub const NO_SUCH_KEY: ReplyError = ReplyError::Fixed("ERR no such key");
/// A command before AUTH.
pub const NO_AUTH: ReplyError = ReplyError::Fixed("NOAUTH Authentication required.");
/// A command that needs the data, while the data is being loaded.
pub const LOADING: ReplyError = ReplyError::Fixed("LOADING Redis is loading the dataset in memory");
/// A wrong user or password.
pub const WRONG_PASS: ReplyError =
    ReplyError::Fixed("WRONGPASS invalid username-password pair or user is disabled.");
/// AUTH with a password, although none is configured.
pub const NO_PASSWORD_SET: ReplyError = ReplyError::Fixed(
    "ERR AUTH <password> called without any password configured for the default user. Are you \
     sure your configuration is correct?",
);
/// HELLO without AUTH, although a password is required.
pub const HELLO_BEFORE_AUTH: ReplyError = ReplyError::Fixed(
    "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO \
     AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol \
     version at the same time",
);
/// HELLO with a version that is not a number.
pub const PROTOCOL_VERSION: ReplyError =
    ReplyError::Fixed("ERR Protocol version is not an integer or out of range");
/// HELLO with an unknown version.
pub const NO_PROTOCOL: ReplyError = ReplyError::Fixed("NOPROTO unsupported protocol version");
/// EXEC after a command that could not be queued.
pub const EXEC_ABORT: ReplyError =
    ReplyError::Fixed("EXECABORT Transaction discarded because of previous errors.");
/// EXEC outside of a transaction.
pub const EXEC_WITHOUT_MULTI: ReplyError = ReplyError::Fixed("ERR EXEC without MULTI");
/// DISCARD outside of a transaction.
pub const DISCARD_WITHOUT_MULTI: ReplyError = ReplyError::Fixed("ERR DISCARD without MULTI");
/// MULTI within a transaction.
pub const NESTED_MULTI: ReplyError = ReplyError::Fixed("ERR MULTI calls can not be nested");
/// WATCH within a transaction.
pub const WATCH_INSIDE_MULTI: ReplyError =
    ReplyError::Fixed("ERR WATCH inside MULTI is not allowed");
/// A command with [`Flag::NoMulti`](crate::commands::Flag::NoMulti) within a transaction.
pub const NOT_IN_TRANSACTION: ReplyError =
    ReplyError::Fixed("ERR Command not allowed inside a transaction");
/// DEBUG, although `enable-debug-command` does not allow it.
pub const DEBUG_NOT_ALLOWED: ReplyError = ReplyError::Fixed(
    "ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\", you can \
     run it from a local connection, otherwise you need to set this option in the configuration \
     file, and then restart the server.",
);
/// A command that uses keys, of a client in the mode of MONITOR, which Redis calls a replica.
pub const MONITOR_AND_KEYS: ReplyError =
    ReplyError::Fixed("ERR Replica can't interact with the keyspace");
/// CONFIG REWRITE of a server that was started without a file.
pub const NO_CONFIG_FILE: ReplyError =
    ReplyError::Fixed("ERR The server is running without a config file");
/// SHUTDOWN ABORT, although no shutdown is in progress.
pub const NO_SHUTDOWN: ReplyError = ReplyError::Fixed("ERR No shutdown in progress.");

impl ReplyError {
    /// Returns the text that follows the `-` on the wire.
    pub fn text(&self) -> &[u8] {
        match self {
            ReplyError::Fixed(text) => text.as_bytes(),
            ReplyError::Composed(text) => text,
        }
    }

    /// Returns `before`, `what` as C's `%s` prints it, and `after`.
    pub fn about(before: &str, what: &[u8], after: &str) -> ReplyError {
        let what = head(what, usize::MAX);
        ReplyError::Composed([before.as_bytes(), what, after.as_bytes()].concat())
    }

    /// Returns the error for too few or too many arguments of `command`.
    pub fn wrong_arity(command: &str) -> ReplyError {
        format!("ERR wrong number of arguments for '{command}' command").into()
    }

    /// Returns the error for an unknown command. It quotes up to 128 bytes of the request.
    pub fn unknown_command<'a>(mut args: impl Iterator<Item = &'a [u8]>) -> ReplyError {
        const SHOWN_BYTES: usize = 128;
        let mut text = b"ERR unknown command '".to_vec();
        text.extend_from_slice(head(args.next().unwrap_or_default(), SHOWN_BYTES));
        text.extend_from_slice(b"', with args beginning with: ");
        let mut shown = 0;
        for argument in args {
            if shown >= SHOWN_BYTES {
                break;
            }
            let argument = head(argument, SHOWN_BYTES - shown);
            text.push(b'\'');
            text.extend_from_slice(argument);
            text.extend_from_slice(b"' ");
            shown += argument.len() + 3;
        }
        ReplyError::Composed(text)
    }

    /// Returns the error of an EXEC that does nothing because of this one.
    pub fn aborting_exec(&self) -> ReplyError {
        let text = self.text();
        let text = text.strip_prefix(b"ERR ").unwrap_or(text);
        let before = b"EXECABORT Transaction discarded because of: ";
        ReplyError::Composed([&before[..], text].concat())
    }

    /// Returns the error for a command that a subscriber may not call in RESP2.
    pub fn not_in_subscribe_mode(command: &str) -> ReplyError {
        let text = format!(
            "ERR Can't execute '{command}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / \
             RESET are allowed in this context"
        );
        text.into()
    }

    /// Returns the error of a write while the append-only file cannot be written.
    pub fn cannot_log(error: &str) -> ReplyError {
        format!("MISCONF Errors writing to the AOF file: {error}").into()
    }

    /// Returns the error for an unknown subcommand of `command`, which is the name that the client used.
    pub fn unknown_subcommand(command: &[u8], subcommand: &[u8]) -> ReplyError {
        let mut text = b"ERR unknown subcommand '".to_vec();
        text.extend_from_slice(head(subcommand, 128));
        text.extend_from_slice(b"'. Try ");
        text.extend_from_slice(&command.to_ascii_uppercase());
        text.extend_from_slice(b" HELP.");
        ReplyError::Composed(text)
    }
}

/// Returns the bytes that C's `%.*s` prints: at most `most` bytes, up to the first NUL.
fn head(bytes: &[u8], most: usize) -> &[u8] {
    let bytes = &bytes[..bytes.len().min(most)];
    bytes.split(|&byte| byte == 0).next().unwrap_or_default()
}

impl From<String> for ReplyError {
    fn from(text: String) -> Self {
        ReplyError::Composed(text.into_bytes())
    }
}

impl From<WrongType> for ReplyError {
    fn from(WrongType: WrongType) -> Self {
        WRONG_TYPE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_the_head_of_what_is_unknown() {
        let text = |args: &[&[u8]]| {
            let error = ReplyError::unknown_command(args.iter().copied());
            String::from_utf8(error.text().to_vec()).unwrap()
        };
        assert_eq!(
            text(&[b"foo"]),
            "ERR unknown command 'foo', with args beginning with: "
        );
        assert_eq!(
            text(&[b"f\0o", b"a", b"b\0c"]),
            "ERR unknown command 'f', with args beginning with: 'a' 'b' "
        );
        let long = [b'x'; 200];
        assert_eq!(
            text(&[b"foo", &long, b"a"]),
            format!(
                "ERR unknown command 'foo', with args beginning with: '{}' ",
                "x".repeat(128)
            )
        );
    }
}
