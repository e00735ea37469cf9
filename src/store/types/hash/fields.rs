//! The fields of a small hash, packed: for each field its name, its value and, if a field has ever
//! had a time, its time. A time has eight bytes. If the field has no time, that element is empty.

use std::hint;
use std::mem;

use crate::store::blob::{Blob, BlobRef};
use crate::store::map::NEVER;
use crate::store::packed::{self, Draft, Elements, Packed};
use crate::store::types::Moment;
use crate::store::types::facts::Element as Field;

/// The fields, to be changed.
#[derive(Clone, Debug)]
pub(super) struct PackedFields {
    elements: Packed,
    /// Whether a field has a time, or has had one. If so, each field has three elements, and two
    /// otherwise.
    has_times: bool,
    /// No field expires before this time.
    due_ms: u64,
}

/// The fields, to be read.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    elements: Elements<'a>,
    pub(super) has_times: bool,
    pub(super) due_ms: u64,
}

/// The number of elements of a field.
fn stride(has_times: bool) -> usize {
    if has_times { 3 } else { 2 }
}

fn time(element: Option<&[u8]>) -> Option<Moment> {
    let bytes = element?.try_into().ok()?;
    Moment::new(u64::from_le_bytes(bytes))
}

impl<'a> View<'a> {
    /// Fields of which none has ever had a time.
    pub(super) fn without_times(elements: Elements<'a>) -> View<'a> {
        View {
            elements,
            has_times: false,
            due_ms: NEVER,
        }
    }

    /// The number of fields.
    pub(super) fn len(self) -> usize {
        self.elements.len() / stride(self.has_times)
    }

    /// All fields in order.
    pub(super) fn iter(self) -> impl Iterator<Item = Field<'a>> + Clone {
        Fields {
            elements: self.elements.iter(),
            has_times: self.has_times,
        }
    }

    /// The field with this index.
    pub(super) fn nth(self, index: usize) -> Option<Field<'a>> {
        let place = self.elements.place(index * stride(self.has_times));
        self.iter_from(place).next()
    }

    /// The field of this name.
    pub(super) fn get(self, name: &[u8]) -> Option<Field<'a>> {
        let place = self.elements.find(name, stride(self.has_times))?;
        self.iter_from(place).next()
    }

    /// Reads the first byte, so that the elements come into the processor's cache.
    pub(super) fn prefetch(self) {
        hint::black_box(self.elements.len());
    }

    fn iter_from(self, place: packed::Place) -> Fields<'a> {
        Fields {
            elements: self.elements.iter_from(place),
            has_times: self.has_times,
        }
    }
}

/// Fields in order.
#[derive(Clone)]
struct Fields<'a> {
    elements: packed::Iter<'a>,
    has_times: bool,
}

impl<'a> Iterator for Fields<'a> {
    type Item = Field<'a>;

    fn next(&mut self) -> Option<Field<'a>> {
        let name = self.elements.next()?;
        let value = self.elements.next()?;
        let expires_at = match self.has_times {
            true => time(self.elements.next()),
            false => None,
        };
        Some(Field {
            name: BlobRef::from(name),
            value: BlobRef::from(value),
            expires_at,
        })
    }
}

impl PackedFields {
    /// Fields of which none has ever had a time.
    pub(super) fn without_times(elements: Packed) -> PackedFields {
        PackedFields {
            elements,
            has_times: false,
            due_ms: NEVER,
        }
    }

    /// The elements, if no field has ever had a time.
    pub(super) fn into_elements(self) -> Result<Packed, PackedFields> {
        match self.has_times {
            false => Ok(self.elements),
            true => Err(self),
        }
    }

