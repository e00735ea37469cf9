//! Lists, in the forms of Redis 2.6 to 7.4.

use super::version::REDIS_7_0;
use crate::config::ListNode;
use crate::rdb::error::BadFormat;
use crate::rdb::legacy::ziplist;
use crate::rdb::listpack::{self, Item};
use crate::rdb::reader::Reader;
use crate::rdb::writer::Writer;
use crate::store::blob::BlobRef;
use crate::store::types::list::{End, List};

const LINKED: u8 = 1;
const ZIPLIST: u8 = 10;
const ZIPLISTS: u8 = 14;
const NODES: u8 = 18;

/// The type bytes.
pub(super) const KINDS: [u8; 4] = [LINKED, ZIPLIST, ZIPLISTS, NODES];

/// A node that is one element.
const PLAIN: u64 = 1;
/// A node that is a listpack.
const PACKED: u64 = 2;

/// Redis counts this many bytes beside those of an element before it knows its encoding.
const ESTIMATED_BYTES: usize = 8;

/// An element of as many bytes or more is a node by itself.
const PLAIN_FROM_BYTES: usize = 1 << 30;

/// Writes type and list, byte for byte as Redis 7.0 writes a list that was built by RPUSH. Returns
/// the version of the format.
pub(super) fn write(writer: &mut Writer, list: &List, limit: ListNode) -> u16 {
    let mut nodes = Nodes::default();
    for element in list.iter() {
        nodes.push(&element, limit);
    }
    nodes.end();
    writer.bytes(&[NODES]);
    writer.length(nodes.ended.len() as u64);
    for (kind, node) in nodes.ended {
        writer.length(kind);
        writer.string(&node);
    }
    REDIS_7_0
}

/// The nodes of a list that is being written.
#[derive(Default)]
struct Nodes {
    ended: Vec<(u64, Vec<u8>)>,
    last: Option<listpack::Builder>,
}

impl Nodes {
    fn push(&mut self, element: &[u8], limit: ListNode) {
        if element.len() >= PLAIN_FROM_BYTES {
            self.end();
            self.ended.push((PLAIN, element.to_vec()));
            return;
        }
        let fits = |last: &listpack::Builder| {
            let bytes = last.len() + element.len() + ESTIMATED_BYTES;
            limit.allows(bytes, last.count() + 1)
        };
        if !self.last.as_ref().is_some_and(fits) {
            self.end();
        }
        let last = self.last.get_or_insert_with(listpack::Builder::new);
        last.push(element);
    }

    /// Ends the last node, so that the next element begins another.
    fn end(&mut self) {
        let last = self.last.take();
        self.ended.extend(last.map(|last| (PACKED, last.finish())));
    }
}

/// Reads a list of this type.
pub(super) fn read(kind: u8, reader: &mut Reader<'_>) -> Result<List, BadFormat> {
    let mut list = List::default();
    let count = if kind == ZIPLIST { 1 } else { reader.length()? };
    for _ in 0..count {
        let is_plain = match kind {
            LINKED => true,
            NODES => match reader.length()? {
                PLAIN => true,
                PACKED => false,
                _ => return Err(BadFormat),
            },
            _ => false,
        };
        let string = reader.string()?;
        if is_plain {
            list.push(End::Right, BlobRef::from(&string[..]));
        } else if kind == NODES {
            append(&mut list, listpack::items(&string)?)?;
        } else {
            append(&mut list, ziplist::items(&string)?)?;
        }
    }
    match list.is_empty() {
        true => Err(BadFormat),
        false => Ok(list),
    }
}

fn append<'a>(
    list: &mut List,
    items: impl Iterator<Item = Result<Item<'a>, BadFormat>>,
) -> Result<(), BadFormat> {
    for item in items {
        list.push(End::Right, BlobRef::from(&item?.into_bytes()[..]));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::testing::sealed;
    use super::super::{dump, restore};
    use super::*;
    use crate::config::Thresholds;
    use crate::store::types::Stored;

    fn elements(payload: &[u8]) -> Vec<String> {
        let value = restore(payload, Thresholds::default()).unwrap();
        let list = List::of(&value).unwrap();
        let text = |element: BlobRef| String::from_utf8_lossy(&element).into_owned();
        list.iter().map(text).collect()
    }

    #[test]
    fn a_list_is_dumped_as_redis_dumps_it() {
        let mut list = List::default();
        for element in ["a", "12", "-300", "hello world"] {
            list.push(End::Right, BlobRef::from(element.as_bytes()));
        }
        // From Redis 7.0.15.
        let payload = b"\x12\x01\x02\x1c\x1c\x00\x00\x00\x04\x00\x81a\x02\x0c\x01\xde\xd4\x02\x8bhello world\x0c\xff\n\x00\xe5\xcb'\xd0f\xee\x8a\xec";
        assert_eq!(dump(&list.into(), 0, Thresholds::default()), payload);
        assert_eq!(elements(payload), ["a", "12", "-300", "hello world"]);
    }

    #[test]
    fn lists_of_older_versions_are_read() {
        let ziplist = b"\x10\x00\x00\x00\x0d\x00\x00\x00\x02\x00\x00\x01a\x03\xf8\xff";
        let node = [&[ziplist.len() as u8][..], ziplist].concat();
        for (body, expected) in [
            (b"\x01\x02\x01a\xc0\x07".to_vec(), &["a", "7"][..]),
            ([b"\x0a", &node[..]].concat(), &["a", "7"]),
            (
                [b"\x0e\x02", &node[..], &node].concat(),
                &["a", "7", "a", "7"],
            ),
            (b"\x12\x01\x01\x03big".to_vec(), &["big"]),
        ] {
            assert_eq!(elements(&sealed(&body, 10)), expected);
        }
    }

    #[test]
    fn what_is_no_list_is_refused() {
        for (body, what) in [
            (&b"\x01\x00"[..], "no elements"),
            (b"\x0e\x00", "no nodes"),
            (
                b"\x12\x01\x02\x07\x07\x00\x00\x00\x00\x00\xff",
                "an empty node",
            ),
            (b"\x12\x01\x03\x01a", "a node of no kind"),
            (b"\x12\x01\x00\x01a", "a node of no kind"),
            (
                b"\x12\x81\xff\xff\xff\xff\xff\xff\xff\xff\x01\x01a",
                "fewer nodes than counted",
            ),
            (
                b"\x01\x81\xff\xff\xff\xff\xff\xff\xff\xff\x01a",
                "fewer elements than counted",
            ),
            (b"\x12\x01\x02\x01a", "no listpack"),
        ] {
            let payload = sealed(body, 10);
            assert!(restore(&payload, Thresholds::default()).is_err(), "{what}");
        }
    }
}
