//! Hashes, in the forms of Redis 2.6 to 7.4.

use std::num::NonZeroU64;

use super::version::{REDIS_7_0, REDIS_7_4};
use crate::config::Small;
use crate::config::limits::LAST_FIELD_EXPIRY_MS;
use crate::rdb::error::BadFormat;
use crate::rdb::legacy::ziplist;
use crate::rdb::listpack::{self, Item};
use crate::rdb::reader::Reader;
use crate::rdb::writer::Writer;
use crate::store::blob::BlobRef;
use crate::store::types::hash::{Field, Hash};
use crate::store::types::{Facts, Moment};

const TABLE: u8 = 4;
const ZIPLIST: u8 = 13;
const LISTPACK: u8 = 16;
const TIMED_TABLE: u8 = 24;
const TIMED_LISTPACK: u8 = 25;

/// The type bytes.
pub(super) const KINDS: [u8; 5] = [TABLE, ZIPLIST, LISTPACK, TIMED_TABLE, TIMED_LISTPACK];

/// Writes type and hash, without the fields that have expired at `now_ms`. Returns the version of
/// the format: only Redis 7.4 and newer can read a hash in which a field has a time.
pub(super) fn write(writer: &mut Writer, hash: &Hash, now_ms: u64) -> u16 {
    let fields: Vec<Field> = hash.iter(now_ms).collect();
    if let Some(first) = fields.iter().filter_map(|it| it.expires_at).min() {
        write_timed(writer, &fields, first);
        return REDIS_7_4;
    }
    if hash.is_packed() {
        write_listpack(writer, &fields);
    } else {
        write_table(writer, &fields);
    }
    REDIS_7_0
}

fn write_table(writer: &mut Writer, fields: &[Field]) {
    writer.bytes(&[TABLE]);
    writer.length(fields.len() as u64);
    for field in fields {
        writer.string(&field.name);
        writer.string(&field.value);
    }
}

fn write_listpack(writer: &mut Writer, fields: &[Field]) {
    let mut listpack = listpack::Builder::new();
    for field in fields {
        listpack.push(&field.name);
        listpack.push(&field.value);
    }
    writer.bytes(&[LISTPACK]);
    writer.string(&listpack.finish());
}

/// Times count from the `first` one, plus one, because 0 stands for none.
fn write_timed(writer: &mut Writer, fields: &[Field], first: Moment) {
    writer.bytes(&[TIMED_TABLE]);
    writer.bytes(&first.get().to_le_bytes());
    writer.length(fields.len() as u64);
    for field in fields {
        writer.length(field.expires_at.map_or(0, |at| at.get() - first.get() + 1));
        writer.string(&field.name);
        writer.string(&field.value);
    }
}

/// Reads a hash of this type. `small` says whether it is packed.
pub(super) fn read(kind: u8, reader: &mut Reader<'_>, small: Small) -> Result<Hash, BadFormat> {
    let fields = Fields {
        hash: Hash::default(),
        small,
    };
    match kind {
        TIMED_TABLE => {
            let first_ms = u64::from_le_bytes(reader.array()?);
            fields.table(reader, |reader| after(first_ms, reader.length()?))
        }
        TIMED_LISTPACK => {
            // When the first field expires; the fields themselves say that, too.
            reader.array::<8>()?;
            fields.items(listpack::items(&reader.string()?)?, true)
        }
        LISTPACK => fields
            .counted()
            .items(listpack::items(&reader.string()?)?, false),
        ZIPLIST => fields
            .counted()
            .items(ziplist::items(&reader.string()?)?, false),
        _ => fields.table(reader, |_| Ok(None)),
    }
}

/// The time that is `distance - 1` after the first, or none.
fn after(first_ms: u64, distance: u64) -> Result<Option<Moment>, BadFormat> {
    match distance.checked_sub(1) {
        None => Ok(None),
        Some(later) => expiry(first_ms.checked_add(later).ok_or(BadFormat)?),
    }
}

/// The time at which a field expires: never if it is 0.
fn expiry(at_ms: u64) -> Result<Option<Moment>, BadFormat> {
    if at_ms > LAST_FIELD_EXPIRY_MS {
        return Err(BadFormat);
    }
    Ok(NonZeroU64::new(at_ms))
}

fn item_expiry(item: Item) -> Result<Option<Moment>, BadFormat> {
    match item {
        Item::Text(_) => Err(BadFormat),
        Item::Integer(at) => expiry(u64::try_from(at).map_err(|_| BadFormat)?),
    }
}

/// A hash that is being read. A name that comes twice is refused at once: a few packed bytes can
/// repeat one field a million times.
struct Fields {
    hash: Hash,
    small: Small,
}

impl Fields {
    /// Judges the hash by the number of its fields only, as Redis judges a listpack that it reads.
    fn counted(mut self) -> Fields {
        self.small.value_bytes = usize::MAX;
        self
    }

    /// Reads a count and that many fields, each with a time before it that `read_expiry` reads.
    fn table<'a>(
        mut self,
        reader: &mut Reader<'a>,
        read_expiry: impl Fn(&mut Reader<'a>) -> Result<Option<Moment>, BadFormat>,
    ) -> Result<Hash, BadFormat> {
        for _ in 0..reader.length()? {
            let expires_at = read_expiry(reader)?;
            self.add(&reader.string()?, &reader.string()?, expires_at)?;
        }
        self.finish()
    }

