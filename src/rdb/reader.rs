//! A cursor over serialised bytes, which reads lengths and strings.

use std::borrow::Cow;

use super::error::BadFormat;
use super::lzf;
use crate::config::limits::MAX_BULK_BYTES;
use crate::num::integer;

/// The bytes that are still to be read. After an error its position is undefined.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

/// The beginning of a length or a string.
enum Head {
    Length(u64),
    Encoding(u8),
}

impl<'a> Reader<'a> {
    /// Begins at the first of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader { rest: bytes }
    }

    /// The bytes that have not been read.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The next byte.
    pub fn byte(&mut self) -> Result<u8, BadFormat> {
        Ok(self.array::<1>()?[0])
    }

    /// The next `length` bytes.
    pub fn bytes(&mut self, length: u64) -> Result<&'a [u8], BadFormat> {
        let length = usize::try_from(length).map_err(|_| BadFormat)?;
        let (bytes, rest) = self.rest.split_at_checked(length).ok_or(BadFormat)?;
        self.rest = rest;
        Ok(bytes)
    }

    /// The next `N` bytes.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], BadFormat> {
        let (bytes, rest) = self.rest.split_first_chunk().ok_or(BadFormat)?;
        self.rest = rest;
        Ok(*bytes)
    }

    /// An integer of three bytes, little-endian.
    pub(super) fn i24(&mut self) -> Result<i32, BadFormat> {
        let [low, middle, high] = self.array()?;
        Ok(i32::from_le_bytes([0, low, middle, high]) >> 8)
    }

    /// A length or a count. It is not compared with the number of bytes that follow.
    pub fn length(&mut self) -> Result<u64, BadFormat> {
        match self.head()? {
            Head::Length(length) => Ok(length),
            Head::Encoding(_) => Err(BadFormat),
        }
    }

    /// A string in any encoding. One that is longer than any argument of a command is refused.
    pub fn string(&mut self) -> Result<Cow<'a, [u8]>, BadFormat> {
        let integer = match self.head()? {
            Head::Length(length) if length > MAX_BULK_BYTES => {
                return Err(BadFormat);
            }
            Head::Length(length) => return Ok(Cow::Borrowed(self.bytes(length)?)),
            Head::Encoding(0) => i64::from(i8::from_le_bytes(self.array()?)),
            Head::Encoding(1) => i64::from(i16::from_le_bytes(self.array()?)),
            Head::Encoding(2) => i64::from(i32::from_le_bytes(self.array()?)),
            Head::Encoding(3) => return Ok(Cow::Owned(self.packed()?)),
            Head::Encoding(_) => return Err(BadFormat),
        };
        let mut text = Vec::new();
        integer::append(&mut text, integer);
        Ok(Cow::Owned(text))
    }

    fn packed(&mut self) -> Result<Vec<u8>, BadFormat> {
        let packed_length = self.length()?;
        let length = self.length()?;
        lzf::decompress(self.bytes(packed_length)?, length)
    }

    fn head(&mut self) -> Result<Head, BadFormat> {
        let first = self.byte()?;
        let low = first & 0b0011_1111;
        Ok(match (first >> 6, low) {
            (0, _) => Head::Length(u64::from(low)),
            (1, _) => Head::Length(u64::from(u16::from_be_bytes([low, self.byte()?]))),
            (2, 0) => Head::Length(u64::from(u32::from_be_bytes(self.array()?))),
            (2, 1) => Head::Length(u64::from_be_bytes(self.array()?)),
            (3, encoding) => Head::Encoding(encoding),
            _ => return Err(BadFormat),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_every_size_are_read() {
        for (bytes, length) in [
            (&b"\x00"[..], 0),
            (b"\x3f", 63),
            (b"\x40\x40", 64),
            (b"\x7f\xff", 16383),
            (b"\x80\x00\x00\x40\x00", 16384),
            (b"\x80\xff\xff\xff\xff", 4294967295),
            (b"\x81\x00\x00\x00\x01\x00\x00\x00\x00", 4294967296),
        ] {
            assert_eq!(Reader::new(bytes).length(), Ok(length));
            let short = &bytes[..bytes.len() - 1];
            assert_eq!(Reader::new(short).length(), Err(BadFormat));
        }
    }

    #[test]
    fn what_begins_no_length_or_string_is_refused() {
        assert_eq!(
            Reader::new(b"\x82\x00\x00\x00\x00").length(),
            Err(BadFormat)
        );
        assert_eq!(Reader::new(b"\xc0\x01").length(), Err(BadFormat));
        assert_eq!(Reader::new(b"\xc4\x01\x01\x01").string(), Err(BadFormat));
    }

    #[test]
    fn a_string_longer_than_what_follows_is_refused() {
        assert_eq!(Reader::new(b"\x02a").string(), Err(BadFormat));
        let huge = b"\x81\xff\xff\xff\xff\xff\xff\xff\xffa";
        assert_eq!(Reader::new(huge).string(), Err(BadFormat));
    }

    #[test]
    fn a_packed_string_that_claims_what_its_bytes_cannot_give_is_refused() {
        let claims_half_a_gigabyte = b"\xc3\x02\x80\x20\x00\x00\x00\x00a";
        assert_eq!(Reader::new(claims_half_a_gigabyte).string(), Err(BadFormat));
    }
}
