//! Conditions on the value of a key, which SET, MSETEX and DELEX check before they change it.

use super::xxh3;
use crate::commands::ReplyError;
use crate::commands::table::Argument;
use crate::store::blob::Blob;
use crate::store::keyspace::Keyspace;

/// A digest of another length. Redis does not look at the characters: no digest equals others.
const DIGEST_LENGTH: ReplyError =
    ReplyError::Fixed("ERR must be exactly 16 hexadecimal characters");

/// The documentation of the comparisons.
pub(super) const IFEQ: Argument = Argument::new("ifeq-value", "string").after("IFEQ");
pub(super) const IFNE: Argument = Argument::new("ifne-value", "string").after("IFNE");
pub(super) const IFDEQ: Argument = Argument::new("ifdeq-digest", "string").after("IFDEQ");
pub(super) const IFDNE: Argument = Argument::new("ifdne-digest", "string").after("IFDNE");

/// A condition on a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Condition<'a> {
    /// The key must exist (XX), or must not (NX). Its type does not matter.
    Exists(bool),
    /// The key's string must compare like this. A missing key differs from every operand.
    Compares(Comparison<'a>),
}

impl Condition<'_> {
    /// Returns whether `key` meets the condition.
    ///
    /// # Errors
    /// Those of [`Comparison::holds`], and WRONGTYPE if it is about a key of another type.
    pub(super) fn is_met(
        self,
        keyspace: &Keyspace,
        key: &[u8],
        now_ms: u64,
    ) -> Result<bool, ReplyError> {
        match self {
            Condition::Exists(wanted) => Ok(keyspace.get(key, now_ms).is_some() == wanted),
            Condition::Compares(comparison) => match keyspace.get_as::<Blob>(key, now_ms)? {
                Some(value) => comparison.holds(value),
                None => Ok(!comparison.equal),
            },
        }
    }
}

/// IFEQ, IFNE, IFDEQ or IFDNE, with its operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Comparison<'a> {
    /// Whether the digest is compared, and not the value itself.
    of_digest: bool,
    /// Whether both must be equal. Otherwise they must differ.
    equal: bool,
    operand: &'a [u8],
}

impl<'a> Comparison<'a> {
    /// Returns the comparison that `word` names, in any case, without its operand.
    pub(super) fn named(word: &[u8]) -> Option<Comparison<'a>> {
        let comparisons: [(&[u8], bool, bool); 4] = [
            (b"ifeq", false, true),
            (b"ifne", false, false),
            (b"ifdeq", true, true),
            (b"ifdne", true, false),
        ];
        let found = comparisons
            .into_iter()
            .find(|(name, ..)| name.eq_ignore_ascii_case(word));
        found.map(|(_, of_digest, equal)| Comparison {
            of_digest,
            equal,
            operand: b"",
        })
    }

    /// The same comparison with `operand`.
    pub(super) fn with(self, operand: &'a [u8]) -> Comparison<'a> {
        Comparison { operand, ..self }
    }

    /// Returns whether this names the same comparison, with any operand.
    pub(super) fn is_like(self, other: Comparison) -> bool {
        (self.of_digest, self.equal) == (other.of_digest, other.equal)
    }

    /// Returns whether `value` compares to the operand as it must.
    ///
    /// # Errors
    /// If the operand should be a digest and has not 16 characters.
    pub(super) fn holds(self, value: &[u8]) -> Result<bool, ReplyError> {
        let is_equal = if self.of_digest {
            let digest = digest(value);
            if self.operand.len() != digest.len() {
                return Err(DIGEST_LENGTH);
            }
            digest.as_bytes().eq_ignore_ascii_case(self.operand)
        } else {
            value == self.operand
        };
        Ok(is_equal == self.equal)
    }
}

/// Returns the digest of a string: 16 hexadecimal digits.
pub(super) fn digest(value: &[u8]) -> String {
    format!("{:016x}", xxh3::hash(value))
}
