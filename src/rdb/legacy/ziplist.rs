//! Ziplists, in which Redis kept small hashes up to version 6. They are only read.
//!
//! ```text
//! bytes in all (4) | where the last entry is (4) | entries (2) | entry ... | 11111111
//!
//! entry: bytes of the entry before, 1 byte or 11111110 and 4 | head | data
//!   00llllll                    text
//!   01llllll llllllll           text
//!   10------ and 4 bytes        text, its length big-endian
//!   11000000, 11010000, 11100000, 11110000, 11111110: integer of 2, 4, 8, 3, 1 bytes
//!   11110001 to 11111101        integer, 0 to 12
//! ```
//!
//! Numbers are little-endian unless noted.

use crate::rdb::error::BadFormat;
use crate::rdb::listpack::Item;
use crate::rdb::reader::Reader;

/// The count of a ziplist of as many entries or more: two bytes cannot say how many.
const UNKNOWN_COUNT: u16 = u16::MAX;

const END: u8 = 0xff;

/// The entries of a ziplist. An entry that is damaged ends them with an error.
pub(in crate::rdb) fn items(
    ziplist: &[u8],
) -> Result<impl Iterator<Item = Result<Item<'_>, BadFormat>>, BadFormat> {
    let mut entries = Entries::open(ziplist)?;
    Ok(std::iter::from_fn(move || entries.next().transpose()))
}

struct Entries<'a> {
    reader: Reader<'a>,
    expected: u16,
    count: usize,
    /// The number of bytes of the entry before.
    previous: usize,
    /// The number of bytes from the last entry to the end, by the header.
    tail: usize,
}

impl<'a> Entries<'a> {
    fn open(ziplist: &'a [u8]) -> Result<Entries<'a>, BadFormat> {
        let mut reader = Reader::new(ziplist);
        let bytes = u32::from_le_bytes(reader.array()?);
        let last = u32::from_le_bytes(reader.array()?);
        let expected = u16::from_le_bytes(reader.array()?);
        let body = reader.rest().strip_suffix(&[END]).ok_or(BadFormat)?;
        if bytes as usize != ziplist.len() {
            return Err(BadFormat);
        }
        let tail = (ziplist.len() - 1).checked_sub(last as usize);
        Ok(Entries {
            reader: Reader::new(body),
            expected,
            count: 0,
            previous: 0,
            tail: tail.ok_or(BadFormat)?,
        })
    }

    fn next(&mut self) -> Result<Option<Item<'a>>, BadFormat> {
        let before = self.reader.rest().len();
        if before == 0 {
            return self.check_header().map(|()| None);
        }
        let previous = match self.reader.byte()? {
            0xff => return Err(BadFormat),
            0xfe => u32::from_le_bytes(self.reader.array()?),
            short => u32::from(short),
        };
        if previous as usize != self.previous {
            return Err(BadFormat);
        }
        let element = read_element(&mut self.reader)?;
        self.previous = before - self.reader.rest().len();
        self.count += 1;
        Ok(Some(element))
    }

    /// Checks the header's numbers after all entries have been read.
    fn check_header(&self) -> Result<(), BadFormat> {
        let counts = self.expected == UNKNOWN_COUNT || usize::from(self.expected) == self.count;
        let ends = self.count == 0 || self.tail == self.previous;
        if counts && ends {
            Ok(())
        } else {
            Err(BadFormat)
        }
    }
}

fn read_element<'a>(reader: &mut Reader<'a>) -> Result<Item<'a>, BadFormat> {
    let head = reader.byte()?;
    let length = match head {
        0x00..=0x3f => u32::from(head),
        0x40..=0x7f => u32::from(u16::from_be_bytes([head & 0x3f, reader.byte()?])),
        0x80..=0xbf => u32::from_be_bytes(reader.array()?),
        _ => return read_integer(head, reader).map(Item::Integer),
    };
    Ok(Item::Text(reader.bytes(u64::from(length))?))
}

fn read_integer(head: u8, reader: &mut Reader<'_>) -> Result<i64, BadFormat> {
    Ok(match head {
        0xc0 => i64::from(i16::from_le_bytes(reader.array()?)),
        0xd0 => i64::from(i32::from_le_bytes(reader.array()?)),
        0xe0 => i64::from_le_bytes(reader.array()?),
        0xf0 => i64::from(reader.i24()?),
        0xf1..=0xfd => i64::from(head - 0xf1),
        0xfe => i64::from(i8::from_le_bytes(reader.array()?)),
        _ => return Err(BadFormat),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(ziplist: &[u8]) -> Result<Vec<Item<'_>>, BadFormat> {
        items(ziplist)?.collect()
    }

    /// A ziplist of entries that are given as head and data.
    fn ziplist(entries: &[&[u8]]) -> Vec<u8> {
        let mut body = Vec::new();
        let (mut last, mut previous) = (10, 0);
        for entry in entries {
            last = 10 + body.len();
            match u8::try_from(previous) {
                Ok(short @ ..254) => body.push(short),
                _ => {
                    body.push(0xfe);
                    body.extend((previous as u32).to_le_bytes());
                }
            }
            body.extend_from_slice(entry);
            previous = 10 + body.len() - last;
        }
        let mut ziplist = (body.len() as u32 + 11).to_le_bytes().to_vec();
        ziplist.extend((last as u32).to_le_bytes());
        ziplist.extend((entries.len() as u16).to_le_bytes());
        ziplist.extend(body);
        ziplist.push(END);
        ziplist
    }

    #[test]
    fn entries_of_every_kind_are_read() {
        let text = vec![b't'; 20_000];
        let entries = [
            &b"\x00"[..],
            &[b"\x3f", &text[..63]].concat(),
            &[b"\x40\x40", &text[..64]].concat(),
            &[b"\x7f\xff", &text[..16_383]].concat(),
            &[b"\x80\x00\x00\x40\x00", &text[..16_384]].concat(),
            b"\xf1",
            b"\xfd",
            b"\xfe\x80",
            b"\xc0\x00\x80",
            b"\xf0\xff\xff\x7f",
            b"\xf0\x00\x00\x80",
            b"\xd0\x00\x00\x00\x80",
            b"\xe0\x00\x00\x00\x00\x00\x00\x00\x80",
        ];
        let texts = [0, 63, 64, 16_383, 16_384].map(|n| Item::Text(&text[..n]));
        let integers = [
            0,
            12,
            -128,
            -32_768,
            8_388_607,
            -8_388_608,
            i64::from(i32::MIN),
            i64::MIN,
        ];
        let expected = texts.into_iter().chain(integers.map(Item::Integer));
        assert_eq!(read(&ziplist(&entries)), Ok(expected.collect()));
    }

    #[test]
    fn what_is_no_ziplist_is_refused() {
        let whole = ziplist(&[b"\x02ab", b"\xf3"]);
        assert!(read(&whole).is_ok());
        for (at, byte, what) in [
            (0, 0x12, "another length in all"),
            (4, 0x0a, "another last entry"),
            (4, 0xff, "a last entry behind the end"),
            (8, 0x01, "fewer entries"),
            (8, 0x03, "more entries"),
            (10, 0x01, "an entry before the first"),
            (10, 0xff, "an end in the middle"),
            (11, 0x3f, "text that is not there"),
            (14, 0x05, "another length of the entry before"),
            (15, 0xff, "an entry of no kind"),
            (16, 0x00, "no end"),
        ] {
            let mut damaged = whole.clone();
            damaged[at] = byte;
            assert_eq!(read(&damaged), Err(BadFormat), "{what}");
        }
        assert_eq!(read(b""), Err(BadFormat));
    }
}
