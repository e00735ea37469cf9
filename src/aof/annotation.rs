//! Checksums in the file, as lines that begin with `#`, which Redis 7's loader skips:
//!
//! ```text
//!   #CRC64:0:0000000000000000\r\n      from here on all bytes are covered
//!   *3\r\n$3\r\nSET\r\n...             31 bytes, written at once
//!   #CRC64:31:f0e1d2c3b4a59687\r\n     their CRC-64
//!   #CRC64:0:ffffffffffffffff\r\n      from here on no bytes are covered
//! ```
//!
//! A checksum covers the bytes between the last line of this kind, or the beginning of the file, and
//! itself. A checksum of length 0 covers nothing: the bytes before it were written without checksums.

/// The beginning of a checksum line.
pub(super) const MARK: &[u8] = b"#CRC64:";

/// Upper bound of an annotation. A longer line is damage.
pub(super) const MAX_BYTES: usize = 1024;

/// The line behind which all bytes are covered.
pub(super) const COVERED: &str = "#CRC64:0:0000000000000000\r\n";

/// The line behind which no bytes are covered.
pub(super) const UNCOVERED: &str = "#CRC64:0:ffffffffffffffff\r\n";

/// Returns the line that covers the `length` bytes before it, whose CRC-64 is `crc`.
///
/// ```
/// use threadbare::aof::checksum_line;
/// assert_eq!(checksum_line(31, 0xab), "#CRC64:31:00000000000000ab\r\n");
/// ```
pub fn checksum_line(length: u64, crc: u64) -> String {
    format!("#CRC64:{length}:{crc:016x}\r\n")
}

/// An annotation that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Annotation {
    /// From here on all bytes are covered.
    Covered,
    /// From here on no bytes are covered.
    Uncovered,
    /// The `length` bytes before this line have the checksum `crc`.
    Checksum { length: u64, crc: u64 },
    /// An annotation of Redis or another program.
    Other,
    /// It begins like a checksum, but is none.
    Malformed,
}

/// Reads an annotation. `line` ends in a line feed.
pub(super) fn read(line: &[u8]) -> Annotation {
    if !line.starts_with(MARK) {
        return Annotation::Other;
    }
    // A checksum can be written in one way only, so that any changed byte is noticed.
    let found = parse(line).filter(|&(length, crc)| checksum_line(length, crc).as_bytes() == line);
    match found {
        Some((0, 0)) => Annotation::Covered,
        Some((0, u64::MAX)) => Annotation::Uncovered,
        Some((length, crc)) if length > 0 => Annotation::Checksum { length, crc },
        _ => Annotation::Malformed,
    }
}

fn parse(line: &[u8]) -> Option<(u64, u64)> {
    let text = str::from_utf8(&line[MARK.len()..]).ok()?;
    let (length, crc) = text.trim_end().split_once(':')?;
    Some((length.parse().ok()?, u64::from_str_radix(crc, 16).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read() {
        for (length, crc) in [(1, 0), (31, u64::MAX), (u64::MAX, 1)] {
            let line = checksum_line(length, crc);
            let expected = Annotation::Checksum { length, crc };
            assert_eq!(read(line.as_bytes()), expected);
        }
        assert_eq!(read(COVERED.as_bytes()), Annotation::Covered);
        assert_eq!(read(UNCOVERED.as_bytes()), Annotation::Uncovered);
        assert_eq!(read(b"#TS:1700000000\r\n"), Annotation::Other);
    }

    #[test]
    fn no_changed_bit_gives_another_line_that_covers_nothing() {
        for original in [&checksum_line(8, 0xf0e1), COVERED, UNCOVERED] {
            for bit in 0..original.len() * 8 {
                let mut line = original.to_owned().into_bytes();
                line[bit / 8] ^= 1 << (bit % 8);
                let found = read(&line);
                assert_ne!(found, Annotation::Covered, "{original}, bit {bit}");
                assert_ne!(found, Annotation::Uncovered, "{original}, bit {bit}");
            }
        }
    }

    #[test]
    fn there_is_one_way_to_write_a_checksum() {
        for line in [
            "#CRC64:031:00000000000000ab\r\n",
            "#CRC64:31:00000000000000AB\r\n",
            "#CRC64:31:ab\r\n",
            "#CRC64:31:00000000000000ab\n",
            "#CRC64:+31:00000000000000ab\r\n",
            "#CRC64:0:00000000000000ab\r\n",
            "#CRC64:0:FFFFFFFFFFFFFFFF\r\n",
            "#CRC64:\r\n",
        ] {
            assert_eq!(read(line.as_bytes()), Annotation::Malformed, "{line}");
        }
    }
}
