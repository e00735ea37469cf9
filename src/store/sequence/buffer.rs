//! The elements at an end of a sequence, with room for more on either side.

use std::ops::Range;

use super::End;
use super::chunk::{View, stored_bytes};
use super::draft::Draft;
use super::edit::Stored;
use super::wanted::Wanted;
use crate::store::blob::Blob;

/// Elements to which others are added, and from which they are taken, at both ends. None of them
/// lies elsewhere.
#[derive(Clone, Debug, Default)]
pub(super) struct Buffer {
    lengths: Room,
    bytes: Room,
}

impl Buffer {
    /// Copies elements. None of them has memory of its own.
    pub(super) fn copy(view: View<'_>) -> Buffer {
        let [lengths, bytes] = view.parts();
        Buffer {
            lengths: Room::of(lengths),
            bytes: Room::of(bytes),
        }
    }

    /// The elements.
    #[inline]
    pub(super) fn view(&self) -> View<'_> {
        View::of_parts(self.lengths.filled(), self.bytes.filled())
    }

    /// The lengths and the bytes of the elements, to be changed in place.
    pub(super) fn parts_mut(&mut self) -> [&mut [u8]; 2] {
        [&mut self.lengths, &mut self.bytes].map(|room| &mut room.bytes[room.start..])
    }

    /// The number of elements.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.lengths.len()
    }

    /// The number of bytes that the elements take in a chunk, without the count.
    pub(super) fn stored_bytes(&self) -> usize {
        self.lengths.len() + self.bytes.len()
    }

    /// Bytes held on the heap.
    pub(super) fn heap_bytes(&self) -> usize {
        self.lengths.bytes.capacity() + self.bytes.bytes.capacity()
    }

    /// Adds an element at `end`.
    pub(super) fn push(&mut self, end: End, element: &[u8]) {
        let stored = Stored::new(element);
        self.lengths.grow(end, 1)[0] = stored.length;
        stored.write(self.bytes.grow(end, stored.len()));
    }

    /// Takes the element at `end`.
    pub(super) fn pop(&mut self, end: End) -> Option<Blob> {
        let mut view = self.view();
        let element = match end {
            End::Left => view.next(),
            End::Right => view.next_back(),
        }?;
        let element = element.to_blob();
        let left = view.parts().map(<[u8]>::len);
        self.shrink(end, left);
        Some(element)
    }

    /// Removes the element at `index`.
    pub(super) fn remove(&mut self, index: usize) {
        let (before, [lengths, bytes]) = (self.view().split_at(index).0, self.view().parts());
        let [length_at, at] = before.parts().map(<[u8]>::len);
        let size = stored_bytes(lengths[index], &bytes[at..]);
        self.lengths.remove(length_at..length_at + 1);
        self.bytes.remove(at..at + size);
    }

    /// Takes all elements behind the first `count`.
    pub(super) fn split_off(&mut self, count: usize) -> Buffer {
        let (left, right) = self.view().split_at(count);
        let right = Buffer::copy(right);
        let left = left.parts().map(<[u8]>::len);
        self.shrink(End::Right, left);
        right
    }

    /// Removes the wanted elements.
    pub(super) fn remove_wanted(&mut self, wanted: &mut Wanted<'_>) {
        let gone = wanted.take(self.view());
        if !gone.is_empty() {
            *self = Buffer::copy(Draft::without(self.view(), &gone).view());
        }
    }

    /// Removes all elements. Keeps the memory for the elements that are added next at `end`.
    pub(super) fn clear(&mut self, end: End) {
        self.lengths.clear(end);
        self.bytes.clear(end);
    }

    fn shrink(&mut self, end: End, [lengths, bytes]: [usize; 2]) {
        self.lengths.shrink(end, lengths);
        self.bytes.shrink(end, bytes);
    }
}

/// Bytes with room on both sides.
#[derive(Clone, Debug, Default)]
struct Room {
    /// The room on the left, then the bytes. The room on the right is spare capacity.
    bytes: Vec<u8>,
    /// Where the bytes begin.
    start: usize,
}

/// A room that could hold more than this number of times its bytes is made smaller.
const MOST_ROOM: usize = 4;

/// A room of less capacity is never made smaller.
const LEAST_ROOM_BYTES: usize = 64;

/// Bytes that a room gets at least, besides the bytes that are added now.
const LEAST_MORE_BYTES: usize = 8;

impl Room {
    fn of(bytes: &[u8]) -> Room {
        Room {
            bytes: bytes.to_vec(),
            start: 0,
        }
    }

    #[inline]
    fn len(&self) -> usize {
        self.bytes.len() - self.start
    }

    #[inline]
    fn filled(&self) -> &[u8] {
        &self.bytes[self.start..]
    }

    /// Adds `count` bytes at `end`, to be written.
    #[inline]
    fn grow(&mut self, end: End, count: usize) -> &mut [u8] {
        match end {
            End::Left => {
                if self.start < count {
                    self.make_room_left(count);
                }
                self.start -= count;
                &mut self.bytes[self.start..self.start + count]
            }
            End::Right => {
                if self.bytes.capacity() - self.bytes.len() < count {
                    self.make_room_right(count);
                }
                let old_end = self.bytes.len();
                self.bytes.resize(old_end + count, 0);
                &mut self.bytes[old_end..]
            }
        }
    }

    /// The number of bytes to make room for, so that growing copies each byte a few times only.
    fn wanted(&self, count: usize) -> usize {
        count + (self.len() + count) / 8 + LEAST_MORE_BYTES
    }

    #[cold]
    fn make_room_left(&mut self, count: usize) {
        let wanted = self.wanted(count);
        let mut bytes = Vec::with_capacity(wanted + self.len());
        bytes.resize(wanted, 0);
        bytes.extend_from_slice(self.filled());
        *self = Room {
            bytes,
            start: wanted,
        };
    }

    #[cold]
    fn make_room_right(&mut self, count: usize) {
        let has_room = self.start >= count + self.len();
        if self.start > 0 {
            self.bytes.drain(..self.start);
            self.start = 0;
        }
        if !has_room {
            let wanted = self.wanted(count);
            self.bytes.reserve_exact(wanted);
        }
    }

    /// Removes these bytes.
    fn remove(&mut self, range: Range<usize>) {
        self.bytes
            .drain(self.start + range.start..self.start + range.end);
    }

    /// Removes bytes at `end`, so that `left` bytes are left.
    #[inline]
    fn shrink(&mut self, end: End, left: usize) {
        match end {
            End::Left => self.start = self.bytes.len() - left,
            End::Right => self.bytes.truncate(self.start + left),
        }
        let capacity = self.bytes.capacity();
        if capacity > LEAST_ROOM_BYTES && capacity / MOST_ROOM > left {
            self.fit();
        }
    }

    #[cold]
    fn fit(&mut self) {
        *self = Room::of(self.filled());
    }

    fn clear(&mut self, end: End) {
        match end {
            End::Left => self.start = self.bytes.len(),
            End::Right => {
                self.bytes.clear();
                self.start = 0;
            }
        }
    }
}
