//! From the bytes on disk to argument lists, and where a damaged file ends.
//!
//! The file is input like any other: it may be torn, cut or not an append-only file at
//! all. Whatever it holds, this yields commands, a clean end, a torn end or an error
//! with its offset.

use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};

use crate::resp::args::Requests;
use crate::resp::request::{Limits, ProtocolError, RequestError};

/// Read ahead; big enough that the system calls do not show.
const BUFFER_BYTES: usize = 256 * 1024;

/// An annotation is a short line; without an end it is none.
const MAX_ANNOTATION_BYTES: u64 = 1024;

/// Why the file's commands cannot be read on.
#[derive(Debug)]
pub enum ReplayError {
    /// The file ends within a command, as a crash can leave it. Everything before
    /// [`Replay::offset`] is whole.
    Torn,
    /// Something is there that is no command.
    Damaged(Damage),
    /// The file cannot be read.
    Io(io::Error),
}

/// What was found instead of a command.
#[derive(Debug)]
pub enum Damage {
    /// An RDB file, with which a Redis's append-only file can begin.
    RdbPreamble,
    /// A byte that begins no command.
    NotACommand(u8),
    /// A command that is not well formed.
    Protocol(ProtocolError),
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Damage::RdbPreamble => f.write_str(
                "an RDB preamble, which this server does not read; have Redis write the file with \
                 'aof-use-rdb-preamble no' and BGREWRITEAOF",
            ),
            Damage::NotACommand(byte) => {
                write!(f, "expected '*', got '{}'", [*byte].escape_ascii())
            }
            Damage::Protocol(error) => write!(f, "{error}"),
        }
    }
}

/// Reads commands one after the other.
#[derive(Debug)]
pub struct Replay<'a> {
    input: Counted<BufReader<&'a File>>,
    begin: u64,
}

impl<'a> Replay<'a> {
    pub(super) fn new(file: &'a File) -> Replay<'a> {
        let input = Counted {
            inner: BufReader::with_capacity(BUFFER_BYTES, file),
            count: 0,
        };
        Replay { input, begin: 0 }
    }

    /// Where the command, or the annotation, begins that was read last, or was to be.
    pub fn offset(&self) -> u64 {
        self.begin
    }

    /// Reads the next command into `requests`, after those that are in it; `false` at the
    /// end of the file.
    ///
    /// # Errors
    /// See [`ReplayError`].
    pub fn next(&mut self, requests: &mut Requests) -> Result<bool, ReplayError> {
        loop {
            self.begin = self.input.count;
            match self.input.fill_buf().map_err(ReplayError::Io)? {
                [] => return Ok(false),
                // Redis 7 can write annotations: "#TS:<seconds>\r\n".
                [b'#', ..] => self.skip_annotation()?,
                [b'*', ..] => break,
                [b'R', b'E', b'D', b'I', b'S', ..] => {
                    return Err(ReplayError::Damaged(Damage::RdbPreamble));
                }
                [other, ..] => return Err(ReplayError::Damaged(Damage::NotACommand(*other))),
            }
        }
        match requests.read(&mut self.input, Limits::FILE) {
            Ok(found) => Ok(found),
            Err(RequestError::Protocol(error)) => {
                Err(ReplayError::Damaged(Damage::Protocol(error)))
            }
            Err(RequestError::Io(error)) if error.kind() == io::ErrorKind::UnexpectedEof => {
                Err(ReplayError::Torn)
            }
            Err(RequestError::Io(error)) => Err(ReplayError::Io(error)),
        }
    }

    fn skip_annotation(&mut self) -> Result<(), ReplayError> {
        let mut line = Vec::new();
        let mut head = self.input.by_ref().take(MAX_ANNOTATION_BYTES);
        match head.read_until(b'\n', &mut line).map_err(ReplayError::Io)? as u64 {
            _ if line.ends_with(b"\n") => Ok(()),
            MAX_ANNOTATION_BYTES => Err(ReplayError::Damaged(Damage::NotACommand(b'#'))),
            _ => Err(ReplayError::Torn),
        }
    }
}

/// Counts the bytes that have been consumed.
#[derive(Debug)]
struct Counted<R> {
    inner: R,
    count: u64,
}

impl<R: BufRead> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.count += count as u64;
        Ok(count)
    }
}

impl<R: BufRead> BufRead for Counted<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.inner.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.inner.consume(amount);
        self.count += amount as u64;
    }
}
