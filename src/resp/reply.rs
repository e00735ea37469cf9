//! Replies, appended to an [`Output`] in the order of the requests.
//!
//! A handler says what it means (`null`, `map`) and this file knows how the client's
//! protocol version writes that.

use super::output::Output;
use super::protocol::ProtocolError;

/// Versions of RESP
/// (<https://redis.io/docs/latest/develop/reference/protocol-spec/#resp-versions>).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protocol {
    /// The one that every connection begins with.
    #[default]
    Resp2 = 2,
    /// The one with maps, sets and a null of its own.
    Resp3 = 3,
}

/// Replies are sent when this much has gathered, even if more requests are waiting.
const FULL_BYTES: usize = 64 * 1024;

/// The replies that a connection has built and not yet sent.
#[derive(Debug, Default)]
pub struct Reply {
    output: Output,
    protocol: Protocol,
}

impl Reply {
    /// Writes in this version from now on.
    pub fn set_protocol(&mut self, protocol: Protocol) {
        self.protocol = protocol;
    }

    /// `+OK`.
    pub fn ok(&mut self) {
        self.output.push(b"+OK\r\n");
    }

    /// A simple string. `text` has no line break.
    pub fn simple(&mut self, text: &str) {
        self.line(b'+', text.as_bytes());
    }

    /// An error, its code first (`ERR ...`, `WRONGTYPE ...`). Line breaks, which would
    /// end it early, become spaces, and those at its end go, as in Redis.
    pub fn error(&mut self, text: &[u8]) {
        let is_break = |byte: &u8| matches!(byte, b'\r' | b'\n');
        let end = text.iter().rposition(|byte| !is_break(byte));
        let text: Vec<u8> = text[..end.map_or(0, |last| last + 1)]
            .iter()
            .map(|&byte| if is_break(&byte) { b' ' } else { byte })
            .collect();
        self.line(b'-', &text);
    }

    /// What is wrong with bytes that are no request, after which the connection ends.
    pub fn protocol_error(&mut self, error: ProtocolError) {
        self.error(&[b"ERR Protocol error: ", &error.text()[..]].concat());
    }

    /// A signed 64-bit integer.
    pub fn integer(&mut self, value: i64) {
        self.output.push_header(b':', value);
    }

    /// How many there are of something, as an integer.
    pub fn count(&mut self, count: usize) {
        self.integer(count as i64);
    }

    /// A bulk string, by copy.
    pub fn bulk(&mut self, bytes: &[u8]) {
        self.output.push_bulk(bytes);
    }

    /// Text for people; RESP3 marks it as such.
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

    /// A floating-point number, as `text` spells it.
    pub fn double(&mut self, text: &str) {
        match self.protocol {
            Protocol::Resp2 => self.bulk(text.as_bytes()),
            Protocol::Resp3 => self.line(b',', text.as_bytes()),
        }
    }

    /// An integer of any length, in decimal.
    pub fn big_number(&mut self, digits: &str) {
        match self.protocol {
            Protocol::Resp2 => self.bulk(digits.as_bytes()),
            Protocol::Resp3 => self.line(b'(', digits.as_bytes()),
        }
    }

    /// Yes or no.
    pub fn boolean(&mut self, value: bool) {
        match self.protocol {
            Protocol::Resp2 => self.integer(i64::from(value)),
            Protocol::Resp3 => self.line(b'#', if value { b"t" } else { b"f" }),
        }
    }

    /// The head of a message that is no reply, of `count` elements, which must follow. RESP2
    /// has none.
    pub fn push(&mut self, count: usize) {
        self.output.push_header(b'>', count as i64);
    }

    /// The head of remarks on the reply that comes next; `pairs` times a key and its value
    /// must follow. RESP2 has none.
    pub fn attribute(&mut self, pairs: usize) {
        self.output.push_header(b'|', pairs as i64);
    }

    /// Nothing.
    pub fn null(&mut self) {
        self.output.push(match self.protocol {
            Protocol::Resp2 => b"$-1\r\n",
            Protocol::Resp3 => b"_\r\n",
        });
    }

    /// No array, where there could have been one.
    pub fn null_array(&mut self) {
        self.output.push(match self.protocol {
            Protocol::Resp2 => b"*-1\r\n",
            Protocol::Resp3 => b"_\r\n",
        });
    }

    /// The head of an array; `count` replies must follow.
    pub fn array(&mut self, count: usize) {
        self.output.push_header(b'*', count as i64);
    }

    /// The head of a set of `count` elements, which must follow.
    pub fn set(&mut self, count: usize) {
        match self.protocol {
            Protocol::Resp2 => self.array(count),
            Protocol::Resp3 => self.output.push_header(b'~', count as i64),
        }
    }

    /// The head of a map; `pairs` times a key and its value must follow.
    pub fn map(&mut self, pairs: usize) {
        match self.protocol {
            Protocol::Resp2 => self.array(pairs * 2),
            Protocol::Resp3 => self.output.push_header(b'%', pairs as i64),
        }
    }

    /// Whether so much has gathered that it should be sent before more is added.
    pub fn is_full(&self) -> bool {
        self.output.len() >= FULL_BYTES
    }

    /// What is to be sent so far, to which a value can be appended by reference count.
    pub fn output(&mut self) -> &mut Output {
        &mut self.output
    }

    /// Takes everything out, leaving an empty reply with room for as much: the next
    /// requests will be like the last ones.
    pub fn take(&mut self) -> Output {
        let room = Output::with_capacity(self.output.len().min(FULL_BYTES));
        std::mem::replace(&mut self.output, room)
    }

    /// The version it is written in.
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
