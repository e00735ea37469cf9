//! The bytes that did not fit into a socket's buffer, and the thread that writes them.

use std::collections::VecDeque;
use std::io;
use std::mem;
use std::time::Instant;

use super::messages::Held;
use crate::config::OutputLimit;
use crate::resp::output::Output;
use crate::sys::{NonBlockingWriter, Stream};

/// Size of the pieces in which small replies are gathered.
const GATHERED_BYTES: usize = 64 * 1024;

/// The thread that writes the backlog. Other threads only append to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Writer {
    /// The backlog is empty.
    #[default]
    Nobody,
    /// The client's own thread, before it waits for anything of this client.
    Owner,
    /// A thread that ends when the backlog is empty.
    Aside,
}

/// Guarded by the outbox's lock.
#[derive(Debug, Default)]
pub(super) struct Backlog {
    queue: VecDeque<Output>,
    pub(super) writer: Writer,
    /// When bytes of it were last written.
    pub(super) progress: Option<Instant>,
    pub(super) is_closed: bool,
    pub(super) held: Held,
    /// Since when the soft limit has been reached.
    soft_since: Option<Instant>,
}

impl Backlog {
    /// Returns the number of outputs.
    pub(super) fn len(&self) -> usize {
        self.queue.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Appends `output`, which is empty afterwards.
    pub(super) fn push(&mut self, output: &mut Output) {
        match self.queue.back_mut() {
            // Small replies are gathered: each in its own allocation would take much more memory.
            Some(last) if last.len() + output.len() <= GATHERED_BYTES && output.is_unwritten() => {
                last.append(output);
                output.clear();
            }
            _ => self.queue.push_back(mem::take(output)),
        }
    }

    /// Writes the next piece, of at most `most` bytes. Returns the number of bytes written.
    ///
    /// # Errors
    /// `WouldBlock` if the socket has no room; those of the connection.
    pub(super) fn write_piece(&mut self, stream: &Stream, most: usize) -> io::Result<usize> {
        let Some(first) = self.queue.front_mut() else {
            return Ok(0);
        };
        let before = first.left();
        let is_written = first.write_some(&mut NonBlockingWriter(stream), most)?;
        let written = before - first.left();
        if is_written {
            self.queue.pop_front();
        }
        self.progress = Some(Instant::now());
        Ok(written)
    }

    /// Drops everything. Returns the number of bytes dropped.
    pub(super) fn clear(&mut self) -> usize {
        let queue = mem::take(&mut self.queue);
        queue.iter().map(Output::left).sum::<usize>() + self.held.clear()
    }

    /// Whether a client with `pending_bytes` is to be disconnected. Notes since when it has been over
    /// the soft limit.
    pub(super) fn is_over(&mut self, limit: OutputLimit, pending_bytes: usize) -> bool {
        let reaches = |bytes: u64| bytes > 0 && pending_bytes as u64 >= bytes;
        if !reaches(limit.soft_bytes) {
            self.soft_since = None;
            return reaches(limit.hard_bytes);
        }
        let since = self.soft_since.get_or_insert_with(Instant::now);
        reaches(limit.hard_bytes) || since.elapsed().as_secs() > limit.soft_s
    }
}
