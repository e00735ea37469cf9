//! From the bytes on disk to argument lists, and where a damaged file ends.
//!
//! The file is input like any other: it may be torn, cut or not an append-only file at
//! all. Whatever it holds, this yields commands, a clean end, a torn end or an error
//! with its offset.

use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Take};
use std::mem;

use super::annotation;
use crate::resp::args::{Args, Requests};
use crate::resp::protocol::{Limits, ProtocolError};

/// Read ahead; big enough that the system calls do not show.
const BUFFER_BYTES: usize = 256 * 1024;

/// So much of that is handed to the parser at once. What it has not parsed yet it moves to
/// the front after each command.
const PIECE_BYTES: usize = 4 * 1024;

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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// An RDB file, with which a Redis's append-only file can begin.
    RdbPreamble,
    /// A byte that begins no command.
    NotACommand(u8),
    /// A command that is not well formed.
    Protocol(ProtocolError),
    /// A checksum that is not that of the bytes that it is about.
    Checksum,
    /// A line that begins like a checksum and is none.
    NoChecksum,
    /// MULTI within a transaction.
    NestedMulti,
    /// EXEC without a transaction.
    ExecWithoutMulti,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Damage::RdbPreamble => f.write_str(
                "an RDB preamble, which this server does not read; import the file with \
                 'threadbare --import-aof FILE'",
            ),
            Damage::NotACommand(byte) => {
                write!(f, "expected '*', got '{}'", [*byte].escape_ascii())
            }
            Damage::Protocol(error) => write!(f, "{error}"),
            Damage::Checksum => f.write_str("the checksum is not that of what is written"),
            Damage::NoChecksum => f.write_str("a checksum that cannot be read"),
            Damage::NestedMulti => f.write_str("MULTI within a transaction"),
            Damage::ExecWithoutMulti => f.write_str("EXEC without MULTI"),
        }
    }
}

/// Reads commands one after the other.
#[derive(Debug)]
pub struct Replay<'a> {
    input: BufReader<Take<&'a File>>,
    /// The command read last, and what has been read after it.
    requests: Requests,
    received: u64,
    begin: u64,
    /// How far the command is that `is_next_here` has looked for.
    ahead: Ahead,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ahead {
    Nothing,
    Begun,
    Whole,
}

impl<'a> Replay<'a> {
    /// Reads `file` from where it stands, which counts as its beginning.
    pub fn new(file: &'a File) -> Replay<'a> {
        Replay::part(file, 0, u64::MAX)
    }

    /// Reads the bytes of `file` between these offsets; it must stand at the first of them.
    pub fn part(file: &'a File, start: u64, end: u64) -> Replay<'a> {
        Replay {
            input: BufReader::with_capacity(BUFFER_BYTES, file.take(end - start)),
            requests: Requests::default(),
            received: start,
            begin: start,
            ahead: Ahead::Nothing,
        }
    }

    /// Where the command, or the annotation, begins that was read last, or was to be.
    pub fn offset(&self) -> u64 {
        self.begin
    }

    /// The next command; `None` at the end of the file.
    ///
    /// # Errors
    /// See [`ReplayError`].
    pub fn read(&mut self) -> Result<Option<Args<'_>>, ReplayError> {
        let ahead = mem::replace(&mut self.ahead, Ahead::Nothing);
        if ahead == Ahead::Nothing && !self.begin_command()? {
            return Ok(None);
        }
        if ahead != Ahead::Whole {
            self.parse()?;
        }
        while self.requests.is_empty() {
            self.receive_rest()?;
            self.parse()?;
        }
        Ok(Some(self.requests.get(0)))
    }

    /// Whether the next command has been read from the disk already, so that `read` will not
    /// wait. To be asked after a command has been done with.
    ///
    /// # Errors
    /// See [`ReplayError`].
    pub fn is_next_here(&mut self) -> Result<bool, ReplayError> {
        self.step();
        if !self.requests.unparsed().starts_with(b"*") {
            return Ok(false);
        }
        self.parse()?;
        self.ahead = if self.requests.is_empty() {
            Ahead::Begun
        } else {
            Ahead::Whole
        };
        Ok(self.ahead == Ahead::Whole)
    }

    /// Leaves the last command behind.
    fn step(&mut self) {
        self.requests.clear();
        self.begin = self.received - self.requests.unparsed().len() as u64;
    }

    fn parse(&mut self) -> Result<(), ReplayError> {
        let result = self.requests.parse(Limits::FILE);
        result.map_err(|error| ReplayError::Damaged(Damage::Protocol(error)))
    }

    /// Goes to where the next command begins; `false` at the end of the file.
    fn begin_command(&mut self) -> Result<bool, ReplayError> {
        loop {
            self.step();
            match self.requests.unparsed() {
                [] => {
                    if !self.receive()? {
                        return Ok(false);
                    }
                }
                // Redis 7 can write annotations: "#TS:<seconds>\r\n".
                [b'#', ..] => self.skip_annotation()?,
                [b'*', ..] => return Ok(true),
                [b'R', b'E', b'D', b'I', b'S', ..] => {
                    return Err(ReplayError::Damaged(Damage::RdbPreamble));
                }
                [other, ..] => return Err(ReplayError::Damaged(Damage::NotACommand(*other))),
            }
        }
    }

    /// Reads on; `false` at the end of the file.
    fn receive(&mut self) -> Result<bool, ReplayError> {
        let bytes = loop {
            match self.input.fill_buf() {
                Ok(_) => break self.input.buffer(),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(ReplayError::Io(error)),
            }
        };
        let count = bytes.len().min(PIECE_BYTES);
        self.requests.receive(&bytes[..count]);
        self.input.consume(count);
        self.received += count as u64;
        Ok(count > 0)
    }

    fn receive_rest(&mut self) -> Result<(), ReplayError> {
        if self.receive()? {
            Ok(())
        } else {
            Err(ReplayError::Torn)
        }
    }

    fn skip_annotation(&mut self) -> Result<(), ReplayError> {
        loop {
            let line = self.requests.unparsed();
            let line = &line[..line.len().min(annotation::MAX_BYTES)];
            if let Some(end) = line.iter().position(|byte| *byte == b'\n') {
                self.requests.skip(end + 1);
                return Ok(());
            }
            if line.len() == annotation::MAX_BYTES {
                return Err(ReplayError::Damaged(Damage::NotACommand(b'#')));
            }
            self.receive_rest()?;
        }
    }
}
