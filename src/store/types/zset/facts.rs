//! A sorted set's answers to the questions of [`Facts`].

use super::ZSet;
use crate::num::double;
use crate::store::blob::{Blob, BlobRef};
use crate::store::types::facts::{Element, Facts, QUICK_ELEMENTS, blob_bytes};

impl Facts for ZSet {
    fn type_name(&self) -> &'static str {
        "zset"
    }

    fn encoding(&self) -> &'static str {
        match self.len() {
            0..=128 => "listpack",
            _ => "skiplist",
        }
    }

    fn visit(&self, visit: &mut dyn FnMut(Element<'_>)) {
        self.iter().for_each(|it| {
            visit(Element {
                name: it.member,
                value: BlobRef::from(double::text(it.score).as_bytes()),
                expires_at: None,
            });
        });
    }

    fn keeps_key(&self) -> bool {
        !self.is_empty()
    }

    fn name_count(&self) -> usize {
        self.len()
    }

    fn prefetch(&self, _name: &[u8]) {}

    fn bytes(&self, _samples: usize) -> usize {
        let bytes = |it: &(f64, Blob)| size_of::<f64>() + blob_bytes(&it.1);
        self.members.iter().map(bytes).sum()
    }

    fn is_slow_to_free(&self) -> bool {
        self.len() > QUICK_ELEMENTS
    }
}
