//! The payloads of DUMP: a value with its type before it, and behind it the version and
//! the checksum by which RESTORE knows it again.

pub(super) mod object;

use std::num::NonZeroU64;

use super::reader::Reader;
use super::writer::Writer;
use super::{Object, RestoreError, crc64, read_object};
use object::HashLayout;

/// The payload of a string, byte for byte that of Redis 7.0.
pub fn dump_string(value: &[u8]) -> Vec<u8> {
    let mut writer = Writer::default();
    writer.bytes(&[object::STRING]);
    writer.string(value);
    seal(writer, object::REDIS_7_0)
}

/// The payload of a hash with these names, values and times of expiry (milliseconds
/// since 1970), and with at least one field: in a listpack if it `is_small`. If a field
/// expires, only Redis 7.4 and newer can read it.
pub fn dump_hash<'a, F>(is_small: bool, fields: F) -> Vec<u8>
where
    F: ExactSizeIterator<Item = (&'a [u8], &'a [u8], Option<NonZeroU64>)> + Clone,
{
    let layout = HashLayout::of(is_small, fields.clone());
    let mut writer = Writer::default();
    writer.bytes(&[layout.kind()]);
    object::write_hash(&mut writer, layout, fields);
    seal(writer, layout.version())
}

fn seal(mut writer: Writer, version: u16) -> Vec<u8> {
    writer.bytes(&version.to_le_bytes());
    let mut payload = writer.into_bytes();
    let checksum = crc64(0, &payload);
    payload.extend_from_slice(&checksum.to_le_bytes());
    payload
}

/// Whether a payload holds a hash in a listpack or a ziplist, which Redis takes over as it is.
pub fn is_packed(payload: &[u8]) -> bool {
    matches!(
        payload.first(),
        Some(&(object::HASH_LISTPACK | object::HASH_ZIPLIST))
    )
}

/// Reads what DUMP gave. Bytes between the object and the footer are ignored, as Redis
/// ignores them.
pub fn restore(payload: &[u8]) -> Result<Object, RestoreError> {
    let body = verify(payload).ok_or(RestoreError::VersionOrChecksum)?;
    let mut reader = Reader::new(body);
    let kind = reader.byte()?;
    read_object(kind, &mut reader)
}

