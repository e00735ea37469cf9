//! The checksum of dumps and RDB files: CRC-64 with Jones's polynomial, bits reflected,
//! nothing inverted.

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

/// The checksum of what `crc` is the checksum of (0 for nothing), followed by `bytes`.
///
/// ```
/// use threadbare::rdb::crc64;
/// assert_eq!(crc64(0, b"123456789"), 0xe9c6_d914_c4b8_d9ca);
/// assert_eq!(crc64(crc64(0, b"1234"), b"56789"), crc64(0, b"123456789"));
/// ```
pub fn crc64(mut crc: u64, bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks::<8>();
    for word in words {
        let word = (crc ^ u64::from_le_bytes(*word)).to_le_bytes();
        crc = 0;
        for (table, byte) in TABLES.iter().rev().zip(word) {
            crc ^= table[usize::from(byte)];
        }
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
    fn eight_bytes_at_once_give_what_single_bits_give() {
        let bytes: Vec<u8> = (0..100u8).map(|n| n.wrapping_mul(37)).collect();
        for length in 0..bytes.len() {
            let bytes = &bytes[..length];
            assert_eq!(crc64(0, bytes), bit_by_bit(bytes), "{length} bytes");
        }
    }
}
