//! Sets, in the forms of Redis 2.6 to 7.4.

use super::version::REDIS_7_0;
use crate::rdb::error::BadFormat;
use crate::rdb::listpack;
use crate::rdb::reader::Reader;
use crate::rdb::writer::Writer;
use crate::store::blob::BlobRef;
use crate::store::types::set::{Integers, Set};

const TABLE: u8 = 2;
const INTSET: u8 = 11;
const LISTPACK: u8 = 20;

/// The type bytes.
pub(super) const KINDS: [u8; 3] = [TABLE, INTSET, LISTPACK];

/// Writes type and set. Returns the version of the format.
pub(super) fn write(writer: &mut Writer, set: &Set) -> u16 {
    match set.integers() {
        Some(integers) => write_intset(writer, integers),
        None => write_table(writer, set),
    }
    REDIS_7_0
}

fn write_table(writer: &mut Writer, set: &Set) {
    writer.bytes(&[TABLE]);
    writer.length(set.len() as u64);
    set.iter().for_each(|member| writer.string(&member));
}

/// An intset is a string: the width and the number of its integers, and these.
fn write_intset(writer: &mut Writer, integers: Integers) {
    let (width, count) = (integers.width() as u32, integers.len() as u32);
    let header = [width.to_le_bytes(), count.to_le_bytes()];
    let intset = [header.as_flattened(), integers.content()].concat();
    writer.bytes(&[INTSET]);
    writer.string(&intset);
}

/// Reads a set of this type. At most `most_integers` integers are an intset.
pub(super) fn read(
    kind: u8,
    reader: &mut Reader<'_>,
    most_integers: usize,
) -> Result<Set, BadFormat> {
    match kind {
        INTSET => read_intset(&reader.string()?, most_integers),
        LISTPACK => {
            let listpack = reader.string()?;
            let items = listpack::items(&listpack)?;
            collect(items.map(|item| Ok(item?.into_bytes())), most_integers)
        }
        _ => {
            let count = reader.length()?;
            collect((0..count).map(|_| reader.string()), most_integers)
        }
    }
}

fn read_intset(intset: &[u8], most_integers: usize) -> Result<Set, BadFormat> {
    let mut reader = Reader::new(intset);
    let width = u32::from_le_bytes(reader.array()?) as usize;
    let count = u32::from_le_bytes(reader.array()?) as usize;
    let content = reader.rest();
    if count.checked_mul(width) != Some(content.len()) {
        return Err(BadFormat);
    }
    Set::of_intset(width, content, most_integers).ok_or(BadFormat)
}

/// Collects members. A member that comes twice is refused at once, as in a hash.
fn collect<T: AsRef<[u8]>>(
    members: impl Iterator<Item = Result<T, BadFormat>>,
    most_integers: usize,
) -> Result<Set, BadFormat> {
    let mut set = Set::default();
    for member in members {
        if !set.insert(BlobRef::from(member?.as_ref()), most_integers) {
            return Err(BadFormat);
        }
    }
    match set.is_empty() {
        true => Err(BadFormat),
        false => Ok(set),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::sealed;
    use super::super::{dump, restore};
    use crate::config::Thresholds;
    use crate::store::blob::BlobRef;
    use crate::store::types::Value;
    use crate::store::types::set::Set;

    fn set(members: &[&str]) -> Set {
        let mut set = Set::default();
        for member in members {
            set.insert(BlobRef::from(member.as_bytes()), 512);
        }
        set
    }

    /// Restores a set. Returns its encoding and its members, sorted.
    fn restored(payload: &[u8], intset_entries: usize) -> (&'static str, Vec<String>) {
        let thresholds = Thresholds {
            intset_entries,
            ..Thresholds::default()
        };
        let value = restore(payload, thresholds).unwrap();
        let mut members = Vec::new();
        value.visit(&mut |it| members.push(String::from_utf8(it.name.to_vec()).unwrap()));
        members.sort();
        (value.encoding(), members)
    }

    /// The payloads were taken from Redis 7.0.15.
    #[test]
    fn sets_are_dumped_as_redis_dumps_them() {
        let narrowed = {
            let mut set = set(&["70000", "1"]);
            set.remove(b"70000");
            set
        };
        let cases: [(Set, &[u8]); 5] = [
            (
                set(&["2", "3", "1"]),
                b"\x0b\x0e\x02\x00\x00\x00\x03\x00\x00\x00\x01\x00\x02\x00\x03\x00\
                  \x0a\x00\xa5\x02\x5c\xe2mnM\x1b",
            ),
            (
                set(&["1", "-70000", "32767"]),
                b"\x0b\x14\x04\x00\x00\x00\x03\x00\x00\x00\x90\xee\xfe\xff\x01\x00\x00\x00\
                  \xff\x7f\x00\x00\x0a\x00\x0a\xb88_\xc9\xc2 \x02",
            ),
            (
                set(&["9223372036854775807", "-9223372036854775808", "0"]),
                b"\x0b\xc3\x16 \x04\x08\x00\x00\x00\x03 \x03\xa0\x00\x00\x80\xa0\x07\x01\x00\
                  \xff`\x00\x01\xff\x7f\x0a\x00Z\xd4{7=\x83,\x0a",
            ),
            (
                narrowed,
                b"\x0b\x0c\x04\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\
                  \x0a\x00\xcaY\xbf\x87v-&5",
            ),
            (
                set(&["abc"]),
                b"\x02\x01\x03abc\x0a\x00\xa3\xcb\xecL\x8c/1\xf0",
            ),
        ];
        for (set, payload) in cases {
            let dumped = dump(&Value::from(set), 0, Thresholds::default());
            assert_eq!(
                dumped.escape_ascii().to_string(),
                payload.escape_ascii().to_string()
            );
            let again = restore(payload, Thresholds::default()).unwrap();
            assert_eq!(dump(&again, 0, Thresholds::default()), payload);
        }
    }

    #[test]
    fn a_table_of_integers_is_restored_as_an_intset_if_it_is_small() {
        let table = sealed(b"\x02\x02\xc0\x05\xc0\x04", 10);
        let members = vec!["4".to_owned(), "5".to_owned()];
        assert_eq!(restored(&table, 2), ("intset", members.clone()));
        assert_eq!(restored(&table, 1), ("hashtable", members.clone()));
        let intset = sealed(b"\x0b\x0c\x02\0\0\0\x02\0\0\0\x04\x00\x05\x00", 10);
        assert_eq!(restored(&intset, 2), ("intset", members.clone()));
        assert_eq!(restored(&intset, 1), ("hashtable", members));
    }

    #[test]
    fn a_set_that_redis_7_2_wrote_is_restored() {
        let listpack = b"\x14\x10\x10\x00\x00\x00\x03\x00\x01\x01\x81a\x02\x82bc\x03\xff";
        let members = ["1", "a", "bc"].map(str::to_owned).to_vec();
        assert_eq!(restored(&sealed(listpack, 11), 512), ("hashtable", members));
    }
}
