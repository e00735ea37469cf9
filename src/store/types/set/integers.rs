//! The integers of an intset: sorted, in one piece of memory, without a byte to spare.
//!
//! ```text
//!   | MARK + width | integer | integer | ...
//! ```
//!
//! Each integer takes `width` bytes, the lowest first: 2, 4 or 8, as many as the widest needs. The
//! width never shrinks. Without the first byte, this is the content of an intset of Redis.

/// The widths that an intset can have.
const WIDTHS: [usize; 3] = [2, 4, 8];

/// From here on, a first byte says that integers follow. Packed texts begin with their number, which
/// is lower.
pub(super) const MARK: u8 = 0xf0;

/// Sorted integers, to be read. Without any bytes there are none.
#[derive(Clone, Copy)]
pub struct Integers<'a>(&'a [u8]);

impl<'a> Integers<'a> {
    /// Reads these bytes.
    pub(super) fn new(bytes: &'a [u8]) -> Integers<'a> {
        Integers(bytes)
    }

    /// The bytes of each integer.
    pub fn width(self) -> usize {
        let first = self.0.first();
        first.map_or(WIDTHS[0], |first| usize::from(first - MARK))
    }

    /// All integers, without the width.
    pub fn content(self) -> &'a [u8] {
        self.0.get(1..).unwrap_or_default()
    }

    /// The number of integers.
    pub fn len(self) -> usize {
        self.content().len() / self.width()
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.content().is_empty()
    }

    /// All integers in order.
    pub fn iter(self) -> impl Iterator<Item = i64> + Clone + 'a {
        self.content().chunks_exact(self.width()).map(decode)
    }

    /// The integer with this index.
    pub(super) fn get(self, index: usize) -> i64 {
        let width = self.width();
        decode(&self.content()[index * width..][..width])
    }

    /// The index of `wanted`, or the index at which it belongs.
    pub(super) fn find(self, wanted: i64) -> Result<usize, usize> {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low.midpoint(high);
            let found = self.get(middle);
            if found == wanted {
                return Ok(middle);
            }
            match found < wanted {
                true => low = middle + 1,
                false => high = middle,
            }
        }
        Err(low)
    }
}

/// Adds `value` to integers. Returns whether it is new.
pub(super) fn insert(bytes: &mut Vec<u8>, value: i64) -> bool {
    let integers = Integers(bytes);
    let Err(index) = integers.find(value) else {
        return false;
    };
    let width = integers.width().max(width_of(value));
    if bytes.is_empty() {
        bytes.reserve_exact(1 + width);
        bytes.push(MARK + width as u8);
    } else if width > integers.width() {
        *bytes = widened(bytes, width);
    }
    let at = 1 + index * width;
    bytes.reserve_exact(width);
    bytes.splice(at..at, value.to_le_bytes()[..width].iter().copied());
    true
}

/// Removes the integer with this index.
pub(super) fn remove(bytes: &mut Vec<u8>, index: usize) {
    let width = Integers(bytes).width();
    bytes.drain(1 + index * width..1 + (index + 1) * width);
}

/// Returns integers of `content`, each of `width` bytes; `None` unless they are sorted, and there is
/// one.
pub(super) fn checked(width: usize, content: &[u8]) -> Option<Vec<u8>> {
    let is_whole = WIDTHS.contains(&width) && content.len().is_multiple_of(width);
    if !is_whole || content.is_empty() {
        return None;
    }
    let bytes = [&[MARK + width as u8], content].concat();
    let is_sorted = Integers(&bytes).iter().is_sorted_by(|one, next| one < next);
    is_sorted.then_some(bytes)
}

/// Makes room for `more` integers, which are added next, so that the memory moves once.
pub(super) fn reserve(bytes: &mut Vec<u8>, more: usize) {
    bytes.reserve_exact(1 + more * Integers(bytes).width());
}

/// Returns the same integers in more bytes each, with room for as many more as before.
fn widened(bytes: &Vec<u8>, width: usize) -> Vec<u8> {
    let integers = Integers(bytes);
    let room = bytes.capacity() / integers.width() * width;
    let mut wider = Vec::with_capacity(room.max((integers.len() + 1) * width) + 1);
    wider.push(MARK + width as u8);
    for integer in integers.iter() {
        wider.extend_from_slice(&integer.to_le_bytes()[..width]);
    }
    wider
}

fn width_of(value: i64) -> usize {
    if i16::try_from(value).is_ok() {
        2
    } else if i32::try_from(value).is_ok() {
        4
    } else {
        8
    }
}

fn decode(bytes: &[u8]) -> i64 {
    match *bytes {
        [a, b] => i64::from(i16::from_le_bytes([a, b])),
        [a, b, c, d] => i64::from(i32::from_le_bytes([a, b, c, d])),
        _ => i64::from_le_bytes(bytes.try_into().expect("a width of 2, 4 or 8")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::random;
    use std::collections::BTreeSet;

    fn any() -> i64 {
        let bits = [3, 14, 15, 16, 17, 30, 31, 32, 33, 62, 63, 64][random::below(12)];
        (random::number() as i64) >> (64 - bits)
    }

    #[test]
    fn integers_of_any_width_are_sorted_and_found() {
        for _ in 0..200 {
            let (mut bytes, mut model) = (Vec::new(), BTreeSet::new());
            for _ in 0..random::below(60) {
                let value = any();
                assert_eq!(insert(&mut bytes, value), model.insert(value));
                assert!(Integers(&bytes).iter().eq(model.iter().copied()));
            }
            let integers = Integers(&bytes);
            assert!(integers.iter().all(|it| integers.find(it).is_ok()));
            let other = any();
            assert_eq!(integers.find(other).is_ok(), model.contains(&other));
            assert_eq!(
                checked(integers.width(), integers.content()).is_some(),
                !model.is_empty()
            );
            while let Some(value) = model.pop_last() {
                let index = Integers(&bytes).find(value).unwrap();
                remove(&mut bytes, index);
                assert!(Integers(&bytes).iter().eq(model.iter().copied()));
            }
        }
    }

    #[test]
    fn content_that_is_not_sorted_or_whole_is_refused() {
        for (width, content) in [
            (2, &[][..]),
            (2, &[1, 0, 1, 0]),
            (2, &[2, 0, 1, 0]),
            (2, &[1, 0, 2]),
            (3, &[1, 0, 0]),
            (0, &[1, 0]),
        ] {
            assert!(checked(width, content).is_none(), "{content:?}");
        }
        assert!(checked(2, &[0xff, 0xff, 0, 0]).is_some());
    }
}
