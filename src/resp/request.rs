//! Parses requests, which are RESP arrays of bulk strings or inline commands, to argument lists.
//!
//! ```text
//!   receive(bytes)    what has arrived, in pieces of any size
//!   parse()           as many whole requests as that makes
//! ```
//!
//! The parser neither waits nor reads, so it serves a blocking thread, an event loop and a file. It
//! does not recurse: nested arrays are an error, so none can exhaust the stack. It allocates for
//! received bytes only, never for the length that a header announces. The parsed part of a request
//! is not parsed again when more bytes are received.

use super::args::{Arg, Requests};
use super::protocol::{Limits, MAX_ARGUMENTS, ProtocolError};
use crate::config::limits::BIG_BYTES;
use crate::quoting::split_words;

impl Requests {
    /// Parses whole requests until the limit on their number is reached, the last one may change
    /// the limits, or all bytes are parsed. Skips blank lines and empty arrays. Leaves an
    /// unfinished request for the next call.
    ///
    /// # Errors
    /// If the bytes break the protocol. Requests before the error come first: it is returned once
    /// they have been cleared.
    pub fn parse(&mut self, limits: Limits) -> Result<(), ProtocolError> {
        while self.len() < limits.max_requests {
            match self.parse_next(limits) {
                Ok(true) if self.ends_in_reset() => break,
                Ok(true) => {}
                Err(error) if self.is_empty() => return Err(error),
                Ok(false) | Err(_) => break,
            }
        }
        Ok(())
    }

    /// Returns whether the last request is RESET, which ends a client's authentication.
    fn ends_in_reset(&self) -> bool {
        const NAME: &[u8] = b"RESET";
        // Most requests are ruled out by the length of their last argument.
        match self.args.last() {
            Some(Arg::Range { start, end }) if end - start != NAME.len() => false,
            None => false,
            Some(_) => {
                let last = self.get(self.len() - 1);
                last.len() == 1 && last.get(0).eq_ignore_ascii_case(NAME)
            }
        }
    }

    /// Skips bytes between two requests.
    pub(crate) fn skip(&mut self, count: usize) {
        debug_assert!(self.parser.missing == 0);
        self.parser.at += count;
        self.parser.start = self.parser.at;
    }

    /// Returns whether no request is unfinished, as far as the bytes have been parsed.
    pub fn is_between(&self) -> bool {
        self.parser.missing == 0
    }

    /// Parses a request, the rest of one, or something to be skipped. Returns `false` if it is
    /// unfinished.
    ///
    /// # Errors
    /// If the bytes break the protocol. Another call finds the same error again.
    pub fn parse_next(&mut self, limits: Limits) -> Result<bool, ProtocolError> {
        if self.parser.missing == 0 {
            match self.unparsed().first().copied() {
                None => return Ok(false),
                Some(b'*') if !self.parse_count(limits)? => return Ok(false),
                Some(b'*') if self.parser.missing == 0 => return Ok(true),
                Some(b'*') => {}
                Some(_) => return self.parse_inline(),
            }
        }
        while self.parser.missing > 0 {
            if !self.parse_bulk(limits)? {
                return Ok(false);
            }
        }
        self.complete();
        Ok(true)
    }

    /// Parses the header of an array.
    fn parse_count(&mut self, limits: Limits) -> Result<bool, ProtocolError> {
        self.parser.is_canonical = true;
        let too_long = ProtocolError::LongMultibulkLine;
        let Some((count, next)) = self.number(b'*', ProtocolError::MultibulkLength, too_long)?
        else {
            return Ok(false);
        };
        if count > MAX_ARGUMENTS || (limits.strict && count < 1) {
            return Err(ProtocolError::MultibulkLength);
        }
        if count > limits.max_arguments {
            return Err(ProtocolError::UnauthenticatedMultibulkLength);
        }
        self.parser.missing = count.max(0) as usize;
        self.parser.at = next;
        if count < 1 {
            self.skip(0);
        }
        Ok(true)
    }

    /// Parses one argument of an array.
    fn parse_bulk(&mut self, limits: Limits) -> Result<bool, ProtocolError> {
        let length = match self.parser.length {
            Some(length) => length,
            None => {
                let too_long = ProtocolError::LongBulkLine;
                let Some((length, next)) =
                    self.number(b'$', ProtocolError::BulkLength, too_long)?
                else {
                    return Ok(false);
                };
                if !(0..=limits.max_bulk_bytes).contains(&length) {
                    return Err(ProtocolError::BulkLength);
                }
                if length > limits.max_unauthenticated_bulk_bytes {
                    return Err(ProtocolError::UnauthenticatedBulkLength);
                }
                self.parser.at = next;
                *self.parser.length.insert(length as usize)
            }
        };
        if length < BIG_BYTES {
            self.parse_payload(length, limits)
        } else {
            self.parse_big_payload(length, limits)
        }
    }

