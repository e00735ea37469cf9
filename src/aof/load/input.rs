//! Reads a file through a buffer, and keeps the offset and the checksum of the bytes passed.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use super::replay::ReplayError;
use crate::rdb::crc64;

/// Big enough that the system calls cost little, and small enough for the processor's cache.
const BUFFER_BYTES: usize = 256 * 1024;

/// A file that is read from an offset on.
pub(super) struct Input<'a> {
    file: &'a File,
    /// `buffer[at..end]` has been read and not passed yet; `buffer[0]` is at the offset
    /// `base` of the file.
    buffer: Vec<u8>,
    at: usize,
    end: usize,
    base: u64,
    /// The checksum of the bytes from its beginning up to `buffer[summed]`.
    crc: u64,
    summed: usize,
}

impl<'a> Input<'a> {
    /// Reads `file` from the offset `base` on.
    pub(super) fn new(file: &'a File, base: u64) -> Input<'a> {
        Input {
            file,
            buffer: vec![0; BUFFER_BYTES],
            at: 0,
            end: 0,
            base,
            crc: 0,
            summed: 0,
        }
    }

    /// The offset of the next byte.
    #[inline]
    pub(super) fn offset(&self) -> u64 {
        self.base + self.at as u64
    }

    /// The bytes that are in the buffer and not passed yet.
    #[inline]
    pub(super) fn unread(&self) -> &[u8] {
        &self.buffer[self.at..self.end]
    }

    /// Passes over `count` bytes that have been read.
    #[inline]
    pub(super) fn pass(&mut self, count: usize) {
        self.at += count;
    }

    /// Passes over `count` bytes, read or not.
    #[inline]
    pub(super) fn skip(&mut self, count: usize) -> Result<(), ReplayError> {
        let mut left = count;
        while left > self.end - self.at {
            left -= self.end - self.at;
            self.at = self.end;
            self.receive_rest()?;
        }
        self.at += left;
        Ok(())
    }

    /// Reads until `count` bytes are unread. They must fit into the buffer.
    #[inline]
    pub(super) fn need(&mut self, count: usize) -> Result<(), ReplayError> {
        while self.end - self.at < count {
            self.receive_rest()?;
        }
        Ok(())
    }

    /// Begins a checksum here.
    pub(super) fn begin_checksum(&mut self) {
        self.crc = 0;
        self.summed = self.at;
    }

    /// Returns the checksum of the bytes passed since it was begun.
    pub(super) fn checksum(&mut self) -> u64 {
        self.crc = crc64(self.crc, &self.buffer[self.summed..self.at]);
        self.summed = self.at;
        self.crc
    }

    /// Reads more bytes. At the end of the file, the command is torn.
    pub(super) fn receive_rest(&mut self) -> Result<(), ReplayError> {
        if self.receive()? {
            Ok(())
        } else {
            Err(ReplayError::Torn)
        }
    }

    /// Reads more bytes, and drops the passed ones. Returns `false` at the end of the file.
    #[cold]
    pub(super) fn receive(&mut self) -> Result<bool, ReplayError> {
        self.checksum();
        self.buffer.copy_within(self.at..self.end, 0);
        self.base += self.at as u64;
        self.end -= self.at;
        self.at = 0;
        self.summed = 0;
        loop {
            let offset = self.base + self.end as u64;
            match self.file.read_at(&mut self.buffer[self.end..], offset) {
                Ok(count) => {
                    self.end += count;
                    return Ok(count > 0);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(ReplayError::Io(error)),
            }
        }
    }
}
