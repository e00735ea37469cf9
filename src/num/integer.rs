//! Integers as Redis parses and prints them.

use std::ops::Deref;

/// Parses a signed 64-bit integer as strictly as Redis's `string2ll`: no spaces, no plus sign, no
/// leading zero, no `-0`. Returns `None` for anything else and on overflow.
///
/// ```
/// use threadbare::num::integer::parse;
/// assert_eq!(parse(b"-12"), Some(-12));
/// assert_eq!(parse(b"012"), None);
/// ```
pub fn parse(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    match digits {
        b"0" if !negative => return Some(0),
        [b'1'..=b'9', ..] => {}
        _ => return None,
    }
    // Accumulates a negative number, because i64 has one more of them.
    let mut value = 0i64;
    for &digit in digits {
        if !digit.is_ascii_digit() {
            return None;
        }
        value = value
            .checked_mul(10)?
            .checked_sub(i64::from(digit - b'0'))?;
    }
    if negative {
        Some(value)
    } else {
        value.checked_neg()
    }
}

/// A buffer for the longest text, that of the smallest number.
pub type Buffer = [u8; 20];

/// Writes `value` in decimal to the end of `buffer` and returns that part. Every reply contains a
/// length, so this avoids `write!`, which takes about three times as long.
pub fn text(value: i64, buffer: &mut Buffer) -> &[u8] {
    let mut start = buffer.len();
    let mut rest = value.unsigned_abs();
    // Two digits at a time, since each division takes long.
    while rest >= 10 {
        let pair = (rest % 100) as u8;
        rest /= 100;
        start -= 2;
        buffer[start] = b'0' + pair / 10;
        buffer[start + 1] = b'0' + pair % 10;
    }
    if rest > 0 || start == buffer.len() {
        start -= 1;
        buffer[start] = b'0' + rest as u8;
    }
    if value < 0 {
        start -= 1;
        buffer[start] = b'-';
    }
    &buffer[start..]
}

/// An integer in decimal.
#[derive(Clone, Copy)]
pub struct Text {
    buffer: Buffer,
    start: u8,
}

impl Text {
    /// Writes `value`.
    pub fn new(value: i64) -> Text {
        let mut buffer = Buffer::default();
        let start = buffer.len() - text(value, &mut buffer).len();
        Text {
            buffer,
            start: start as u8,
        }
    }
}

impl Deref for Text {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.buffer[usize::from(self.start)..]
    }
}

/// Appends `value` in decimal.
pub fn append(out: &mut Vec<u8>, value: i64) {
    out.extend_from_slice(text(value, &mut Buffer::default()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_string2ll_reads() {
        for (text, value) in [
            ("0", Some(0)),
            ("-1", Some(-1)),
            ("9223372036854775807", Some(i64::MAX)),
            ("-9223372036854775808", Some(i64::MIN)),
            ("9223372036854775808", None),
            ("-9223372036854775809", None),
            ("18446744073709551614", None),
            ("-0", None),
            ("01", None),
            ("+1", None),
            (" 1", None),
            ("1 ", None),
            ("", None),
            ("-", None),
            ("1a", None),
        ] {
            assert_eq!(parse(text.as_bytes()), value, "{text:?}");
        }
    }

    #[test]
    fn prints_what_the_standard_library_prints() {
        for value in [0, 7, -7, 10, 12345, i64::MAX, i64::MIN] {
            let mut out = Vec::new();
            append(&mut out, value);
            assert_eq!(out, value.to_string().as_bytes());
        }
    }
}
