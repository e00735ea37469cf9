//! Sorted sets, in the forms of Redis 1.2 to 7.4.

use super::version::REDIS_7_0;
use crate::config::Small;
use crate::num::double;
use crate::rdb::error::BadFormat;
use crate::rdb::legacy::ziplist;
use crate::rdb::listpack::{self, Item};
use crate::rdb::reader::Reader;
use crate::rdb::writer::Writer;
use crate::store::blob::BlobRef;
use crate::store::types::zset::ZSet;

/// Members with scores as text, up to Redis 3.
const TEXT_TABLE: u8 = 3;
/// Members with scores of eight bytes.
const TABLE: u8 = 5;
const ZIPLIST: u8 = 12;
const LISTPACK: u8 = 17;

/// The type bytes.
pub(super) const KINDS: [u8; 4] = [TEXT_TABLE, TABLE, ZIPLIST, LISTPACK];

/// The lengths of texts that stand for a score that is no number or not finite.
const NAN: u8 = 253;
const INFINITY: u8 = 254;
const NEGATIVE_INFINITY: u8 = 255;

/// Up to this size Redis writes a score without fraction into a listpack as an integer.
const LARGEST_INTEGER: u64 = i64::MAX as u64 / 2;

/// Writes type and sorted set. Returns the version of the format.
pub(super) fn write(writer: &mut Writer, zset: &ZSet) -> u16 {
    if zset.is_packed() {
        write_listpack(writer, zset);
    } else {
        write_table(writer, zset);
    }
    REDIS_7_0
}

fn write_listpack(writer: &mut Writer, zset: &ZSet) {
    let mut listpack = listpack::Builder::new();
    for it in zset.iter() {
        listpack.push(&it.member);
        match it.score as i64 {
            integer if integer as f64 == it.score && integer.unsigned_abs() <= LARGEST_INTEGER => {
                listpack.push_integer(integer);
            }
            _ => listpack.push(double::text(it.score).as_bytes()),
        }
    }
    writer.bytes(&[LISTPACK]);
    writer.string(&listpack.finish());
}

/// Redis writes the last member first: then each is the first one when it is read.
fn write_table(writer: &mut Writer, zset: &ZSet) {
    writer.bytes(&[TABLE]);
    writer.length(zset.len() as u64);
    for it in zset.iter_back_from(usize::MAX) {
        writer.string(&it.member);
        writer.bytes(&it.score.to_le_bytes());
    }
}

/// Reads a sorted set of this type. `small` says whether it is packed.
pub(super) fn read(kind: u8, reader: &mut Reader<'_>, small: Small) -> Result<ZSet, BadFormat> {
    let members = Members {
        zset: ZSet::default(),
        small,
    };
    match kind {
        LISTPACK => members.items(listpack::items(&reader.string()?)?),
        ZIPLIST => members.items(ziplist::items(&reader.string()?)?),
        TEXT_TABLE => members.table(reader, text_score),
        _ => members.table(reader, |reader| Ok(f64::from_le_bytes(reader.array()?))),
    }
}

/// A score with the length of its text before it.
fn text_score(reader: &mut Reader<'_>) -> Result<f64, BadFormat> {
    match reader.byte()? {
        NAN => Err(BadFormat),
        INFINITY => Ok(f64::INFINITY),
        NEGATIVE_INFINITY => Ok(f64::NEG_INFINITY),
        length => parse(reader.bytes(u64::from(length))?),
    }
}

/// Parses a score that may be too small for all bits of a double, unlike a score in a command.
fn parse(text: &[u8]) -> Result<f64, BadFormat> {
    let text = str::from_utf8(text).map_err(|_| BadFormat)?;
    text.parse().map_err(|_| BadFormat)
}

/// A sorted set that is being read. A member that comes twice is refused at once: a few packed
/// bytes can repeat one member a million times.
struct Members {
    zset: ZSet,
    small: Small,
}

impl Members {
    /// Reads a count and that many members, each with a score behind it that `read_score` reads.
    fn table<'a>(
        mut self,
        reader: &mut Reader<'a>,
        read_score: impl Fn(&mut Reader<'a>) -> Result<f64, BadFormat>,
    ) -> Result<ZSet, BadFormat> {
        let count = reader.length()?;
        if count > self.small.entries as u64 {
            // Too many are never packed, so that -0 stays -0.
            self.small.entries = 0;
        }
        for _ in 0..count {
            let member = reader.string()?;
            self.add(&member, read_score(reader)?)?;
        }
        self.finish()
    }

