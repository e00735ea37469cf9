//! A sorted set's answers to the questions of [`Facts`].

use std::hint;

use super::{Members, Repr, ZSet};
use crate::num::double;
use crate::store::blob::{Blob, BlobRef};
use crate::store::key::Probe;
use crate::store::types::facts::{
    BIG_ELEMENTS, Element, Facts, PIECE_BYTES, QUICK_BYTES, QUICK_ELEMENTS, blob_bytes, table_bytes,
};

impl Facts for ZSet {
    fn type_name(&self) -> &'static str {
        "zset"
    }

    fn encoding(&self) -> &'static str {
        match self.is_packed() {
            true => "listpack",
            false => "skiplist",
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

    /// The parts are walked in order; nothing is found in them by name.
    fn parts(&self) -> Option<Vec<ZSet>> {
        match self.members() {
            Members::Sorted(sorted) if sorted.order.len() >= BIG_ELEMENTS => {
                Some(sorted.parts().map(|part| ZSet(Repr::from(part))).collect())
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

    fn name_count(&self) -> usize {
        self.len()
    }

    fn prefetch(&self, name: &[u8]) {
        match self.members() {
            Members::Packed(view) => {
                hint::black_box(view.len());
            }
            Members::Sorted(sorted) => {
                hint::black_box(sorted.scores.get_probed(&Probe::new(name)));
            }
        }
    }

    fn bytes(&self, samples: usize) -> usize {
        let own_bytes = PIECE_BYTES + self.heap_bytes();
        let Members::Sorted(sorted) = self.members() else {
            return own_bytes;
        };
        let (scores, order) = (&sorted.scores, &sorted.order);
        let entry_bytes =
            |member| blob_bytes(member) + size_of::<f64>() + table_bytes::<Blob, f64>();
        let sampled = scores.iter().take(samples);
        let bytes: usize = sampled.map(|(member, _)| entry_bytes(member)).sum();
        let map_bytes = bytes / scores.len().min(samples).max(1) * scores.len();
        own_bytes + map_bytes + order.heap_bytes(samples)
    }

    fn is_slow_to_free(&self) -> bool {
        match self.members() {
            Members::Packed(_) => self.heap_bytes() > QUICK_BYTES,
            Members::Sorted(sorted) => sorted.order.len() > QUICK_ELEMENTS,
        }
    }
}
