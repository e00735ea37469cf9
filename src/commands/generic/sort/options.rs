//! The options of SORT and SORT_RO.

use super::order::{Order, Weights};
use super::pattern::Pattern;
use super::source::Source;
use crate::commands::{Call, ReplyError, error};
use crate::num::integer;
use crate::resp::args::Args;
use crate::store::keyspace::Keyspace;

const BY_DENIED: ReplyError =
    ReplyError::Fixed("ERR BY option of SORT denied due to insufficient ACL permissions.");
const GET_DENIED: ReplyError =
    ReplyError::Fixed("ERR GET option of SORT denied due to insufficient ACL permissions.");

/// What a request may do.
#[derive(Clone, Copy)]
pub(super) struct May {
    /// Whether STORE is an option.
    pub(super) store: bool,
    /// Whether the user may read the keys that BY and GET lead to.
    pub(super) read_all_keys: bool,
}

/// A request's options.
pub(super) struct Options<'a> {
    /// Finds the value by which an element is sorted, instead of the element itself.
    pub(super) by: Option<Pattern<'a>>,
    /// Find the values that are returned; none for the elements themselves.
    pub(super) get: Vec<Pattern<'a>>,
    /// The key for the result.
    pub(super) store: Option<&'a [u8]>,
    /// The order.
    pub(super) order: Order,
}

impl<'a> Options<'a> {
    /// Parses the options of a request that `may` do some things.
    pub(super) fn parse(args: Args<'a>, may: May) -> Result<Options<'a>, ReplyError> {
        let mut options = Options {
            by: None,
            get: Vec::new(),
            store: None,
            order: Order {
                is_sorted: true,
                is_descending: false,
                is_alpha: false,
                ends_at_nul: true,
                limit: (0, -1),
            },
        };
        let mut words = args.from(2);
        while let Some(word) = words.next() {
            options.take(word, &mut words, may)?;
        }
        options.order.ends_at_nul = options.store.is_none();
        Ok(options)
    }

    fn take(
        &mut self,
        word: &[u8],
        words: &mut impl ExactSizeIterator<Item = &'a [u8]>,
        may: May,
    ) -> Result<(), ReplyError> {
        let is = |name: &[u8]| word.eq_ignore_ascii_case(name);
        if is(b"asc") {
            self.order.is_descending = false;
        } else if is(b"desc") {
            self.order.is_descending = true;
        } else if is(b"alpha") {
            self.order.is_alpha = true;
        } else if is(b"limit") && words.len() >= 2 {
            let mut number = || words.next().and_then(integer::parse);
            let limit = number().zip(number());
            self.order.limit = limit.ok_or(error::NOT_AN_INTEGER)?;
        } else if is(b"store") && may.store {
            self.store = Some(words.next().ok_or(error::SYNTAX)?);
        } else if is(b"by") {
            let pattern = Pattern::parse(words.next().ok_or(error::SYNTAX)?);
            if pattern.is_varying() && !may.read_all_keys {
                return Err(BY_DENIED);
            }
            // As in Redis, a later BY with `*` does not undo one without.
            self.order.is_sorted &= pattern.is_varying();
            self.by = Some(pattern);
        } else if is(b"get") {
            let pattern = Pattern::parse(words.next().ok_or(error::SYNTAX)?);
            if !may.read_all_keys {
                return Err(GET_DENIED);
            }
            self.get.push(pattern);
        } else {
            return Err(error::SYNTAX);
        }
        Ok(())
    }

    /// Adapts the options to `source`: STORE sorts the elements of a set as texts, because a replay
    /// would not repeat the set's own order.
    pub(super) fn adapt(&mut self, source: &Source) {
        if self.store.is_some() && !self.order.is_sorted && source.is_unordered() {
            self.order.is_sorted = true;
            self.order.is_alpha = true;
            self.by = None;
        }
    }

    /// Returns what BY finds for each element, if elements are not compared themselves.
    pub(super) fn weights(
        &self,
        call: &mut Call,
        keyspace: &Keyspace,
        source: &Source,
    ) -> Option<Weights> {
        let by = self.by.filter(|_| self.order.is_sorted)?;
        Some(by.find_all(call, keyspace, source.iter()))
    }

    /// Whether GET leads to keys.
    pub(super) fn gets_keys(&self) -> bool {
        self.get.iter().any(Pattern::is_varying)
    }

    /// Whether the result depends on more than the value that is sorted.
    pub(super) fn uses_keys(&self) -> bool {
        self.gets_keys() || (self.order.is_sorted && self.by.is_some())
    }
}