    /// Takes members and scores in turn. As Redis does, judges the sorted set by the number of its
    /// members only.
    fn items<'a>(
        mut self,
        mut items: impl Iterator<Item = Result<Item<'a>, BadFormat>>,
    ) -> Result<ZSet, BadFormat> {
        self.small.value_bytes = usize::MAX;
        while let Some(member) = items.next() {
            let member = member?.into_bytes();
            let score = match items.next().ok_or(BadFormat)?? {
                Item::Integer(score) => score as f64,
                Item::Text(text) => parse(text)?,
            };
            self.add(&member, score)?;
        }
        self.finish()
    }

    fn add(&mut self, member: &[u8], score: f64) -> Result<(), BadFormat> {
        let member = BlobRef::from(member);
        let is_new = !score.is_nan() && self.zset.insert(member, score, self.small).is_none();
        is_new.then_some(()).ok_or(BadFormat)
    }

    fn finish(self) -> Result<ZSet, BadFormat> {
        match self.zset.is_empty() {
            true => Err(BadFormat),
            false => Ok(self.zset),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::sealed;
    use super::super::{dump, restore};
    use crate::config::{Small, Thresholds};
    use crate::store::blob::Blob;
    use crate::store::types::Value;
    use crate::store::types::zset::ZSet;

    const INF: f64 = f64::INFINITY;

    fn zset(members: &[(f64, &str)], entries: usize) -> Value {
        let members = members.iter().map(|it| (it.0, Blob::from(it.1.as_bytes())));
        let value_bytes = 64;
        ZSet::new(
            members.collect(),
            Small {
                entries,
                value_bytes,
            },
        )
        .into()
    }

    /// Restores a sorted set. Returns its encoding, and each member with its score.
    fn restored(body: &[u8]) -> Option<(&'static str, Vec<String>)> {
        let value = restore(&sealed(body, 10), Thresholds::default()).ok()?;
        let mut members = Vec::new();
        value.visit(&mut |it| {
            let (member, score) = (it.name.escape_ascii(), it.value.escape_ascii());
            members.push(format!("{member} {score}"));
        });
        Some((value.encoding(), members))
    }

    /// The payloads were taken from Redis 7.0.15.
    #[test]
    fn sorted_sets_are_dumped_as_redis_dumps_them() {
        let cases: [(Value, &[u8]); 3] = [
            (
                zset(&[(1.0, "a"), (-0.0, "b"), (3.2, "c"), (-1.5, "d")], 4),
                b"\x11\xc3*1\x1f1\x00\x00\x00\x08\x00\x81d\x02\x84-1.5\x05\x81b\x02\x00\x01\x81a\
                  \x02\x01\x01\x81c\x02\x923.2\x000\xe0\x04\x00\x022\x13\xff\x0a\x00\xe1\xf5\\h\
                  \x17M[\x93",
            ),
            (
                zset(
                    &[
                        (INF, "d"),
                        (-INF, "e"),
                        (1e17, "f"),
                        (-300.0, "g"),
                        (4.7e18, "i"),
                    ],
                    5,
                ),
                b"\x1177\x00\x00\x00\x0a\x00\x81e\x02\x84-inf\x05\x81g\x02\xde\xd4\x02\x81f\x02\
                  \xf4\x00\x00\x8a]xEc\x01\x09\x81i\x02\x874.7e+18\x08\x81d\x02\x83inf\x04\xff\
                  \x0a\x00\x0f\xd0\xea\xe6\x0f\xe3\x1b\xa5",
            ),
            (
                zset(&[(1.0, "a"), (-0.0, "b"), (3.2, "c"), (INF, "1000")], 3),
                b"\x05\x04\xc1\xe8\x03\x00\x00\x00\x00\x00\x00\xf0\x7f\x01c\x9a\x99\x99\x99\x99\
                  \x99\x09@\x01a\x00\x00\x00\x00\x00\x00\xf0?\x01b\x00\x00\x00\x00\x00\x00\x00\
                  \x80\x0a\x00\xd6\xde\xa10bo6\xf5",
            ),
        ];
        let small = Small {
            entries: 3,
            value_bytes: 64,
        };
        for (value, payload) in cases {
            let dumped = dump(&value, 0, Thresholds::default());
            assert_eq!(
                dumped.escape_ascii().to_string(),
                payload.escape_ascii().to_string()
            );
            let mut thresholds = Thresholds::default();
            if value.encoding() == "skiplist" {
                thresholds.zset = small;
            }
            let again = restore(payload, thresholds).unwrap();
            assert_eq!(dump(&again, 0, thresholds), payload);
        }
    }

    #[test]
    fn sorted_sets_that_other_versions_wrote_are_restored() {
        let ziplist = b"\x0c\x19\x19\0\0\0\x13\0\0\0\x04\0\0\x01a\x03\x012\x03\x01b\x03\x031.5\xff";
        let unsorted = b"\x11\x11\x11\0\0\0\x04\0\x81a\x02\x05\x01\x81b\x02\x01\x01\xff";
        let text = |members: &[&str]| {
            let members = members.iter().map(|it| it.to_string());
            Some(("listpack", members.collect::<Vec<_>>()))
        };
        for (body, expected) in [
            (
                &b"\x03\x03\x01a\x031.5\x01b\xfe\x01c\xff"[..],
                ["c -inf", "a 1.5", "b inf"].as_slice(),
            ),
            (ziplist, &["b 1.5", "a 2"]),
            (unsorted, &["b 1", "a 5"]),
        ] {
            assert_eq!(restored(body), text(expected));
        }
    }

    #[test]
    fn a_big_sorted_set_is_restored_as_it_was_dumped() {
        for (count, encoding) in [(128, "listpack"), (129, "skiplist"), (5000, "skiplist")] {
            let names: Vec<String> = (0..count).map(|n: u32| n.to_string()).collect();
            let members = names
                .iter()
                .zip(0..)
                .map(|(name, n)| (f64::from(n % 77) / 7.0, &name[..]));
            let value = zset(&members.collect::<Vec<_>>(), 128);
            let payload = dump(&value, 0, Thresholds::default());
            let again = restore(&payload, Thresholds::default()).unwrap();
            assert_eq!(again.encoding(), encoding);
            assert_eq!(dump(&again, 0, Thresholds::default()), payload);
        }
    }

    #[test]
    fn what_is_no_sorted_set_is_refused() {
        let nan = [&b"\x05\x01\x01a"[..], &f64::NAN.to_le_bytes()].concat();
        let twice = [&b"\x05\x02\x01a"[..], &[0; 8], b"\x01a", &[0; 8]].concat();
        for (body, what) in [
            (&nan[..], "a score that is no number"),
            (&twice, "a member twice"),
            (b"\x05\x00", "no members"),
            (b"\x05\x01\x01a\x00\x00", "a score cut short"),
            (b"\x03\x01\x01a\xfd", "the sign for NaN"),
            (b"\x03\x01\x01a\x03nan", "NaN as text"),
            (b"\x03\x01\x01a\x041.5x", "text behind a score"),
            (b"\x03\x01\x01a\x00", "a score without text"),
            (b"\x11\x07\x07\0\0\0\0\0\xff", "no members in a listpack"),
            (
                b"\x11\x0a\x0a\0\0\0\x01\0\x81a\x02\xff",
                "a member without a score",
            ),
            (
                b"\x11\x0f\x0f\0\0\0\x02\0\x81a\x02\x83nan\x04\xff",
                "NaN in a listpack",
            ),
            (
                b"\x11\x0f\x0f\0\0\0\x02\0\x81a\x02\x83abc\x04\xff",
                "a word for a score",
            ),
            (
                b"\x11\x11\x11\0\0\0\x04\0\x81a\x02\x01\x01\x81a\x02\x02\x01\xff",
                "a member twice in a listpack",
            ),
            (
                b"\x0c\x0b\x0b\0\0\0\x0a\0\0\0\0\0\xff",
                "no members in a ziplist",
            ),
        ] {
            assert_eq!(restored(body), None, "{what}");
        }
    }
}
