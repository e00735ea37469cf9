//! What a request may ask for, and the ways in which it can break the protocol
//! (<https://redis.io/docs/latest/develop/reference/protocol-spec/>).

use std::fmt;

use crate::config::limits::{DEFAULT_BULK_BYTES, MAX_BULK_BYTES};

/// What a request may ask for. Past it the connection is closed.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub(super) max_requests: usize,
    pub(super) max_arguments: i64,
    pub(super) max_bulk_bytes: i64,
    /// Above this a bulk string is one that only AUTH would allow.
    pub(super) max_unauthenticated_bulk_bytes: i64,
    /// Whether nothing but a command with CRLF after each bulk string will do. From the
    /// network Redis skips those two bytes unseen, and empty arrays too; a file that has
    /// anything else there is damaged.
    pub(super) exact: bool,
}

/// The most arguments of a request, its name included.
pub const MAX_ARGUMENTS: i64 = 1024 * 1024;

impl Limits {
    /// For a client. 128 requests of a pipeline are parsed, and then run, at once: some 20
    /// microseconds' worth of short ones, for which others may have to wait.
    pub const CLIENT: Limits = Limits {
        max_requests: 128,
        max_arguments: MAX_ARGUMENTS,
        max_bulk_bytes: DEFAULT_BULK_BYTES as i64,
        max_unauthenticated_bulk_bytes: i64::MAX,
        exact: false,
    };

    /// Before AUTH: 10 arguments of 16 KB (CVE-2021-32675), and one request at a time, for
    /// it may be the one that changes the limits.
    pub const BEFORE_AUTH: Limits = Limits {
        max_requests: 1,
        max_arguments: 10,
        max_unauthenticated_bulk_bytes: 16 * 1024,
        ..Limits::CLIENT
    };

    /// For the append-only file: what a client could have sent, exactly as it is written.
    pub const FILE: Limits = Limits {
        max_bulk_bytes: MAX_BULK_BYTES as i64,
        exact: true,
        ..Limits::CLIENT
    };

    /// The same with another `proto-max-bulk-len`.
    pub fn with_bulk_bytes(self, max_bulk_bytes: usize) -> Limits {
        Limits {
            max_bulk_bytes: max_bulk_bytes as i64,
            ..self
        }
    }
}

/// The request breaks the protocol. The client gets the text, then the connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProtocolError {
    /// The number after `*` is none, or too large.
    MultibulkLength,
    /// More than ten arguments before AUTH.
    UnauthenticatedMultibulkLength,
    /// The number after `$` is none, negative or too large.
    BulkLength,
    /// A bulk string of more than 16 KB before AUTH.
    UnauthenticatedBulkLength,
    /// Something other than `$` where an argument must begin.
    ExpectedBulk(u8),
    /// A `*` line that does not end.
    LongMultibulkLine,
    /// A `$` line that does not end.
    LongBulkLine,
    /// An inline command that does not end.
    LongInline,
    /// A quote of an inline command that is not closed.
    UnbalancedQuotes,
    /// No CRLF after a bulk string, where the limits are exact.
    MissingTerminator,
}

impl ProtocolError {
    /// Redis's text for it, which may hold a byte of the request.
    pub fn text(self) -> Vec<u8> {
        let text: &[u8] = match self {
            Self::MultibulkLength => b"invalid multibulk length",
            Self::UnauthenticatedMultibulkLength => b"unauthenticated multibulk length",
            Self::BulkLength => b"invalid bulk length",
            Self::UnauthenticatedBulkLength => b"unauthenticated bulk length",
            Self::ExpectedBulk(byte) => {
                return [b"expected '$', got '", &[byte][..], b"'"].concat();
            }
            Self::LongMultibulkLine => b"too big mbulk count string",
            Self::LongBulkLine => b"too big bulk count string",
            Self::LongInline => b"too big inline request",
            Self::UnbalancedQuotes => b"unbalanced quotes in request",
            Self::MissingTerminator => b"a bulk string does not end in CRLF",
        };
        text.to_vec()
    }
}

impl fmt::Display for ProtocolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.text()))
    }
}