    /// Parses the payload of a bulk string and its CRLF.
    fn parse_payload(&mut self, length: usize, limits: Limits) -> Result<bool, ProtocolError> {
        let start = self.parser.at;
        let end = start + length;
        if self.bytes.len() < end + 2 {
            return Ok(false);
        }
        self.end_bulk(end, limits)?;
        self.args.push(Arg::Range {
            start: start - self.parser.start,
            end: end - self.parser.start,
        });
        Ok(true)
    }

    /// Does the same for a big bulk string, which gets memory of its own: at most twice the
    /// received bytes.
    fn parse_big_payload(&mut self, length: usize, limits: Limits) -> Result<bool, ProtocolError> {
        self.parser.is_canonical = false;
        let start = self.parser.at;
        let value = match self.parser.big.take() {
            None if self.unparsed().len() >= length + 2 => {
                let value = self.bytes[start..start + length].to_vec();
                self.end_bulk(start + length, limits)?;
                value
            }
            None => {
                let arrived = self.unparsed().len().min(length);
                let big = self.bytes.drain(start..start + arrived).collect();
                self.parser.big = Some(big);
                return Ok(false);
            }
            Some(big) if big.len() < length || self.unparsed().len() < 2 => {
                self.parser.big = Some(big);
                return Ok(false);
            }
            Some(big) => {
                if let Err(error) = self.end_bulk(start, limits) {
                    self.parser.big = Some(big);
                    return Err(error);
                }
                big
            }
        };
        self.push_shared(value);
        Ok(true)
    }

    /// Skips the two bytes after a bulk string. They need to be CRLF only if the limits are strict.
    fn end_bulk(&mut self, end: usize, limits: Limits) -> Result<(), ProtocolError> {
        if self.bytes[end..end + 2] != *b"\r\n" {
            if limits.strict {
                return Err(ProtocolError::MissingTerminator);
            }
            self.parser.is_canonical = false;
        }
        self.parser.at = end + 2;
        self.parser.length = None;
        self.parser.missing -= 1;
        Ok(())
    }

