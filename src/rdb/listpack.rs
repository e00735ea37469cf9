//! Listpacks, in which Redis keeps small hashes since version 7.
//!
//! ```text
//! bytes in all (4, little-endian) | elements (2, little-endian) | element ... | 11111111
//!
//! element: head and data | how many bytes these are, from behind in groups of 7 bits
//!   0nnnnnnn                    integer, 0 to 127
//!   10llllll                    text
//!   110nnnnn nnnnnnnn           integer of 13 bits
//!   1110llll llllllll           text
//!   11110000 and 4 bytes        text, its length little-endian
//!   11110001, 2, 3, 4 and 2, 3, 4, 8 bytes: integer, little-endian
//! ```

use std::borrow::Cow;

use super::error::BadFormat;
use super::reader::Reader;
use crate::num::integer;

/// The count of a listpack of as many elements or more: two bytes cannot say how many.
const UNKNOWN_COUNT: u16 = u16::MAX;

const HEADER_BYTES: usize = 6;

const END: u8 = 0xff;

/// The elements of a listpack. An element that is damaged ends them with an error.
pub(super) fn items(
    listpack: &[u8],
) -> Result<impl Iterator<Item = Result<Item<'_>, BadFormat>>, BadFormat> {
    let mut items = Items::open(listpack)?;
    Ok(std::iter::from_fn(move || items.next().transpose()))
}

/// An element of a listpack or a ziplist.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Item<'a> {
    Text(&'a [u8]),
    Integer(i64),
}

impl<'a> Item<'a> {
    pub(super) fn into_bytes(self) -> Cow<'a, [u8]> {
        match self {
            Item::Text(text) => Cow::Borrowed(text),
            Item::Integer(value) => {
                let mut text = Vec::new();
                integer::append(&mut text, value);
                Cow::Owned(text)
            }
        }
    }
}

struct Items<'a> {
    reader: Reader<'a>,
    expected: u16,
    count: usize,
}

impl<'a> Items<'a> {
    fn open(listpack: &'a [u8]) -> Result<Items<'a>, BadFormat> {
        let mut reader = Reader::new(listpack);
        let bytes = u32::from_le_bytes(reader.array()?);
        let expected = u16::from_le_bytes(reader.array()?);
        let body = reader.rest().strip_suffix(&[END]).ok_or(BadFormat)?;
        if bytes as usize != listpack.len() {
            return Err(BadFormat);
        }
        Ok(Items {
            reader: Reader::new(body),
            expected,
            count: 0,
        })
    }

    fn next(&mut self) -> Result<Option<Item<'a>>, BadFormat> {
        let before = self.reader.rest().len();
        if before == 0 {
            let is_right =
                self.expected == UNKNOWN_COUNT || usize::from(self.expected) == self.count;
            return if is_right { Ok(None) } else { Err(BadFormat) };
        }
        let element = read_element(&mut self.reader)?;
        for byte in backlen(before - self.reader.rest().len()) {
            if self.reader.byte()? != byte {
                return Err(BadFormat);
            }
        }
        self.count += 1;
        Ok(Some(element))
    }
}

fn read_element<'a>(reader: &mut Reader<'a>) -> Result<Item<'a>, BadFormat> {
    let head = reader.byte()?;
    Ok(match head {
        0x00..=0x7f => Item::Integer(i64::from(head)),
        0x80..=0xbf => Item::Text(reader.bytes(u64::from(head & 0x3f))?),
        0xc0..=0xdf => {
            // Shifting to the top and back copies the sign to all higher bits.
            let shifted = i16::from_be_bytes([head, reader.byte()?]) << 3;
            Item::Integer(i64::from(shifted >> 3))
        }
        0xe0..=0xef => {
            let length = u16::from_be_bytes([head & 0x0f, reader.byte()?]);
            Item::Text(reader.bytes(u64::from(length))?)
        }
        0xf0 => {
            let length = u32::from_le_bytes(reader.array()?);
            Item::Text(reader.bytes(u64::from(length))?)
        }
        0xf1 => Item::Integer(i64::from(i16::from_le_bytes(reader.array()?))),
        0xf2 => Item::Integer(i64::from(reader.i24()?)),
        0xf3 => Item::Integer(i64::from(i32::from_le_bytes(reader.array()?))),
        0xf4 => Item::Integer(i64::from_le_bytes(reader.array()?)),
        _ => return Err(BadFormat),
    })
}

/// The length of an element of `length` bytes, as it stands behind the element. The highest group
/// comes first. It is the only one without the top bit, so a walk backwards stops at it. The
/// limits are Redis's, one less than the groups could hold.
fn backlen(length: usize) -> impl Iterator<Item = u8> {
    let groups = match length {
        0..=127 => 1,
        128..=16_382 => 2,
        16_383..=2_097_150 => 3,
        2_097_151..=268_435_454 => 4,
        _ => 5,
    };
    (0..groups).rev().map(move |group| {
        let bits = (length >> (7 * group)) as u8 & 0x7f;
        if group == groups - 1 {
            bits
        } else {
            bits | 0x80
        }
    })
}

/// Builds a listpack.
pub(super) struct Builder {
    bytes: Vec<u8>,
    count: u16,
}

impl Builder {
    pub(super) fn new() -> Builder {
        Builder {
            bytes: vec![0; HEADER_BYTES],
            count: 0,
        }
    }

    /// The number of bytes that the listpack would have now.
    pub(super) fn len(&self) -> usize {
        self.bytes.len() + 1
    }

    /// The number of elements; of more than two bytes can count, the highest such number.
    pub(super) fn count(&self) -> usize {
        usize::from(self.count)
    }

