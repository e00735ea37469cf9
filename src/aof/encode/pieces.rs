//! Commands in pieces of bounded size.

use std::io;

use crate::resp::output::Output;
use crate::store::blob::BlobRef;

/// A piece is handed on once it has this many bytes: few system calls, and no long wait for a
/// rewrite that is cancelled. The old file is copied in pieces of the same size.
pub(in crate::aof) const PIECE_BYTES: usize = 256 * 1024;

/// Gathers commands, and hands them on piece by piece.
pub(crate) struct Pieces<'a> {
    /// The commands that have not been handed on yet.
    pub(crate) piece: &'a mut Output,
    /// Takes a piece and empties it.
    pub(crate) write: &'a mut dyn FnMut(&mut Output) -> io::Result<()>,
}

impl Pieces<'_> {
    /// Adds a command of short words.
    pub(super) fn command(&mut self, words: &[&[u8]]) -> io::Result<()> {
        self.piece.push_command(words);
        self.end()
    }

    /// Begins a command of `length` words, of which these are the first.
    pub(super) fn begin(&mut self, length: usize, words: &[&[u8]]) {
        self.piece.push_header(b'*', length as i64);
        for word in words {
            self.piece.push_bulk(word);
        }
    }

    /// Adds a word. A big one is not copied.
    pub(super) fn word(&mut self, word: BlobRef) {
        match word {
            BlobRef::Big(bytes) => self.piece.push_bulk_shared(bytes),
            BlobRef::Bytes(bytes) => self.piece.push_bulk(bytes),
        }
    }

    /// Ends a command.
    ///
    /// # Errors
    /// Errors of `write`.
    pub(super) fn end(&mut self) -> io::Result<()> {
        if self.piece.len() < PIECE_BYTES {
            return Ok(());
        }
        (self.write)(self.piece)
    }
}
