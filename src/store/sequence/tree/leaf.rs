//! `Leaf`: a chunk of the tree, with room for a few more bytes.
//!
//! ```text
//!   | room | chunk | room bytes |
//! ```
//!
//! The number of bytes of the room takes two bytes, lowest first. Most chunks of a list have no
//! room. A chunk that has got an element in the middle has some, since it will get others: they are
//! put in their place without an allocation.

use std::iter::repeat_n;
use std::ops::Range;
use std::sync::Arc;

use crate::store::sequence::chunk::{COUNT_BYTES, View};
use crate::store::sequence::edit::{self, Stored};

/// The bytes of the number.
const ROOM_BYTES: usize = 2;

/// What a leaf with room gets: this share of its bytes.
const ROOM_SHARE: usize = 8;

/// The most room that a removal leaves: this share of the bytes of the elements.
const MOST_ROOM_SHARE: usize = 3;

/// A chunk and its room. A clone shares them.
#[derive(Clone, Debug)]
pub(in crate::store::sequence) struct Leaf(Arc<[u8]>);

impl Leaf {
    /// A leaf of these elements: at least one, and none with memory of its own.
    pub(in crate::store::sequence) fn of(view: View<'_>) -> Leaf {
        Leaf::with_room(view, 0)
    }

    /// A leaf that has room.
    pub(in crate::store::sequence) fn roomy(view: View<'_>) -> Leaf {
        Leaf::with_room(view, view.stored_bytes() / ROOM_SHARE)
    }

    /// Builds the leaf in its final place: a copy made first would leave a hole of its size, which
    /// the allocator cannot fill.
    fn with_room(view: View<'_>, room: usize) -> Leaf {
        let bytes = ROOM_BYTES + COUNT_BYTES + view.stored_bytes() + room;
        let mut leaf = Leaf(repeat_n(0, bytes).collect());
        let chunk = leaf.make_mut(room);
        let ([lengths, bytes], (count, rest)) = (view.parts(), chunk.split_at_mut(COUNT_BYTES));
        count.copy_from_slice(&(lengths.len() as u16).to_le_bytes());
        rest[..lengths.len()].copy_from_slice(lengths);
        rest[lengths.len()..view.stored_bytes()].copy_from_slice(bytes);
        leaf
    }

    /// The elements.
    pub(in crate::store::sequence) fn view(&self) -> View<'_> {
        View::of(&self.0[self.chunk()])
    }

    /// Bytes held on the heap, without those of the `Arc`.
    pub(in crate::store::sequence) fn heap_bytes(&self) -> usize {
        self.0.len()
    }

    /// Inserts an element at `index` if there is room for it. Returns whether it has.
    pub(in crate::store::sequence) fn insert(&mut self, index: usize, element: &[u8]) -> bool {
        let (stored, chunk) = (Stored::new(element), self.chunk());
        let Some(room) = self.room().checked_sub(stored.added_bytes()) else {
            return false;
        };
        edit::insert(self.make_mut(room), chunk.len(), index, &stored);
        true
    }

    /// Removes the element at `index`, unless that leaves few elements beside much room. Returns
    /// whether it has.
    pub(in crate::store::sequence) fn remove(&mut self, index: usize) -> bool {
        let view = self.view();
        let room = self.room() + view.slice(index..index + 1).stored_bytes();
        let left = self.0.len() - room;
        if room > left / MOST_ROOM_SHARE {
            return false;
        }
        edit::remove(self.make_mut(room), index..index + 1);
        true
    }

    /// The lengths and the bytes of the elements, to be changed.
    pub(in crate::store::sequence) fn parts_mut(&mut self) -> [&mut [u8]; 2] {
        let (count, chunk) = (self.view().len(), self.chunk());
        let chunk = &mut Arc::make_mut(&mut self.0)[chunk];
        let (lengths, bytes) = chunk[COUNT_BYTES..].split_at_mut(count);
        [lengths, bytes]
    }

    /// Where the chunk lies.
    fn chunk(&self) -> Range<usize> {
        ROOM_BYTES..self.0.len() - self.room()
    }

    fn room(&self) -> usize {
        let room = self.0.first_chunk().copied().unwrap_or_default();
        usize::from(u16::from_le_bytes(room))
    }

    /// The chunk and its room, to be changed so that this room is left. Elements that are shared
    /// are copied first.
    fn make_mut(&mut self, room: usize) -> &mut [u8] {
        let (number, chunk) = Arc::make_mut(&mut self.0).split_at_mut(ROOM_BYTES);
        number.copy_from_slice(&(room as u16).to_le_bytes());
        chunk
    }
}
