//! A HyperLogLog: a string with a head and 16,384 registers. Each element raises one register to some
//! value, and the values of all tell how many different elements there were.

use super::dense;
use super::estimate::{self, Histogram};
use super::hash::{REGISTERS, register_of};
use super::header::{self, CORRUPTED, Encoding, HEAD_BYTES, INVALID};
use super::sparse::{self, Place, Position};
use crate::commands::ReplyError;
use crate::store::blob::Blob;

/// The values of all registers.
pub(super) type Registers = [u8; REGISTERS];

/// Returns a HyperLogLog without elements.
pub(super) fn empty() -> Vec<u8> {
    [&header::new(Encoding::Sparse)[..], &sparse::zeros()].concat()
}

/// Returns the encoding of a string.
///
/// # Errors
/// If it is not a HyperLogLog. Sparse registers may still be corrupted. But they are not longer than
/// registers can be, so that no search takes long.
pub(super) fn check(bytes: &[u8]) -> Result<Encoding, ReplyError> {
    let encoding = Encoding::of(bytes)?;
    match encoding {
        Encoding::Dense if bytes.len() != dense::BYTES => Err(INVALID),
        Encoding::Sparse if bytes.len() > sparse::MAX_BYTES => Err(CORRUPTED),
        _ => Ok(encoding),
    }
}

/// Adds elements. Returns whether a register has changed.
///
/// # Errors
/// If it is not a HyperLogLog, or corrupted. The string is then the same as before.
pub(super) fn add<'a>(
    value: &mut Blob,
    elements: impl ExactSizeIterator<Item = &'a [u8]>,
    max_sparse_bytes: usize,
) -> Result<bool, ReplyError> {
    // Only sparse registers can be found corrupted after some elements have been added.
    let before = match check(value)? {
        Encoding::Sparse if elements.len() > 1 => Some(value.to_vec()),
        _ => None,
    };
    let mut is_changed = false;
    for element in elements {
        match add_one(value, element, max_sparse_bytes) {
            Ok(changed) => is_changed |= changed,
            Err(error) => {
                before
                    .into_iter()
                    .for_each(|before| *value = Blob::raw(before));
                return Err(error);
            }
        }
    }
    if is_changed && header::cardinality(value).is_some() {
        value.edit(|bytes| header::invalidate(bytes));
    }
    Ok(is_changed)
}

/// Adds an element to a string that has been checked. Bytes are edited only if they must change: an
/// edit can copy them.
fn add_one(value: &mut Blob, element: &[u8], max_sparse_bytes: usize) -> Result<bool, ReplyError> {
    let (index, register) = register_of(element);
    if Encoding::of(value)? == Encoding::Dense {
        let is_raised = dense::get(value, index) < register;
        if is_raised {
            value.edit(|bytes| dense::set(bytes, index, register));
        }
        return Ok(is_raised);
    }
    let place = Place::find(value, Position::START, index).ok_or(CORRUPTED)?;
    let is_raised = place.value() < register;
    if is_raised {
        value.edit(|bytes| {
            if !place.set(bytes, index, register, max_sparse_bytes) {
                *bytes = to_dense(bytes)?;
                dense::set(bytes, index, register);
            }
            Ok::<(), ReplyError>(())
        })?;
    }
    Ok(is_raised)
}

/// Returns a sparse HyperLogLog with dense registers. The rest of the head stays.
///
/// # Errors
/// If it is corrupted.
pub(super) fn to_dense(bytes: &[u8]) -> Result<Vec<u8>, ReplyError> {
    let mut values = [0; REGISTERS];
    raise(&mut values, bytes)?;
    Ok(dense_of(&bytes[..HEAD_BYTES], &values))
}

/// Returns a HyperLogLog with dense registers, and with `head` otherwise.
fn dense_of(head: &[u8], values: &Registers) -> Vec<u8> {
    let mut bytes = vec![0; dense::BYTES];
    bytes[..HEAD_BYTES].copy_from_slice(head);
    header::set_encoding(&mut bytes, Encoding::Dense);
    dense::set_all(&mut bytes, values);
    bytes
}

/// Raises registers to those of a HyperLogLog. Returns its encoding.
///
/// # Errors
/// If it is not a HyperLogLog, or corrupted.
pub(super) fn raise(values: &mut Registers, bytes: &[u8]) -> Result<Encoding, ReplyError> {
    let encoding = check(bytes)?;
    match encoding {
        Encoding::Dense => {
            let groups = values.as_chunks_mut::<4>().0.iter_mut();
            for (old, new) in groups.zip(dense::values(bytes)) {
                *old = std::array::from_fn(|index| old[index].max(new[index]));
            }
        }
        Encoding::Sparse => sparse::visit(bytes, |first, opcode| {
            for value in &mut values[first..first + opcode.run] {
                *value = opcode.value.max(*value);
            }
        })?,
    }
    Ok(encoding)
}

/// Sets all registers of a HyperLogLog to `values`, none of which is below the old one. `encoding` is
/// the least that is needed: sparse registers become dense if they grow too long.
pub(super) fn set_all(
    bytes: &mut Vec<u8>,
    values: &Registers,
    encoding: Encoding,
    max_sparse_bytes: usize,
) {
    if encoding == Encoding::Dense || !set_sparse(bytes, values, max_sparse_bytes) {
        *bytes = dense_of(&bytes[..HEAD_BYTES], values);
    }
    header::invalidate(bytes);
}

/// Sets sparse registers one after the other. Returns `false` if they grow too long.
fn set_sparse(bytes: &mut Vec<u8>, values: &Registers, max_sparse_bytes: usize) -> bool {
    let mut from = Position::START;
    let values = values.iter().enumerate();
    for (index, value) in values.filter(|(_, value)| **value > 0) {
        let Some(place) = Place::find(bytes, from, index) else {
            continue;
        };
        if place.value() < *value && !place.set(bytes, index, *value, max_sparse_bytes) {
            return false;
        }
        from = place.resume();
    }
    true
}

/// Returns the estimated cardinality of a HyperLogLog.
///
/// # Errors
/// If it is not a HyperLogLog, or corrupted.
pub(super) fn cardinality(bytes: &[u8]) -> Result<u64, ReplyError> {
    let histogram = match check(bytes)? {
        Encoding::Dense => dense::histogram(bytes),
        Encoding::Sparse => {
            let mut histogram: Histogram = [0; 64];
            sparse::visit(bytes, |_, opcode| {
                histogram[usize::from(opcode.value)] += opcode.run as u32;
            })?;
            histogram
        }
    };
    Ok(estimate::cardinality(&histogram))
}

/// Returns the estimated cardinality of registers.
pub(super) fn cardinality_of(values: &Registers) -> u64 {
    let mut histogram: Histogram = [0; 64];
    for value in values {
        histogram[usize::from(*value)] += 1;
    }
    estimate::cardinality(&histogram)
}
