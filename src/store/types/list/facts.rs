//! A list's answers to the questions of [`Facts`].

use std::hint;

use super::{List, Repr};
use crate::store::blob::BlobRef;
use crate::store::sequence::Sequence;
use crate::store::types::facts::{BIG_ELEMENTS, Element, Facts, PIECE_BYTES};

impl Facts for List {
    fn type_name(&self) -> &'static str {
        "list"
    }

    fn encoding(&self) -> &'static str {
        "quicklist"
    }

    fn visit(&self, visit: &mut dyn FnMut(Element<'_>)) {
        self.iter().for_each(|value| {
            visit(Element {
                name: BlobRef::from(&b""[..]),
                value,
                expires_at: None,
            });
        });
    }

    fn parts(&self) -> Option<Vec<List>> {
        match &self.0 {
            Repr::Long(sequence) if sequence.len() >= BIG_ELEMENTS => {
                Some(sequence.parts().into_iter().map(List::from).collect())
            }
            _ => None,
        }
    }

    fn elements(&self) -> usize {
        self.len()
    }

    fn keeps_key(&self) -> bool {
        !self.is_empty()
    }

    /// Reads the length, which lies beside the bytes of a short list, and beside the buffers of a
    /// long one.
    fn prefetch(&self, _name: &[u8]) {
        hint::black_box(self.len());
    }

    fn bytes(&self, samples: usize) -> usize {
        match &self.0 {
            Repr::Short(chunk) => PIECE_BYTES + chunk.len(),
            Repr::Long(sequence) => {
                PIECE_BYTES + size_of::<Sequence>() + sequence.heap_bytes(samples)
            }
        }
    }

    fn is_slow_to_free(&self) -> bool {
        match &self.0 {
            Repr::Short(_) => false,
            Repr::Long(sequence) => !sequence.is_short(),
        }
    }
}
