//! The checksum of dumps, RDB files and the append-only file: CRC-64 with Jones's polynomial,
//! bits reflected, nothing inverted.
//!
//! All bytes that are written to a file are summed, and all that are read from it. Sixteen bytes
//! are looked up at once, in a table for each of them.

/// The polynomial 0xad93d23594c935a9, its bits in reverse order.
const POLYNOMIAL: u64 = 0x95ac_9329_ac4b_c9b5;

/// How many bytes are looked up at once.
const STRIDE: usize = 16;

/// `TABLES[n][byte]` is the checksum of `byte` and `n` zeros behind it.
static TABLES: [[u64; 256]; STRIDE] = tables();

const fn tables() -> [[u64; 256]; STRIDE] {
    let mut tables = [[0; 256]; STRIDE];
    let mut byte = 0;
    while byte < 256 {
        let mut crc = byte as u64;
        let mut bit = 0;
        while bit < 8 {
            crc = times_x(crc);
            bit += 1;
        }
        tables[0][byte] = crc;
        byte += 1;
    }
    let mut following = 1;
    while following < STRIDE {
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

/// A polynomial times x, modulo ours. The highest power is the lowest bit.
const fn times_x(polynomial: u64) -> u64 {
    (polynomial >> 1) ^ (POLYNOMIAL * (polynomial & 1))
}

/// Returns the checksum of some bytes, whose checksum is `crc`, and of `bytes` behind them. The
/// checksum of no bytes is 0.
///
/// ```
/// use threadbare::rdb::crc64;
/// assert_eq!(crc64(0, b"123456789"), 0xe9c6_d914_c4b8_d9ca);
/// assert_eq!(crc64(crc64(0, b"1234"), b"56789"), crc64(0, b"123456789"));
/// ```
pub fn crc64(mut crc: u64, bytes: &[u8]) -> u64 {
    let (blocks, rest) = bytes.as_chunks::<STRIDE>();
    for block in blocks {
        // The checksum so far counts with the first eight bytes. Byte 0 has 15 others behind it.
        let block = (u128::from_le_bytes(*block) ^ u128::from(crc)).to_be_bytes();
        crc = (0..STRIDE).fold(0, |crc, n| crc ^ TABLES[n][usize::from(block[n])]);
    }
    for &byte in rest {
        crc = (crc >> 8) ^ TABLES[0][usize::from(crc as u8 ^ byte)];
    }
    crc
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bit_by_bit(crc: u64, bytes: &[u8]) -> u64 {
        bytes.iter().fold(crc, |crc, &byte| {
            (0..8).fold(crc ^ u64::from(byte), |crc, _| times_x(crc))
        })
    }

    #[test]
    fn many_bytes_at_a_time_give_what_single_bits_give() {
        let bytes: Vec<u8> = (0..9_000).map(|n| (n * n / 7) as u8).collect();
        for length in (0..300).chain([2047, 2048, 2049, 4096, 6151, 9000]) {
            let (bytes, before) = (&bytes[..length], POLYNOMIAL >> (length % 64));
            let expected = bit_by_bit(before, bytes);
            assert_eq!(crc64(before, bytes), expected, "{length} bytes");
        }
    }
}
