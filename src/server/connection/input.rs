//! What a client's thread receives with: a `BufReader` that fits what the client sends.

use std::io::{self, BufRead, BufReader};

use crate::config::limits::{FIRST_READ_BUFFER_BYTES, READ_BUFFER_BYTES};
use crate::resp::args::Requests;
use crate::sys::{SocketReader, Stream, WaitMode};

/// Upper bound of one receive, so that this thread's other duties are not delayed.
const BULK_READ_BYTES: usize = 1024 * 1024;

/// After this number of receives in a row that would have fitted into the small buffer, the big one is
/// given back.
const SMALL_RECEIVES: u32 = 32;

/// The receiving half of a connection. Between two receives its buffer is empty.
pub(super) struct Input<'a> {
    reader: BufReader<SocketReader<'a>>,
    /// Receives since the last one that needed the big buffer.
    small: u32,
}

impl<'a> Input<'a> {
    /// Receives from `stream`, with a small buffer at first.
    pub(super) fn new(stream: &'a Stream) -> Input<'a> {
        Input {
            reader: reader(stream, FIRST_READ_BUFFER_BYTES),
            small: 0,
        }
    }

    /// Returns the size of the buffer in bytes.
    pub(super) fn capacity(&self) -> usize {
        self.reader.capacity()
    }

    /// Receives once. The rest of a big argument goes directly into the request, past the buffer.
    ///
    /// # Errors
    /// If the connection is gone. `WouldBlock` if nothing is there and `mode` says not to wait.
    pub(super) fn receive(&mut self, requests: &mut Requests, mode: WaitMode) -> io::Result<usize> {
        let stream = self.reader.get_ref().stream;
        if let Some((payload, room)) = requests.payload_room() {
            let room = room.min(BULK_READ_BYTES);
            return stream.receive(payload, room, mode);
        }
        self.reader.get_mut().mode = mode;
        let received = self.reader.fill_buf()?;
        let count = received.len();
        requests.receive(received);
        self.reader.consume(count);
        self.fit(count);
        Ok(count)
    }

    /// Makes the buffer big when a receive has filled it, and small again after many short ones.
    fn fit(&mut self, received: usize) {
        let is_small = received < FIRST_READ_BUFFER_BYTES;
        self.small = if is_small {
            self.small.saturating_add(1)
        } else {
            0
        };
        let wanted = match self.capacity() {
            FIRST_READ_BUFFER_BYTES if !is_small => READ_BUFFER_BYTES,
            READ_BUFFER_BYTES if self.small >= SMALL_RECEIVES => FIRST_READ_BUFFER_BYTES,
            _ => return,
        };
        self.reader = reader(self.reader.get_ref().stream, wanted);
    }
}

fn reader(stream: &Stream, bytes: usize) -> BufReader<SocketReader<'_>> {
    let receiver = SocketReader {
        stream,
        mode: WaitMode::Block,
    };
    BufReader::with_capacity(bytes, receiver)
}
