//! One fast pass over the file: how far is it good?
//!
//! Reads the frames of commands, the pairs of MULTI and EXEC and the checksums, and
//! executes nothing. What is good ends where a record or a transaction does. But what was
//! written at once with a checksum is good as a whole or not at all: if the checksum is wrong,
//! or damage or the file's end comes before it, what is good ends where that begins.
//!
//! The file is input like any other. Whatever it holds, this ends, holds one buffer, and
//! allocates nothing on the word of a header.

use std::collections::BTreeSet;
use std::fmt;
use std::fs::File;
use std::io;

use super::frame;
use super::frame::Line;
use super::input::Input;
use super::replay::{Damage, ReplayError};
use crate::aof::annotation;
use crate::aof::annotation::Annotation;
use crate::rdb::file::MAGIC;
use crate::resp::protocol::ProtocolError;

/// So many bytes are passed before somebody is told.
const TOLD_EACH_BYTES: u64 = 256 * 1024;

/// What a pass over a file has found.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// How many bytes there are.
    pub size: u64,
    /// What is in the good part.
    pub good: Extent,
    /// The databases that are selected somewhere.
    pub databases: BTreeSet<u16>,
    /// What is behind the good part.
    pub fault: Option<Fault>,
    /// Where that was found; not before the end of the good part.
    pub(super) found_at: u64,
    /// The good part up to the checksum that was right last.
    pub(super) sealed: Extent,
    /// Whether all behind that is to be covered by further checksums.
    pub(super) is_covered: bool,
}

/// A part of the file from its beginning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    /// How many bytes it has.
    pub bytes: u64,
    /// How many commands are in it.
    pub commands: u64,
    /// How many transactions.
    pub transactions: u64,
    /// How many of its bytes are covered by checksums.
    pub checksummed: u64,
}

/// Why the good part ends before the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The file ends within a command or a transaction, as a crash can leave it.
    Torn,
    /// Something is there that was not written there.
    Damaged(Damage),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Torn => f.write_str("it ends within a command or a transaction"),
            Fault::Damaged(damage) => write!(f, "{damage}"),
        }
    }
}

/// Reads `file`, the first `before` bytes of which count as good. Now and then, and at the
/// end of a file that is good, `passed` hears up to where it is good whatever comes behind; only
/// if there has been no checksum yet, the first one can still make that bad.
///
/// # Errors
/// If the file cannot be read, or `passed` says `false`: [`io::ErrorKind::Interrupted`].
pub fn check(file: &File, before: u64, passed: &mut dyn FnMut(u64) -> bool) -> io::Result<Report> {
    let mut scanner = Scanner::new(file, before, passed);
    let fault = match scanner.run() {
        Ok(()) => None,
        Err(ReplayError::Torn) => Some(Fault::Torn),
        Err(ReplayError::Damaged(damage)) => Some(Fault::Damaged(damage)),
        Err(ReplayError::Io(error)) => return Err(error),
    };
    let mut report = scanner.report;
    report.fault = fault;
    report.size = file.metadata()?.len();
    // A file that ends well without the last checksum is one to which somebody has added something.
    let is_unsealed = match report.fault {
        None => false,
        Some(Fault::Damaged(Damage::Checksum | Damage::NoChecksum)) => true,
        Some(_) => report.is_covered,
    };
    if is_unsealed {
        report.good = report.sealed;
    }
    Ok(report)
}

/// What a command means to the file.
enum Kind {
    Multi,
    Exec,
    Select,
    Other,
}

struct Scanner<'a> {
    input: Input<'a>,
    passed: &'a mut dyn FnMut(u64) -> bool,
    /// At which offset it is told next.
    told_at: u64,
    /// Where the bytes begin that the next checksum is about.
    covered_from: u64,
    /// Commands that are whole, in a transaction that is not.
    pending: u64,
    is_in_transaction: bool,
    report: Report,
}

