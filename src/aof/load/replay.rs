//! Reads a file's commands.
//!
//! The file is input like any other: it may be torn, cut or not an append-only file at all. Whatever
//! it holds, the result is commands, then a clean end, a torn end, or an error with its offset.
//! Commands come in batches, so that one thread can read and another one execute (`ahead.rs`).

use std::fmt;
use std::fs::File;
use std::io;
use std::mem;
use std::os::unix::fs::FileExt;

use crate::aof::annotation;
use crate::resp::args::{Args, Requests};
use crate::resp::protocol::{Limits, ProtocolError};

/// Size of one read: big enough that the system calls cost little.
const PIECE_BYTES: usize = 64 * 1024;

/// Upper bounds of a batch; the last command may exceed the bytes. A batch fits into the processor's
/// cache, and is big enough that handing it to another thread costs little.
const BATCH_COMMANDS: usize = 1024;
const BATCH_BYTES: u64 = 256 * 1024;

/// Why no more commands can be read.
#[derive(Debug)]
pub enum ReplayError {
    /// The file ends within a command, as after a crash. The file is whole before
    /// [`Batches::offset`].
    Torn,
    /// The file holds something else than a command.
    Damaged(Damage),
    /// The file cannot be read.
    Io(io::Error),
}

/// The bytes that stand in the place of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// An RDB file. Redis's append-only files can begin with one.
    RdbPreamble,
    /// A byte that begins no command.
    NotACommand(u8),
    /// A command that is not well formed.
    Protocol(ProtocolError),
    /// A checksum that is wrong for the bytes that it covers.
    Checksum,
    /// A line that begins like a checksum, but is none.
    NoChecksum,
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
        }
    }
}

/// Commands of a file, to be executed in order.
#[derive(Debug, Default)]
pub struct Batch {
    requests: Requests,
    /// The offset of each command in the file.
    offsets: Vec<u64>,
    /// Bytes of the file that were read for them.
    bytes: u64,
}

impl Batch {
    /// The number of commands.
    pub fn len(&self) -> usize {
        self.offsets.len()
    }

    /// Whether there are no commands.
    pub fn is_empty(&self) -> bool {
        self.offsets.is_empty()
    }

    /// The commands.
    pub fn requests(&self) -> &Requests {
        &self.requests
    }

    /// The commands, each with its offset in the file.
    pub fn iter(&self) -> impl Iterator<Item = (u64, Args<'_>)> {
        let commands = (0..self.len()).map(|index| self.requests.get(index));
        self.offsets.iter().copied().zip(commands)
    }

    /// Bytes of the file that were read for them.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    fn clear(&mut self) {
        self.requests.clear();
        self.offsets.clear();
        self.bytes = 0;
    }
}

/// A source of batches: the file, or the thread that reads ahead.
pub trait Batches {
    /// Replaces the content of `batch` by the next commands. Returns `false` if there are no more.
    ///
    /// # Errors
    /// See [`ReplayError`]. All commands before the error have been read.
    fn read(&mut self, batch: &mut Batch) -> Result<bool, ReplayError>;

    /// The offset of the command or annotation that could not be read.
    fn offset(&self) -> u64;
}

/// Reads commands from a part of a file.
#[derive(Debug)]
pub struct Replay<'a> {
    file: &'a File,
    /// The offset at which reading ends.
    end: u64,
    /// Bytes that were read after the last batch.
    requests: Requests,
    received: u64,
    begin: u64,
    piece: Vec<u8>,
}

