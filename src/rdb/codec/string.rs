//! Strings.

use std::borrow::Cow;
use std::sync::Arc;

use super::version::REDIS_7_0;
use crate::rdb::error::BadFormat;
use crate::rdb::reader::Reader;
use crate::rdb::writer::Writer;
use crate::store::blob::Blob;

/// The type byte.
pub(super) const KIND: u8 = 0;

/// Writes type and string, byte for byte as Redis 7.0. Returns the version of the format.
pub(super) fn write(writer: &mut Writer, value: &Blob) -> u16 {
    writer.bytes(&[KIND]);
    writer.string(value);
    REDIS_7_0
}

/// Reads what follows the type.
pub(super) fn read(reader: &mut Reader<'_>) -> Result<Blob, BadFormat> {
    Ok(match reader.string()? {
        Cow::Borrowed(bytes) => Blob::from(bytes),
        Cow::Owned(bytes) => Blob::from(Arc::new(bytes)),
    })
}

#[cfg(test)]
mod tests {
    use super::super::{dump, restore};
    use super::*;
    use crate::config::Thresholds;
    use crate::store::random;
    use crate::store::types::Stored;

    fn restored(payload: &[u8]) -> Blob {
        let value = restore(payload, Thresholds::default()).unwrap();
        Blob::of(&value).unwrap().clone()
    }

    // The payloads of these two tests were taken from Redis 7.0.15.

    #[test]
    fn integers_are_dumped_as_redis_dumps_them() {
        for (value, payload) in [
            ("0", &b"\x00\xc0\x00\x0a\x00\x98@\xa7x\xf8P\x03\x08"[..]),
            ("127", b"\x00\xc0\x7f\x0a\x00\x0d\xb5\xeb1RT\xc5\x14"),
            ("128", b"\x00\xc1\x80\x00\x0a\x00\xebz\xb3\xb5\x10\xcfKe"),
            ("-128", b"\x00\xc0\x80\x0a\x00\x99f2m/\x0c[\xd9"),
            ("-129", b"\x00\xc1\x7f\xff\x0a\x00\x17`\x82(T\x80\x84\x80"),
            ("32767", b"\x00\xc1\xff\x7f\x0a\x00IZ7\xda\x17\xf4\xd5+"),
            (
                "32768",
                b"\x00\xc2\x00\x80\x00\x00\x0a\x00E\xd8.\xed\xd5\xbd\xa9\x10",
            ),
            ("-32768", b"\x00\xc1\x00\x80\x0a\x00\xb5@\x06GS\xbb\x1a\xce"),
            (
                "-32769",
                b"\x00\xc2\xff\x7f\xff\xff\x0a\x00\xae\xe3LM\x06\xc6\x856",
            ),
            (
                "2147483647",
                b"\x00\xc2\xff\xff\xff\x7f\x0a\x00,t\xe5\x9e\xe0.\xad\xa1",
            ),
            (
                "2147483648",
                b"\x00\x0a2147483648\x0a\x00\xe7\xb1)\xa3L\x1dv\xee",
            ),
            (
                "-2147483648",
                b"\x00\xc2\x00\x00\x00\x80\x0a\x00\xc7O\x87>3U\x81\x87",
            ),
            (
                "-2147483649",
                b"\x00\x0b-2147483649\x0a\x00\xc2a7y\x08\xf2\x02\x8c",
            ),
            (
                "9223372036854775807",
                b"\x00\x139223372036854775807\x0a\x00:e~\x94\x81\xe8_\"",
            ),
        ] {
            let blob = Blob::from(value.as_bytes());
            assert_eq!(
                dump(&blob.into(), 0, Thresholds::default()),
                payload,
                "{value}"
            );
            assert_eq!(&restored(payload)[..], value.as_bytes());
        }
    }

    #[test]
    fn strings_are_dumped_as_redis_dumps_them() {
        let fox = "The quick brown fox jumps over the lazy dog, \
                   the lazy dog over the quick brown fox.";
        for (value, payload) in [
            ("", &b"\x00\x00\x0a\x00]\x9b\\@\x0f\x7f\xa2\xda"[..]),
            ("-0", b"\x00\x02-0\x0a\x00\xd5A\x1f\xd9\xd6\xd0P\xcc"),
            ("01", b"\x00\x0201\x0a\x00l\xdd\xc4A\x14L}\xa4"),
            ("hello", b"\x00\x05hello\x0a\x00cr\xdfve4 \x0a"),
            (
                "abcdefghijklmnopqrstuvwxyz",
                b"\x00\x1aabcdefghijklmnopqrstuvwxyz\x0a\x00\x9e\x1b?4\xab\xfc_y",
            ),
            (
                &"a".repeat(20),
                b"\x00\x14aaaaaaaaaaaaaaaaaaaa\x0a\x00\x83\xb4k^\x1b\x11\xac\xf1",
            ),
            (
                &"a".repeat(21),
                b"\x00\xc3\x06\x15\x01aa\xe0\x0a\x00\x0a\x00\xfd\x0c\xb3h\x07A?h",
            ),
            (
                &"a".repeat(300),
                b"\x00\xc3\x0cA,\x01aa\xe0\xff\x00\xe0\x17\x00\x01aa\x0a\x00K\x1b\xc2bRF\xe7\x13",
            ),
            (
                fox,
                b"\x00\xc39@S\x1fThe quick brown fox jumps over t \x1e\x08lazy dog,\
                  \xe0\x04\x0d\xe0\x01\x1f\xe0\x05>\x01x.\x0a\x00/ug6>\xe0\x06.",
            ),
        ] {
            let blob = Blob::from(value.as_bytes());
            assert_eq!(
                dump(&blob.into(), 0, Thresholds::default()),
                payload,
                "{value}"
            );
            assert_eq!(&restored(payload)[..], value.as_bytes());
        }
    }

    #[test]
    fn any_string_is_restored_as_it_was_dumped() {
        for round in 0..300 {
            // Few different bytes, digits among them, so that all encodings come up.
            let different = 1 + random::below(20);
            let length = random::below(1 + 7 * round);
            let text = (0..length).map(|_| b'0' + random::below(different) as u8);
            let blob = Blob::from(text.collect::<Vec<u8>>());
            assert_eq!(
                restored(&dump(&blob.clone().into(), 0, Thresholds::default())),
                blob
            );
        }
    }
}
