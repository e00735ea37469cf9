//! LZF, the compression of long strings. Packs exactly as the library that Redis
//! carries (`lzf_c.c`, 64k slots, `VERY_FAST`), so that the bytes are the same.
//!
//! ```text
//! 000nnnnn, n + 1 bytes                  these bytes
//! nnnooooo oooooooo                      n + 2 bytes from o + 1 bytes back, 0 < n < 7
//! 111ooooo nnnnnnnn oooooooo             n + 9 bytes from o + 1 bytes back
//! ```

use super::error::BadFormat;
use crate::config::limits::MAX_BULK_BYTES;

const SLOTS: usize = 1 << 16;

const MAX_LITERALS: usize = 1 << 5;

const MAX_OFFSET: usize = 1 << 13;

/// The longest match.
const MAX_MATCH: usize = (1 << 8) + (1 << 3);

/// Three packed bytes give 264 at most.
const MAX_RATIO: u64 = 88;

/// Packing that saves less than this is not worth it to Redis.
const MIN_GAIN_BYTES: usize = 4;

/// Packs strings. Remembers where three bytes were seen last. Use one for many strings, because
/// allocating its table takes longer than packing a short string.
pub(super) struct Compressor {
    /// By hash of three bytes: `start` plus their position in the string. A number up to `start` is
    /// from an earlier string and counts as empty. So position 0 is never found, as in Redis.
    slots: Vec<u32>,
    start: u32,
}

impl Default for Compressor {
    fn default() -> Self {
        Compressor {
            slots: vec![0; SLOTS],
            start: 0,
        }
    }
}

impl Compressor {
    /// Packs `input`, which has at least three bytes. `None` unless that saves four bytes.
    pub(super) fn compress(&mut self, input: &[u8]) -> Option<Vec<u8>> {
        let limit = input.len().checked_sub(MIN_GAIN_BYTES)?;
        let next_start = self.claim(input.len())?;
        let packed = self.pack(input, Output::new(limit));
        self.start = next_start;
        packed
    }

    /// Makes room for positions up to `length`, above the positions of earlier strings. Returns the
    /// `start` of the next string.
    fn claim(&mut self, length: usize) -> Option<u32> {
        let length = u32::try_from(length).ok()?;
        if self.start.checked_add(length).is_none() {
            self.slots.fill(0);
            self.start = 0;
        }
        Some(self.start + length)
    }

    fn pack(&mut self, input: &[u8], mut out: Output) -> Option<Vec<u8>> {
        // Where a whole triple of bytes cannot begin any more.
        let end = input.len() - 2;
        let mut at = 0;
        while at < end {
            let Some(offset) = self.find(input, at) else {
                out.literal(input[at])?;
                at += 1;
                continue;
            };
            let length = match_length(input, at - offset, at);
            out.reference(offset - 1, length - 2)?;
            at += length;
            if at >= end {
                break;
            }
            // Of the bytes that the match passed over, only the last two are remembered.
            self.remember(input, at - 2);
            self.remember(input, at - 1);
        }
        out.finish(&input[at..])
    }

    /// How far back the three bytes at `at` were seen last, if that is near enough to
    /// refer to.
    fn find(&mut self, input: &[u8], at: usize) -> Option<usize> {
        let seen = self.remember(input, at).checked_sub(self.start)? as usize;
        let offset = at.checked_sub(seen)?;
        let is_match = seen > 0
            && (1..=MAX_OFFSET).contains(&offset)
            && input[seen..seen + 3] == input[at..at + 3];
        is_match.then_some(offset)
    }

    /// Remembers the position `at` of three bytes. Returns the old content of their slot.
    fn remember(&mut self, input: &[u8], at: usize) -> u32 {
        let triple = u32::from_be_bytes([0, input[at], input[at + 1], input[at + 2]]);
        let slot = (triple >> 8).wrapping_sub(triple.wrapping_mul(5)) as usize % SLOTS;
        std::mem::replace(&mut self.slots[slot], self.start + at as u32)
    }
}