impl<'a> Scanner<'a> {
    fn new(file: &'a File, before: u64, passed: &'a mut dyn FnMut(u64) -> bool) -> Scanner<'a> {
        let mut report = Report::default();
        report.good.bytes = before;
        report.sealed.bytes = before;
        Scanner {
            input: Input::new(file, before),
            passed,
            told_at: before + TOLD_EACH_BYTES,
            covered_from: before,
            pending: 0,
            is_in_transaction: false,
            report,
        }
    }

    fn run(&mut self) -> Result<(), ReplayError> {
        loop {
            self.report.found_at = self.input.offset();
            if self.input.unread().is_empty() && !self.input.receive()? {
                break;
            }
            let first = self.input.unread()[0];
            // A checksum that comes next is waited for.
            if self.input.offset() >= self.told_at && first != b'#' {
                self.told_at = self.input.offset() + TOLD_EACH_BYTES;
                self.tell(self.certain())?;
            }
            match first {
                b'*' => self.command()?,
                b'#' => self.annotation()?,
                b'R' if self.begins_with_rdb()? => return Err(damaged(Damage::RdbPreamble)),
                other => return Err(damaged(Damage::NotACommand(other))),
            }
        }
        if self.is_in_transaction {
            return Err(ReplayError::Torn);
        }
        self.tell(self.report.good.bytes)
    }

    fn tell(&mut self, good: u64) -> Result<(), ReplayError> {
        if (self.passed)(good) {
            Ok(())
        } else {
            Err(ReplayError::Io(io::ErrorKind::Interrupted.into()))
        }
    }

    /// Up to where the file is good whatever comes behind. A checksum that is yet to come can
    /// make anything bad since the last one. That a file has a first one late is rare: those
    /// written here begin with one that is about nothing.
    fn certain(&self) -> u64 {
        match self.report.is_covered {
            true => self.report.sealed.bytes,
            false => self.report.good.bytes,
        }
    }

    fn begins_with_rdb(&mut self) -> Result<bool, ReplayError> {
        while self.input.unread().len() < MAGIC.len() && self.input.receive()? {}
        Ok(self.input.offset() == 0 && self.input.unread().starts_with(MAGIC))
    }

    /// Passes over a command.
    fn command(&mut self) -> Result<(), ReplayError> {
        let count = self.number(b'*', ProtocolError::MultibulkLength)?;
        let count = frame::check_count(count).map_err(bad_frame)?;
        let kind = self.name(count)?;
        if let Kind::Select = kind {
            self.selected_database()?;
        } else {
            for _ in 1..count {
                let length = self.length()?;
                self.payload(length)?;
            }
        }
        self.pending += 1;
        match kind {
            Kind::Multi => self.is_in_transaction = true,
            Kind::Exec if self.is_in_transaction => {
                self.is_in_transaction = false;
                self.report.good.transactions += 1;
            }
            // EXEC without a transaction is an error that changes nothing.
            Kind::Exec | Kind::Select | Kind::Other => {}
        }
        self.advance();
        Ok(())
    }

    /// All up to here is good, unless it is a transaction's beginning.
    fn advance(&mut self) {
        if !self.is_in_transaction {
            self.report.good.bytes = self.input.offset();
            self.report.good.commands += self.pending;
            self.pending = 0;
        }
    }

    /// The command's name. Only for those without many arguments it matters what it is.
    fn name(&mut self, count: u64) -> Result<Kind, ReplayError> {
        let length = self.length()?;
        if count > 2 || length > 6 {
            self.payload(length)?;
            return Ok(Kind::Other);
        }
        self.input.need(length + 2)?;
        let name = &self.input.unread()[..length];
        let kind = match count {
            1 if name.eq_ignore_ascii_case(b"multi") => Kind::Multi,
            1 if name.eq_ignore_ascii_case(b"exec") => Kind::Exec,
            2 if name.eq_ignore_ascii_case(b"select") => Kind::Select,
            _ => Kind::Other,
        };
        self.payload(length)?;
        Ok(kind)
    }

    /// The argument of SELECT. What is no database is for whoever executes it.
    fn selected_database(&mut self) -> Result<(), ReplayError> {
        let length = self.length()?;
        // No database's number is longer.
        if length <= 5 {
            self.input.need(length + 2)?;
            let digits = str::from_utf8(&self.input.unread()[..length]).unwrap_or_default();
            if let Ok(database) = digits.parse() {
                self.report.databases.insert(database);
            }
        }
        self.payload(length)
    }

    #[inline]
    fn length(&mut self) -> Result<usize, ReplayError> {
        let length = self.number(b'$', ProtocolError::BulkLength)?;
        frame::check_length(length).map_err(bad_frame)
    }

    /// The number of the line that comes next.
    #[inline]
    fn number(&mut self, kind: u8, none: ProtocolError) -> Result<u64, ReplayError> {
        loop {
            match frame::line(self.input.unread(), kind) {
                Line::Number(number, length) => {
                    self.input.pass(length);
                    return Ok(number);
                }
                Line::Torn => self.input.receive_rest()?,
                Line::OtherKind(byte) => return Err(bad_frame(ProtocolError::ExpectedBulk(byte))),
                Line::Bad => return Err(bad_frame(none)),
            }
        }
    }

    /// Passes over the bytes of an argument, and the two behind them.
    #[inline]
    fn payload(&mut self, length: usize) -> Result<(), ReplayError> {
        self.input.skip(length)?;
        self.input.need(2)?;
        if !self.input.unread().starts_with(b"\r\n") {
            return Err(bad_frame(ProtocolError::MissingTerminator));
        }
        self.input.pass(2);
        Ok(())
    }

    /// Passes over an annotation. If it is a checksum, that must be right.
    fn annotation(&mut self) -> Result<(), ReplayError> {
        let length = self.annotation_bytes()?;
        match annotation::read(&self.input.unread()[..length]) {
            Annotation::Other => self.input.pass(length),
            Annotation::Malformed => return Err(damaged(Damage::NoChecksum)),
            Annotation::Covered => self.pass_checksum(length, true),
            Annotation::Uncovered => self.pass_checksum(length, false),
            Annotation::Checksum {
                length: covered,
                crc,
            } => {
                let is_all = covered == self.input.offset() - self.covered_from;
                if !is_all || crc != self.input.checksum() {
                    return Err(damaged(Damage::Checksum));
                }
                self.report.good.checksummed += covered;
                self.pass_checksum(length, true);
            }
        }
        self.advance();
        if self.covered_from == self.input.offset() {
            self.report.sealed = self.report.good;
        }
        Ok(())
    }

    /// How long the line is that comes next.
    fn annotation_bytes(&mut self) -> Result<usize, ReplayError> {
        loop {
            let line = self.input.unread();
            let line = &line[..line.len().min(annotation::MAX_BYTES)];
            if let Some(end) = line.iter().position(|byte| *byte == b'\n') {
                return Ok(end + 1);
            }
            if line.len() == annotation::MAX_BYTES {
                return Err(damaged(Damage::NotACommand(b'#')));
            }
            self.input.receive_rest()?;
        }
    }

    /// Passes over a line behind which the next checksum's bytes begin, if there is to be one.
    fn pass_checksum(&mut self, length: usize, is_covered: bool) {
        self.report.is_covered = is_covered;
        self.input.pass(length);
        self.input.begin_checksum();
        self.covered_from = self.input.offset();
    }
}

fn damaged(damage: Damage) -> ReplayError {
    ReplayError::Damaged(damage)
}

fn bad_frame(error: ProtocolError) -> ReplayError {
    damaged(Damage::Protocol(error))
}
