//! Writes serialised bytes: lengths and strings, each in the encoding that Redis would choose.

use super::lzf::Compressor;
use crate::num::integer;

/// The longest integer of 32 bits: "-2147483648".
const LONGEST_INTEGER_BYTES: usize = 11;

/// LZF makes no string of this length or less shorter.
const LONGEST_UNPACKED_BYTES: usize = 20;

/// Collects bytes.
#[derive(Default)]
pub(super) struct Writer {
    out: Vec<u8>,
    // Made when it is first needed, because its table is big.
    compressor: Option<Compressor>,
}

impl Writer {
    /// All bytes that were written.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.out
    }

    /// Writes bytes as they are.
    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    /// Writes a length, a count or a time.
    pub(super) fn length(&mut self, length: u64) {
        if length < 1 << 6 {
            self.out.push(length as u8);
        } else if length < 1 << 14 {
            self.bytes(&(1 << 14 | length as u16).to_be_bytes());
        } else if let Ok(length) = u32::try_from(length) {
            self.out.push(0b1000_0000);
            self.bytes(&length.to_be_bytes());
        } else {
            self.out.push(0b1000_0001);
            self.bytes(&length.to_be_bytes());
        }
    }

    /// Writes a string: as an integer if it is one, packed if that is shorter, else as it is.
    pub(super) fn string(&mut self, value: &[u8]) {
        if value.len() <= LONGEST_INTEGER_BYTES && self.integer(value) {
            return;
        }
        if value.len() > LONGEST_UNPACKED_BYTES && self.packed(value) {
            return;
        }
        self.out.reserve(value.len() + 9);
        self.length(value.len() as u64);
        self.bytes(value);
    }

    /// Writes `value` if it is an integer of 32 bits. Returns whether it is one.
    fn integer(&mut self, value: &[u8]) -> bool {
        let Some(value) = integer::parse(value).and_then(|value| i32::try_from(value).ok()) else {
            return false;
        };
        if let Ok(value) = i8::try_from(value) {
            self.bytes(&[0b1100_0000, value as u8]);
        } else if let Ok(value) = i16::try_from(value) {
            self.out.push(0b1100_0001);
            self.bytes(&value.to_le_bytes());
        } else {
            self.out.push(0b1100_0010);
            self.bytes(&value.to_le_bytes());
        }
        true
    }

    /// Writes `value` packed if that is shorter. Returns whether it is.
    fn packed(&mut self, value: &[u8]) -> bool {
        let compressor = self.compressor.get_or_insert_default();
        let Some(packed) = compressor.compress(value) else {
            return false;
        };
        self.out.push(0b1100_0011);
        self.length(packed.len() as u64);
        self.length(value.len() as u64);
        self.bytes(&packed);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rdb::reader::Reader;

    #[test]
    fn lengths_are_read_as_they_were_written() {
        for bits in 0..64 {
            for length in [(1 << bits) - 1, 1 << bits, (1 << bits) + 1] {
                let mut writer = Writer::default();
                writer.length(length);
                assert_eq!(Reader::new(&writer.into_bytes()).length(), Ok(length));
            }
        }
    }
}
