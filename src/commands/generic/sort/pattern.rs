//! The patterns of BY and GET: they lead from an element to a value.

use super::order::until_nul;
use crate::commands::Call;
use crate::store::blob::Blob;
use crate::store::key::Probe;
use crate::store::keyspace::Keyspace;
use crate::store::types::Value;
use crate::store::types::set::Member;

/// So many keys are brought into the processor's cache before they are looked up: the lock is held
/// meanwhile.
const KEYS_AT_ONCE: usize = 64;

/// A pattern of BY or GET.
#[derive(Clone, Copy, Debug)]
pub(super) enum Pattern<'a> {
    /// `#`: the element itself.
    Element,
    /// A text without `*`, which leads nowhere.
    Constant,
    /// A key whose name contains the element, in place of the first `*`.
    Key {
        /// The text before the element.
        before: &'a [u8],
        /// The text behind it.
        after: &'a [u8],
        /// The field behind `->`, if the key is a hash. Otherwise it is a string.
        field: Option<&'a [u8]>,
    },
}

impl<'a> Pattern<'a> {
    /// Parses a pattern. Redis searches it as a C string, which ends at a NUL.
    pub(super) fn parse(text: &'a [u8]) -> Pattern<'a> {
        let searched = until_nul(text);
        if searched == b"#" {
            return Pattern::Element;
        }
        let Some(star) = searched.iter().position(|byte| *byte == b'*') else {
            return Pattern::Constant;
        };
        let rest = star + 1;
        let arrow = searched[rest..].windows(2).position(|it| it == b"->");
        let arrow = arrow
            .map(|at| rest + at)
            .filter(|at| at + 2 < searched.len());
        Pattern::Key {
            before: &text[..star],
            after: &text[rest..arrow.unwrap_or(text.len())],
            field: arrow.map(|at| &text[at + 2..]),
        }
    }

    /// Whether it leads to another key for each element.
    pub(super) fn is_varying(&self) -> bool {
        matches!(self, Pattern::Key { .. })
    }

    /// Returns the value that the pattern leads to for each element, if there is one. No values at
    /// all if the pattern leads to no keys.
    pub(super) fn find_all<'b>(
        self,
        call: &mut Call,
        keyspace: &Keyspace,
        elements: impl Iterator<Item = Member<'b>>,
    ) -> Vec<Option<Blob>> {
        let Pattern::Key {
            before,
            after,
            field,
        } = self
        else {
            return Vec::new();
        };
        let mut keys = elements.map(|element| [before, &element, after].concat());
        let mut found = Vec::new();
        loop {
            let keys: Vec<Vec<u8>> = keys.by_ref().take(KEYS_AT_ONCE).collect();
            let probes = keys
                .iter()
                .map(|key| (Probe::new(key), field.unwrap_or(b"")));
            keyspace.prefetch(&probes.collect::<Vec<_>>());
            found.extend(keys.iter().map(|key| value_at(call, keyspace, key, field)));
            if keys.len() < KEYS_AT_ONCE {
                return found;
            }
        }
    }
}

/// Returns the string at `key`, or the value of a hash's field.
fn value_at(
    call: &mut Call,
    keyspace: &Keyspace,
    key: &[u8],
    field: Option<&[u8]>,
) -> Option<Blob> {
    let entry = call.lookup_entry(keyspace, key)?;
    match (entry.value(), field) {
        (Value::String(value), None) => Some(value.clone()),
        (Value::Hash(hash), Some(field)) => {
            let value = hash.get(field, call.now_ms())?;
            Some(value.to_blob())
        }
        _ => None,
    }
}