impl<'a> Replay<'a> {
    /// Reads all of `file`.
    pub fn new(file: &'a File) -> Replay<'a> {
        Replay::part(file, 0, u64::MAX)
    }

    /// Reads the part of `file` between these offsets.
    pub fn part(file: &'a File, start: u64, end: u64) -> Replay<'a> {
        Replay {
            file,
            end,
            requests: Requests::default(),
            received: start,
            begin: start,
            piece: vec![0; PIECE_BYTES],
        }
    }

    /// The offset at which reading ends.
    pub(super) fn end(&self) -> u64 {
        self.end
    }

    /// Moves the end of the part to `end`, which is not before the old one.
    pub(super) fn extend(&mut self, end: u64) {
        self.end = end;
    }

    fn fill(&mut self, batch: &mut Batch) -> Result<(), ReplayError> {
        let until = self.received.saturating_add(BATCH_BYTES);
        while batch.len() < BATCH_COMMANDS && self.received < until {
            if batch.requests.is_between() && !self.begin_command(&mut batch.requests, until)? {
                return Ok(());
            }
            while !parse(&mut batch.requests)? {
                self.receive_rest(&mut batch.requests)?;
            }
            batch.offsets.push(self.begin);
        }
        Ok(())
    }

    /// Goes to the beginning of the next command. Returns `false` at the end of the part. Also
    /// returns `false` if the batch has commands and the next one begins behind `until`.
    fn begin_command(&mut self, requests: &mut Requests, until: u64) -> Result<bool, ReplayError> {
        loop {
            self.begin = self.received - requests.unparsed().len() as u64;
            match requests.unparsed() {
                [] => {
                    // Many annotations may have been passed.
                    if requests.is_empty() {
                        requests.clear();
                    }
                    let is_enough = !requests.is_empty() && self.received >= until;
                    if is_enough || !self.receive(requests)? {
                        return Ok(false);
                    }
                }
                // Redis 7 can write annotations: "#TS:<seconds>\r\n".
                [b'#', ..] => self.skip_annotation(requests)?,
                [b'*', ..] => return Ok(true),
                [b'R', b'E', b'D', b'I', b'S', ..] => {
                    return Err(ReplayError::Damaged(Damage::RdbPreamble));
                }
                [other, ..] => return Err(ReplayError::Damaged(Damage::NotACommand(*other))),
            }
        }
    }

    /// Reads more bytes. Returns `false` at the end of the part.
    fn receive(&mut self, requests: &mut Requests) -> Result<bool, ReplayError> {
        let left = self.end.saturating_sub(self.received);
        let room = left.min(PIECE_BYTES as u64) as usize;
        let count = loop {
            match self.file.read_at(&mut self.piece[..room], self.received) {
                Ok(count) => break count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(ReplayError::Io(error)),
            }
        };
        requests.receive(&self.piece[..count]);
        self.received += count as u64;
        Ok(count > 0)
    }

    fn receive_rest(&mut self, requests: &mut Requests) -> Result<(), ReplayError> {
        if self.receive(requests)? {
            Ok(())
        } else {
            Err(ReplayError::Torn)
        }
    }

    fn skip_annotation(&mut self, requests: &mut Requests) -> Result<(), ReplayError> {
        loop {
            let line = requests.unparsed();
            let line = &line[..line.len().min(annotation::MAX_BYTES)];
            if let Some(end) = line.iter().position(|byte| *byte == b'\n') {
                requests.skip(end + 1);
                return Ok(());
            }
            if line.len() == annotation::MAX_BYTES {
                return Err(ReplayError::Damaged(Damage::NotACommand(b'#')));
            }
            self.receive_rest(requests)?;
        }
    }
}

impl Batches for Replay<'_> {
    fn read(&mut self, batch: &mut Batch) -> Result<bool, ReplayError> {
        batch.clear();
        mem::swap(&mut self.requests, &mut batch.requests);
        let before = self.received;
        let result = self.fill(batch);
        batch.bytes = self.received - before;
        batch.requests.move_unfinished(&mut self.requests);
        match result {
            // The next call finds the error again, after the commands before it have been executed.
            Err(_) if !batch.is_empty() => Ok(true),
            Err(error) => Err(error),
            Ok(()) => Ok(!batch.is_empty()),
        }
    }

    fn offset(&self) -> u64 {
        self.begin
    }
}

fn parse(requests: &mut Requests) -> Result<bool, ReplayError> {
    let result = requests.parse_next(Limits::FILE);
    result.map_err(|error| ReplayError::Damaged(Damage::Protocol(error)))
}
