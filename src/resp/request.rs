//! Requests: RESP arrays of bulk strings, or inline commands, to argument lists.
//!
//! Flat: no nesting is understood, so none can exhaust the stack. Nothing is allocated
//! on the word of a header, only for bytes that have arrived.

use std::fmt;
use std::io::{self, BufRead, BufReader, Read};

use super::args::Requests;
use super::inline;
use super::integer;

/// A line (an inline command, a length) may be this long: Redis's `PROTO_INLINE_MAX_SIZE`.
const MAX_LINE_BYTES: usize = 64 * 1024;

/// What a request may ask for. Past it the connection is closed.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    max_arguments: i64,
    max_bulk_bytes: i64,
    /// Whether nothing but a command with CRLF after each bulk string will do. From the
    /// network Redis skips those two bytes unseen, and empty arrays too; a file that has
    /// anything else there is damaged.
    exact: bool,
}

impl Limits {
    /// For a client: 1,048,576 arguments of 512 MB each (`proto-max-bulk-len`).
    pub const CLIENT: Limits = Limits {
        max_arguments: 1024 * 1024,
        max_bulk_bytes: 512 * 1024 * 1024,
        exact: false,
    };

    /// Before AUTH: 10 arguments of 16 KB (CVE-2021-32675).
    pub const BEFORE_AUTH: Limits = Limits {
        max_arguments: 10,
        max_bulk_bytes: 16 * 1024,
        exact: false,
    };

    /// For the append-only file: what a client could have sent, exactly as it is written.
    pub const FILE: Limits = Limits {
        exact: true,
        ..Limits::CLIENT
    };
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

/// Why there is no request.
#[derive(Debug)]
pub enum RequestError {
    /// The bytes are not RESP.
    Protocol(ProtocolError),
    /// The bytes did not come; `UnexpectedEof` if they ended within a request.
    Io(io::Error),
}

impl From<ProtocolError> for RequestError {
    fn from(error: ProtocolError) -> Self {
        Self::Protocol(error)
    }
}

impl From<io::Error> for RequestError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl Requests {
    /// Reads one more request, waiting for it. `false` if the input has ended between
    /// two requests. Blank lines and empty arrays are passed over.
    ///
    /// # Errors
    /// [`RequestError::Protocol`] for what Redis refuses too, [`RequestError::Io`] for
    /// errors of `input` and for its end within a request.
    pub fn read(&mut self, input: &mut impl BufRead, limits: Limits) -> Result<bool, RequestError> {
        while self.pending() == 0 {
            match fill(input)?.first() {
                None => return Ok(false),
                Some(b'*') => read_array(input, limits, self)?,
                Some(_) => read_inline(input, self)?,
            }
        }
        self.complete();
        Ok(true)
    }

