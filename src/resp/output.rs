//! Bytes on their way out: to a socket as replies, to the append-only file as records.
//!
//! Small pieces are copied into one vector. A big value is not copied: its place is
//! noted and its reference count goes up, so that a 100 MB `GET` costs the lock no
//! more than a short one.

use std::io::{self, IoSlice, Write};
use std::sync::Arc;

use crate::config::limits::BIG_BYTES;

/// Slices handed to one `writev`; Linux takes at most 1024.
const SLICES_PER_WRITE: usize = 64;

/// What an emptied output keeps of its memory.
const KEEP_BYTES: usize = 64 * 1024;

/// A sequence of bytes, partly shared, that remembers how much of it has been written.
#[derive(Debug, Default)]
pub struct Output {
    bytes: Vec<u8>,
    shared: Vec<Shared>,
    shared_bytes: usize,
    written: usize,
}

#[derive(Debug)]
struct Shared {
    /// Position in `bytes` before which this value belongs.
    at: usize,
    value: Arc<Vec<u8>>,
}

impl Output {
    /// Nothing yet, with room for `bytes` to be copied.
    pub fn with_capacity(bytes: usize) -> Output {
        Output {
            bytes: Vec::with_capacity(bytes),
            ..Output::default()
        }
    }

    /// The copied part, to append to.
    pub fn bytes_mut(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
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

    /// Appends `* count`, the head of an array, or any other length line.
    pub fn push_header(&mut self, kind: u8, length: i64) {
        self.bytes.push(kind);
        crate::num::integer::append(&mut self.bytes, length);
        self.bytes.extend_from_slice(b"\r\n");
    }

    /// Appends a bulk string by copy.
    pub fn push_bulk(&mut self, bytes: &[u8]) {
        self.push_header(b'$', bytes.len() as i64);
        self.push(bytes);
        self.push(b"\r\n");
    }

    /// Appends a bulk string, a big one by reference count.
    pub fn push_bulk_shared(&mut self, value: &Arc<Vec<u8>>) {
        if value.len() < BIG_BYTES {
            return self.push_bulk(value);
        }
        self.push_header(b'$', value.len() as i64);
        self.push_shared(Arc::clone(value));
        self.push(b"\r\n");
    }

    /// Appends a command as a client would send it.
    pub fn push_command(&mut self, words: &[&[u8]]) {
        self.push_header(b'*', words.len() as i64);
        for word in words {
            self.push_bulk(word);
        }
    }

    /// Moves all of `other`, of which nothing has been written yet, to the end of this one.
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

    /// All bytes, written or not.
    pub fn len(&self) -> usize {
        self.bytes.len() + self.shared_bytes
    }

    /// Whether nothing was ever appended.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty() && self.shared.is_empty()
    }

    /// Forgets everything and keeps the memory, unless it is much.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.bytes.shrink_to(KEEP_BYTES);
        self.shared = Vec::new();
        self.shared_bytes = 0;
        self.written = 0;
    }

    /// How many bytes of it have been written.
    pub fn written(&self) -> usize {
        self.written
    }

    /// Whether nothing of it has been written.
    pub fn is_unwritten(&self) -> bool {
        self.written == 0
    }

    /// Bytes not yet written.
    pub fn left(&self) -> usize {
        self.len() - self.written
    }

    /// Makes one write of at most `most` bytes that are not yet written. Returns whether nothing
    /// is left. The next call goes on where this one stopped, even after an error.
    ///
    /// # Errors
    /// Those of `out` except `Interrupted`; `WriteZero` if it takes nothing.
    pub fn write_some(&mut self, out: &mut impl Write, most: usize) -> io::Result<bool> {
        let count = self.left().min(most);
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

    /// Writes all that is not yet written.
    ///
    /// # Errors
    /// As [`Output::write_some`], after which it can be called again.
    pub fn write_all(&mut self, out: &mut impl Write) -> io::Result<()> {
        while !self.write_some(out, usize::MAX)? {}
        Ok(())
    }

    /// The first unwritten slices, `most` bytes at most, copied and shared ones in their order.
    fn unwritten(&self, mut most: usize) -> Vec<IoSlice<'_>> {
        let mut skip = self.written;
        let mut slices = Vec::new();
        for slice in self.slices() {
            if skip >= slice.len() {
                skip -= slice.len();
                continue;
            }
            let slice = &slice[skip..];
            let slice = &slice[..slice.len().min(most)];
            slices.push(IoSlice::new(slice));
            skip = 0;
            most -= slice.len();
            if slices.len() == SLICES_PER_WRITE || most == 0 {
                break;
            }
        }
        slices
    }

    /// Begins to write anew: what was written has been taken back.
    pub fn rewind(&mut self) {
        self.written = 0;
    }

    /// Everything in order.
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