    /// Takes names and values in turn, with a time behind each value if `is_timed`.
    fn items<'a>(
        mut self,
        mut items: impl Iterator<Item = Result<Item<'a>, BadFormat>>,
        is_timed: bool,
    ) -> Result<Hash, BadFormat> {
        while let Some(name) = items.next() {
            let name = name?.into_bytes();
            let value = items.next().ok_or(BadFormat)??.into_bytes();
            let expires_at = match is_timed {
                true => item_expiry(items.next().ok_or(BadFormat)??)?,
                false => None,
            };
            self.add(&name, &value, expires_at)?;
        }
        self.finish()
    }

    fn add(
        &mut self,
        name: &[u8],
        value: &[u8],
        expires_at: Option<Moment>,
    ) -> Result<(), BadFormat> {
        let old = self.hash.set(name, BlobRef::from(value), self.small);
        if !old.is_absent() {
            return Err(BadFormat);
        }
        if expires_at.is_some() {
            self.hash.expire(name, expires_at);
        }
        Ok(())
    }

    fn finish(self) -> Result<Hash, BadFormat> {
        match self.hash.keeps_key() {
            true => Ok(self.hash),
            false => Err(BadFormat),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::sealed;
    use super::super::{dump, restore};
    use super::*;
    use crate::config::Thresholds;
    use crate::rdb::RestoreError;
    use crate::store::random;
    use crate::store::types::Value;

    /// Name, value and time of a field; 0 stands for no time.
    type Row = (Vec<u8>, Vec<u8>, u64);

    /// The thresholds of Redis 7.0.
    const SMALL: Small = Small {
        entries: 512,
        value_bytes: 64,
    };

    fn field(name: &[u8], value: &[u8], expires_at_ms: u64) -> Row {
        (name.to_vec(), value.to_vec(), expires_at_ms)
    }

    fn hash(fields: &[Row]) -> Value {
        let mut hash = Hash::default();
        for (name, value, at) in fields {
            hash.set(name, BlobRef::from(&value[..]), SMALL);
            if *at > 0 {
                hash.expire(name, Moment::new(*at));
            }
        }
        hash.into()
    }

    fn sorted(mut fields: Vec<Row>) -> Vec<Row> {
        fields.sort();
        fields
    }

    /// The fields of a payload, sorted.
    fn restored(payload: &[u8]) -> Result<Vec<Row>, RestoreError> {
        let value = restore(payload, Thresholds::default())?;
        let mut fields = Vec::new();
        value.visit(&mut |it| {
            let at = it.expires_at.map_or(0, Moment::get);
            fields.push(field(&it.name, &it.value, at));
        });
        Ok(sorted(fields))
    }

    /// Asserts that these fields are dumped as `payload` and restored from it.
    fn assert_hash(fields: &[Row], payload: &[u8]) {
        assert_eq!(
            dump(&hash(fields), 0, Thresholds::default())
                .escape_ascii()
                .to_string(),
            payload.escape_ascii().to_string()
        );
        assert_eq!(restored(payload), Ok(sorted(fields.to_vec())));
    }

    // The payloads of the first two tests were taken from Redis 7.0.15.

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
            let fields: Vec<Row> = names.map(|name| field(&name, b"", 0)).collect();
            let payload = dump(&hash(&fields), 0, Thresholds::default());
            assert_eq!(payload[0], kind);
            assert_eq!(restored(&payload), Ok(sorted(fields)));
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
            let restored = restored(&sealed(body, version));
            assert_eq!(restored, Ok(fields.clone()), "type {}", body[0]);
        }
    }

    #[test]
    fn any_hash_is_restored_as_it_was_dumped() {
        let text = |longest: usize, different: usize| -> Vec<u8> {
            let length = random::below(longest);
            (0..length)
                .map(|_| b'0' + random::below(different) as u8)
                .collect()
        };
        for round in 0..300u64 {
            let (longest, different) = ([12, 70, 500][round as usize % 3], 1 + random::below(20));
            let fields = (0..=round).map(|n| {
                let name = [text(longest, different), n.to_be_bytes().to_vec()].concat();
                let at = if round % 2 == 0 { 0 } else { n << (n % 32) };
                (name, text(longest, different), at)
            });
            let fields: Vec<Row> = fields.collect();
            assert_eq!(
                restored(&dump(&hash(&fields), 0, Thresholds::default())),
                Ok(sorted(fields))
            );
        }
    }

    #[test]
    fn a_time_is_none_that_no_command_would_take() {
        let last_ms = LAST_FIELD_EXPIRY_MS;
        assert_eq!(expiry(0), Ok(None));
        assert_eq!(expiry(last_ms), Ok(Moment::new(last_ms)));
        assert_eq!(expiry(last_ms + 1), Err(BadFormat));
        assert_eq!(item_expiry(Item::Text(b"1")), Err(BadFormat));
        assert_eq!(item_expiry(Item::Integer(-1)), Err(BadFormat));
    }
}
