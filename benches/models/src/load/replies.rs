//! Counts replies without parsing their values.
//!
//! The generator ignores the content of a reply, except for an error's text. So a scanner only
//! finds the end of each reply. Nothing is buffered; a reply may be split anywhere between two
//! calls.

use std::io;
use std::mem;

/// Scans the replies of one connection.
#[derive(Default)]
pub(super) struct Scanner {
    place: Place,
    /// Elements that the array at `place` still lacks. Those of nested arrays are added.
    elements: usize,
    nulls: u64,
}

/// The position in a reply after the bytes scanned so far.
#[derive(Default)]
enum Place {
    #[default]
    Start,
    /// In the line of a simple string or an integer.
    Line,
    /// In the line of an error, with its text.
    Error(Vec<u8>),
    /// In the header of a bulk string, with the digits so far.
    Length(usize),
    /// In the header of an array, with the digits so far.
    Count(usize),
    /// In the header of a null.
    Null,
    /// In a bulk string, with the number of bytes left, its line end included.
    Body(usize),
}

impl Scanner {
    /// Scans `bytes` and returns the number of replies that end in them.
    ///
    /// # Errors
    /// An error reply, with its text; a kind of reply that the generator never asks for.
    pub(super) fn scan(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut ended = 0;
        let mut at = 0;
        while at < bytes.len() {
            if let Place::Body(missing) = self.place {
                let step = missing.min(bytes.len() - at);
                at += step;
                self.place = Place::Body(missing - step);
                if step == missing {
                    ended += usize::from(self.end());
                }
            } else {
                ended += usize::from(self.step(bytes[at])?);
                at += 1;
            }
        }
        Ok(ended)
    }

    /// Returns the number of null replies since the last call: GETs that found no value.
    pub(super) fn take_nulls(&mut self) -> u64 {
        mem::take(&mut self.nulls)
    }

    /// Scans one byte outside a bulk string's body; returns whether it ended a reply.
    fn step(&mut self, byte: u8) -> io::Result<bool> {
        match (&mut self.place, byte) {
            (Place::Start, _) => self.place = start(byte)?,
            (Place::Line, b'\n') => return Ok(self.end()),
            (Place::Null, b'\n') => {
                self.nulls += 1;
                return Ok(self.end());
            }
            (Place::Length(length), b'\n') => self.place = Place::Body(*length + 2),
            (Place::Count(count), b'\n') => {
                self.elements += *count;
                // An array is an element of the array around it, and empty ones end here.
                if *count == 0 || self.elements > *count {
                    return Ok(self.end());
                }
                self.place = Place::Start;
            }
            (Place::Length(_) | Place::Count(_), b'-') => self.place = Place::Null,
            (Place::Length(number) | Place::Count(number), b'0'..=b'9') => {
                *number = *number * 10 + usize::from(byte - b'0');
            }
            (Place::Error(text), b'\n') => {
                return Err(io::Error::other(
                    String::from_utf8_lossy(text).trim().to_owned(),
                ));
            }
            (Place::Error(text), _) => text.push(byte),
            _ => {}
        }
        Ok(false)
    }

    /// Ends a reply or an element; returns whether the whole reply ended.
    fn end(&mut self) -> bool {
        self.place = Place::Start;
        self.elements = self.elements.saturating_sub(1);
        self.elements == 0
    }
}

fn start(kind: u8) -> io::Result<Place> {
    match kind {
        b'+' | b':' => Ok(Place::Line),
        b'-' => Ok(Place::Error(Vec::new())),
        b'$' => Ok(Place::Length(0)),
        b'*' => Ok(Place::Count(0)),
        _ => Err(io::Error::other(format!("a reply begins with byte {kind}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPLIES: &[u8] = b"+OK\r\n$5\r\na\r\nbc\r\n:-12\r\n$-1\r\n$0\r\n\r\n+PONG\r\n";

    #[test]
    fn replies_are_counted_wherever_they_are_split() {
        for split in 0..=REPLIES.len() {
            let mut scanner = Scanner::default();
            let (first, second) = REPLIES.split_at(split);
            let ended = scanner.scan(first).unwrap() + scanner.scan(second).unwrap();
            assert_eq!((ended, scanner.take_nulls()), (6, 1), "split at {split}");
        }
    }

    #[test]
    fn replies_are_counted_byte_by_byte() {
        let mut scanner = Scanner::default();
        let ended: usize = REPLIES
            .chunks(1)
            .map(|byte| scanner.scan(byte).unwrap())
            .sum();
        assert_eq!(ended, 6);
    }

    #[test]
    fn a_reply_counts_when_it_is_whole() {
        let mut scanner = Scanner::default();
        assert_eq!(scanner.scan(b"$3\r\nabc\r").unwrap(), 0);
        assert_eq!(scanner.scan(b"\n").unwrap(), 1);
    }

    #[test]
    fn an_array_is_one_reply() {
        let replies = b"*2\r\n$1\r\na\r\n:1\r\n*0\r\n*-1\r\n\
            *3\r\n*0\r\n*2\r\n*1\r\n+a\r\n+b\r\n+c\r\n+OK\r\n";
        for split in 0..=replies.len() {
            let mut scanner = Scanner::default();
            let (first, second) = replies.split_at(split);
            let ended = scanner.scan(first).unwrap() + scanner.scan(second).unwrap();
            assert_eq!((ended, scanner.take_nulls()), (5, 1), "split at {split}");
        }
    }

    #[test]
    fn an_error_is_told_wherever_it_is_split() {
        let reply = b"+OK\r\n-ERR no such thing\r\n";
        for split in 0..reply.len() {
            let mut scanner = Scanner::default();
            let (first, second) = reply.split_at(split);
            scanner.scan(first).unwrap();
            let error = scanner.scan(second).unwrap_err();
            assert_eq!(error.to_string(), "ERR no such thing");
        }
    }

    #[test]
    fn an_unexpected_kind_of_reply_is_an_error() {
        assert!(Scanner::default().scan(b"%1\r\n").is_err());
    }
}
