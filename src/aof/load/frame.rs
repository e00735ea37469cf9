//! The frame of a command, without its content: the lines `*3` and `$16`.
//!
//! The rules are stricter than for requests from the network: a server has written the file.

use crate::config::limits::MAX_BULK_BYTES;
use crate::resp::protocol::{MAX_ARGUMENTS, ProtocolError};

/// Length of the longest line that can hold either number, without its CRLF.
const MAX_LINE_BYTES: usize = 10;

/// The bytes in the place of a line with a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// The number, and the length of the line.
    Number(u64, usize),
    /// The beginning of such a line.
    Torn,
    /// Another kind of line, by its first byte.
    OtherKind(u8),
    /// A line without a valid number.
    Bad,
}

/// Reads the line `kind NUMBER CR LF` at the beginning of `bytes`.
#[inline]
pub(super) fn line(bytes: &[u8], kind: u8) -> Line {
    match bytes.first() {
        None => return Line::Torn,
        Some(&first) if first != kind => return Line::OtherKind(first),
        Some(_) => {}
    }
    let mut number = 0;
    for (index, &byte) in bytes.iter().enumerate().skip(1).take(MAX_LINE_BYTES) {
        match byte {
            b'0'..=b'9' => number = number * 10 + u64::from(byte - b'0'),
            b'\r' if index > 1 => return end(bytes, index, number),
            _ => return Line::Bad,
        }
    }
    if bytes.len() > MAX_LINE_BYTES {
        Line::Bad
    } else {
        Line::Torn
    }
}

/// Reads the end of a line, whose carriage return is at `index`.
#[inline]
fn end(bytes: &[u8], index: usize, number: u64) -> Line {
    let has_leading_zero = bytes[1] == b'0' && index > 2;
    match bytes.get(index + 1) {
        None => Line::Torn,
        Some(b'\n') if !has_leading_zero => Line::Number(number, index + 2),
        Some(_) => Line::Bad,
    }
}

/// Whether a command can have `count` arguments.
#[inline]
pub(super) fn check_count(count: u64) -> Result<u64, ProtocolError> {
    if (1..=MAX_ARGUMENTS as u64).contains(&count) {
        Ok(count)
    } else {
        Err(ProtocolError::MultibulkLength)
    }
}

/// Whether an argument can have `length` bytes.
#[inline]
pub(super) fn check_length(length: u64) -> Result<usize, ProtocolError> {
    if length <= MAX_BULK_BYTES {
        Ok(length as usize)
    } else {
        Err(ProtocolError::BulkLength)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_as_they_are_written_and_in_no_other_way() {
        for (text, expected) in [
            ("*3\r\n", Line::Number(3, 4)),
            ("*0\r\nx", Line::Number(0, 4)),
            ("*536870912\r\n", Line::Number(536_870_912, 12)),
            ("*", Line::Torn),
            ("*1048", Line::Torn),
            ("*1048\r", Line::Torn),
            ("$3\r\n", Line::OtherKind(b'$')),
            ("*\r\n", Line::Bad),
            ("*03\r\n", Line::Bad),
            ("*-1\r\n", Line::Bad),
            ("*+1\r\n", Line::Bad),
            ("*3\n", Line::Bad),
            ("*3\rx", Line::Bad),
            ("*99999999999999999999\r\n", Line::Bad),
        ] {
            assert_eq!(line(text.as_bytes(), b'*'), expected, "{text:?}");
        }
    }
}
