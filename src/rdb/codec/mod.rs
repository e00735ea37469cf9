//! Values with their types, and the payload of DUMP: around a value the version and the checksum by
//! which RESTORE knows it again.

mod hash;
mod list;
mod set;
mod string;
mod version;
mod zset;

use super::crc64::crc64;
use super::error::RestoreError;
use super::reader::Reader;
use super::writer::Writer;
use crate::config::Thresholds;
use crate::store::types::Value;

pub(super) use version::REDIS_7_4;

/// The payload of a value, without the elements that have expired at `now_ms`. At least one must
/// be left.
pub(crate) fn dump(value: &Value, now_ms: u64, thresholds: Thresholds) -> Vec<u8> {
    let mut writer = Writer::default();
    let version = match value {
        Value::String(value) => string::write(&mut writer, value),
        Value::Hash(hash) => hash::write(&mut writer, hash, now_ms),
        Value::List(list) => list::write(&mut writer, list, thresholds.list_node),
        Value::Set(set) => set::write(&mut writer, set),
        Value::ZSet(zset) => zset::write(&mut writer, zset),
    };
    seal(writer, version)
}

/// Reads a value of the type that the byte `kind` stands for, and leaves `reader` behind it.
/// `thresholds` tell which values are packed.
///
/// # Errors
/// If the bytes are no value of this type, or the type is not known.
pub(super) fn read(
    kind: u8,
    reader: &mut Reader<'_>,
    thresholds: Thresholds,
) -> Result<Value, RestoreError> {
    match kind {
        string::KIND => Ok(string::read(reader)?.into()),
        kind if hash::KINDS.contains(&kind) => {
            Ok(hash::read(kind, reader, thresholds.hash)?.into())
        }
        kind if list::KINDS.contains(&kind) => Ok(list::read(kind, reader)?.into()),
        kind if set::KINDS.contains(&kind) => {
            Ok(set::read(kind, reader, thresholds.intset_entries)?.into())
        }
        kind if zset::KINDS.contains(&kind) => {
            Ok(zset::read(kind, reader, thresholds.zset)?.into())
        }
        _ => Err(unsupported(kind)),
    }
}

fn unsupported(kind: u8) -> RestoreError {
    RestoreError::Unsupported(match kind {
        6 | 7 => "module",
        9 => "zipmap",
        15 | 19 | 21 => "stream",
        _ => return RestoreError::BadFormat,
    })
}

fn seal(mut writer: Writer, version: u16) -> Vec<u8> {
    writer.bytes(&version.to_le_bytes());
    let mut payload = writer.into_bytes();
    let checksum = crc64(0, &payload);
    payload.extend_from_slice(&checksum.to_le_bytes());
    payload
}

/// Reads the payload of a value. Bytes between the value and the footer are ignored, as Redis
/// ignores them.
///
/// # Errors
/// If the payload is damaged, newer than Redis 7.4, or of a type that is not known.
pub(crate) fn restore(payload: &[u8], thresholds: Thresholds) -> Result<Value, RestoreError> {
    let body = verify(payload).ok_or(RestoreError::VersionOrChecksum)?;
    let mut reader = Reader::new(body);
    let kind = reader.byte()?;
    read(kind, &mut reader, thresholds)
}

/// The bytes before the footer, if the footer is right.
fn verify(payload: &[u8]) -> Option<&[u8]> {
    let (checked, checksum) = payload.split_last_chunk::<8>()?;
    let (body, version) = checked.split_last_chunk::<2>()?;
    let is_right = u16::from_le_bytes(*version) <= REDIS_7_4
        && crc64(0, checked) == u64::from_le_bytes(*checksum);
    is_right.then_some(body)
}

#[cfg(test)]
mod testing {
    use super::*;

    /// The payload of these bytes, which are a type byte and a value.
    pub(super) fn sealed(body: &[u8], version: u16) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.bytes(body);
        seal(writer, version)
    }
}

#[cfg(test)]
mod tests {
    use super::testing::sealed;
    use super::*;
    use crate::config::{ListNode, Small};
    use crate::store::blob::{Blob, BlobRef};
    use crate::store::types::Moment;
    use crate::store::types::hash::Hash;
    use crate::store::types::list::{End, List};
    use crate::store::types::set::Set;
    use crate::store::types::zset::ZSet;

    fn error_of(payload: &[u8]) -> Option<RestoreError> {
        restore(payload, Thresholds::default()).err()
    }

    #[test]
    fn a_version_or_checksum_that_is_wrong_is_refused() {
        let refused = Some(RestoreError::VersionOrChecksum);
        assert_eq!(error_of(&sealed(b"\x00\x01a", 12)), None);
        assert_eq!(error_of(&sealed(b"\x00\x01a", 0)), None);
        assert_eq!(error_of(&sealed(b"\x00\x01a", 13)), refused);
        let payload = sealed(b"\x00\x05hello", 10);
        for at in 0..payload.len() {
            assert_eq!(error_of(&payload[..at]), refused, "cut at {at}");
            let mut damaged = payload.clone();
            damaged[at] ^= 0x10;
            assert_eq!(error_of(&damaged), refused, "damaged at {at}");
        }
    }

