//! Commands in pieces of bounded size.

use std::io;

use crate::config::limits::ELEMENTS_PER_COMMAND;
use crate::resp::output::Output;
use crate::store::blob::BlobRef;
use crate::store::types::set::Member;

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

/// A word of a command: an element, or a part of one.
pub(super) trait Word {
    /// The bytes of the word.
    fn blob(&self) -> BlobRef<'_>;
}

impl Word for BlobRef<'_> {
    fn blob(&self) -> BlobRef<'_> {
        *self
    }
}

impl Word for Member<'_> {
    fn blob(&self) -> BlobRef<'_> {
        self.into()
    }
}

impl Pieces<'_> {
    /// Adds a command of short words.
    pub(super) fn command(&mut self, words: &[&[u8]]) -> io::Result<()> {
        self.piece.push_command(words);
        self.end()
    }

    /// Begins a command of `length` words with its first `words`.
    pub(super) fn begin(&mut self, length: usize, words: &[&[u8]]) {
        self.piece.begin_command(length, words);
    }

    /// Adds commands that begin with `words` and go on with elements, of `N` words each.
    pub(super) fn commands<W: Word, const N: usize>(
        &mut self,
        words: &[&[u8]],
        elements: impl Iterator<Item = [W; N]>,
    ) -> io::Result<()> {
        let mut group = Vec::with_capacity(ELEMENTS_PER_COMMAND);
        let mut bytes = 0;
        for element in elements {
            bytes += element.iter().map(|word| word.blob().len()).sum::<usize>();
            group.push(element);
            if group.len() == ELEMENTS_PER_COMMAND || bytes >= PIECE_BYTES {
                self.group(words, &group)?;
                group.clear();
                bytes = 0;
            }
        }
        match group.is_empty() {
            true => Ok(()),
            false => self.group(words, &group),
        }
    }

    fn group<W: Word, const N: usize>(
        &mut self,
        words: &[&[u8]],
        elements: &[[W; N]],
    ) -> io::Result<()> {
        self.begin(words.len() + N * elements.len(), words);
        for word in elements.as_flattened() {
            self.word(word.blob());
        }
        self.end()
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