/// How many bytes at `at` are the same as at `seen`, of which three are known to be. A
/// match ends two bytes before the string does, unless that is within the 16 bytes that
/// the C code compares in one go. It shows in what is packed, so it is kept.
fn match_length(input: &[u8], seen: usize, at: usize) -> usize {
    let max = (input.len() - at - 2).min(MAX_MATCH);
    let max = max.max(if max > 16 { 19 } else { 3 });
    (3..max)
        .find(|&n| input[seen + n] != input[at + n])
        .unwrap_or(max)
}

/// Packed bytes, which must not become more than a limit.
struct Output {
    bytes: Vec<u8>,
    limit: usize,
    /// How many literals lie behind the byte that will hold their number.
    literals: usize,
}

impl Output {
    fn new(limit: usize) -> Output {
        Output {
            bytes: vec![0],
            limit,
            literals: 0,
        }
    }

    fn literal(&mut self, byte: u8) -> Option<()> {
        if self.bytes.len() >= self.limit {
            return None;
        }
        self.push_literal(byte);
        Some(())
    }

    fn push_literal(&mut self, byte: u8) {
        self.bytes.push(byte);
        self.literals += 1;
        if self.literals == MAX_LITERALS {
            self.close_run();
            self.bytes.push(0);
        }
    }

    fn reference(&mut self, offset: usize, length: usize) -> Option<()> {
        let run_bytes = usize::from(self.literals == 0);
        if self.bytes.len() - run_bytes + 4 >= self.limit {
            return None;
        }
        self.close_run();
        let high = (offset >> 8) as u8;
        if length < 7 {
            self.bytes.push(high | (length as u8) << 5);
        } else {
            self.bytes.extend([high | 7 << 5, (length - 7) as u8]);
        }
        self.bytes.extend([offset as u8, 0]);
        Some(())
    }

    /// Writes the number of literals in its place, or removes the place if there were none.
    fn close_run(&mut self) {
        if self.literals == 0 {
            self.bytes.pop();
        } else {
            let head = self.bytes.len() - self.literals - 1;
            self.bytes[head] = (self.literals - 1) as u8;
        }
        self.literals = 0;
    }

    fn finish(mut self, last: &[u8]) -> Option<Vec<u8>> {
        if self.bytes.len() + 3 > self.limit {
            return None;
        }
        for &byte in last {
            self.push_literal(byte);
        }
        self.close_run();
        Some(self.bytes)
    }
}

/// Unpacks `packed`. The result must have `length` bytes.
pub(super) fn decompress(packed: &[u8], length: u64) -> Result<Vec<u8>, BadFormat> {
    if length > (MAX_BULK_BYTES).min(packed.len() as u64 * MAX_RATIO) {
        return Err(BadFormat);
    }
    let length = length as usize;
    let mut out = Vec::with_capacity(length);
    let mut rest = packed;
    while let Some((&head, behind)) = rest.split_first() {
        let room = length - out.len();
        rest = if usize::from(head) < MAX_LITERALS {
            unpack_literals(&mut out, room, head, behind)
        } else {
            unpack_reference(&mut out, room, head, behind)
        }
        .ok_or(BadFormat)?;
    }
    if out.len() == length {
        Ok(out)
    } else {
        Err(BadFormat)
    }
}

/// Appends up to `room` bytes that stand behind `head`, and returns the bytes behind them.
fn unpack_literals<'a>(
    out: &mut Vec<u8>,
    room: usize,
    head: u8,
    behind: &'a [u8],
) -> Option<&'a [u8]> {
    let (literals, rest) = behind.split_at_checked(usize::from(head) + 1)?;
    if literals.len() > room {
        return None;
    }
    out.extend_from_slice(literals);
    Some(rest)
}

