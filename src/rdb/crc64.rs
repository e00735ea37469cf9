//! The checksum of dumps, RDB files and the append-only file: CRC-64 with Jones's polynomial,
//! bits reflected, nothing inverted.
//!
//! Eight bytes are looked up at once, but where the next eight are looked up depends on the
//! result. So four lanes of a block are summed side by side, which keeps the processor busy
//! while it waits for memory, and then put together:
//!
//! ```text
//!   block      |-- lane 0 --|-- lane 1 --|-- lane 2 --|-- lane 3 --|
//!   checksum   of a, then b  =  SHIFT(checksum of a) ^ checksum of b
//! ```
//!
//! because the checksum is linear: what bytes do to it is the same whatever comes before them,
//! and what comes before them is shifted by them as if they were zeros.

/// The polynomial 0xad93d23594c935a9, its bits in reverse order.
const POLYNOMIAL: u64 = 0x95ac_9329_ac4b_c9b5;

/// `TABLES[n][byte]` is what `byte` does to the checksum when `n` more bytes follow it.
/// With eight of them, eight bytes are looked up at once instead of one after the other.
static TABLES: [[u64; 256]; 8] = tables();

const fn tables() -> [[u64; 256]; 8] {
    let mut tables = [[0; 256]; 8];
    let mut byte = 0;
    while byte < 256 {
        let mut crc = byte as u64;
        let mut bit = 0;
        while bit < 8 {
            crc = (crc >> 1) ^ if crc & 1 == 1 { POLYNOMIAL } else { 0 };
            bit += 1;
        }
        tables[0][byte] = crc;
        byte += 1;
    }
    let mut following = 1;
    while following < 8 {
        let mut byte = 0;
        while byte < 256 {
            let crc: u64 = tables[following - 1][byte];
            tables[following][byte] = (crc >> 8) ^ tables[0][(crc & 0xff) as usize];
            byte += 1;
        }
        following += 1;
    }
    tables
}

/// How long a lane is.
const LANE_BYTES: usize = 128;
const LANES: usize = 4;

/// `SHIFT[n][byte]` is what becomes of `byte`, the nth of a checksum, when a lane of zeros
/// follows.
static SHIFT: [[u64; 256]; 8] = shift();

const fn shift() -> [[u64; 256]; 8] {
    // What becomes of each bit; the rest is put together of these.
    let mut bits = [0; 64];
    let mut bit = 0;
    while bit < 64 {
        let mut crc: u64 = 1 << bit;
        let mut byte = 0;
        while byte < LANE_BYTES {
            crc = (crc >> 8) ^ TABLES[0][(crc & 0xff) as usize];
            byte += 1;
        }
        bits[bit] = crc;
        bit += 1;
    }
    let mut tables = [[0; 256]; 8];
    let mut place = 0;
    while place < 8 * 256 {
        let (n, byte) = (place / 256, place % 256);
        let mut bit = 0;
        while bit < 8 {
            if byte >> bit & 1 == 1 {
                tables[n][byte] ^= bits[8 * n + bit];
            }
            bit += 1;
        }
        place += 1;
    }
    tables
}

/// The sum of what `tables` says of each byte of `word`.
#[inline]
fn look_up(tables: &[[u64; 256]; 8], word: u64) -> u64 {
    let bytes = word.to_le_bytes();
    (0..8).fold(0, |sum, n| sum ^ tables[n][usize::from(bytes[n])])
}

/// The checksum after eight more bytes.
#[inline]
fn step(crc: u64, word: &[u8; 8]) -> u64 {
    // The first byte is followed by seven others.
    look_up(&TABLES, (crc ^ u64::from_le_bytes(*word)).swap_bytes())
}

/// The checksum of what `crc` is the checksum of (0 for nothing), followed by `bytes`.
///
/// ```
/// use threadbare::rdb::crc64;
/// assert_eq!(crc64(0, b"123456789"), 0xe9c6_d914_c4b8_d9ca);
/// assert_eq!(crc64(crc64(0, b"1234"), b"56789"), crc64(0, b"123456789"));
/// ```
pub fn crc64(mut crc: u64, bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks::<8>();
    let (blocks, words) = words.as_chunks::<{ LANES * LANE_BYTES / 8 }>();
    for block in blocks {
        let (lanes, _) = block.as_chunks::<{ LANE_BYTES / 8 }>();
        let mut sums = [crc, 0, 0, 0];
        for place in 0..LANE_BYTES / 8 {
            for (sum, lane) in sums.iter_mut().zip(lanes) {
                *sum = step(*sum, &lane[place]);
            }
        }
        crc = sums
            .into_iter()
            .fold(0, |crc, sum| look_up(&SHIFT, crc) ^ sum);
    }
    for word in words {
        crc = step(crc, word);
    }
    for &byte in rest {
        crc = (crc >> 8) ^ TABLES[0][usize::from(crc as u8 ^ byte)];
    }
    crc
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bit_by_bit(bytes: &[u8]) -> u64 {
        bytes.iter().fold(0, |crc, &byte| {
            (0..8).fold(crc ^ u64::from(byte), |crc, _| {
                (crc >> 1) ^ (POLYNOMIAL * (crc & 1))
            })
        })
    }

    #[test]
    fn lanes_of_eight_bytes_give_what_single_bits_give() {
        let bytes: Vec<u8> = (0..9_000).map(|n| (n * n / 7) as u8).collect();
        let near_blocks = [2047, 2048, 2049, 4096, 6151, 9000];
        for length in (0..100).chain(near_blocks) {
            let bytes = &bytes[..length];
            assert_eq!(crc64(0, bytes), bit_by_bit(bytes), "{length} bytes");
        }
    }
}