/// What is before the footer, if the footer is right.
fn verify(payload: &[u8]) -> Option<&[u8]> {
    let (checked, checksum) = payload.split_last_chunk::<8>()?;
    let (body, version) = checked.split_last_chunk::<2>()?;
    let is_right = u16::from_le_bytes(*version) <= object::REDIS_7_4
        && crc64(0, checked) == u64::from_le_bytes(*checksum);
    is_right.then_some(body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rdb::Field;

    /// The payload of these bytes, which are a type byte and an object.
    fn sealed(body: &[u8], version: u16) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.bytes(body);
        seal(writer, version)
    }

    fn field(name: &[u8], value: &[u8], expires_at_ms: u64) -> Field {
        Field {
            name: name.to_vec(),
            value: value.to_vec(),
            expires_at_ms: NonZeroU64::new(expires_at_ms),
        }
    }

    fn dump_fields(fields: &[Field]) -> Vec<u8> {
        let texts = fields.iter().flat_map(|it| [&it.name, &it.value]);
        let is_small = fields.len() <= 512 && texts.into_iter().all(|text| text.len() <= 64);
        let fields = fields.iter().map(|field| {
            let Field { name, value, .. } = field;
            (&name[..], &value[..], field.expires_at_ms)
        });
        dump_hash(is_small, fields)
    }

    /// Whether these fields are dumped as `payload` and restored from it.
    fn assert_hash(fields: &[Field], payload: &[u8]) {
        assert_eq!(
            dump_fields(fields).escape_ascii().to_string(),
            payload.escape_ascii().to_string()
        );
        assert_eq!(restore(payload), Ok(Object::Hash(fields.to_vec())));
    }

    // The payloads of these four tests were taken from Redis 7.0.15.

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
            assert_eq!(dump_string(value.as_bytes()), payload, "{value}");
            assert_eq!(restore(payload), Ok(Object::String(value.into())));
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
            assert_eq!(dump_string(value.as_bytes()), payload, "{value}");
            assert_eq!(restore(payload), Ok(Object::String(value.into())));
        }
    }

    #[test]
    fn small_hashes_are_dumped_as_redis_dumps_them() {
        assert_hash(
            &[field(b"a", b"1", 0)],
            b"\x10\x0c\x0c\x00\x00\x00\x02\x00\x81a\x02\x01\x01\xff\x0a\x00\x84\xa6\x93\xe8\xaa\x17\xe4\xdb",
        );
        assert_hash(
            &[
                field(b"name", &[b'n'; 63], 0),
                field(b"long", &[b'v'; 64], 0),
                field(b"", b"", 0),
            ],
            b"\x10\xc3'@\x9b\x0d\x9b\x00\x00\x00\x06\x00\x84name\x05\xbfn\xe05\x00\x09@\x84long\x05\
              \xe0@v\xe06\x00\x05B\x80\x01\x80\x01\xff\x0a\x00\xfc\x84tOE\xe8y\x9d",
        );
        let integers = [
            0,
            127,
            128,
            -1,
            4095,
            -4096,
            4096,
            -4097,
            32767,
            -32768,
            32768,
            -32769,
            8388607,
            -8388608,
            8388608,
            -8388609,
            2147483647,
            -2147483648,
            2147483648,
            -2147483649,
            i64::MAX,
            i64::MIN,
        ];
        let fields = integers.iter().zip(0..).map(|(value, name): (&i64, i32)| {
            field(name.to_string().as_bytes(), value.to_string().as_bytes(), 0)
        });
        assert_hash(
            &fields.collect::<Vec<_>>(),
            b"\x10\xc3@\x9b@\xa7\x1f\xa7\x00\x00\x00,\x00\x00\x01\x00\x01\x01\x01\x7f\x01\x02\x01\xc0\
              \x80\x02\x03\x01\xdf\xff\x02\x04\x01\xcf\xff\x02\x05\x01\xd0\x0e\x00\x02\x06\x01\xf1\
              \x00\x10\x03\x07\x01\xf1\xff\xef\x03\x08 \x05\x02\x7f\x03\x09 \x11\x10\x80\x03\x0a\x01\
              \xf2\x00\x80\x00\x04\x0b\x01\xf2\xff\x7f\xff\x04\x0c \x06\x03\xff\x7f\x04\x0d \x14\x05\
              \x00\x80\x04\x0e\x01\xf3 \x06\x04\x00\x05\x0f\x01\xf3 \x15\x02\xff\x05\x10@\x07\x03\
              \xff\x7f\x05\x11@\x17\x05\x00\x80\x05\x12\x01\xf4@\x07 \x03\x04\x00\x09\x13\x01\xf4@\
              \x1b \x03\x02\xff\x09\x14`\x0b@\x00\x02\x7f\x09\x15`#@\x00\x02\x80\x09\xff\x0a\x00. \
              \xf5\xc2C\xdb:\xf4",
        );
    }

    #[test]
    fn a_hash_with_a_long_value_is_dumped_as_redis_dumps_it() {
        assert_hash(
            &[field(b"name", &[b'v'; 65], 0)],
            b"\x04\x01\x04name\xc3\x09@A\x01vv\xe04\x00\x01vv\x0a\x00k\x8fP2\xa2\xe4\x0aW",
        );
    }

    #[test]
    fn a_hash_is_in_a_listpack_up_to_512_fields() {
        for (count, kind) in [(512, 16), (513, 4)] {
            let names = (0..count).map(|n: u32| n.to_string().into_bytes());
            let fields: Vec<Field> = names.map(|name| field(&name, b"", 0)).collect();
            let payload = dump_fields(&fields);
            assert_eq!(payload[0], kind);
            assert_eq!(restore(&payload), Ok(Object::Hash(fields)));
        }
    }

    #[test]
    fn a_hash_whose_fields_expire_is_dumped_as_redis_7_4_dumps_a_table() {
        assert_hash(
            &[
                field(b"stays", b"1", 0),
                field(b"later", b"2", 0x0102_0304_0506 + 99),
                field(b"first", b"3", 0x0102_0304_0506),
            ],
            &sealed(
                b"\x18\x06\x05\x04\x03\x02\x01\x00\x00\x03\
                  \x00\x05stays\xc0\x01\x40\x64\x05later\xc0\x02\x01\x05first\xc0\x03",
                12,
            ),
        );
    }

    #[test]
    fn hashes_that_other_versions_wrote_are_restored() {
        let fields = vec![field(b"f1", b"v1", 0), field(b"f2", b"v2", 0)];
        let expiring = vec![field(b"f1", b"v1", 5), field(b"f2", b"v2", 0)];
        for (body, version, fields) in [
            (
                // Redis 2.6 to 6.2.
                &b"\x0d\x1b\x1b\x00\x00\x00\x16\x00\x00\x00\x04\x00\
                  \x00\x02f1\x04\x02v1\x04\x02f2\x04\x02v2\xff"[..],
                9,
                &fields,
            ),
            // Redis 7.4.
            (
                b"\x18\x05\x00\x00\x00\x00\x00\x00\x00\x02\x01\x02f1\x02v1\x00\x02f2\x02v2",
                12,
                &expiring,
            ),
            (
                b"\x19\x05\x00\x00\x00\x00\x00\x00\x00\x1b\x1b\x00\x00\x00\x06\x00\
                  \x82f1\x03\x82v1\x03\x05\x01\x82f2\x03\x82v2\x03\x00\x01\xff",
                12,
                &expiring,
            ),
        ] {
            let restored = restore(&sealed(body, version));
            assert_eq!(
                restored,
                Ok(Object::Hash(fields.clone())),
                "type {}",
                body[0]
            );
        }
    }

    #[test]
    fn a_version_or_checksum_that_is_wrong_is_refused() {
        let refused = Err(RestoreError::VersionOrChecksum);
        assert!(restore(&sealed(b"\x00\x01a", 12)).is_ok());
        assert!(restore(&sealed(b"\x00\x01a", 0)).is_ok());
        assert_eq!(restore(&sealed(b"\x00\x01a", 13)), refused);
        let payload = dump_string(b"hello");
        for at in 0..payload.len() {
            assert_eq!(restore(&payload[..at]), refused, "cut at {at}");
            let mut damaged = payload.clone();
            damaged[at] ^= 0x10;
            assert_eq!(restore(&damaged), refused, "damaged at {at}");
        }
    }

    #[test]
    fn values_of_other_types_are_named() {
        for (kind, name) in [
            (1, "list"),
            (2, "set"),
            (17, "zset"),
            (7, "module"),
            (9, "zipmap"),
            (21, "stream"),
        ] {
            let refused = Err(RestoreError::Unsupported(name));
            assert_eq!(restore(&sealed(&[kind, 0], 10)), refused);
        }
    }

    #[test]
    fn what_is_no_value_is_refused() {
        for (body, what) in [
            (&b""[..], "nothing"),
            (b"\x08\x00", "a type that never was"),
            (b"\x1a\x00", "a type of later versions"),
            (b"\x00", "no string"),
            (b"\x04\x00", "no fields in a table"),
            (
                b"\x10\x07\x07\x00\x00\x00\x00\x00\xff",
                "no fields in a listpack",
            ),
            (
                b"\x16\x02\x05\x02f1\x02v1\x00\x02f2\x02v2",
                "a type of a candidate",
            ),
            (b"\x04\x02\x01a\x01b\x01a\x01c", "a field twice"),
            (b"\x04\x01\x01a", "a field without a value"),
            (
                b"\x04\x81\xff\xff\xff\xff\xff\xff\xff\xff\x01a\x01b",
                "fewer fields than counted",
            ),
            (
                b"\x18\xff\xff\xff\xff\xff\xff\xff\xff\x01\x02\x01a\x01b",
                "a time beyond 64 bits",
            ),
            (
                b"\x18\xff\xff\xff\xff\xff\xff\x00\x00\x01\x02\x01a\x01b",
                "a time beyond 48 bits",
            ),
        ] {
            let restored = restore(&sealed(body, 10));
            assert_eq!(restored, Err(RestoreError::BadFormat), "{what}");
        }
    }

    #[test]
    fn any_value_is_restored_as_it_was_dumped() {
        let mut state = 1u64;
        let mut random = move |below: u64| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 33) % below
        };
        for round in 0..300 {
            // Few different bytes, digits among them, so that all encodings come up.
            let different = 1 + random(20);
            let mut text = |longest| -> Vec<u8> {
                let length = random(longest);
                (0..length)
                    .map(|_| b'0' + random(different) as u8)
                    .collect()
            };
            let string = text(2000);
            let restored = restore(&dump_string(&string));
            assert_eq!(restored, Ok(Object::String(string)));

            let longest = [12, 70, 500][round % 3];
            let fields: Vec<Field> = (0..=round as u64)
                .map(|n| {
                    let name = [text(longest), n.to_be_bytes().to_vec()].concat();
                    let expires_at_ms = if round % 2 == 0 { 0 } else { n << (n % 32) };
                    field(&name, &text(longest), expires_at_ms)
                })
                .collect();
            let restored = restore(&dump_fields(&fields));
            assert_eq!(restored, Ok(Object::Hash(fields)));
        }
    }

    #[test]
    fn bytes_behind_the_value_are_ignored() {
        let restored = restore(&sealed(b"\x00\x01aXYZ", 10));
        assert_eq!(restored, Ok(Object::String(b"a".to_vec())));
    }

    /// How many bytes a value holds.
    fn weight(object: &Object) -> usize {
        match object {
            Object::String(value) => value.len(),
            Object::Hash(fields) => {
                let texts = fields
                    .iter()
                    .map(|field| field.name.len() + field.value.len());
                texts.sum()
            }
        }
    }

    #[test]
    fn no_damage_brings_more_than_an_error_or_another_value() {
        let long = b"abcdefgh".repeat(8);
        let fields: Vec<Field> = (0..5).map(|n| field(&[b'a' + n], &long, 0)).collect();
        let expiring: Vec<Field> = (0..3).map(|n| field(&[b'a' + n], b"70000", 5)).collect();
        let integers: Vec<Field> = (0..5)
            .map(|n| field(&[b'a' + n], (-1i64 << (12 * n)).to_string().as_bytes(), 0))
            .collect();
        let large = [field(b"a", &b"xyz".repeat(40), 0)];
        let bodies = [
            dump_string(&long),
            dump_string(b"-70000"),
            dump_fields(&fields),
            dump_fields(&expiring),
            dump_fields(&integers),
            dump_fields(&large),
        ]
        .map(|payload| payload[..payload.len() - 10].to_vec());
        let ziplist = b"\x0d\x1b\x1b\x00\x00\x00\x16\x00\x00\x00\x04\x00\
                        \x00\x02f1\x04\x02v1\x04\x02f2\x04\x02v2\xff";
        for body in bodies.into_iter().chain([ziplist.to_vec()]) {
            assert!(restore(&sealed(&body, 12)).is_ok());
            for at in 0..body.len() {
                assert!(restore(&sealed(&body[..at], 12)).is_err(), "cut at {at}");
                for byte in 0..=255 {
                    let mut damaged = body.clone();
                    damaged[at] = byte;
                    if let Ok(object) = restore(&sealed(&damaged, 12)) {
                        assert!(weight(&object) <= 88 * body.len());
                    }
                }
            }
        }
    }
}
