//! The limits of a request, and the ways in which it can break the protocol
//! (<https://redis.io/docs/latest/develop/reference/protocol-spec/>).

use std::fmt;

use crate::config::limits::{DEFAULT_BULK_BYTES, MAX_BULK_BYTES};

/// The limits of a request. A request beyond them closes the connection.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub(super) max_requests: usize,
    pub(super) max_arguments: i64,
    pub(super) max_bulk_bytes: i64,
    /// The longest bulk string before AUTH. A longer one gets an error of its own.
    pub(super) max_unauthenticated_bulk_bytes: i64,
    /// Whether each bulk string must end in CRLF and an array must not be empty. Redis does not
    /// check this in requests of clients. A file where it is not so is damaged.
    pub(super) strict: bool,
}

/// The largest number of arguments of a request, its name included.
pub const MAX_ARGUMENTS: i64 = 1024 * 1024;

impl Limits {
    /// The limits of a client. At most 128 requests of a pipeline are parsed and executed in one
    /// turn, so that other clients do not wait for long.
    pub const CLIENT: Limits = Limits {
        max_requests: 128,
        max_arguments: MAX_ARGUMENTS,
        max_bulk_bytes: DEFAULT_BULK_BYTES as i64,
        max_unauthenticated_bulk_bytes: i64::MAX,
        strict: false,
    };

    /// The limits before AUTH: 10 arguments of 16 KB (CVE-2021-32675), and one request at a time,
    /// because it may be an AUTH, which changes the limits.
    pub const BEFORE_AUTH: Limits = Limits {
        max_requests: 1,
        max_arguments: 10,
        max_unauthenticated_bulk_bytes: 16 * 1024,
        ..Limits::CLIENT
    };

    /// The limits of the append-only file: every request that a client could send, in the exact
    /// form that a server writes.
    pub const FILE: Limits = Limits {
        max_bulk_bytes: MAX_BULK_BYTES as i64,
        strict: true,
        ..Limits::CLIENT
    };

    /// Returns these limits with another `proto-max-bulk-len`.
    pub fn with_bulk_bytes(self, max_bulk_bytes: usize) -> Limits {
        Limits {
            max_bulk_bytes: max_bulk_bytes as i64,
            ..self
        }
    }
}

/// A request breaks the protocol. The client receives the text, then its connection is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProtocolError {
    /// After `*` there is no number, or one that is too large.
    MultibulkLength,
    /// There are more than ten arguments before AUTH.
    UnauthenticatedMultibulkLength,
    /// After `$` there is no number, or one that is negative or too large.
    BulkLength,
    /// A bulk string is longer than 16 KB before AUTH.
    UnauthenticatedBulkLength,
    /// This byte stands where the `$` of an argument is expected.
    ExpectedBulk(u8),
    /// A `*` line is too long.
    LongMultibulkLine,
    /// A `$` line is too long.
    LongBulkLine,
    /// An inline command is too long.
    LongInline,
    /// A quote of an inline command is not closed.
    UnbalancedQuotes,
    /// There is no CRLF after a bulk string, and the limits are strict.
    MissingTerminator,
}

impl ProtocolError {
    /// Returns Redis's text for the error, which may contain a byte of the request.
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
