//! Strings: a string's value is its blob.

use super::facts::{Element, Facts, QUICK_BYTES, blob_bytes};
use crate::num::integer;
use crate::store::blob::{Blob, BlobRef, Form};

/// The longest string that Redis keeps in one piece with its head.
const EMBSTR_BYTES: usize = 44;
/// The longest string that Redis tries to turn into an integer.
const INT_BYTES: usize = 20;
/// Redis has one object for each integer below this, shared by all its holders.
const SHARED_INTEGERS: i64 = 10_000;
/// The reference count of such an object.
const SHARED_REFERENCES: i64 = i32::MAX as i64;

impl Facts for Blob {
    fn type_name(&self) -> &'static str {
        "string"
    }

    fn encoding(&self) -> &'static str {
        match self.form() {
            _ if as_integer(self).is_some() => "int",
            Form::Raw => "raw",
            _ if self.len() <= EMBSTR_BYTES => "embstr",
            _ => "raw",
        }
    }

    fn references(&self) -> i64 {
        match as_integer(self) {
            Some(0..SHARED_INTEGERS) if self.form() == Form::Plain => SHARED_REFERENCES,
            _ => 1,
        }
    }

    /// The same bytes. An integer in them is not shared with the first key.
    fn copied(&self) -> Blob {
        let copy = self.clone();
        match copy.form() {
            Form::Plain => copy.with_form(Form::Copy),
            _ => copy,
        }
    }

    fn visit(&self, visit: &mut dyn FnMut(Element<'_>)) {
        visit(Element {
            name: BlobRef::from(&b""[..]),
            value: BlobRef::from(self),
            expires_at: None,
        });
    }

    fn elements(&self) -> usize {
        self.len()
    }

    fn keeps_key(&self) -> bool {
        true
    }

    fn prefetch(&self, _name: &[u8]) {
        Blob::prefetch(self);
    }

    fn bytes(&self, _samples: usize) -> usize {
        blob_bytes(self)
    }

    fn is_slow_to_free(&self) -> bool {
        self.heap_bytes() > QUICK_BYTES
    }
}

/// The integer that Redis would keep instead of the bytes.
fn as_integer(blob: &Blob) -> Option<i64> {
    let may_be_one = matches!(blob.form(), Form::Plain | Form::Copy) && blob.len() <= INT_BYTES;
    may_be_one.then(|| integer::parse(blob)).flatten()
}
