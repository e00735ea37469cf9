//! XXH3 with 64 bits and without a seed (<https://xxhash.com>): the digest of DIGEST, and of the
//! conditions IFDEQ and IFDNE. Clients compute it themselves, so every bit counts.
//!
//! Short inputs have a formula for each range of lengths. Longer ones are read in stripes of 64 bytes,
//! which eight sums take up side by side, so that the compiler can use vector instructions.
//!
//! Owns the function; knows no commands. It is not for hash maps: it has no secret of this server.

const PRIME32_1: u64 = 0x9e37_79b1;
const PRIME32_2: u64 = 0x85eb_ca77;
const PRIME32_3: u64 = 0xc2b2_ae3d;
const PRIME64_1: u64 = 0x9e37_79b1_85eb_ca87;
const PRIME64_2: u64 = 0xc2b2_ae3d_27d4_eb4f;
const PRIME64_3: u64 = 0x1656_67b1_9e37_79f9;
const PRIME64_4: u64 = 0x85eb_ca77_c2b2_ae63;
const PRIME64_5: u64 = 0x27d4_eb2f_1656_67c5;
const PRIME_MX1: u64 = 0x1656_6791_9e37_79f9;
const PRIME_MX2: u64 = 0x9fb2_1c65_1e98_df25;

/// The secret of the function without a seed. Every server and client has the same.
const SECRET: [u8; 192] = *b"\
    \xb8\xfe\x6c\x39\x23\xa4\x4b\xbe\x7c\x01\x81\x2c\xf7\x21\xad\x1c\
    \xde\xd4\x6d\xe9\x83\x90\x97\xdb\x72\x40\xa4\xa4\xb7\xb3\x67\x1f\
    \xcb\x79\xe6\x4e\xcc\xc0\xe5\x78\x82\x5a\xd0\x7d\xcc\xff\x72\x21\
    \xb8\x08\x46\x74\xf7\x43\x24\x8e\xe0\x35\x90\xe6\x81\x3a\x26\x4c\
    \x3c\x28\x52\xbb\x91\xc3\x00\xcb\x88\xd0\x65\x8b\x1b\x53\x2e\xa3\
    \x71\x64\x48\x97\xa2\x0d\xf9\x4e\x38\x19\xef\x46\xa9\xde\xac\xd8\
    \xa8\xfa\x76\x3f\xe3\x9c\x34\x3f\xf9\xdc\xbb\xc7\xc7\x0b\x4f\x1d\
    \x8a\x51\xe0\x4b\xcd\xb4\x59\x31\xc8\x9f\x7e\xc9\xd9\x78\x73\x64\
    \xea\xc5\xac\x83\x34\xd3\xeb\xc3\xc5\x81\xa0\xff\xfa\x13\x63\xeb\
    \x17\x0d\xdd\x51\xb7\xf0\xda\x49\xd3\x16\x55\x26\x29\xd4\x68\x9e\
    \x2b\x16\xbe\x58\x7d\x47\xa1\xfc\x8f\xf8\xb8\xd1\x7a\xd0\x31\xce\
    \x45\xcb\x3a\x8f\x95\x16\x04\x28\xaf\xd7\xfb\xca\xbb\x4b\x40\x7e";

/// The bytes that the eight sums take up in one step.
const STRIPE_BYTES: usize = 64;
/// The part of the secret moves by this much from one stripe to the next.
const SECRET_STEP: usize = 8;
/// The sums are scrambled after this many bytes: then all of the secret has been used.
const BLOCK_BYTES: usize = (SECRET.len() - STRIPE_BYTES) / SECRET_STEP * STRIPE_BYTES;

/// Returns the hash of `input`.
pub fn hash(input: &[u8]) -> u64 {
    match input.len() {
        0 => avalanche_short(secret(56) ^ secret(64)),
        1..=3 => hash_to_3(input),
        4..=8 => hash_to_8(input),
        9..=16 => hash_to_16(input),
        17..=128 => hash_to_128(input),
        129..=240 => hash_to_240(input),
        _ => hash_long(input),
    }
}

fn hash_to_3(input: &[u8]) -> u64 {
    let length = input.len();
    let [first, middle, last] = [0, length / 2, length - 1].map(|at| u64::from(input[at]));
    let combined = first << 16 | middle << 24 | last | (length as u64) << 8;
    let key = read_32(&SECRET, 0) ^ read_32(&SECRET, 4);
    avalanche_short(combined ^ key)
}

