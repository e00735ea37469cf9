//! Zipmaps, in which Redis kept small hashes up to version 2.4. They are only read.
//!
//! ```text
//! fields (1) | length, name, length, free (1), value, free bytes | ... | 11111111
//! ```
//!
//! A length is one byte, or 254 and four, little-endian. 254 fields are as many or more.

use crate::rdb::BadFormat;
use crate::rdb::fields::Element;
use crate::rdb::reader::Reader;

/// Begins a length that one byte cannot hold, and stands for any number of fields.
const BIG: u8 = 254;

const END: u8 = 0xff;

/// Names and values in turn. A length that is damaged ends them with an error.
pub(in crate::rdb) fn elements(
    zipmap: &[u8],
) -> Result<impl Iterator<Item = Result<Element<'_>, BadFormat>>, BadFormat> {
    let (&expected, body) = zipmap.split_first().ok_or(BadFormat)?;
    let body = body.strip_suffix(&[END]).ok_or(BadFormat)?;
    let mut entries = Entries {
        reader: Reader::new(body),
        expected,
        count: 0,
        name_was_read: false,
    };
    Ok(std::iter::from_fn(move || entries.next().transpose()))
}

struct Entries<'a> {
    reader: Reader<'a>,
    expected: u8,
    count: usize,
    name_was_read: bool,
}

impl<'a> Entries<'a> {
    fn next(&mut self) -> Result<Option<Element<'a>>, BadFormat> {
        if self.name_was_read {
            self.name_was_read = false;
            return self.value().map(Some);
        }
        if self.reader.rest().is_empty() {
            let is_right = self.expected == BIG || usize::from(self.expected) == self.count;
            return if is_right { Ok(None) } else { Err(BadFormat) };
        }
        self.count += 1;
        self.name_was_read = true;
        let length = self.length()?;
        Ok(Some(Element::Text(self.reader.bytes(length)?)))
    }

    fn value(&mut self) -> Result<Element<'a>, BadFormat> {
        let length = self.length()?;
        let free = self.reader.byte()?;
        let value = self.reader.bytes(length)?;
        self.reader.bytes(u64::from(free))?;
        Ok(Element::Text(value))
    }

    fn length(&mut self) -> Result<u64, BadFormat> {
        match self.reader.byte()? {
            END => Err(BadFormat),
            BIG => {
                let length = u32::from_le_bytes(self.reader.array()?);
                if length < u32::from(BIG) {
                    return Err(BadFormat);
                }
                Ok(u64::from(length))
            }
            short => Ok(u64::from(short)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(zipmap: &[u8]) -> Result<Vec<Element<'_>>, BadFormat> {
        elements(zipmap)?.collect()
    }

    #[test]
    fn names_and_values_come_in_turn_and_free_bytes_are_skipped() {
        let zipmap = b"\x02\x03foo\x02\x01hi!\x05hello\x05\x00world\xff";
        let expected: [&[u8]; 4] = [b"foo", b"hi", b"hello", b"world"];
        assert_eq!(read(zipmap), Ok(expected.map(Element::Text).into()));
    }

    #[test]
    fn long_texts_and_many_fields_are_read() {
        let text = vec![b't'; 300];
        let zipmap = [
            b"\xfe\xfe\x2c\x01\x00\x00",
            &text[..],
            b"\xfe\x2c\x01\x00\x00\x00",
            &text,
            b"\xff",
        ]
        .concat();
        let expected = vec![Element::Text(&text), Element::Text(&text)];
        assert_eq!(read(&zipmap), Ok(expected));
    }

    #[test]
    fn what_is_no_zipmap_is_refused() {
        for (zipmap, what) in [
            (&b""[..], "nothing"),
            (b"\x00", "no end"),
            (b"\x02\x01a\x01\x00b\xff", "fewer fields"),
            (b"\x00\x01a\x01\x00b\xff", "more fields"),
            (b"\x01\x01a\xff", "a name without a value"),
            (b"\x01\x09a\x01\x00b\xff", "a name that is not there"),
            (b"\x01\x01a\x02\x00b\xff", "a value that is not there"),
            (b"\x01\x01a\x01\x01b\xff", "a free byte that is not there"),
            (
                b"\x01\xfe\x01\x00\x00\x00a\x01\x00b\xff",
                "a length too long",
            ),
        ] {
            assert_eq!(read(zipmap), Err(BadFormat), "{what}");
        }
    }
}
