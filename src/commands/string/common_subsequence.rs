//! The longest common subsequence of two strings, as LCS finds it.
//!
//! If several are equally long, or one matches in several places, it finds the same one as Redis. It
//! knows no keys and no replies.
//!
//! Redis fills a table: `longest(i, j)` is the length of the longest common subsequence
//! of the first `i` bytes of `a` and the first `j` of `b`. Then it walks back from the end, which
//! finds the matched bytes, the last one first. Each cell takes 4 bytes and a step.
//!
//! Here a cell is a bit. From one cell of a row to the next, the length grows by one or not at all.
//! So a row is the set of columns where it grows, and 64 columns fit into a word; the walk needs
//! nothing else. Each row is computed from the row above it by a few operations on whole words. One
//! of them is an addition whose carries do the work (`next_row`). It takes a 32nd of the memory and
//! at most a 50th of the time.

use std::ops::RangeInclusive;

const WORD_BITS: usize = u64::BITS as usize;

/// The positions of consecutive bytes that match. Both ranges have the same length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    /// Their positions in the first string.
    pub a: RangeInclusive<usize>,
    /// Their positions in the second string.
    pub b: RangeInclusive<usize>,
}

impl Match {
    /// Returns the number of bytes that match, at least one.
    pub fn length(&self) -> usize {
        self.a.end() - self.a.start() + 1
    }
}

/// Returns the size of the table that Redis would make, or the greatest number if that is more.
///
/// If it is larger than `proto-max-bulk-len`, Redis replies "ERR Insufficient memory,
/// transient memory for LCS exceeds proto-max-bulk-len", whatever the options are, but after all errors
/// in them. Callers of the functions below should do so too, because their time grows with it.
pub fn table_bytes(a_length: usize, b_length: usize) -> usize {
    let cells = (a_length + 1).saturating_mul(b_length + 1);
    cells.saturating_mul(size_of::<u32>())
}

/// Returns the length of the longest common subsequence.
///
/// ```
/// assert_eq!(threadbare::commands::string::common_subsequence::length(b"ohmytext", b"mynewtext"), 6);
/// ```
pub fn length(a: &[u8], b: &[u8]) -> usize {
    let columns = Columns::of(a, b);
    let mut row = vec![0; words(b)];
    for &byte in a {
        next_row(&mut row, columns.equal_to(byte));
    }
    count(&row)
}

/// Returns the longest common subsequence.
///
/// ```
/// assert_eq!(threadbare::commands::string::common_subsequence::subsequence(b"ohmytext", b"mynewtext"), b"mytext");
/// ```
pub fn subsequence(a: &[u8], b: &[u8]) -> Vec<u8> {
    let mut bytes: Vec<u8> = Table::of(a, b).walk().map(|(i, _)| a[i]).collect();
    bytes.reverse();
    bytes
}

/// Returns the matches of the longest common subsequence, the last one first, and its length. Matches
/// of less than `min_length` bytes are omitted, but count in the length.
pub fn matches(a: &[u8], b: &[u8], min_length: usize) -> (Vec<Match>, usize) {
    let mut matches: Vec<Match> = Vec::new();
    let mut length = 0;
    for (i, j) in Table::of(a, b).walk() {
        length += 1;
        match matches.last_mut() {
            Some(last) if (*last.a.start(), *last.b.start()) == (i + 1, j + 1) => {
                last.a = i..=*last.a.end();
                last.b = j..=*last.b.end();
            }
            _ => matches.push(Match { a: i..=i, b: j..=j }),
        }
    }
    matches.retain(|found| found.length() >= min_length);
    (matches, length)
}

/// For each byte of `a`, the set of its positions in `b`.
struct Columns {
    /// Empty for bytes that are not in `a`, so that the sets take no more memory than the table.
    by_byte: Vec<Vec<u64>>,
}

impl Columns {
    fn of(a: &[u8], b: &[u8]) -> Columns {
        let mut by_byte = vec![Vec::new(); 256];
        for &byte in a {
            by_byte[usize::from(byte)].resize(words(b), 0);
        }
        for (j, &byte) in b.iter().enumerate() {
            if let Some(word) = by_byte[usize::from(byte)].get_mut(j / WORD_BITS) {
                *word |= 1 << (j % WORD_BITS);
            }
        }
        Columns { by_byte }
    }

    fn equal_to(&self, byte: u8) -> &[u64] {
        &self.by_byte[usize::from(byte)]
    }
}

/// All rows, the one of the first byte of `a` first.
struct Table<'a> {
    a: &'a [u8],
    b: &'a [u8],
    rows: Vec<u64>,
}

impl<'a> Table<'a> {
    fn of(a: &'a [u8], b: &'a [u8]) -> Table<'a> {
        let columns = Columns::of(a, b);
        let mut row = vec![0; words(b)];
        let mut rows = Vec::with_capacity(a.len() * row.len());
        for &byte in a {
            next_row(&mut row, columns.equal_to(byte));
            rows.extend_from_slice(&row);
        }
        Table { a, b, rows }
    }

    /// Returns whether the length grows in row `i` at column `j`.
    fn grows(&self, i: usize, j: usize) -> bool {
        let word = self.rows[i * words(self.b) + j / WORD_BITS];
        word >> (j % WORD_BITS) & 1 == 1
    }

    /// Returns the positions in `a` and `b` of the bytes that match, the last one first.
    ///
    /// Redis takes equal bytes wherever it meets them. At other bytes it goes up if that leaves a
    /// longer subsequence than going left. There the length is the greater one of those above and to
    /// the left. So going up is better exactly if the length grows from the left.
    fn walk(self) -> impl Iterator<Item = (usize, usize)> {
        let (mut i, mut j) = (self.a.len(), self.b.len());
        std::iter::from_fn(move || {
            while i > 0 && j > 0 {
                if self.a[i - 1] == self.b[j - 1] {
                    (i, j) = (i - 1, j - 1);
                    return Some((i, j));
                }
                if self.grows(i - 1, j - 1) {
                    i -= 1;
                } else {
                    j -= 1;
                }
            }
            None
        })
    }
}

