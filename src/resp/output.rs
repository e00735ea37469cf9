//! Bytes to be written: replies to a socket, records to the append-only file.
//!
//! Small values are copied into one vector. A big value is not copied: its position is noted and
//! its reference count is increased. So a 100 MB `GET` holds the lock no longer than a short one.

use std::io::{self, IoSlice, Write};
use std::sync::Arc;

use crate::config::limits::BIG_BYTES;

/// The number of slices of one `writev`; Linux takes at most 1024.
const SLICES_PER_WRITE: usize = 64;

/// The least and the most memory that a cleared vector keeps.
const KEEP_BYTES: (usize, usize) = (8 * 1024, 32 * 1024);

/// Returns how much memory a vector keeps for the next bytes, if it held `used` bytes. So the next
/// batch of the same size needs no allocation, and a big one does not cost memory forever.
pub(super) fn kept_bytes(used: usize) -> usize {
    (used * 2).clamp(KEEP_BYTES.0, KEEP_BYTES.1)
}

/// A sequence of bytes, some of them shared, that remembers how many have been written.
#[derive(Debug, Default)]
pub struct Output {
    bytes: Vec<u8>,
    shared: Vec<Shared>,
    shared_bytes: usize,
    written: usize,
}

#[derive(Debug)]
struct Shared {
    /// The position in `bytes` where this value is inserted.
    at: usize,
    value: Arc<Vec<u8>>,
}

impl Output {
    /// Returns an empty output with room for copies of `bytes` bytes.
    pub fn with_capacity(bytes: usize) -> Output {
        Output {
            bytes: Vec::with_capacity(bytes),
            ..Output::default()
        }
    }

    /// Returns the copied part, so that the caller can append to it.
    pub fn bytes_mut(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// Returns the size of the memory for the copied part.
    pub fn capacity(&self) -> usize {
        self.bytes.capacity()
    }

    /// Returns the copied part.
    pub fn copied(&self) -> &[u8] {
        &self.bytes
    }

    /// Appends a copy of `bytes`.
    pub fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Appends `value` without copying it.
    fn push_shared(&mut self, value: Arc<Vec<u8>>) {
        self.shared_bytes += value.len();
        self.shared.push(Shared {
            at: self.bytes.len(),
            value,
        });
    }

    /// Appends a header: `kind`, a length and CRLF.
    #[inline]
    pub fn push_header(&mut self, kind: u8, length: i64) {
        // Nearly all lengths are short, and every word has one.
        match length {
            0..10 => self.push(&[kind, b'0' + length as u8, b'\r', b'\n']),
            10..100 => {
                let (ten, one) = (length as u8 / 10, length as u8 % 10);
                self.push(&[kind, b'0' + ten, b'0' + one, b'\r', b'\n']);
            }
            _ => self.push_long_header(kind, length),
        }
    }

    fn push_long_header(&mut self, kind: u8, length: i64) {
        self.bytes.push(kind);
        crate::num::integer::append(&mut self.bytes, length);
        self.push(b"\r\n");
    }

    /// Appends a copy of `bytes` as a bulk string.
    pub fn push_bulk(&mut self, bytes: &[u8]) {
        self.push_header(b'$', bytes.len() as i64);
        self.push(bytes);
        self.push(b"\r\n");
    }

    /// Appends a bulk string. Shares a big value instead of copying it.
    pub fn push_bulk_shared(&mut self, value: &Arc<Vec<u8>>) {
        if value.len() < BIG_BYTES {
            return self.push_bulk(value);
        }
        self.push_header(b'$', value.len() as i64);
        self.push_shared(Arc::clone(value));
        self.push(b"\r\n");
    }

    /// Appends a command as a RESP array.
    pub fn push_command(&mut self, words: &[&[u8]]) {
        self.begin_command(words.len(), words);
    }

    /// Appends the beginning of a command of `length` words: the first `words` of it.
    pub fn begin_command(&mut self, length: usize, words: &[&[u8]]) {
        self.push_header(b'*', length as i64);
        for word in words {
            self.push_bulk(word);
        }
    }

    /// Moves all bytes of `other` to the end of this output. None of them may have been written.
    pub fn append(&mut self, other: &mut Output) {
        debug_assert_eq!(other.written, 0);
        let base = self.bytes.len();
        self.bytes.append(&mut other.bytes);
        self.shared.extend(other.shared.drain(..).map(|s| Shared {
            at: base + s.at,
            ..s
        }));
        self.shared_bytes += std::mem::take(&mut other.shared_bytes);
    }

    /// Appends the bytes of `other`, none of which may have been written. Shared values stay shared.
    pub fn push_output(&mut self, other: &Output) {
        debug_assert_eq!(other.written, 0);
        let base = self.bytes.len();
        self.push(&other.bytes);
        self.shared.extend(other.shared.iter().map(|s| Shared {
            at: base + s.at,
            value: Arc::clone(&s.value),
        }));
        self.shared_bytes += other.shared_bytes;
    }

    /// Makes a long copied part shared, so that [`Output::push_output`] does not copy it.
    pub fn share(&mut self) {
        if self.shared.is_empty() && self.bytes.len() >= BIG_BYTES {
            let value = Arc::new(std::mem::take(&mut self.bytes));
            self.push_shared(value);
        }
    }

    /// Returns the number of bytes, written or not.
    pub fn len(&self) -> usize {
        self.bytes.len() + self.shared_bytes
    }

    /// Returns whether there are no bytes.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty() && self.shared.is_empty()
    }

