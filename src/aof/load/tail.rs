//! What is behind the good part of a file: is it the end of what was written, or does
//! something whole follow?
//!
//! The first is what a crash or a power cut leaves, a record that was not written to its
//! end, or a tail of NULs. The second is damage in the middle, which nobody should pass over
//! unasked, because what follows is lost as well.

use std::collections::HashSet;

use super::check::Report;
use super::frame;
use super::frame::Line;
use crate::aof::annotation;
use crate::aof::annotation::Annotation;
use crate::rdb::crc64;

/// For each byte there is, so much may be done to find out: lines read, and bytes summed.
/// Nobody who can choose a value in the file shall be able to make its server search for
/// ever.
const EFFORT_PER_BYTE: usize = 16;

/// Where something whole begins in `tail`, the bytes from the place on where the fault was
/// found. If that cannot be found out with reasonable effort, there is something.
///
/// If a checksum in the tail is about bytes that begin in the part that seemed good, they
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
    let (tail_at, sealed) = (report.found_at, report.sealed.bytes);
    let mut chain_from = 0;
    let checksummed = search.checksummed(|length, at| {
        if (tail_at + at as u64).checked_sub(length) == Some(sealed) {
            chain_from = at;
        }
    });
    if chain_from > 0 {
        report.good = report.sealed;
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
    /// The first bytes with a checksum that is right. Tells `seen` of all checksums up to
    /// there: how many bytes each is about, and where it is.
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

    /// The checksum that stands at `at`.
    fn checksum(&self, at: usize) -> Option<(u64, u64)> {
        let line = &self.tail[at..];
        let line = &line[..line.len().min(annotation::MAX_BYTES)];
        let end = line.iter().position(|byte| *byte == b'\n')?;
        match annotation::read(&line[..=end]) {
            Annotation::Checksum { length, crc } => Some((length, crc)),
            _ => None,
        }
    }

    /// The first place from `from` on from which whole commands that belong in the file
    /// reach its end.
    fn chain(&mut self, from: usize) -> Option<usize> {
        let mut visited = HashSet::new();
        (from..self.tail.len())
            .find(|&start| self.tail[start] == b'*' && self.reaches_end(start, &mut visited))
    }

    /// Whether whole commands that belong in the file reach from `start` to its end. None
    /// reach it from the places in `visited`.
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

    /// The end of the command or annotation at `at`, if it is whole.
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

    fn spend(&mut self, effort: usize) -> bool {
        self.effort = self.effort.saturating_sub(effort);
        self.effort > 0
    }
}

/// The number of the line at `at`, and where the line ends.
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