/// Appends up to `room` bytes that are in `out` already, and returns the bytes behind the
/// reference.
fn unpack_reference<'a>(
    out: &mut Vec<u8>,
    room: usize,
    head: u8,
    behind: &'a [u8],
) -> Option<&'a [u8]> {
    let (length, behind) = match head >> 5 {
        7 => {
            let (&more, behind) = behind.split_first()?;
            (9 + usize::from(more), behind)
        }
        short => (2 + usize::from(short), behind),
    };
    let (&low, rest) = behind.split_first()?;
    let offset = usize::from(u16::from_be_bytes([head & 0b0001_1111, low])) + 1;
    let start = out.len().checked_sub(offset)?;
    if length > room {
        return None;
    }
    if length <= offset {
        out.extend_from_within(start..start + length);
    } else {
        // It repeats bytes that it writes itself.
        for from in start..start + length {
            out.push(out[from]);
        }
    }
    Some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Thresholds;
    use crate::rdb::{crc64, dump};
    use crate::store::blob::Blob;

    /// Bytes in which nothing comes twice but by accident.
    fn noise(length: usize) -> Vec<u8> {
        let mut state = 1u32;
        let next = move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        std::iter::repeat_with(next).take(length).collect()
    }

    /// The checksum of the checksums that DUMP gives for all of these strings.
    fn checksum(strings: impl Iterator<Item = Vec<u8>>) -> u64 {
        strings.fold(0, |crc, string| {
            let payload = dump(&Blob::from(string).into(), 0, Thresholds::default());
            crc64(crc, payload.last_chunk::<8>().unwrap())
        })
    }

    // The expected checksums were computed from the payloads of Redis 7.0.15 for the same strings.

    #[test]
    fn text_of_any_length_is_packed_as_redis_packs_it() {
        let text: String = (0..600).map(|n| format!("{},", n * n % 1000)).collect();
        let text = text.as_bytes();
        assert_eq!(
            checksum((21..=600).map(|n| text[..n].to_vec())),
            0x8556_686e_2e33_ba23
        );
    }

    #[test]
    fn matches_end_where_redis_ends_them() {
        assert_eq!(
            checksum((21..=600).map(|n| vec![b'x'; n])),
            0xc59a_ac2a_294d_d8ab
        );
        let letters = b"abcdefghijklmnopqrstuvwxyz";
        let tail = b"0123456789abcdefghijklmno";
        let strings = (12..=26).flat_map(|repeated| {
            let twice = letters[..repeated].repeat(2);
            (0..20).map(move |n| [&twice[..], &tail[..n]].concat())
        });
        assert_eq!(checksum(strings), 0xa55b_5458_fb29_2f19);
    }

    #[test]
    fn what_is_too_far_back_is_not_referred_to() {
        let noise = noise(8200);
        let strings = (8190..=8194).map(|n| [&noise[..n], &noise[..300], b"end"].concat());
        assert_eq!(checksum(strings), 0x948f_48fc_b618_53e2);
    }

    #[test]
    fn a_compressor_that_has_packed_before_packs_the_same() {
        let noise = noise(500);
        let mut used = Compressor::default();
        for start in (0..400).chain([u32::MAX - 300]) {
            used.start = used.start.max(start);
            let string = noise[start as usize % 100..].repeat(2);
            let packed = used.compress(&string);
            assert!(packed.is_some());
            assert_eq!(packed, Compressor::default().compress(&string));
        }
    }

    #[test]
    fn what_was_packed_is_unpacked() {
        for length in 1..400 {
            let string = noise(length).repeat(3);
            if let Some(packed) = Compressor::default().compress(&string) {
                assert_eq!(decompress(&packed, string.len() as u64), Ok(string));
            }
        }
    }

    #[test]
    fn what_is_no_packing_is_refused() {
        assert_eq!(decompress(b"\x01ab", 2), Ok(b"ab".to_vec()));
        assert_eq!(decompress(b"\x00a\x20\x00", 4), Ok(b"aaaa".to_vec()));
        for (packed, length, what) in [
            (&b"\x01ab"[..], 1, "more than it is said to be"),
            (b"\x01ab", 3, "less than it is said to be"),
            (b"\x02ab", 3, "literals that are not there"),
            (b"\x00a\x20\x01", 4, "a reference before the beginning"),
            (b"\x00a\x20", 4, "half a reference"),
            (b"\x00a\xe0", 10, "a third of a long reference"),
            (
                b"\x00a\x20\x00",
                3,
                "a reference to more than it is said to be",
            ),
            (b"\x00a\xe0\xff\x00", 5 * 88 + 1, "more than can be"),
        ] {
            assert_eq!(decompress(packed, length), Err(BadFormat), "{what}");
        }
    }
}