    /// Removes all bytes. Keeps about as much memory as they needed, if it is not much.
    pub fn clear(&mut self) {
        let used = self.bytes.len();
        self.bytes.clear();
        self.bytes.shrink_to(kept_bytes(used));
        self.shared = Vec::new();
        self.shared_bytes = 0;
        self.written = 0;
    }

    /// Returns the number of written bytes.
    pub fn written(&self) -> usize {
        self.written
    }

    /// Returns whether no byte has been written.
    pub fn is_unwritten(&self) -> bool {
        self.written == 0
    }

    /// Returns the number of unwritten bytes.
    pub fn left(&self) -> usize {
        self.len() - self.written
    }

    /// Makes one write of at most `max` unwritten bytes. Returns whether all bytes are written. The
    /// next call continues where this one stopped, even after an error.
    ///
    /// # Errors
    /// Those of `out` except `Interrupted`; `WriteZero` if `out` takes nothing.
    pub fn write_some(&mut self, out: &mut impl Write, max: usize) -> io::Result<bool> {
        let count = self.left().min(max);
        if count == 0 {
            return Ok(self.left() == 0);
        }
        let result = if self.shared.is_empty() {
            out.write(&self.bytes[self.written..][..count])
        } else {
            out.write_vectored(&self.unwritten(count))
        };
        match result {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => self.written += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        Ok(self.left() == 0)
    }

    /// Writes all unwritten bytes.
    ///
    /// # Errors
    /// Those of [`Output::write_some`]. The caller may call this again.
    pub fn write_all(&mut self, out: &mut impl Write) -> io::Result<()> {
        while !self.write_some(out, usize::MAX)? {}
        Ok(())
    }

    /// Returns the first unwritten slices, copied and shared ones in order: at most `max` bytes.
    fn unwritten(&self, mut max: usize) -> Vec<IoSlice<'_>> {
        let mut skip = self.written;
        let mut slices = Vec::new();
        for slice in self.slices() {
            if skip >= slice.len() {
                skip -= slice.len();
                continue;
            }
            let slice = &slice[skip..];
            let slice = &slice[..slice.len().min(max)];
            slices.push(IoSlice::new(slice));
            skip = 0;
            max -= slice.len();
            if slices.len() == SLICES_PER_WRITE || max == 0 {
                break;
            }
        }
        slices
    }

    /// Marks all bytes as unwritten, after the caller has undone the writes.
    pub fn rewind(&mut self) {
        self.written = 0;
    }

    /// Returns all bytes in order, in slices.
    pub fn slices(&self) -> impl Iterator<Item = &[u8]> {
        let ends = self
            .shared
            .iter()
            .map(|shared| shared.at)
            .chain([self.bytes.len()]);
        let starts = [0]
            .into_iter()
            .chain(self.shared.iter().map(|shared| shared.at));
        let copied = starts.zip(ends).map(|(start, end)| &self.bytes[start..end]);
        let shared = self
            .shared
            .iter()
            .map(|shared| &shared.value[..])
            .chain([&[][..]]);
        copied
            .zip(shared)
            .flat_map(|(copied, shared)| [copied, shared])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes at most `step` bytes at a time, and fails every other time.
    struct Reluctant {
        taken: Vec<u8>,
        step: usize,
        willing: bool,
    }

    impl Write for Reluctant {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.willing = !self.willing;
            if !self.willing {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            let count = bytes.len().min(self.step);
            self.taken.extend_from_slice(&bytes[..count]);
            Ok(count)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn goes_on_where_an_error_stopped_it() {
        for step in 1..12 {
            let mut output = Output::default();
            output.push(b"head");
            output.push_shared(Arc::new(b"-shared-".to_vec()));
            output.push_shared(Arc::new(b"twice".to_vec()));
            let mut tail = Output::default();
            tail.push(b"-mid-");
            tail.push_shared(Arc::new(b"again".to_vec()));
            tail.push(b"tail");
            output.append(&mut tail);
            assert_eq!(output.len(), 31);

            let mut out = Reluctant {
                taken: Vec::new(),
                step,
                willing: true,
            };
            while output.write_all(&mut out).is_err() {}
            assert_eq!(out.taken, b"head-shared-twice-mid-againtail", "step {step}");
        }
    }
}
