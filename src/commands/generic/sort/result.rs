//! The result of SORT: for each element one value, or one for each GET.

use super::pattern::Pattern;
use crate::commands::{Call, Commands, Effect, push_blob};
use crate::resp::reply::Reply;
use crate::store::blob::{Blob, BlobRef};
use crate::store::keyspace::Keyspace;
use crate::store::types::list::{End, List};
use crate::store::types::set::Member;

/// What GET has found for each element, in the order of the options.
pub(super) struct Columns(Vec<Column>);

enum Column {
    /// The element itself.
    Element,
    /// The values that keys have. No value at all if the pattern leads to no key.
    Values(Vec<Option<Blob>>),
}

impl Columns {
    /// Looks up the keys of all `patterns` for each of the elements.
    pub(super) fn find<'a, I: Iterator<Item = Member<'a>>>(
        call: &mut Call,
        keyspace: &Keyspace,
        patterns: &[Pattern],
        elements: impl Fn() -> I,
    ) -> Columns {
        let columns = patterns.iter().map(|pattern| match pattern {
            Pattern::Element => Column::Element,
            Pattern::Constant | Pattern::Key { .. } => {
                Column::Values(pattern.find_all(call, keyspace, elements()))
            }
        });
        Columns(columns.collect())
    }

    /// Replies with the values of `rows`: elements with the positions of their values.
    pub(super) fn reply<'a>(
        &self,
        rows: impl ExactSizeIterator<Item = (usize, Member<'a>)>,
        reply: &mut Reply,
    ) {
        reply.array(rows.len() * self.0.len().max(1));
        self.for_each(rows, |value| match value {
            Some(value) => push_blob(reply.output(), value),
            None => reply.null(),
        });
    }

    /// Returns a list of the same values. A value that is not there is an empty text.
    pub(super) fn list<'a>(&self, rows: impl Iterator<Item = (usize, Member<'a>)>) -> List {
        let mut list = List::default();
        self.for_each(rows, |value| {
            list.push(End::Right, value.unwrap_or(BlobRef::Bytes(b"")));
        });
        list
    }

    fn for_each<'a>(
        &self,
        rows: impl Iterator<Item = (usize, Member<'a>)>,
        mut take: impl FnMut(Option<BlobRef>),
    ) {
        for (index, element) in rows {
            if self.0.is_empty() {
                take(Some(BlobRef::from(&element)));
            }
            for column in &self.0 {
                take(match column {
                    Column::Element => Some(BlobRef::from(&element)),
                    Column::Values(values) => {
                        let value = values.get(index).and_then(Option::as_ref);
                        value.map(BlobRef::from)
                    }
                });
            }
        }
    }
}

/// Returns the effect of a result that other keys have gone into: a replay may find other values
/// there, because it knows no time. The commands make the list anew.
pub(super) fn record(key: &[u8], list: &List, has_old: bool) -> Effect {
    let mut commands = Commands::default();
    if has_old {
        commands.push(&[b"DEL", key]);
    }
    commands.push_elements(&[b"RPUSH", key], list.iter());
    Effect::Instead(commands)
}
