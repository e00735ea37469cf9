//! The values that can be sorted. A type that SORT learns gets a variant here.

use std::ops::Range;

use crate::store::types::Value;
use crate::store::types::list::List;
use crate::store::types::set::{Member, Set};
use crate::store::types::zset::ZSet;

/// A value to be sorted: a clone, so that it can be read without the lock.
pub(super) enum Source {
    List(List),
    Set(Set),
    ZSet(ZSet),
}

impl Source {
    /// Clones a value, if it can be sorted.
    pub(super) fn of(value: &Value) -> Option<Source> {
        match value {
            Value::List(list) => Some(Source::List(list.clone())),
            Value::Set(set) => Some(Source::Set(set.clone())),
            Value::ZSet(zset) => Some(Source::ZSet(zset.clone())),
            Value::String(_) | Value::Hash(_) => None,
        }
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Source::List(list) => list.len(),
            Source::Set(set) => set.len(),
            Source::ZSet(zset) => zset.len(),
        }
    }

    /// Returns all elements in the value's own order.
    pub(super) fn iter(&self) -> Box<dyn Iterator<Item = Member<'_>> + '_> {
        self.range(0..self.len(), false)
    }

    /// Returns the elements at the positions of `range`, which must exist. They count from the
    /// end if `is_backward`, unless the value has no order.
    pub(super) fn range(
        &self,
        range: Range<usize>,
        is_backward: bool,
    ) -> Box<dyn Iterator<Item = Member<'_>> + '_> {
        let (start, count) = (range.start, range.len());
        match self {
            _ if count == 0 => Box::new(std::iter::empty()),
            Source::List(list) if is_backward => {
                let elements = list.iter_back_from(list.len() - 1 - start);
                Box::new(elements.take(count).map(Member::Bytes))
            }
            Source::List(list) => Box::new(list.iter_from(start).take(count).map(Member::Bytes)),
            Source::Set(set) => Box::new(set.iter().skip(start).take(count)),
            Source::ZSet(zset) if is_backward => {
                let members = zset.iter_back_from(zset.len() - 1 - start).take(count);
                Box::new(members.map(|it| Member::Bytes(it.member)))
            }
            Source::ZSet(zset) => {
                let members = zset.iter_from(start).take(count);
                Box::new(members.map(|it| Member::Bytes(it.member)))
            }
        }
    }

    /// Whether its order can differ from one start of the server to the next.
    pub(super) fn is_unordered(&self) -> bool {
        matches!(self, Source::Set(_))
    }
}

/// No elements, as a key has that does not exist.
impl Default for Source {
    fn default() -> Source {
        Source::List(List::default())
    }
}
