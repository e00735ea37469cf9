//! A hash's answers to the questions of [`Facts`].

use std::sync::Arc;

use super::{Body, Fields, FieldsMut, Hash, Map, Repr};
use crate::store::blob::{Blob, BlobRef};
use crate::store::key::Probe;
use crate::store::types::facts::{
    BIG_ELEMENTS, Element, Facts, PIECE_BYTES, QUICK_BYTES, QUICK_ELEMENTS, blob_bytes, table_bytes,
};
use crate::store::types::timed::Timed;

impl Facts for Hash {
    fn type_name(&self) -> &'static str {
        "hash"
    }

    fn encoding(&self) -> &'static str {
        match self.is_packed() {
            true => "listpack",
            false => "hashtable",
        }
    }

    fn visit(&self, visit: &mut dyn FnMut(Element<'_>)) {
        self.all().for_each(visit);
    }

    fn parts(&self) -> Option<Vec<Hash>> {
        let Fields::Map(map) = self.fields() else {
            return None;
        };
        let parts = map.fields.parts().into_iter().map(|fields| {
            let has_times = map.has_times;
            Hash(Repr::Shared(Arc::new(Body::Map(Map { fields, has_times }))))
        });
        (map.fields.len() >= BIG_ELEMENTS).then(|| parts.collect())
    }

    fn elements(&self) -> usize {
        self.all_len()
    }

    fn keeps_key(&self) -> bool {
        self.all_len() > 0
    }

    fn name_count(&self) -> usize {
        self.all_len()
    }

    fn prefetch(&self, name: &[u8]) {
        match self.fields() {
            Fields::Packed(view) => view.prefetch(),
            Fields::Map(map) => {
                if let Some(value) = map.fields.get_probed(&Probe::new(name)) {
                    value.value().prefetch();
                }
            }
        }
    }

    fn bytes(&self, samples: usize) -> usize {
        let own_bytes = PIECE_BYTES + self.heap_bytes();
        if self.is_packed() {
            return own_bytes;
        }
        let bytes_of = |blob: BlobRef| blob_bytes(&blob.to_blob());
        let sampled = self.all().take(samples);
        let bytes: usize = sampled
            .map(|it| bytes_of(it.name) + bytes_of(it.value) + table_bytes::<Blob, Timed<Blob>>())
            .sum();
        let count = self.all_len().min(samples).max(1);
        own_bytes + bytes / count * self.all_len()
    }

    fn is_slow_to_free(&self) -> bool {
        match &self.0 {
            Repr::Small(_) => false,
            Repr::Shared(body) => match &**body {
                Body::Packed(fields) => fields.heap_bytes() > QUICK_BYTES,
                Body::Map(map) => map.fields.len() > QUICK_ELEMENTS,
            },
        }
    }

    fn has_times(&self) -> bool {
        Hash::has_times(self)
    }

    fn due_ms(&self) -> u64 {
        Hash::due_ms(self)
    }

    fn is_over(&self, now_ms: u64) -> bool {
        self.is_due(now_ms) && self.iter(now_ms).next().is_none()
    }

    fn purge<'a>(&mut self, names: impl Iterator<Item = &'a [u8]>, now_ms: u64) -> Vec<Blob> {
        let has_expired = |name: &&[u8]| self.has_expired(name, now_ms);
        let over: Vec<Blob> = names.filter(has_expired).map(Blob::from).collect();
        for name in &over {
            self.remove(name, now_ms);
        }
        over
    }

    fn sweep(&mut self, now_ms: u64, most: usize) -> Vec<Blob> {
        self.change(|fields| match fields {
            FieldsMut::Packed(fields) => fields.sweep(now_ms),
            FieldsMut::Map(map) => map.sweep(now_ms, most),
        })
    }
}
