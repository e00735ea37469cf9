//! Searches the bytes behind the good part of a file for whole commands.
//!
//! A crash or a power cut leaves a record without its end, or a tail of NULs: nothing whole. If
//! whole commands follow a fault, the file was damaged in its middle. Cutting it off there would
//! lose those commands, so it needs a person's decision.

use std::collections::HashSet;

use super::frame;
use super::frame::Line;
use super::report::Report;
use crate::aof::annotation;
use crate::aof::annotation::Annotation;
use crate::rdb::crc64;

/// Upper bound of the work for each byte of the tail: lines read and bytes summed. A client chooses
/// the values in the file, and must not be able to make the server search for ever.
const EFFORT_PER_BYTE: usize = 16;

/// Returns where whole commands begin in `tail`, which begins where the fault was found. If the
/// search takes too much effort, they count as found.
///
/// A checksum in the tail may cover bytes that begin in the part that seemed good. Then these bytes
/// are no longer good in `report`.
pub(super) fn find_whole(
    tail: &[u8],
    report: &mut Report,
    is_file_command: &dyn Fn(&[u8]) -> bool,
) -> Option<u64> {
    let mut search = Search {
        tail,
        effort: (tail.len() + 1024) * EFFORT_PER_BYTE,
        is_file_command,
    };
    let (tail_at, covered) = (report.found_at, report.covered.bytes);
    let mut chain_from = 0;
    let checksummed = search.checksummed(|length, at| {
        if (tail_at + at as u64).checked_sub(length) == Some(covered) {
            chain_from = at;
        }
    });
    if chain_from > 0 {
        report.good = report.covered;
    }
    let whole = checksummed.or_else(|| search.chain(chain_from));
    whole.map(|at| tail_at + at as u64)
}

struct Search<'a> {
    tail: &'a [u8],
    effort: usize,
    is_file_command: &'a dyn Fn(&[u8]) -> bool,
}

impl Search<'_> {
    /// Returns the beginning of the first bytes whose checksum is right. Calls `seen` for every
    /// checksum up to there, with the number of bytes that it covers and its place.
    fn checksummed(&mut self, mut seen: impl FnMut(u64, usize)) -> Option<usize> {
        let mut from = 0;
        while let Some(found) = position(&self.tail[from..], annotation::MARK) {
            let at = from + found;
            from = at + annotation::MARK.len();
            let Some((length, crc)) = self.checksum(at) else {
                continue;
            };
            seen(length, at);
            let Some(start) = usize::try_from(length)
                .ok()
                .and_then(|length| at.checked_sub(length))
            else {
                continue;
            };
            if !self.spend(at - start) || crc64(0, &self.tail[start..at]) == crc {
                return Some(start);
            }
        }
        None
    }

    /// Reads the checksum at `at`: the number of bytes that it covers, and its value.
    fn checksum(&self, at: usize) -> Option<(u64, u64)> {
        let line = &self.tail[at..];
        let line = &line[..line.len().min(annotation::MAX_BYTES)];
        let end = line.iter().position(|byte| *byte == b'\n')?;
        match annotation::read(&line[..=end]) {
            Annotation::Checksum { length, crc } => Some((length, crc)),
            _ => None,
        }
    }

    /// Returns the first place, not before `from`, from which whole commands that belong in a file
    /// reach its end.
    fn chain(&mut self, from: usize) -> Option<usize> {
        let mut visited = HashSet::new();
        (from..self.tail.len())
            .find(|&start| self.tail[start] == b'*' && self.reaches_end(start, &mut visited))
    }

    /// Whether whole commands that belong in a file reach from `start` to its end. From the places in
    /// `visited` none do.
    fn reaches_end(&mut self, start: usize, visited: &mut HashSet<usize>) -> bool {
        let mut at = start;
        while at < self.tail.len() && visited.insert(at) {
            match self.pass(at) {
                Some(next) => at = next,
                None => return self.effort == 0,
            }
        }
        at == self.tail.len()
    }

    /// Returns the end of the command or annotation at `at`, if it is whole.
    fn pass(&mut self, at: usize) -> Option<usize> {
        if self.tail[at] == b'#' {
            let line = &self.tail[at..];
            let line = &line[..line.len().min(annotation::MAX_BYTES)];
            return Some(at + line.iter().position(|byte| *byte == b'\n')? + 1);
        }
        let (count, mut next) = number(self.tail, at, b'*')?;
        for index in 0..frame::check_count(count).ok()? {
            if !self.spend(1) {
                return None;
            }
            let (length, begin) = number(self.tail, next, b'$')?;
            let end = begin + frame::check_length(length).ok()?;
            if self.tail.get(end..end + 2)? != b"\r\n" {
                return None;
            }
            if index == 0 && !(self.is_file_command)(&self.tail[begin..end]) {
                return None;
            }
            next = end + 2;
        }
        Some(next)
    }

    /// Takes `effort` from the rest. Returns whether any is left.
    fn spend(&mut self, effort: usize) -> bool {
        self.effort = self.effort.saturating_sub(effort);
        self.effort > 0
    }
}

/// Reads the line at `at`: its number, and where it ends.
fn number(bytes: &[u8], at: usize, kind: u8) -> Option<(u64, usize)> {
    match frame::line(bytes.get(at..)?, kind) {
        Line::Number(number, length) => Some((number, at + length)),
        _ => None,
    }
}

fn position(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    let mut from = 0;
    while let Some(found) = bytes[from..].iter().position(|byte| *byte == wanted[0]) {
        if bytes[from + found..].starts_with(wanted) {
            return Some(from + found);
        }
        from += found + 1;
    }
    None
}
