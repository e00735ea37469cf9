//! Checks in one fast pass how far a file is good.
//!
//! Reads the frames of commands, the pairs of MULTI and EXEC and the checksums, and executes nothing.
//! The good part ends at the end of a record or a transaction. Bytes that were written at once with a
//! checksum are good as a whole or not at all. If the checksum is wrong, or the file is damaged or
//! ends before it, the good part ends where these bytes begin.
//!
//! The file is input like any other. Whatever it holds, the check ends, uses one buffer, and trusts
//! no length for an allocation.

use std::fs::File;
use std::io;

use super::frame;
use super::frame::Line;
use super::input::Input;
use super::replay::{Damage, ReplayError};
use super::report::{Fault, Report};
use crate::aof::annotation;
use crate::aof::annotation::Annotation;
use crate::rdb::file::MAGIC;
use crate::resp::protocol::ProtocolError;

/// Bytes between two calls of `passed`.
const TOLD_EACH_BYTES: u64 = 256 * 1024;

/// Checks `file`. Its first `before` bytes count as good. Now and then, and at the end of a good
/// file, calls `passed` with an offset: up to there the file is good, whatever follows. There is
/// one exception: if no checksum has come yet, the first one can still make that part bad.
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
    // A good end without the last checksum means that another program has appended to the file.
    let is_uncovered = match report.fault {
        None => false,
        Some(Fault::Damaged(Damage::Checksum | Damage::NoChecksum)) => true,
        Some(_) => report.is_covered,
    };
    if is_uncovered {
        report.good = report.covered;
    }
    Ok(report)
}

/// The effect of a command on transactions and databases.
enum Kind {
    Multi,
    Exec,
    Select,
    Other,
}

/// The state of a check.
struct Scanner<'a> {
    input: Input<'a>,
    passed: &'a mut dyn FnMut(u64) -> bool,
    /// The offset of the next call of `passed`.
    told_at: u64,
    /// Where the bytes begin that the next checksum covers.
    covered_from: u64,
    /// Whole commands of a transaction whose EXEC has not come yet.
    pending: u64,
    is_in_transaction: bool,
    report: Report,
}

impl<'a> Scanner<'a> {
    fn new(file: &'a File, before: u64, passed: &'a mut dyn FnMut(u64) -> bool) -> Scanner<'a> {
        let mut report = Report::default();
        report.good.bytes = before;
        report.covered.bytes = before;
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
            // If a checksum comes next, it is read first.
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

    /// Returns up to where the file is good, whatever follows. The next checksum can make all bytes
    /// since the last one bad. A first checksum late in the file is rare: files of this server begin
    /// with a checksum of no bytes.
    fn certain(&self) -> u64 {
        match self.report.is_covered {
            true => self.report.covered.bytes,
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

    /// Counts all up to here as good, unless a transaction is open.
    fn advance(&mut self) {
        if !self.is_in_transaction {
            self.report.good.bytes = self.input.offset();
            self.report.good.commands += self.pending;
            self.pending = 0;
        }
    }

    /// Reads the name of a command with `count` arguments.
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

    /// Reads the argument of SELECT. Whether it is a database shows when it is executed.
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

    /// Reads the next line, which holds a number.
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

    /// Passes over an annotation. A checksum must be right.
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
            self.report.covered = self.report.good;
        }
        Ok(())
    }

    /// Returns the length of the next line.
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

    /// Passes over a line behind which the bytes of the next checksum begin.
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