fn hash_to_8(input: &[u8]) -> u64 {
    let length = input.len();
    let (head, tail) = (read_32(input, 0), read_32(input, length - 4));
    let mut hash = (tail + (head << 32)) ^ secret(8) ^ secret(16);
    hash ^= hash.rotate_left(49) ^ hash.rotate_left(24);
    hash = hash.wrapping_mul(PRIME_MX2);
    hash ^= (hash >> 35).wrapping_add(length as u64);
    hash = hash.wrapping_mul(PRIME_MX2);
    hash ^ (hash >> 28)
}

fn hash_to_16(input: &[u8]) -> u64 {
    let length = input.len();
    let low = read_64(input, 0) ^ secret(24) ^ secret(32);
    let high = read_64(input, length - 8) ^ secret(40) ^ secret(48);
    let sum = (length as u64)
        .wrapping_add(low.swap_bytes())
        .wrapping_add(high)
        .wrapping_add(multiply_fold(low, high));
    avalanche(sum)
}

/// Takes pieces of 16 bytes from both ends, up to the middle.
fn hash_to_128(input: &[u8]) -> u64 {
    let length = input.len();
    let pairs = (length - 1) / 32 + 1;
    let sum = (0..pairs).fold(start(length), |sum, pair| {
        let from_start = mix(input, 16 * pair, 32 * pair);
        let from_end = mix(input, length - 16 * (pair + 1), 32 * pair + 16);
        sum.wrapping_add(from_start).wrapping_add(from_end)
    });
    avalanche(sum)
}

/// Takes pieces of 16 bytes. The secret of the first eight begins at its start; that of the others
/// begins three bytes later.
fn hash_to_240(input: &[u8]) -> u64 {
    const FIRST: usize = 8;
    let length = input.len();
    let first = (0..FIRST).map(|piece| mix(input, 16 * piece, 16 * piece));
    let others = (FIRST..length / 16).map(|piece| mix(input, 16 * piece, 16 * (piece - FIRST) + 3));
    let last = mix(input, length - 16, 119);
    let sum = avalanche(first.fold(start(length), u64::wrapping_add));
    avalanche(others.fold(sum, u64::wrapping_add).wrapping_add(last))
}

fn hash_long(input: &[u8]) -> u64 {
    let mut sums = [
        PRIME32_3, PRIME64_1, PRIME64_2, PRIME64_3, PRIME64_4, PRIME32_2, PRIME64_5, PRIME32_1,
    ];
    // The last byte is left out: the last stripe, which may overlap the one before, contains it.
    let blocks = input[..input.len() - 1].chunks(BLOCK_BYTES);
    for block in blocks {
        for (stripe, at) in block
            .chunks_exact(STRIPE_BYTES)
            .zip((0..).step_by(SECRET_STEP))
        {
            accumulate(&mut sums, stripe, at);
        }
        if block.len() == BLOCK_BYTES {
            scramble(&mut sums);
        }
    }
    let last = &input[input.len() - STRIPE_BYTES..];
    accumulate(&mut sums, last, SECRET.len() - STRIPE_BYTES - 7);
    let merged = (0..4).map(|pair| {
        let [a, b] = [2 * pair, 2 * pair + 1].map(|at| sums[at] ^ secret(11 + 8 * at));
        multiply_fold(a, b)
    });
    avalanche(merged.fold(start(input.len()), u64::wrapping_add))
}

/// Adds a stripe to the sums, with the part of the secret that begins at `secret_at`.
fn accumulate(sums: &mut [u64; 8], stripe: &[u8], secret_at: usize) {
    let (values, keys) = (words(stripe), words(&SECRET[secret_at..]));
    for lane in 0..8 {
        let key = values[lane] ^ keys[lane];
        let product = (key & 0xffff_ffff) * (key >> 32);
        let added = product.wrapping_add(values[lane ^ 1]);
        sums[lane] = sums[lane].wrapping_add(added);
    }
}

/// Scrambles the sums with the end of the secret.
fn scramble(sums: &mut [u64; 8]) {
    let keys = words(&SECRET[SECRET.len() - STRIPE_BYTES..]);
    for (sum, key) in sums.iter_mut().zip(keys) {
        *sum = (*sum ^ (*sum >> 47) ^ key).wrapping_mul(PRIME32_1);
    }
}

/// Returns the start of a sum for an input of `length` bytes.
fn start(length: usize) -> u64 {
    (length as u64).wrapping_mul(PRIME64_1)
}

/// Mixes 16 bytes of the input, from `at` on, with 16 bytes of the secret, from `secret_at` on.
fn mix(input: &[u8], at: usize, secret_at: usize) -> u64 {
    let low = read_64(input, at) ^ secret(secret_at);
    let high = read_64(input, at + 8) ^ secret(secret_at + 8);
    multiply_fold(low, high)
}

