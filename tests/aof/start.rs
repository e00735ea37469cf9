//! The start of a server with a torn or damaged file.

use std::sync::Arc;

use threadbare::aof::checksum_line;
use threadbare::rdb::crc64;

use super::example::{ROUNDS, example};
use crate::support::{TempDir, TestServer, encode};

#[test]
fn a_server_moves_a_damaged_tail_to_another_file_and_goes_on() {
    let example = example(true);
    for length in [1, 12, 4096] {
        let directory = Arc::new(TempDir::new());
        let tail = vec![0; length];
        directory.write("appendonly.aof", [&example.bytes[..], &tail].concat());
        let server = TestServer::start_in(Arc::clone(&directory), |_| {});
        // The example sets `a` in databases 0 and 1 by turns.
        let last = ROUNDS - 1;
        let mut client = server.connect();
        client.ask_line(&format!("SELECT {}", last % 2));
        assert_eq!(client.ask_line("GET a").text(), last.to_string());
        assert!(directory.aof_bytes() == example.bytes);
        let name = format!("appendonly.aof.damaged-at-{}", example.bytes.len());
        assert_eq!(std::fs::read(directory.join(name)).unwrap(), tail);
    }
}

#[test]
fn a_file_that_an_earlier_start_has_cut_off_is_kept() {
    let directory = Arc::new(TempDir::new());
    let whole = encode(&["SET", "k", "v"]);
    for tail in ["first", "second"] {
        directory.write("appendonly.aof", [&whole, tail.as_bytes()].concat());
        let server = TestServer::start_in(Arc::clone(&directory), |_| {});
        server.connect().expect_exchanges(&[("DBSIZE", ":1\r\n")]);
        server.stop();
    }
    let offset = whole.len();
    for (suffix, tail) in [("", "first"), (".1", "second")] {
        let name = format!("appendonly.aof.damaged-at-{offset}{suffix}");
        assert_eq!(
            std::fs::read(directory.join(name)).unwrap(),
            tail.as_bytes()
        );
    }
}

/// Many commands, about 4 MB, in pieces, each with its checksum if wanted. Also returns where each
/// piece ends and how many keys there are then.
fn long_file(has_checksums: bool) -> (Vec<u8>, Vec<(usize, usize)>) {
    let (mut bytes, mut ends, mut keys) = (Vec::new(), Vec::new(), 0);
    while bytes.len() < 4_000_000 {
        let begin = bytes.len();
        for _ in 0..10 * (1 + keys % 99) {
            bytes.extend(encode(&["SET", &format!("key:{keys}"), "value of 16 byte"]));
            keys += 1;
        }
        if has_checksums {
            let crc = crc64(0, &bytes[begin..]);
            bytes.extend(checksum_line((bytes.len() - begin) as u64, crc).bytes());
        }
        ends.push((bytes.len(), keys));
    }
    (bytes, ends)
}

#[test]
fn a_long_file_that_is_damaged_is_executed_as_far_as_it_is_good() {
    for has_checksums in [false, true] {
        let (bytes, ends) = long_file(has_checksums);
        for piece in [0, 1, ends.len() / 2, ends.len() - 2] {
            let (good, keys) = ends[piece];
            // The second half of the next piece's first command has changed, and the rest of the
            // file is gone.
            let tail = [&bytes[good..good + 10], &[0; 3000]].concat();
            let directory = Arc::new(TempDir::new());
            directory.write("appendonly.aof", [&bytes[..good], &tail].concat());
            let server = TestServer::start_in(Arc::clone(&directory), |_| {});
            let dbsize = format!(":{keys}\r\n");
            server.connect().expect_exchanges(&[("DBSIZE", &dbsize)]);
            assert!(directory.aof_bytes() == bytes[..good], "{good}");
            let name = format!("appendonly.aof.damaged-at-{good}");
            assert_eq!(std::fs::read(directory.join(name)).unwrap(), tail);
        }
    }
}

#[test]
fn a_command_that_a_checksum_covers_is_not_blamed_for_damage() {
    // As many commands as are checked before the first is executed, and one checksum more.
    let (mut bytes, ends) = long_file(true);
    let (good, _) = ends[ends.len() - 2];
    let name = bytes.len() - good - 100;
    let at = good
        + bytes[good..good + name]
            .windows(3)
            .rposition(|it| it == b"SET")
            .unwrap();
    bytes[at + 2] = b'U';
    let expected = format!("at offset {good}: the checksum is not that of what is written");
    expect_refusal(
        &bytes,
        &["--aof-load-corrupt-tail-max-size", "0"],
        &expected,
    );
    // Also if it is the first checksum, late in the file.
    let (mut bytes, _) = long_file(false);
    let line = checksum_line(bytes.len() as u64, crc64(0, &bytes));
    bytes.extend(line.bytes());
    let at = bytes.len() / 2;
    let name = bytes[at..].iter().position(|it| *it == b'S').unwrap();
    bytes[at + name] = b'U';
    let expected = "at offset 0: the checksum is not that of what is written";
    expect_refusal(&bytes, &[], expected);
}