    /// Reads the requests that have arrived whole after those read already, without
    /// waiting for any, until there are `most`. What is amiss with the next one is left
    /// for [`Requests::read`] to find.
    pub fn read_arrived(&mut self, input: &mut BufReader<impl Read>, limits: Limits, most: usize) {
        while self.len() < most && !input.buffer().is_empty() {
            let mut arrived = input.buffer();
            let arena = self.arena.len();
            if !matches!(self.read(&mut arrived, limits), Ok(true)) {
                self.abandon(arena);
                return;
            }
            let length = input.buffer().len() - arrived.len();
            input.consume(length);
        }
    }
}

fn read_array(
    input: &mut impl BufRead,
    limits: Limits,
    requests: &mut Requests,
) -> Result<(), RequestError> {
    let count = read_line(input, b'\r', ProtocolError::LongMultibulkLine, |line| {
        integer::parse(&line[1..]).ok_or(ProtocolError::MultibulkLength)
    })??;
    if limits.exact && count < 1 {
        return Err(ProtocolError::MultibulkLength.into());
    }
    if count > Limits::CLIENT.max_arguments {
        return Err(ProtocolError::MultibulkLength.into());
    }
    if count > limits.max_arguments {
        return Err(ProtocolError::UnauthenticatedMultibulkLength.into());
    }
    for _ in 0..count {
        read_bulk(input, limits, requests)?;
    }
    Ok(())
}

fn read_bulk(
    input: &mut impl BufRead,
    limits: Limits,
    requests: &mut Requests,
) -> Result<(), RequestError> {
    let length = read_line(
        input,
        b'\r',
        ProtocolError::LongBulkLine,
        |line| match line {
            [b'$', digits @ ..] => integer::parse(digits).ok_or(ProtocolError::BulkLength),
            [other, ..] => Err(ProtocolError::ExpectedBulk(*other)),
            [] => Err(ProtocolError::ExpectedBulk(b'\r')),
        },
    )??;
    if !(0..=Limits::CLIENT.max_bulk_bytes).contains(&length) {
        return Err(ProtocolError::BulkLength.into());
    }
    if length > limits.max_bulk_bytes {
        return Err(ProtocolError::UnauthenticatedBulkLength.into());
    }
    read_payload(input, length as usize, limits, requests)
}

/// The bytes of a bulk string and the two that end it.
fn read_payload(
    input: &mut impl BufRead,
    length: usize,
    limits: Limits,
    requests: &mut Requests,
) -> Result<(), RequestError> {
    let start = requests.arena.len();
    let buffered = fill(input)?;
    let end = if buffered.len() >= length + 2 {
        requests.arena.extend_from_slice(&buffered[..length]);
        let end = [buffered[length], buffered[length + 1]];
        input.consume(length + 2);
        end
    } else {
        read_arriving(input, length, &mut requests.arena)?;
        let mut end = [0; 2];
        input.read_exact(&mut end)?;
        end
    };
    if limits.exact && end != *b"\r\n" {
        return Err(ProtocolError::MissingTerminator.into());
    }
    requests.seal(start);
    Ok(())
}

/// Reads `length` bytes; memory at most doubles with what has arrived, and the last
/// step asks for no more than what is missing.
fn read_arriving(input: &mut impl BufRead, length: usize, arena: &mut Vec<u8>) -> io::Result<()> {
    let start = arena.len();
    while arena.len() - start < length {
        let have = arena.len() - start;
        let step = have.max(MAX_LINE_BYTES).min(length - have);
        arena.reserve_exact(step);
        if input.take(step as u64).read_to_end(arena)? < step {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(())
}

fn read_inline(input: &mut impl BufRead, requests: &mut Requests) -> Result<(), RequestError> {
    let words = read_line(input, b'\n', ProtocolError::LongInline, |line| {
        inline::split(line.strip_suffix(b"\r").unwrap_or(line))
    })?;
    for word in words.ok_or(ProtocolError::UnbalancedQuotes)? {
        requests.push(&word);
    }
    Ok(())
}

/// Hands the bytes before `end` to `parse`, without copying them if they are all in the
/// buffer. If `end` is a carriage return the byte after it goes too, whatever it is, as
/// in Redis.
fn read_line<T>(
    input: &mut impl BufRead,
    end: u8,
    too_long: ProtocolError,
    parse: impl FnOnce(&[u8]) -> T,
) -> Result<T, RequestError> {
    let terminator = if end == b'\r' { 2 } else { 1 };
    let buffered = fill(input)?;
    if let Some(length) = buffered.iter().position(|&byte| byte == end)
        && buffered.len() >= length + terminator
    {
        let parsed = parse(&buffered[..length]);
        input.consume(length + terminator);
        return Ok(parsed);
    }
    let mut line = Vec::new();
    while line.last() != Some(&end) {
        let room = MAX_LINE_BYTES + 1 - line.len();
        if room == 0 {
            return Err(too_long.into());
        }
        if input.take(room as u64).read_until(end, &mut line)? == 0 {
            return Err(RequestError::Io(io::ErrorKind::UnexpectedEof.into()));
        }
    }
    line.pop();
    if terminator == 2 {
        input.read_exact(&mut [0])?;
    }
    Ok(parse(&line))
}

/// The buffered bytes, read now if there were none; empty at the end of the input.
fn fill(input: &mut impl BufRead) -> io::Result<&[u8]> {
    // Asked twice because the borrow checker (without Polonius) does not let a loop
    // return the slice that it has just looked at; the second call is free.
    loop {
        match input.fill_buf() {
            Ok(_) => return input.fill_buf(),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::output::SHARE_FROM_BYTES;
    use super::*;

    /// Hands out `bytes` in pieces of `step`.
    struct Pieces<'a> {
        bytes: &'a [u8],
        step: usize,
    }

    impl Read for Pieces<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = self.step.min(buffer.len()).min(self.bytes.len());
            buffer[..count].copy_from_slice(&self.bytes[..count]);
            self.bytes = &self.bytes[count..];
            Ok(count)
        }
    }

    fn read_all(bytes: &[u8], step: usize) -> Result<Vec<Vec<Vec<u8>>>, RequestError> {
        let mut input = BufReader::with_capacity(64, Pieces { bytes, step });
        let mut requests = Requests::default();
        while requests.read(&mut input, Limits::CLIENT)? {
            requests.read_arrived(&mut input, Limits::CLIENT, usize::MAX);
        }
        let list = |index| requests.get(index).from(0).map(<[u8]>::to_vec).collect();
        Ok((0..requests.len()).map(list).collect())
    }

    #[test]
    fn reads_the_same_however_it_arrives() {
        let big = vec![b'x'; SHARE_FROM_BYTES + 3];
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
        for step in [1, 2, 3, 7, 63, 64, 65, 100_000] {
            assert_eq!(read_all(&bytes, step).unwrap(), expected, "step {step}");
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
                match read_all(bytes, step) {
                    Err(RequestError::Protocol(error)) => assert_eq!(error, expected),
                    other => panic!("{expected}: {other:?}"),
                }
            }
        }
    }

    #[test]
    fn tells_an_end_within_a_request_from_one_between_two() {
        let request = b"*2\r\n$4\r\nECHO\r\n$2\r\nhi\r\n";
        assert_eq!(read_all(request, 5).unwrap().len(), 1);
        for cut in 1..request.len() {
            match read_all(&request[..cut], 5) {
                Err(RequestError::Io(error)) => {
                    assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof, "cut at {cut}");
                }
                other => panic!("cut at {cut}: {other:?}"),
            }
        }
    }
}
