//! A set's answers to the questions of [`Facts`].

use std::hint;
use std::sync::Arc;

use super::small::View;
use super::{Body, Members, Repr, Set};
use crate::store::blob::{Blob, BlobRef};
use crate::store::key::Probe;
use crate::store::types::facts::{
    BIG_ELEMENTS, Element, Facts, PIECE_BYTES, QUICK_BYTES, QUICK_ELEMENTS, blob_bytes, table_bytes,
};

impl Facts for Set {
    fn type_name(&self) -> &'static str {
        "set"
    }

    fn encoding(&self) -> &'static str {
        match self.members() {
            Members::Small(View::Integers(_)) => "intset",
            Members::Small(View::Texts(_)) | Members::Map(_) => "hashtable",
        }
    }

    fn visit(&self, visit: &mut dyn FnMut(Element<'_>)) {
        self.iter().for_each(|member| {
            visit(Element {
                name: BlobRef::from(&member),
                value: BlobRef::from(&b""[..]),
                expires_at: None,
            });
        });
    }

    fn parts(&self) -> Option<Vec<Set>> {
        let Members::Map(map) = self.members() else {
            return None;
        };
        let parts = map.parts().into_iter();
        let parts = parts.map(|part| Set(Repr::Shared(Arc::new(Body::Map(part)))));
        (map.len() >= BIG_ELEMENTS).then(|| parts.collect())
    }

    fn elements(&self) -> usize {
        self.len()
    }

    fn keeps_key(&self) -> bool {
        !self.is_empty()
    }

    fn name_count(&self) -> usize {
        self.len()
    }

    fn prefetch(&self, name: &[u8]) {
        match self.members() {
            Members::Small(view) => {
                hint::black_box(view.len());
            }
            Members::Map(map) => {
                hint::black_box(map.get_probed(&Probe::new(name)));
            }
        }
    }

    fn bytes(&self, samples: usize) -> usize {
        let own_bytes = PIECE_BYTES + self.heap_bytes();
        let Members::Map(map) = self.members() else {
            return own_bytes;
        };
        let sampled = map.iter().take(samples);
        let bytes: usize = sampled
            .map(|(member, ())| blob_bytes(member) + table_bytes::<Blob, ()>())
            .sum();
        own_bytes + bytes / map.len().min(samples).max(1) * map.len()
    }

    fn is_slow_to_free(&self) -> bool {
        match self.members() {
            Members::Small(_) => self.heap_bytes() > QUICK_BYTES,
            Members::Map(map) => map.len() > QUICK_ELEMENTS,
        }
    }
}