    pub(super) fn view(&self) -> View<'_> {
        View {
            elements: self.elements.elements(),
            has_times: self.has_times,
            due_ms: self.due_ms,
        }
    }

    /// Bytes held on the heap.
    pub(super) fn heap_bytes(&self) -> usize {
        self.elements.heap_bytes()
    }

    /// Sets the fields of `pairs` without a time, until there are more than `most`. Memory is
    /// reserved for `bytes` of elements. Returns how many fields are new.
    pub(super) fn set_all<'a>(
        &mut self,
        pairs: &mut impl Iterator<Item = (&'a [u8], BlobRef<'a>)>,
        bytes: usize,
        most: usize,
    ) -> usize {
        let stride = stride(self.has_times);
        let mut count = self.view().len();
        let before = count;
        self.elements.edit(|draft| {
            while count <= most
                && let Some((name, value)) = pairs.next()
            {
                if replace(draft, name, &value, stride) {
                    clear_time(draft, name, stride);
                } else {
                    if count == before {
                        draft.reserve(bytes);
                    }
                    draft.push(&[name, &value, b""][..stride]);
                    count += 1;
                }
            }
        });
        count - before
    }

    /// Sets the value of the field of this name, if there is one. Its time stays.
    pub(super) fn replace(&mut self, name: &[u8], value: &[u8]) -> bool {
        let stride = stride(self.has_times);
        self.elements
            .edit(|draft| replace(draft, name, value, stride))
    }

    /// Removes the field of this name, and returns whether there was one.
    pub(super) fn remove(&mut self, name: &[u8]) -> bool {
        let stride = stride(self.has_times);
        let place = self.elements.elements().find(name, stride);
        if let Some(place) = place {
            self.elements.edit(|draft| draft.remove(place, stride));
        }
        place.is_some()
    }

    /// Sets or removes the expiry of the field of this name, if there is one.
    pub(super) fn expire(&mut self, name: &[u8], expires_at: Option<Moment>) {
        if let Some(at) = expires_at {
            self.add_times();
            self.due_ms = self.due_ms.min(at.get());
        }
        if self.has_times {
            self.elements.edit(|draft| match expires_at {
                Some(at) => set_time(draft, name, &at.get().to_le_bytes()),
                None => set_time(draft, name, b""),
            });
        }
    }

    /// Makes room for times.
    fn add_times(&mut self) {
        if self.has_times {
            return;
        }
        let old = mem::replace(self, PackedFields::without_times(Packed::default()));
        self.has_times = true;
        self.elements.edit(|draft| {
            draft.reserve(old.heap_bytes() + old.view().len());
            for Field { name, value, .. } in old.view().iter() {
                draft.push(&[&name, &value, b""]);
            }
        });
    }

    /// Removes the fields that have expired at `now_ms`, and returns their names.
    pub(super) fn sweep(&mut self, now_ms: u64) -> Vec<Blob> {
        let mut removed = Vec::new();
        if self.due_ms > now_ms {
            return removed;
        }
        self.due_ms = NEVER;
        let old = mem::take(&mut self.elements);
        let old = Fields {
            elements: old.elements().iter(),
            has_times: self.has_times,
        };
        self.elements.edit(|draft| {
            for field in old {
                let at = field.expires_at.map_or(NEVER, Moment::get);
                if at <= now_ms {
                    removed.push(field.name.to_blob());
                    continue;
                }
                self.due_ms = self.due_ms.min(at);
                let time = field.expires_at.map(|at| at.get().to_le_bytes());
                let time = time.as_ref().map_or(&b""[..], |time| &time[..]);
                draft.push(&[&field.name, &field.value, time]);
            }
        });
        removed
    }
}

/// Replaces the value of the field of this name, if there is one.
fn replace(draft: &mut Draft, name: &[u8], value: &[u8], stride: usize) -> bool {
    let elements = draft.elements();
    let Some(place) = elements.find(name, stride) else {
        return false;
    };
    draft.replace(elements.after(place, 1), value);
    true
}

fn clear_time(draft: &mut Draft, name: &[u8], stride: usize) {
    if stride == 3 {
        set_time(draft, name, b"");
    }
}

/// Replaces the time of the field of this name, if there is one.
fn set_time(draft: &mut Draft, name: &[u8], time: &[u8]) {
    let elements = draft.elements();
    if let Some(place) = elements.find(name, 3) {
        draft.replace(elements.after(place, 2), time);
    }
}