/// Turns a row into the next one, whose byte of `a` is at the columns `equal` of `b`.
///
/// The columns where the old row grows divide it into blocks, each of which ends with such a column.
/// In the new row, a block grows at the first of its columns that is equal, or where it grew before
/// if none is equal. Behind the last block, the first equal column grows too. In the complement of
/// the row, taken as a number, a block is a run of ones below a zero. The addition of the equal
/// columns carries from the first of them up into that zero: the first becomes zero, and the zero
/// becomes one. The last term sets the ones above the first again.
/// (H. Hyyrö, "Bit-parallel LCS-length computation revisited", 2004.)
fn next_row(row: &mut [u64], equal: &[u64]) {
    let mut carry = false;
    for (row, equal) in row.iter_mut().zip(equal) {
        let level = !*row;
        let (sum, first) = level.overflowing_add(level & equal);
        let (sum, second) = sum.overflowing_add(u64::from(carry));
        carry = first || second;
        *row = !(sum | (level & !equal));
    }
}

/// Counts the columns of a row where the length grows: the length at the end of the row. Behind the
/// last column nothing is equal, so nothing grows.
fn count(row: &[u64]) -> usize {
    row.iter().map(|word| word.count_ones() as usize).sum()
}

fn words(b: &[u8]) -> usize {
    b.len().div_ceil(WORD_BITS)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ranges in `a` and `b`, as LCS IDX shows them.
    fn ranges(a: &str, b: &str, min_length: usize) -> Vec<[usize; 4]> {
        let (matches, _) = matches(a.as_bytes(), b.as_bytes(), min_length);
        let flat = |found: Match| {
            let (a, b) = (found.a.into_inner(), found.b.into_inner());
            [a.0, a.1, b.0, b.1]
        };
        matches.into_iter().map(flat).collect()
    }

    // The expected ranges are replies of redis-server.

    #[test]
    fn finds_the_subsequence_that_redis_finds() {
        for (a, b, found) in [
            ("ohmytext", "mynewtext", "mytext"),
            ("ABCBDAB", "BDCABA", "BDAB"),
            ("abab", "baba", "bab"),
            ("rosettacode", "raisethysword", "rsetod"),
            ("abc", "xyz", ""),
            ("", "abc", ""),
            ("abc", "", ""),
        ] {
            assert_eq!(subsequence(a.as_bytes(), b.as_bytes()), found.as_bytes());
            assert_eq!(length(a.as_bytes(), b.as_bytes()), found.len());
        }
    }

    #[test]
    fn matches_are_listed_from_the_end() {
        assert_eq!(
            ranges("ohmytext", "mynewtext", 0),
            [[4, 7, 5, 8], [2, 3, 0, 1]]
        );
        assert_eq!(ranges("ABCBDAB", "BDCABA", 0), [[5, 6, 3, 4], [3, 4, 0, 1]]);
        assert_eq!(ranges("abab", "baba", 0), [[1, 3, 0, 2]]);
        assert_eq!(
            ranges("aXbXc", "abc", 0),
            [[4, 4, 2, 2], [2, 2, 1, 1], [0, 0, 0, 0]]
        );
    }

    #[test]
    fn short_matches_are_left_out_but_counted() {
        assert_eq!(ranges("ohmytext", "mynewtext", 4), [[4, 7, 5, 8]]);
        assert_eq!(matches(b"ohmytext", b"mynewtext", 5), (vec![], 6));
    }

    #[test]
    fn the_walk_is_the_same_as_through_a_table_of_numbers() {
        let mut seed = 1u64;
        let mut string = |length: usize| -> Vec<u8> {
            let mut byte = || {
                seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1);
                b'a' + (seed >> 62) as u8
            };
            (0..length).map(|_| byte()).collect()
        };
        for (a_length, b_length) in [(7, 5), (40, 63), (64, 64), (30, 65), (200, 129), (1, 300)] {
            let (a, b) = (string(a_length), string(b_length));
            let walk: Vec<_> = Table::of(&a, &b).walk().collect();
            assert_eq!(walk, walk_through_numbers(&a, &b));
            assert_eq!(length(&a, &b), walk.len());
        }
    }

    /// As Redis does it.
    fn walk_through_numbers(a: &[u8], b: &[u8]) -> Vec<(usize, usize)> {
        let mut longest = vec![vec![0u32; b.len() + 1]; a.len() + 1];
        for i in 1..=a.len() {
            for j in 1..=b.len() {
                longest[i][j] = if a[i - 1] == b[j - 1] {
                    longest[i - 1][j - 1] + 1
                } else {
                    longest[i - 1][j].max(longest[i][j - 1])
                };
            }
        }
        let (mut i, mut j) = (a.len(), b.len());
        let mut walk = Vec::new();
        while i > 0 && j > 0 {
            if a[i - 1] == b[j - 1] {
                (i, j) = (i - 1, j - 1);
                walk.push((i, j));
            } else if longest[i - 1][j] > longest[i][j - 1] {
                i -= 1;
            } else {
                j -= 1;
            }
        }
        walk
    }

    #[test]
    fn the_size_of_a_table_does_not_overflow() {
        assert_eq!(table_bytes(0, 0), 4);
        assert_eq!(table_bytes(11_584, 11_584), 4 * 11_585 * 11_585);
        assert_eq!(table_bytes(1 << 40, 1 << 40), usize::MAX);
    }
}