/// Returns both halves of the product, combined by XOR.
fn multiply_fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    product as u64 ^ (product >> 64) as u64
}

/// Spreads every bit over the whole hash.
fn avalanche(mut hash: u64) -> u64 {
    hash ^= hash >> 37;
    hash = hash.wrapping_mul(PRIME_MX1);
    hash ^ (hash >> 32)
}

/// The same for inputs of at most three bytes. XXH64, the older function, ends like this.
fn avalanche_short(mut hash: u64) -> u64 {
    hash ^= hash >> 33;
    hash = hash.wrapping_mul(PRIME64_2);
    hash ^= hash >> 29;
    hash = hash.wrapping_mul(PRIME64_3);
    hash ^ (hash >> 32)
}

/// Returns eight bytes of the secret as a number.
fn secret(at: usize) -> u64 {
    read_64(&SECRET, at)
}

/// Returns the first stripe of `bytes` as numbers.
fn words(bytes: &[u8]) -> [u64; 8] {
    let stripe = &bytes[..STRIPE_BYTES];
    std::array::from_fn(|lane| read_64(stripe, 8 * lane))
}

fn read_32(bytes: &[u8], at: usize) -> u64 {
    let mut word = [0; 4];
    word.copy_from_slice(&bytes[at..at + 4]);
    u64::from(u32::from_le_bytes(word))
}

fn read_64(bytes: &[u8], at: usize) -> u64 {
    let mut word = [0; 8];
    word.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the input of the xxHash repository's own tests.
    fn input(length: usize) -> Vec<u8> {
        let mut state = PRIME32_1;
        let mut byte = || {
            let byte = (state >> 56) as u8;
            state = state.wrapping_mul(11_400_714_785_074_694_797);
            byte
        };
        (0..length).map(|_| byte()).collect()
    }

    /// The hashes are those of libxxhash 0.8.1. Its own tests have those of 0, 1, 6, 12, 24, 48, 80,
    /// 195, 403, 512, 2048, 2240 and 2367 bytes too.
    #[test]
    fn every_range_of_lengths_has_the_hashes_of_the_library() {
        for (length, expected) in [
            (0, 0x2d06_8005_38d3_94c2),
            (1, 0xc44b_dff4_074e_ecdb),
            (2, 0x7a99_7804_4cb8_a8bb),
            (3, 0x5424_7382_a8d6_b94d),
            (4, 0xe5dc_74bc_5184_8a51),
            (6, 0x27b5_6a84_cd2d_7325),
            (8, 0x24cc_c9ac_aa9f_65e4),
            (9, 0x14d5_001c_15dd_3f2b),
            (12, 0xa713_daf0_dfbb_77e7),
            (16, 0x981b_17d3_6c74_98c9),
            (17, 0x796f_5acd_3a60_f862),
            (24, 0xa3fe_70bf_9d35_10eb),
            (32, 0x9fea_ddbd_bf57_eed3),
            (33, 0xabfb_2d08_1b40_0a10),
            (48, 0x397d_a259_ecba_1f11),
            (64, 0x9cb4_8487_720e_c49d),
            (65, 0xfd81_aac4_bebc_3883),
            (80, 0xbcde_fbbb_2c47_c90a),
            (97, 0xca4c_a268_fd3c_3a6c),
            (128, 0xfcff_2412_6754_d861),
            (129, 0x98f1_b0a6_79a2_ca29),
            (144, 0xc440_d47e_5f03_fe58),
            (195, 0xcd94_217e_e362_ec3a),
            (240, 0x81c3_c2b6_7f56_8ccf),
            (241, 0xc5a6_39ec_d203_0e5e),
            (256, 0x55de_574a_d89d_0ac5),
            (257, 0xb17f_d5a8_ae75_bb0b),
            (403, 0xcdeb_804d_65c6_dea4),
            (512, 0x617e_4959_9013_cb6b),
            (1024, 0xdd85_c9b5_c110_9c5c),
            (1025, 0xd870_c0fa_1321_1c6a),
            (1088, 0xcc14_50ea_6b52_a8f4),
            (1089, 0xef72_7b2e_ffc4_cc8c),
            (2048, 0xdd59_e2c3_a5f0_38e0),
            (2240, 0x6e73_a905_39cf_2948),
            (2367, 0xcb37_aeb9_e5d3_61ed),
            (4096, 0xe912_0642_9d1f_48f9),
        ] {
            assert_eq!(hash(&input(length)), expected, "{length} bytes");
        }
    }
}
