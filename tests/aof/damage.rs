//! The loader and files that were cut, changed or extended, at every offset.

use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;
use std::path::Path;

use threadbare::aof::{AppendOnlyFile, Checked, Fault, Tail, checksum_line};
use threadbare::engine::{self, Loader};
use threadbare::rdb::crc64;

use super::example::{Example, content, engine, example};
use crate::support::{TempDir, encode, wait_for};

const MAX_TAIL_BYTES: u64 = 1024 * 1024;

/// Opens a file. Waits for its lock, which a process that another test starts may hold for a
/// moment.
fn open(path: &Path) -> AppendOnlyFile {
    wait_for("the file's lock", || AppendOnlyFile::open(path).ok())
}

/// The outcome of a start with a file.
#[derive(Debug)]
enum Outcome {
    /// The server starts with this content, from this many bytes of the file.
    Loaded(Vec<u8>, usize, Option<Fault>),
    Refused,
}

fn start(path: &Path) -> Outcome {
    let mut file = open(path);
    let engine = engine();
    let mut loader = Loader::new(&engine, path, file.bytes());
    let (executed, checked) = file
        .check_ahead(&|| true, |ahead| loader.run(ahead))
        .unwrap();
    if executed.is_err() {
        return Outcome::Refused;
    }
    let Checked {
        mut report,
        handed_out,
    } = checked.unwrap();
    let tail = file
        .judge_tail(&mut report, MAX_TAIL_BYTES, &engine::is_file_command)
        .unwrap();
    if matches!(tail, Some(Tail::Data { .. })) {
        return Outcome::Refused;
    }
    let good = report.good.bytes;
    if handed_out > good {
        return Outcome::Refused;
    }
    let executed = loader.run(&mut file.replay(handed_out, good));
    match executed.and_then(|()| loader.finish()) {
        Ok(()) => Outcome::Loaded(content(&engine), good as usize, report.fault),
        Err(_) => Outcome::Refused,
    }
}

/// Returns the good part of `example` if it is cut at `end`: all whole records before it. An
/// unfinished record or transaction is not good, nor a piece without its checksum.
fn good_part(example: &Example, has_checksums: bool, end: usize) -> usize {
    let whole = example.steps.iter().rfind(|step| step.0 <= end).unwrap().0;
    if has_checksums && whole < end {
        example
            .pieces
            .iter()
            .rfind(|&&at| at <= end)
            .map_or(0, |&at| at)
    } else {
        whole
    }
}

#[test]
fn a_file_cut_at_any_offset_starts_with_the_whole_records_before_it() {
    for has_checksums in [false, true] {
        let example = example(has_checksums);
        let directory = TempDir::new();
        let path = directory.write("file", &example.bytes);
        let file = OpenOptions::new().write(true).open(&path).unwrap();
        for end in (0..=example.bytes.len()).rev() {
            file.set_len(end as u64).unwrap();
            let Outcome::Loaded(content, good, fault) = start(&path) else {
                panic!("refused when cut at {end}");
            };
            assert!(
                content == *example.content_at(good).unwrap(),
                "cut at {end}"
            );
            let expected = good_part(&example, has_checksums, end);
            assert_eq!(good, expected, "cut at {end}");
            let is_torn = fault == Some(Fault::Torn);
            assert_eq!(is_torn, good < end, "cut at {end}: {fault:?}");
        }
    }
}

/// Flips each bit of `bytes` from the offset `from` on, one at a time, and passes the outcome of a
/// start to `check`.
fn flip_each_bit(bytes: &[u8], from: usize, mut judge: impl FnMut(usize, Outcome)) {
    let directory = TempDir::new();
    let path = directory.write("file", bytes);
    let file = OpenOptions::new().write(true).open(&path).unwrap();
    for (at, byte) in bytes.iter().enumerate().skip(from) {
        for bit in 0..8 {
            file.write_at(&[byte ^ (1 << bit)], at as u64).unwrap();
            judge(at, start(&path));
        }
        file.write_at(&[*byte], at as u64).unwrap();
    }
}