    /// Adds an integer if `element` is one, else text.
    pub(super) fn push(&mut self, element: &[u8]) {
        match integer::parse(element) {
            Some(value) => self.push_integer(value),
            None => self.add(|builder| builder.text(element)),
        }
    }

    /// Adds an integer.
    pub(super) fn push_integer(&mut self, value: i64) {
        self.add(|builder| builder.integer(value));
    }

    /// Adds the element that `write` writes.
    fn add(&mut self, write: impl FnOnce(&mut Builder)) {
        let before = self.bytes.len();
        write(self);
        let length = self.bytes.len() - before;
        self.bytes.extend(backlen(length));
        self.count = self.count.saturating_add(1);
    }

    fn integer(&mut self, value: i64) {
        let low = value.to_le_bytes();
        match value {
            0..=127 => self.bytes.push(low[0]),
            -4096..=4095 => self.bytes.extend([0xc0 | low[1] & 0x1f, low[0]]),
            -0x8000..=0x7fff => self.numbered(0xf1, &low[..2]),
            -0x80_0000..=0x7f_ffff => self.numbered(0xf2, &low[..3]),
            -0x8000_0000..=0x7fff_ffff => self.numbered(0xf3, &low[..4]),
            _ => self.numbered(0xf4, &low),
        }
    }

    fn numbered(&mut self, head: u8, value: &[u8]) {
        self.bytes.push(head);
        self.bytes.extend_from_slice(value);
    }

    fn text(&mut self, text: &[u8]) {
        match text.len() {
            length @ 0..64 => self.bytes.push(0x80 | length as u8),
            length @ 64..4096 => {
                let [high, low] = (length as u16).to_be_bytes();
                self.bytes.extend([0xe0 | high, low]);
            }
            length => self.numbered(0xf0, &(length as u32).to_le_bytes()),
        }
        self.bytes.extend_from_slice(text);
    }

    pub(super) fn finish(mut self) -> Vec<u8> {
        self.bytes.push(END);
        let bytes = self.bytes.len() as u32;
        self.bytes[..4].copy_from_slice(&bytes.to_le_bytes());
        self.bytes[4..HEADER_BYTES].copy_from_slice(&self.count.to_le_bytes());
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(listpack: &[u8]) -> Result<Vec<Item<'_>>, BadFormat> {
        items(listpack)?.collect()
    }

    #[test]
    fn texts_of_every_size_are_written_and_read() {
        for (length, head) in [
            (0, &b"\x80"[..]),
            (63, b"\xbf"),
            (64, b"\xe0\x40"),
            (4095, b"\xef\xff"),
            (4096, b"\xf0\x00\x10\x00\x00"),
            (20_000, b"\xf0\x20\x4e\x00\x00"),
        ] {
            let text = vec![b't'; length];
            let mut builder = Builder::new();
            builder.push(&text);
            assert!(builder.bytes[HEADER_BYTES..].starts_with(head));
            assert_eq!(read(&builder.finish()), Ok(vec![Item::Text(&text)]));
        }
    }

    #[test]
    fn elements_are_read_as_they_were_written() {
        let mut builder = Builder::new();
        let mut expected = Vec::new();
        for bits in 0..64 {
            for value in [(1u64 << bits) - 1, 1 << bits] {
                for value in [value as i64, (value as i64).wrapping_neg()] {
                    builder.push(value.to_string().as_bytes());
                    expected.push(Item::Integer(value));
                }
            }
        }
        assert_eq!(read(&builder.finish()), Ok(expected));
    }

    #[test]
    fn more_elements_than_two_bytes_can_count_are_read_as_they_were_written() {
        for count in [65_534, 65_535, 65_536] {
            let mut builder = Builder::new();
            (0..count).for_each(|_| builder.push(b"7"));
            assert_eq!(read(&builder.finish()).map(|all| all.len()), Ok(count));
        }
    }

    #[test]
    fn the_length_behind_an_element_has_redis_limits() {
        let groups = |length| backlen(length).collect::<Vec<u8>>();
        assert_eq!(groups(127), [0x7f]);
        assert_eq!(groups(128), [0x01, 0x80]);
        assert_eq!(groups(16_382), [0x7f, 0xfe]);
        assert_eq!(groups(16_383), [0x00, 0xff, 0xff]);
        assert_eq!(groups(2_097_151), [0x00, 0xff, 0xff, 0xff]);
        assert_eq!(groups(268_435_455), [0x00, 0xff, 0xff, 0xff, 0xff]);
    }

    #[test]
    fn more_elements_than_the_header_can_say_are_read() {
        let unknown = b"\x0b\x00\x00\x00\xff\xff\x01\x01\x02\x01\xff";
        let expected = vec![Item::Integer(1), Item::Integer(2)];
        assert_eq!(read(unknown), Ok(expected));
    }

    #[test]
    fn what_is_no_listpack_is_refused() {
        let whole = b"\x0b\x00\x00\x00\x02\x00\x01\x01\x02\x01\xff";
        assert!(read(whole).is_ok());
        for (at, byte, what) in [
            (0, 0x0c, "another length in all"),
            (4, 0x01, "fewer elements"),
            (4, 0x03, "more elements"),
            (6, 0xff, "an end in the middle"),
            (6, 0xf5, "an element of no kind"),
            (7, 0x02, "another length behind the element"),
            (8, 0x8a, "text that is not there"),
            (10, 0x00, "no end"),
        ] {
            let mut damaged = *whole;
            damaged[at] = byte;
            assert_eq!(read(&damaged), Err(BadFormat), "{what}");
        }
        assert_eq!(read(b""), Err(BadFormat));
    }
}