#[test]
fn a_long_file_whose_only_checksum_is_wrong_is_refused() {
    let (bytes, _) = long_file(false);
    let line = checksum_line(bytes.len() as u64, 7);
    // Also torn at the end, which alone would be cut off.
    let torn = [&bytes, line.as_bytes(), b"*3\r\n$3\r\nSE"].concat();
    let expected = "at offset 0: the checksum is not that of what is written";
    expect_refusal(&torn, &[], expected);
}

/// Asserts that a server refuses the file with a reason that contains `expected`, tells how to
/// repair it, and leaves it unchanged.
fn expect_refusal(bytes: &[u8], args: &[&str], expected: &str) {
    let directory = Arc::new(TempDir::new());
    let path = directory.write("appendonly.aof", bytes);
    let args = [&["--bind", "127.0.0.1"], args].concat();
    let server = TestServer::start_with_args(Arc::clone(&directory), &args);
    let error = server
        .outcome()
        .expect_err("a file that is refused")
        .to_string();
    assert!(error.contains(expected), "{error}");
    let repair = format!("threadbare --check-aof {} --fix", path.display());
    assert!(error.ends_with(&repair), "{error}");
    assert!(directory.aof_bytes() == bytes, "the file was changed");
    assert_eq!(std::fs::read_dir(&**directory).unwrap().count(), 1);
}

#[test]
fn damage_in_the_middle_is_refused() {
    for has_checksums in [false, true] {
        let example = example(has_checksums);
        let (third, fourth) = (example.pieces[3], example.pieces[4]);
        // Within a header, where damage is found without a checksum too.
        let at = third + encode(&["SELECT", "1"]).len();
        let mut bytes = example.bytes.clone();
        bytes[at + 6..at + 20].fill(0);
        let (offset, whole_at) = if has_checksums {
            (third, fourth)
        } else {
            (at, at + encode(&["SET", "a", "3"]).len())
        };
        expect_refusal(&bytes, &[], &format!("at offset {offset}: "));
        expect_refusal(
            &bytes,
            &[],
            &format!("There are whole commands from offset {whole_at} on."),
        );
    }
}

#[test]
fn a_changed_value_in_the_middle_is_refused_if_there_are_checksums() {
    let example = example(true);
    let third = example.pieces[3];
    let mut bytes = example.bytes.clone();
    bytes[third + encode(&["SELECT", "1"]).len() - 3] = b'0';
    let expected = format!("at offset {third}: the checksum is not that of what is written");
    expect_refusal(&bytes, &[], &expected);
}

#[test]
fn a_damaged_length_that_swallows_the_rest_is_damage_in_the_middle() {
    let example = example(true);
    let third = example.pieces[3];
    let mut bytes = example.bytes.clone();
    let select = b"*2\r\n$6\r\n";
    // "$60000000": the value would reach behind the end of the file.
    bytes.splice(
        third + select.len() - 2..third + select.len(),
        *b"0000000\r\n",
    );
    let expected = "it ends within a command or a transaction. There are whole commands";
    expect_refusal(&bytes, &[], expected);
}

#[test]
fn settings_limit_the_damaged_tail_and_whether_a_torn_end_is_cut() {
    let whole = encode(&["SET", "k", "v"]);
    let damaged = [&whole[..], &[0; 100]].concat();
    let setting = "--aof-load-corrupt-tail-max-size";
    for limit in ["0", "99"] {
        let expected = "There are 100 bytes from there on, more than \
                        'aof-load-corrupt-tail-max-size'.";
        expect_refusal(&damaged, &[setting, limit], expected);
    }
    let directory = Arc::new(TempDir::new());
    directory.write("appendonly.aof", &damaged);
    let args = ["--bind", "127.0.0.1", setting, "100"];
    let server = TestServer::start_with_args(directory, &args);
    server.connect().expect_exchanges(&[("DBSIZE", ":1\r\n")]);

    let torn = [&whole[..], b"*3\r\n$3"].concat();
    let expected = format!("at offset {}: it ends within a command", whole.len());
    expect_refusal(&torn, &["--aof-load-truncated", "no"], &expected);
}

#[test]
fn a_file_without_a_good_part_is_refused_unless_it_is_all_zeros() {
    expect_refusal(
        b"[section]\nname = value\n",
        &[],
        "at offset 0: expected '*', got '['",
    );
    let directory = Arc::new(TempDir::new());
    directory.write("appendonly.aof", [0; 512]);
    let server = TestServer::start_in(directory, |_| {});
    server.connect().expect_exchanges(&[("DBSIZE", ":0\r\n")]);
}