#[test]
fn a_flipped_bit_never_loads_wrong_data_from_a_file_with_checksums() {
    let example = example(true);
    let last_piece = *example.pieces.last().unwrap();
    let mut loaded = 0;
    flip_each_bit(&example.bytes, 0, |at, outcome| {
        let Outcome::Loaded(content, good, fault) = outcome else {
            // No whole record can follow the last piece.
            return assert!(at < last_piece, "refused with a change at {at}");
        };
        loaded += 1;
        assert!(
            content == *example.content_at(good).unwrap(),
            "a change at {at}, good up to {good}, {fault:?}"
        );
        if good < example.bytes.len() {
            assert_ne!(fault, None, "a change at {at}");
        }
    });
    assert!(loaded > 0);
}

#[test]
fn a_flipped_bit_in_a_piece_without_its_checksum_drops_the_piece() {
    let example = example(true);
    let last_piece = *example.pieces.last().unwrap();
    // Within the last command, so that the commands before it are whole.
    let torn_at = example.bytes.len() - checksum_line(100, 0).len() - 1;
    let torn = &example.bytes[..torn_at];
    flip_each_bit(torn, last_piece, |at, outcome| {
        let Outcome::Loaded(content, good, fault) = outcome else {
            panic!("refused with a change at {at}");
        };
        assert_eq!(good, last_piece, "a change at {at}");
        assert!(
            content == *example.content_at(good).unwrap(),
            "a change at {at}"
        );
        assert_ne!(fault, None, "a change at {at}");
    });
}

#[test]
fn a_flipped_bit_in_a_file_without_checksums_is_loaded_or_refused() {
    let example = example(false);
    flip_each_bit(&example.bytes, 0, |at, outcome| {
        if let Outcome::Loaded(_, good, fault) = outcome {
            assert!(good == example.bytes.len() || fault.is_some(), "{at}");
        }
    });
}

/// Pseudo-random bytes, the same ones each time.
fn noise(count: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u8
    };
    (0..count).map(|_| next()).collect()
}

#[test]
fn a_tail_of_nuls_or_noise_costs_nothing_before_it() {
    let example = example(true);
    let directory = TempDir::new();
    for tail in [vec![0; 4096], noise(4096)] {
        let path = directory.write("file", [&example.bytes[..], &tail].concat());
        let file = OpenOptions::new().write(true).open(&path).unwrap();
        for length in (1..=tail.len()).rev() {
            file.set_len((example.bytes.len() + length) as u64).unwrap();
            let Outcome::Loaded(content, good, fault) = start(&path) else {
                panic!("refused with {length} more bytes");
            };
            assert!(content == *example.full(), "{length} more bytes");
            assert_eq!(good, example.bytes.len());
            assert_ne!(fault, None);
        }
    }
}

#[test]
fn records_before_the_first_checksum_are_not_covered() {
    let before = encode(&["SET", "a", "1"]);
    let piece = encode(&["SET", "b", "2"]);
    let line = checksum_line(piece.len() as u64, crc64(0, &piece));
    let begin = checksum_line(0, 0);
    let directory = TempDir::new();
    let good = [&before, begin.as_bytes(), &piece, line.as_bytes()].concat();
    let path = directory.write("file", &good);
    let report = open(&path).check(0).unwrap();
    assert_eq!(report.fault, None);
    assert_eq!(report.good.bytes, good.len() as u64);
    assert_eq!(report.good.checksummed, piece.len() as u64);

    let bad = [&before[..], &piece, line.as_bytes()].concat();
    directory.write("file", &bad);
    let report = open(&path).check(0).unwrap();
    assert!(matches!(report.fault, Some(Fault::Damaged(_))));
    assert_eq!(report.good.bytes, 0);
}

/// Clients choose the values, and the search for whole records runs over the values of a damaged
/// file.
#[test]
fn the_search_for_whole_records_ends_on_any_bytes() {
    let nested = "$4\r\n*999\r\n".repeat(50_000);
    let sums = "\n#CRC64:400000:0000000000000000\r\n".repeat(25_000);
    let commands = String::from_utf8(encode(&["SET", "k", "v"]))
        .unwrap()
        .repeat(20_000);
    let directory = TempDir::new();
    for junk in [nested, sums, commands] {
        let path = directory.write("file", format!("*1\r\n$8\r\nFLUSHALL\r\n!{junk}!"));
        assert!(!matches!(start(&path), Outcome::Loaded(_, _, None)));
    }
}
