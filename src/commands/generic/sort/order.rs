//! Puts the elements of a value in order. Needs no data, so that it can run without the lock.

use std::cmp::Ordering;
use std::ops::Range;

use super::source::Source;
use crate::commands::ReplyError;
use crate::num::double;
use crate::store::blob::Blob;
use crate::store::types::set::Member;

const NOT_A_NUMBER: ReplyError =
    ReplyError::Fixed("ERR One or more scores can't be converted into double");

/// The order of the result, and the part of it that is wanted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Order {
    /// Whether to sort. A BY without `*` asks for the value's own order.
    pub(super) is_sorted: bool,
    pub(super) is_descending: bool,
    /// Whether to compare texts, not numbers.
    pub(super) is_alpha: bool,
    /// Whether a NUL ends the texts that are compared, as for C's `strcoll`.
    pub(super) ends_at_nul: bool,
    /// How many elements to pass over, and how many to return. Negative numbers stand for none and
    /// for all.
    pub(super) limit: (i64, i64),
}

/// An element in the result.
#[derive(Clone, Copy)]
pub(super) struct Sorted<'a> {
    /// The position of the values that GET has found for it.
    pub(super) index: usize,
    pub(super) element: Member<'a>,
}

/// The values by which elements are sorted in place of themselves, as BY has found them.
pub(super) type Weights = Vec<Option<Blob>>;

impl Order {
    /// Returns the wanted positions among `length` elements.
    pub(super) fn range(&self, length: usize) -> Range<usize> {
        let (skipped, count) = self.limit;
        let start = usize::try_from(skipped).unwrap_or(0).min(length);
        let count = usize::try_from(count).unwrap_or(length);
        start..start.saturating_add(count).min(length)
    }

    /// Returns the wanted elements in order. The index of each is its position in `source`, or in
    /// the result if nothing is sorted.
    pub(super) fn arrange<'a>(
        &self,
        source: &'a Source,
        weights: Option<&Weights>,
    ) -> Result<Vec<Sorted<'a>>, ReplyError> {
        if !self.is_sorted {
            let range = self.range(source.len());
            let elements = source.range(range, self.is_descending).enumerate();
            let wanted = elements.map(|(index, element)| Sorted { index, element });
            return Ok(wanted.collect());
        }
        let elements: Vec<Member> = source.iter().collect();
        let wanted = self.sorted(&elements, weights)?;
        let wanted = wanted.into_iter().map(|index| Sorted {
            index,
            element: elements[index],
        });
        Ok(wanted.collect())
    }

    /// Returns the indexes of the wanted elements in order.
    fn sorted(
        &self,
        elements: &[Member],
        weights: Option<&Weights>,
    ) -> Result<Vec<usize>, ReplyError> {
        let weight = |index: usize| match weights {
            Some(weights) => weights[index].as_deref(),
            None => Some(&elements[index][..]),
        };
        let indexes = 0..elements.len();
        if self.is_alpha {
            let texts = indexes.map(|index| (self.text(weight(index)), index));
            return Ok(self.sort(texts.collect(), |a, b| a.0.cmp(&b.0)));
        }
        let numbers = indexes.map(|index| Ok((number(weight(index))?, index)));
        let numbers = numbers.collect::<Result<Vec<(f64, usize)>, ReplyError>>()?;
        Ok(self.sort(numbers, |(a, x), (b, y)| {
            let order = a.partial_cmp(b).unwrap_or(Ordering::Equal);
            order.then_with(|| elements[*x].cmp(&elements[*y]))
        }))
    }

    /// Sorts weights with their indexes. Returns the wanted indexes. Equal weights stay in order.
    fn sort<T>(
        &self,
        mut all: Vec<(T, usize)>,
        compare: impl Fn(&(T, usize), &(T, usize)) -> Ordering,
    ) -> Vec<usize> {
        let compare = |a: &(T, usize), b: &(T, usize)| {
            let order = match self.is_descending {
                true => compare(b, a),
                false => compare(a, b),
            };
            order.then(a.1.cmp(&b.1))
        };
        let range = self.range(all.len());
        let head = match range.end < all.len() {
            true => all.select_nth_unstable_by(range.end, compare).0,
            false => &mut all,
        };
        head.sort_unstable_by(compare);
        head[range].iter().map(|(_, index)| *index).collect()
    }

    /// Returns the part of a text that is compared.
    fn text<'a>(&self, text: Option<&'a [u8]>) -> Option<&'a [u8]> {
        match text {
            Some(text) if self.ends_at_nul => Some(until_nul(text)),
            text => text,
        }
    }
}

/// Parses a number as C's `strtod` does: a NUL ends the text, and spaces may precede the number. No
/// text at all is 0, as is a value that BY has not found.
fn number(text: Option<&[u8]>) -> Result<f64, ReplyError> {
    let text = until_nul(text.unwrap_or_default());
    if text.is_empty() {
        return Ok(0.0);
    }
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t'..=b'\r');
    let spaces = text.iter().take_while(|byte| is_space(byte)).count();
    double::parse(&text[spaces..]).ok_or(NOT_A_NUMBER)
}

/// Returns the text up to the first NUL.
pub(super) fn until_nul(text: &[u8]) -> &[u8] {
    text.split(|byte| *byte == 0).next().unwrap_or_default()
}
