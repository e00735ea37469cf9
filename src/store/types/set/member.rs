//! `Member`: a member of a set, wherever it lies.

use std::fmt;
use std::ops::Deref;

use crate::num::integer::Text;
use crate::store::blob::{Blob, BlobRef};

/// A member of a set. It has the bytes of its text.
#[derive(Clone, Copy)]
pub enum Member<'a> {
    /// Bytes that the set holds.
    Bytes(BlobRef<'a>),
    /// An integer of an intset, which holds no text.
    Integer(Text),
}

impl Deref for Member<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Member::Bytes(bytes) => bytes,
            Member::Integer(text) => text,
        }
    }
}

impl<'b> From<&'b Member<'_>> for BlobRef<'b> {
    fn from(member: &'b Member<'_>) -> BlobRef<'b> {
        match member {
            Member::Bytes(bytes) => *bytes,
            Member::Integer(text) => BlobRef::from(&text[..]),
        }
    }
}

impl fmt::Debug for Member<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        BlobRef::from(self).fmt(f)
    }
}

impl<'a> From<&'a [u8]> for Member<'a> {
    fn from(bytes: &'a [u8]) -> Member<'a> {
        Member::Bytes(BlobRef::from(bytes))
    }
}

impl<'a> From<&'a Blob> for Member<'a> {
    fn from(blob: &'a Blob) -> Member<'a> {
        Member::Bytes(BlobRef::from(blob))
    }
}

impl From<i64> for Member<'_> {
    fn from(integer: i64) -> Self {
        Member::Integer(Text::new(integer))
    }
}
