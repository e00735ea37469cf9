//! Builds replies in an [`Output`], in the order of the requests.
//!
//! A handler calls the method for its meaning (`null`, `map`). This file knows how each version of
//! the protocol writes it.

use super::output::Output;
use super::protocol::ProtocolError;

/// Versions of RESP
/// (<https://redis.io/docs/latest/develop/reference/protocol-spec/#resp-versions>).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protocol {
    /// The version of every new connection.
    #[default]
    Resp2 = 2,
    /// The version that also has maps, sets and a null type.
    Resp3 = 3,
}

/// Replies of this total length are sent at once, even if more requests are pending.
const FULL_BYTES: usize = 64 * 1024;

/// The replies of a connection that have not been sent yet.
#[derive(Debug, Default)]
pub struct Reply {
    output: Output,
    protocol: Protocol,
}

impl Reply {
    /// Sets the version of the protocol for the next replies.
    pub fn set_protocol(&mut self, protocol: Protocol) {
        self.protocol = protocol;
    }

    /// Appends `+OK`.
    pub fn ok(&mut self) {
        self.output.push(b"+OK\r\n");
    }

    /// Appends a simple string. `text` must have no line break.
    pub fn simple(&mut self, text: &str) {
        self.line(b'+', text.as_bytes());
    }

    /// Appends an error. `text` begins with the code (`ERR ...`, `WRONGTYPE ...`). A line break
    /// would end the reply early. As in Redis, it becomes a space, and line breaks at the end are
    /// removed.
    pub fn error(&mut self, text: &[u8]) {
        let is_break = |byte: &u8| matches!(byte, b'\r' | b'\n');
        let end = text.iter().rposition(|byte| !is_break(byte));
        let text: Vec<u8> = text[..end.map_or(0, |last| last + 1)]
            .iter()
            .map(|&byte| if is_break(&byte) { b' ' } else { byte })
            .collect();
        self.line(b'-', &text);
    }

    /// Appends a protocol error. The connection is closed after it.
    pub fn protocol_error(&mut self, error: ProtocolError) {
        self.error(&[b"ERR Protocol error: ", &error.text()[..]].concat());
    }

    /// Appends a signed 64-bit integer.
    pub fn integer(&mut self, value: i64) {
        self.output.push_header(b':', value);
    }

    /// Appends a count, as an integer.
    pub fn count(&mut self, count: usize) {
        self.integer(count as i64);
    }

    /// Appends a copy of `bytes` as a bulk string.
    pub fn bulk(&mut self, bytes: &[u8]) {
        self.output.push_bulk(bytes);
    }

    /// Appends a text for people. In RESP3 it has a type of its own.
    pub fn verbatim(&mut self, text: &str) {
        match self.protocol {
            Protocol::Resp2 => self.bulk(text.as_bytes()),
            Protocol::Resp3 => {
                self.output.push_header(b'=', text.len() as i64 + 4);
                self.output.push(b"txt:");
                self.output.push(text.as_bytes());
                self.output.push(b"\r\n");
            }
        }
    }

    /// Appends a floating-point number in the form of `text`.
    pub fn double(&mut self, text: &str) {
        match self.protocol {
            Protocol::Resp2 => self.bulk(text.as_bytes()),
            Protocol::Resp3 => self.line(b',', text.as_bytes()),
        }
    }

    /// Appends an integer of any length, in decimal.
    pub fn big_number(&mut self, digits: &str) {
        match self.protocol {
            Protocol::Resp2 => self.bulk(digits.as_bytes()),
            Protocol::Resp3 => self.line(b'(', digits.as_bytes()),
        }
    }

    /// Appends a boolean; RESP2 has 1 and 0.
    pub fn boolean(&mut self, value: bool) {
        match self.protocol {
            Protocol::Resp2 => self.integer(i64::from(value)),
            Protocol::Resp3 => self.line(b'#', if value { b"t" } else { b"f" }),
        }
    }

    /// Appends the header of a push message with `count` elements, which must follow. RESP2 has no
    /// such messages.
    pub fn push(&mut self, count: usize) {
        self.output.push_header(b'>', count as i64);
    }

    /// Appends the header of a message with `count` elements, which must follow: a push message, and
    /// an array in RESP2.
    pub fn message(&mut self, count: usize) {
        match self.protocol {
            Protocol::Resp2 => self.array(count),
            Protocol::Resp3 => self.push(count),
        }
    }

    /// Appends the header of attributes, which belong to the next reply. `pairs` keys and values
    /// must follow. RESP2 has no attributes.
    pub fn attribute(&mut self, pairs: usize) {
        self.output.push_header(b'|', pairs as i64);
    }

    /// Appends a null.
    pub fn null(&mut self) {
        self.output.push(match self.protocol {
            Protocol::Resp2 => b"$-1\r\n",
            Protocol::Resp3 => b"_\r\n",
        });
    }

    /// Appends a null in place of an array.
    pub fn null_array(&mut self) {
        self.output.push(match self.protocol {
            Protocol::Resp2 => b"*-1\r\n",
            Protocol::Resp3 => b"_\r\n",
        });
    }

    /// Appends the header of an array; `count` replies must follow.
    pub fn array(&mut self, count: usize) {
        self.output.push_header(b'*', count as i64);
    }

    /// Appends the header of a set; `count` replies must follow.
    pub fn set(&mut self, count: usize) {
        match self.protocol {
            Protocol::Resp2 => self.array(count),
            Protocol::Resp3 => self.output.push_header(b'~', count as i64),
        }
    }

    /// Appends the header of a map; `pairs` keys and values must follow.
    pub fn map(&mut self, pairs: usize) {
        match self.protocol {
            Protocol::Resp2 => self.array(pairs * 2),
            Protocol::Resp3 => self.output.push_header(b'%', pairs as i64),
        }
    }

    /// Returns whether the replies are long enough to be sent before the next request is executed.
    pub fn is_full(&self) -> bool {
        self.output.len() >= FULL_BYTES
    }

    /// Returns the output, to which a value can be appended by reference count.
    pub fn output(&mut self) -> &mut Output {
        &mut self.output
    }

    /// Takes all replies out. Reserves as much memory again, because the next replies are likely to
    /// be as long.
    pub fn take(&mut self) -> Output {
        let room = Output::with_capacity(self.output.len().min(FULL_BYTES));
        std::mem::replace(&mut self.output, room)
    }

    /// Returns the version of the protocol.
    pub fn protocol(&self) -> Protocol {
        self.protocol
    }

    fn line(&mut self, kind: u8, text: &[u8]) {
        let bytes = self.output.bytes_mut();
        bytes.push(kind);
        bytes.extend_from_slice(text);
        bytes.extend_from_slice(b"\r\n");
    }
}