    #[test]
    fn values_of_other_types_are_named() {
        for (kind, name) in [(7, "module"), (9, "zipmap"), (21, "stream")] {
            let refused = Some(RestoreError::Unsupported(name));
            assert_eq!(error_of(&sealed(&[kind, 0], 10)), refused);
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
            (b"\x02\x00", "no members in a table"),
            (b"\x02\x02\x01a\x01a", "a member twice"),
            (b"\x0b\x08\x02\x00\x00\x00\x00\x00\x00\x00", "no integers"),
            (
                b"\x0b\x0c\x02\x00\x00\x00\x02\x00\x00\x00\x01\x00\x01\x00",
                "an integer twice",
            ),
            (
                b"\x0b\x0c\x02\x00\x00\x00\x02\x00\x00\x00\x02\x00\x01\x00",
                "integers that are not sorted",
            ),
            (
                b"\x0b\x0a\x01\x00\x00\x00\x02\x00\x00\x00\x01\x02",
                "integers of one byte",
            ),
            (
                b"\x0b\x0a\x02\x00\x00\x00\xff\xff\xff\xff\x01\x00",
                "fewer integers than counted",
            ),
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
            let error = error_of(&sealed(body, 10));
            assert_eq!(error, Some(RestoreError::BadFormat), "{what}");
        }
    }

    #[test]
    fn bytes_behind_the_value_are_ignored() {
        let restored = restore(&sealed(b"\x00\x01aXYZ", 10), Thresholds::default()).unwrap();
        assert!(matches!(restored, Value::String(value) if *value == *b"a"));
    }

    /// The bytes that a value holds.
    fn weight(value: &Value) -> usize {
        let mut bytes = 0;
        value.visit(&mut |it| bytes += it.name.len() + it.value.len());
        bytes
    }

    #[test]
    fn no_damage_brings_more_than_an_error_or_another_value() {
        let long = b"abcdefgh".repeat(8);
        let hash = |value: &dyn Fn(usize) -> Vec<u8>, at: Option<Moment>| {
            let mut hash = Hash::default();
            for n in 0..5 {
                let name = [b'a' + n as u8];
                hash.set(&name, BlobRef::from(&value(n)[..]), Small::default());
                hash.expire(&name, at);
            }
            Value::from(hash)
        };
        let set = |member: &dyn Fn(usize) -> String| {
            let mut set = Set::default();
            for n in 0..5 {
                set.insert(BlobRef::from(member(n).as_bytes()), 512);
            }
            Value::from(set)
        };
        let integer = |n: usize| (-1i64 << (12 * n)).to_string().into_bytes();
        let list = |elements: &[&[u8]], copies: usize| {
            let mut list = List::default();
            for element in (0..copies).flat_map(|_| elements) {
                list.push(End::Right, BlobRef::from(*element));
            }
            Value::from(list)
        };
        let zset = |members: &[(f64, &[u8])], entries: usize| {
            let members = members.iter().map(|it| (it.0, Blob::from(it.1)));
            let value_bytes = 64;
            Value::from(ZSet::new(
                members.collect(),
                Small {
                    entries,
                    value_bytes,
                },
            ))
        };
        let scored: [(f64, &[u8]); 4] = [(1.0, b"a"), (-300.0, b"b"), (0.1, b"c"), (4e18, &long)];
        let small_nodes = Thresholds {
            list_node: ListNode(3),
            ..Thresholds::default()
        };
        let bodies = [
            Value::from(Blob::from(&long[..])),
            Value::from(Blob::from(&b"-70000"[..])),
            hash(&|_| long.clone(), None),
            hash(&|_| b"70000".to_vec(), Moment::new(5)),
            hash(&integer, None),
            hash(&|_| b"xyz".repeat(40), None),
            set(&|n| (-1i64 << (12 * n)).to_string()),
            set(&|n| (n * n).to_string()),
            set(&|n| n.to_string().repeat(9)),
            set(&|n| n.to_string() + " member"),
            list(&[b"a", b"-300", &long, b"x"], 8),
            list(&[b"listpacks", b"of", b"two", b"elements"], 2),
            zset(&scored, 4),
            zset(&scored, 3),
        ]
        .map(|value| {
            let payload = dump(&value, 0, small_nodes);
            payload[..payload.len() - 10].to_vec()
        });
        let ziplist = b"\x0d\x1b\x1b\x00\x00\x00\x16\x00\x00\x00\x04\x00\
                        \x00\x02f1\x04\x02v1\x04\x02f2\x04\x02v2\xff";
        let listpack = b"\x14\x10\x10\x00\x00\x00\x03\x00\x01\x01\x81a\x02\x82bc\x03\xff";
        let lists = [
            &b"\x01\x02\x01a\xc0\x07"[..],
            b"\x0e\x01\x10\x10\x00\x00\x00\x0d\x00\x00\x00\x02\x00\x00\x01a\x03\xf8\xff",
            b"\x12\x01\x01\x03big",
        ];
        let zsets = [
            &b"\x03\x03\x01a\x031.5\x01b\xfe\x01c\xff"[..],
            b"\x0c\x19\x19\0\0\0\x13\0\0\0\x04\0\0\x01a\x03\x012\x03\x01b\x03\x031.5\xff",
        ];
        let others = [&ziplist[..], listpack]
            .into_iter()
            .chain(zsets)
            .chain(lists)
            .map(<[u8]>::to_vec);
        for body in bodies.into_iter().chain(others) {
            assert_eq!(error_of(&sealed(&body, 12)), None);
            for at in 0..body.len() {
                assert!(error_of(&sealed(&body[..at], 12)).is_some(), "cut at {at}");
                for byte in 0..=255 {
                    let mut damaged = body.clone();
                    damaged[at] = byte;
                    if let Ok(value) = restore(&sealed(&damaged, 12), Thresholds::default()) {
                        assert!(weight(&value) <= 88 * body.len());
                    }
                }
            }
        }
    }
}
