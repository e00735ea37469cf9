//! Lines of a request. Most of them hold a number: the length of an array or of a bulk string.

use super::args::Requests;
use super::protocol::ProtocolError;
use crate::num::integer;

/// The longest unfinished line, of an inline command or of a length: Redis's
/// `PROTO_INLINE_MAX_SIZE`.
pub(super) const MAX_LINE_BYTES: usize = 64 * 1024;

impl Requests {
    /// Parses the next line, which must be `kind NUMBER CR LF`. Returns the number and the start of
    /// the line after it, or `None` if the line is unfinished.
    #[inline]
    pub(super) fn number(
        &mut self,
        kind: u8,
        none: ProtocolError,
        too_long: ProtocolError,
    ) -> Result<Option<(i64, usize)>, ProtocolError> {
        match short_number(self.unparsed(), kind) {
            Some((number, length)) => Ok(Some((number, self.parser.at + length))),
            None => self.any_number(kind, none, too_long),
        }
    }

    /// Does the same for lines of any length, and for every form that Redis accepts.
    fn any_number(
        &mut self,
        kind: u8,
        none: ProtocolError,
        too_long: ProtocolError,
    ) -> Result<Option<(i64, usize)>, ProtocolError> {
        let Some(line) = self.line(b'\r', too_long)? else {
            return Ok(None);
        };
        match line.first() {
            Some(first) if *first != kind => return Err(ProtocolError::ExpectedBulk(*first)),
            None => return Err(ProtocolError::ExpectedBulk(b'\r')),
            Some(_) => {}
        }
        let number = integer::parse(&line[1..]).ok_or(none)?;
        // The byte after the carriage return is skipped unread, as in Redis.
        let next = self.parser.at + line.len() + 2;
        if next > self.bytes.len() {
            return Ok(None);
        }
        self.parser.is_canonical &= self.bytes[next - 1] == b'\n';
        Ok(Some((number, next)))
    }

    /// Returns the bytes before the next `end`, or `None` if that has not been received. As in
    /// Redis, a line is too long only while its end is missing.
    pub(super) fn line(
        &self,
        end: u8,
        too_long: ProtocolError,
    ) -> Result<Option<&[u8]>, ProtocolError> {
        let bytes = self.unparsed();
        match bytes.iter().position(|byte| *byte == end) {
            Some(length) => Ok(Some(&bytes[..length])),
            None if bytes.len() > MAX_LINE_BYTES => Err(too_long),
            None => Ok(None),
        }
    }
}

/// Parses a line such as `$16\r\n` with one or two digits. Returns the number and the line's
/// length.
#[inline]
fn short_number(line: &[u8], kind: u8) -> Option<(i64, usize)> {
    match *line {
        [first, units @ b'0'..=b'9', b'\r', b'\n', ..] if first == kind => {
            Some((i64::from(units - b'0'), 4))
        }
        [
            first,
            tens @ b'1'..=b'9',
            units @ b'0'..=b'9',
            b'\r',
            b'\n',
            ..,
        ] if first == kind => Some((i64::from(tens - b'0') * 10 + i64::from(units - b'0'), 5)),
        _ => None,
    }
}