    fn parse_inline(&mut self) -> Result<bool, ProtocolError> {
        let Some(line) = self.line(b'\n', ProtocolError::LongInline)? else {
            return Ok(false);
        };
        let next = self.parser.at + line.len() + 1;
        let words = split_words(line.strip_suffix(b"\r").unwrap_or(line))
            .ok_or(ProtocolError::UnbalancedQuotes)?;
        self.parser.at = next;
        self.parser.is_canonical = false;
        if words.is_empty() {
            self.skip(0);
        } else {
            words.into_iter().for_each(|word| self.push_shared(word));
            self.complete();
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resp::line::MAX_LINE_BYTES;
    use crate::resp::output::Output;

    /// The requests, each as its arguments and as its record in the log, and whether an unfinished
    /// one is left over.
    type Parsed = (Vec<(Vec<Vec<u8>>, Vec<u8>)>, bool);

    fn parse_all(bytes: &[u8], step: usize, limits: Limits) -> Result<Parsed, ProtocolError> {
        let mut requests = Requests::default();
        let mut found = Vec::new();
        let limits = Limits {
            max_requests: 3,
            ..limits
        };
        for piece in bytes.chunks(step) {
            requests.receive(piece);
            loop {
                requests.parse(limits)?;
                if requests.is_empty() {
                    break;
                }
                for index in 0..requests.len() {
                    let args = requests.get(index);
                    let mut record = Output::default();
                    args.encode(&mut record);
                    let mut encoded = Vec::new();
                    record.write_all(&mut encoded).unwrap();
                    found.push((args.from(0).map(<[u8]>::to_vec).collect(), encoded));
                }
                requests.clear();
            }
        }
        let is_torn = requests.parser.missing > 0 || !requests.unparsed().is_empty();
        Ok((found, is_torn))
    }

    fn encode(words: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = format!("*{}\r\n", words.len()).into_bytes();
        for word in words {
            bytes.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
            bytes.extend_from_slice(word);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes
    }

    #[test]
    fn reads_the_same_however_it_arrives() {
        let big = vec![b'x'; BIG_BYTES + 3];
        let mut bytes =
            b"*2\r\n$4\r\nECHO\r\n$0\r\n\r\n\r\n \r\nset k 'a b'\n*0\r\n*-1\r\n".to_vec();
        bytes.extend_from_slice(format!("*2\r\n$3\r\nGET\r\n${}\r\n", big.len()).as_bytes());
        bytes.extend_from_slice(&big);
        bytes.extend_from_slice(b"\r\nPING\r\n");
        let expected: Vec<Vec<Vec<u8>>> = vec![
            vec![b"ECHO".to_vec(), vec![]],
            vec![b"set".to_vec(), b"k".to_vec(), b"a b".to_vec()],
            vec![b"GET".to_vec(), big],
            vec![b"PING".to_vec()],
        ];
        for step in [1, 2, 3, 7, 63, 64, 65, 16_000, 100_000] {
            let (found, is_torn) = parse_all(&bytes, step, Limits::CLIENT).unwrap();
            assert!(!is_torn);
            assert_eq!(found.len(), expected.len(), "step {step}");
            for ((words, record), expected) in found.iter().zip(&expected) {
                assert_eq!(words, expected, "step {step}");
                assert_eq!(*record, encode(expected), "step {step}");
            }
        }
    }

    #[test]
    fn refuses_what_redis_refuses() {
        let long = [b'1'; MAX_LINE_BYTES + 2];
        let cases: [(&[u8], ProtocolError); 9] = [
            (b"*abc\r\n", ProtocolError::MultibulkLength),
            (b"*2147483648\r\n", ProtocolError::MultibulkLength),
            (b"*1\r\n$-1\r\n", ProtocolError::BulkLength),
            (b"*1\r\n$536870913\r\n", ProtocolError::BulkLength),
            (b"*1\r\n:3\r\n", ProtocolError::ExpectedBulk(b':')),
            (b"*1\r\n*1\r\n", ProtocolError::ExpectedBulk(b'*')),
            (b"get \"k\r\n", ProtocolError::UnbalancedQuotes),
            (&long, ProtocolError::LongInline),
            (
                &[b"*", &long[..]].concat(),
                ProtocolError::LongMultibulkLine,
            ),
        ];
        for (bytes, expected) in cases {
            for step in [1, 100_000] {
                let error = parse_all(bytes, step, Limits::CLIENT).unwrap_err();
                assert_eq!(error, expected, "step {step}");
            }
        }
    }

    #[test]
    fn a_line_is_not_too_long_once_its_end_has_come() {
        let word = vec![b'a'; MAX_LINE_BYTES + 2];
        let line = [b"ECHO ", &word[..], b"\r\n"].concat();
        let (found, _) = parse_all(&line, line.len(), Limits::CLIENT).unwrap();
        assert_eq!(found[0].0, [b"ECHO".to_vec(), word]);
        let error = parse_all(&line, MAX_LINE_BYTES + 1, Limits::CLIENT).unwrap_err();
        assert_eq!(error, ProtocolError::LongInline);
    }

    #[test]
    fn reset_is_the_last_of_those_that_are_parsed_at_once() {
        let mut requests = Requests::default();
        requests.receive(b"PING\r\nECHO reset\r\n*1\r\n$5\r\nreSet\r\n*11\r\n");
        requests.parse(Limits::CLIENT).unwrap();
        assert_eq!(requests.len(), 3);
        requests.clear();
        let error = requests.parse(Limits::BEFORE_AUTH).unwrap_err();
        assert_eq!(error, ProtocolError::UnauthenticatedMultibulkLength);
    }

    #[test]
    fn an_error_waits_for_the_requests_before_it() {
        let mut requests = Requests::default();
        requests.receive(b"PING\r\n*1\r\n$4\r\nPING\r\n*1\r\n:3\r\n");
        requests.parse(Limits::CLIENT).unwrap();
        assert_eq!(requests.len(), 2);
        requests.clear();
        let error = requests.parse(Limits::CLIENT).unwrap_err();
        assert_eq!(error, ProtocolError::ExpectedBulk(b':'));
    }

    #[test]
    fn what_is_passed_over_takes_no_memory() {
        let mut requests = Requests::default();
        for _ in 0..10_000 {
            requests.receive(b"\r\n*0\r\n \r\n");
            requests.parse(Limits::CLIENT).unwrap();
            assert!(requests.is_empty());
            requests.clear();
            assert!(requests.bytes.is_empty());
        }
    }

    #[test]
    fn logs_what_it_understood_of_what_redis_lets_pass() {
        let sloppy = b"*2\rX$4\r\nECHO__$2\r\nhi\r\n";
        let (found, _) = parse_all(sloppy, 100, Limits::CLIENT).unwrap();
        assert_eq!(found[0].1, encode(&[b"ECHO".to_vec(), b"hi".to_vec()]));
        let error = parse_all(sloppy, 100, Limits::FILE).unwrap_err();
        assert_eq!(error, ProtocolError::MissingTerminator);
    }

    #[test]
    fn an_error_is_found_again_when_it_is_looked_for_again() {
        let half = [&b"*2\r\n$40000\r\n"[..], &[b'x'; 20_000]].concat();
        let mut requests = Requests::default();
        requests.receive(&half);
        assert_eq!(requests.parse_next(Limits::FILE), Ok(false));
        requests.receive(&[b'x'; 20_002]);
        for _ in 0..2 {
            let result = requests.parse_next(Limits::FILE);
            assert_eq!(result, Err(ProtocolError::MissingTerminator));
        }
    }

    #[test]
    fn tells_an_end_within_a_request_from_one_between_two() {
        let request = b"*2\r\n$4\r\nECHO\r\n$2\r\nhi\r\n";
        assert!(!parse_all(request, 5, Limits::FILE).unwrap().1);
        for cut in 1..request.len() {
            let (found, is_torn) = parse_all(&request[..cut], 5, Limits::FILE).unwrap();
            assert!(found.is_empty() && is_torn, "cut at {cut}");
        }
    }
}
