//! `--check-aof` and `--import-aof`.

use std::path::Path;
use std::sync::Arc;

use threadbare::aof::checksum_line;
use threadbare::rdb::crc64;

use crate::support::{Outcome, TempDir, TestServer, encode, program, run};

fn check(path: &Path, more: &[&str]) -> Outcome {
    run(program().arg("--check-aof").arg(path).args(more))
}

/// A file of one transaction and one record, with checksums.
fn good() -> Vec<u8> {
    let mut bytes = [
        encode(&["SELECT", "3"]),
        encode(&["MULTI"]),
        encode(&["SET", "a", "1"]),
        encode(&["SET", "b", "2"]),
        encode(&["EXEC"]),
        encode(&["HSET", "h", "f", "v"]),
    ]
    .concat();
    let line = checksum_line(bytes.len() as u64, crc64(0, &bytes));
    bytes.extend(line.bytes());
    bytes
}

#[test]
fn a_good_file_is_reported_as_good() {
    let directory = TempDir::new();
    let bytes = good();
    let path = directory.write("file", &bytes);
    let outcome = check(&path, &[]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let covered = bytes.len() - checksum_line(100, 0).len();
    let expected = format!(
        "Size: {size} bytes\nGood: {size} bytes\nCommands: 6\nTransactions: 1\nDatabases: 3\n\
         Covered by checksums: {covered} bytes\nThe file is good.\n",
        size = bytes.len(),
    );
    assert_eq!(outcome.out, expected);
    // There is nothing to fix.
    assert_eq!(check(&path, &["--fix"]).out, expected);
}

/// Asserts that the file is bad from `offset` on for this reason, that `--fix` cuts it there, and
/// that it is good afterwards.
fn expect_fix(bytes: &[u8], offset: usize, reason: &str) {
    let directory = TempDir::new();
    let path = directory.write("file", bytes);
    let outcome = check(&path, &[]);
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    let length = bytes.len() - offset;
    let expected = format!("Bad from offset {offset} on, {length} bytes: {reason}\n");
    assert!(outcome.out.contains(&expected), "{}", outcome.out);
    assert_eq!(std::fs::read(&path).unwrap(), bytes);

    let outcome = check(&path, &["--fix"]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let kept = directory.join(format!("file.cut-at-{offset}"));
    assert!(
        outcome.out.contains(&kept.display().to_string()),
        "{outcome:?}"
    );
    assert_eq!(std::fs::read(&path).unwrap(), &bytes[..offset]);
    assert_eq!(std::fs::read(kept).unwrap(), &bytes[offset..]);
    assert_eq!(check(&path, &[]).code, Some(0));
}

#[test]
fn a_bad_file_is_reported_and_can_be_cut() {
    let good = good();
    let whole = good.len();
    let torn = "it ends within a command or a transaction";
    expect_fix(&[&good[..], b"*3\r\n$3\r\nSE"].concat(), whole, torn);
    expect_fix(&[&good[..], &encode(&["MULTI"])].concat(), whole, torn);
    expect_fix(
        &[&good[..], &[0; 100]].concat(),
        whole,
        "expected '*', got '\\x00'",
    );
    let mut changed = good.clone();
    changed[encode(&["SELECT", "3"]).len() - 3] = b'4';
    expect_fix(&changed, 0, "the checksum is not that of what is written");
    expect_fix(b"garbage", 0, "expected '*', got 'g'");
}

#[test]
fn a_file_that_a_server_uses_is_not_touched() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[("SET k v", "+OK\r\n")]);
    let outcome = check(&server.directory.aof(), &["--fix"]);
    assert_eq!(outcome.code, Some(1));
    assert!(
        outcome.err.contains("another server is using it"),
        "{outcome:?}"
    );
}

#[test]
fn a_missing_file_is_not_made() {
    let directory = TempDir::new();
    let path = directory.join("missing");
    let outcome = check(&path, &[]);
    assert_eq!(outcome.code, Some(1));
    assert!(outcome.err.contains("No such file"), "{outcome:?}");
    assert!(!path.exists());
}

/// An RDB file as Redis 7.0 writes it.
fn rdb(keys: &[u8]) -> Vec<u8> {
    let mut bytes = b"REDIS0010\xfa\x09redis-ver\x067.0.15\xfe\x00".to_vec();
    bytes.extend_from_slice(keys);
    bytes.push(0xff);
    let crc = crc64(0, &bytes);
    bytes.extend(crc.to_le_bytes());
    bytes
}

/// A string, and a hash in database 2.
const KEYS: &[u8] = b"\x00\x01s\xc0\x05\xfe\x02\x04\x01h\x01\x01f\x01v";

#[test]
fn a_file_with_an_rdb_preamble_is_checked_as_well() {
    let directory = TempDir::new();
    let mut bytes = [rdb(KEYS), encode(&["SET", "k", "v"])].concat();
    let path = directory.write("file", &bytes);
    let outcome = check(&path, &[]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert!(outcome.out.contains("2 keys\n"), "{outcome:?}");
    bytes.extend_from_slice(b"*3\r\n");
    expect_fix(
        &bytes,
        bytes.len() - 4,
        "it ends within a command or a transaction",
    );
    bytes[30] ^= 1;
    let path = directory.write("file", &bytes);
    let outcome = check(&path, &["--fix"]);
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    assert_eq!(std::fs::read(&path).unwrap(), bytes);
}

fn import(source: &Path, directory: &TempDir) -> Outcome {
    run(program()
        .arg("--import-aof")
        .arg(source)
        .args(["--loglevel", "warning", "--dir"])
        .arg(directory.as_os_str()))
}

/// The directory of a Redis 7: a manifest, a base and an increment.
fn redis_directory(base: &[u8], increments: [&[u8]; 2]) -> TempDir {
    let directory = TempDir::new();
    directory.write("appendonly.aof.3.base.rdb", base);
    directory.write("appendonly.aof.3.incr.aof", increments[0]);
    directory.write("appendonly.aof.4.incr.aof", increments[1]);
    directory.write(
        "appendonly.aof.manifest",
        "file appendonly.aof.3.base.rdb seq 3 type b\n\
         file appendonly.aof.2.incr.aof seq 2 type h\n\
         file appendonly.aof.3.incr.aof seq 3 type i\n\
         file appendonly.aof.4.incr.aof seq 4 type i\n",
    );
    directory
}

/// Asserts that a server with the imported file has this data.
fn expect_imported(directory: TempDir) {
    let server = TestServer::start_in(Arc::new(directory), |_| {});
    server.connect().expect_exchanges(&[
        ("GET s", "$1\r\n5\r\n"),
        ("GET first", "$1\r\n1\r\n"),
        ("GET second", "$1\r\n2\r\n"),
        ("DBSIZE", ":3\r\n"),
        ("SELECT 2", "+OK\r\n"),
        ("HGET h f", "$1\r\nv\r\n"),
        ("HGET h g", "$1\r\nw\r\n"),
    ]);
}

fn increments() -> [Vec<u8>; 2] {
    let first = [
        b"#TS:1700000000\r\n".to_vec(),
        encode(&["SELECT", "0"]),
        encode(&["MULTI"]),
        encode(&["SET", "first", "1"]),
        encode(&["SET", "second", "1"]),
        encode(&["EXEC"]),
        encode(&["SELECT", "2"]),
        encode(&["HSET", "h", "g", "w"]),
    ];
    let second = [encode(&["SELECT", "0"]), encode(&["SET", "second", "2"])];
    [first.concat(), second.concat()]
}

#[test]
fn a_directory_of_redis_becomes_a_file() {
    let [first, second] = increments();
    let source = redis_directory(&rdb(KEYS), [&first, &second]);
    let target = TempDir::new();
    let outcome = import(&source, &target);
    assert_eq!((outcome.code, &*outcome.err), (Some(0), ""), "{outcome:?}");
    let expected = format!("4 keys imported into {}\n", target.aof().display());
    assert_eq!(outcome.out, expected);
    assert_eq!(check(&target.aof(), &[]).code, Some(0));
    expect_imported(target);
}

#[test]
fn a_file_of_redis_with_an_rdb_preamble_becomes_one_of_ours() {
    let directory = TempDir::new();
    let bytes = [rdb(KEYS), increments().concat()].concat();
    let source = directory.write("old.aof", bytes);
    let target = TempDir::new();
    let outcome = import(&source, &target);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    expect_imported(target);
}

/// Redis 8 writes SET and BITOP as they were sent, and MSETEX with an absolute time.
#[test]
fn a_file_of_redis_8_with_its_strings_becomes_one_of_ours() {
    let lines = [
        "SELECT 0",
        "SET a old",
        "SET a new IFEQ old",
        "SET b new IFNE old GET",
        "SET c new PXAT 99999999999999",
        "MSETEX 2 d 1 e 2 NX PXAT 99999999999999",
        "BITOP ANDOR f a b",
        "INCREX d BYINT 5 UBOUND 10",
        "DELEX e IFEQ 2",
    ];
    let words = |line: &str| encode(&line.split(' ').collect::<Vec<_>>());
    let directory = TempDir::new();
    let source = directory.write("old.aof", lines.map(words).concat());
    let target = TempDir::new();
    let outcome = import(&source, &target);
    assert_eq!((outcome.code, &*outcome.err), (Some(0), ""), "{outcome:?}");
    let server = TestServer::start_in(Arc::new(target), |_| {});
    let mut client = server.connect();
    assert_eq!(
        client.ask_line("MGET a b c d f").texts(),
        ["new", "new", "new", "6", "new"]
    );
    client.expect_exchanges(&[
        ("EXISTS e", ":0\r\n"),
        ("PEXPIRETIME d", ":99999999999999\r\n"),
    ]);
}

/// The only file of Debian's Redis.
#[test]
fn a_snapshot_alone_becomes_a_file() {
    let directory = TempDir::new();
    let source = directory.write("dump.rdb", rdb(KEYS));
    let target = TempDir::new();
    let outcome = import(&source, &target);
    assert_eq!((outcome.code, &*outcome.err), (Some(0), ""), "{outcome:?}");
    let server = TestServer::start_in(Arc::new(target), |_| {});
    server.connect().expect_exchanges(&[
        ("GET s", "$1\r\n5\r\n"),
        ("DBSIZE", ":1\r\n"),
        ("SELECT 2", "+OK\r\n"),
        ("HGET h f", "$1\r\nv\r\n"),
    ]);
}

#[test]
fn an_option_without_its_file_tells_how_it_is_used() {
    const CHECK: &str = "Usage: threadbare --check-aof FILE [--fix]\n";
    const IMPORT: &str = "Usage: threadbare --import-aof SOURCE [FILE] [--name value ...]\n";
    for (args, usage) in [
        (&["--check-aof"][..], CHECK),
        (&["--check-aof", "--fix"], CHECK),
        (&["--check-aof", "a", "b"], CHECK),
        (&["--check-aof", "a", "--repair"], CHECK),
        (&["--import-aof"], IMPORT),
        (&["--import-aof", "--dir", "x"], IMPORT),
    ] {
        let outcome = run(program().args(args));
        assert_eq!(outcome.code, Some(1), "{args:?}");
        assert_eq!(outcome.err, format!("{usage}Try 'threadbare --help'.\n"));
        assert_eq!(outcome.out, "");
    }
}

#[test]
fn only_the_last_part_may_be_torn() {
    let [first, second] = increments();
    let torn = [&second[..], b"*3\r\n$3"].concat();
    let source = redis_directory(&rdb(KEYS), [&first, &torn]);
    let target = TempDir::new();
    let outcome = import(&source, &target);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let expected = format!("The part after offset {} is not imported", second.len());
    assert!(outcome.out.contains(&expected), "{outcome:?}");
    expect_imported(target);

    let torn = [&first[..], b"*3\r\n$3"].concat();
    let source = redis_directory(&rdb(KEYS), [&torn, &second]);
    let part = source.join("appendonly.aof.3.incr.aof");
    let place = format!("{}: at offset {}: it ends", part.display(), first.len());
    expect_no_import(&source, &place);
}

/// Asserts that nothing is imported, with an error that contains `expected`.
fn expect_no_import(source: &Path, expected: &str) {
    let target = TempDir::new();
    let outcome = import(source, &target);
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    assert!(outcome.err.contains(expected), "{outcome:?}");
    assert_eq!(std::fs::read_dir(&*target).unwrap().count(), 0);
}

#[test]
fn data_that_cannot_be_imported_is_named() {
    let [first, second] = increments();
    let stream = rdb(b"\x00\x01s\xc0\x05\x0f\x06events\x01\x01x");
    let source = redis_directory(&stream, [&first, &second]);
    let expected = "base.rdb: at offset 34: the key 'events' is a stream: not supported";
    expect_no_import(&source, expected);

    let add = [&second[..], &encode(&["XADD", "s", "*", "f", "v"])].concat();
    let source = redis_directory(&rdb(KEYS), [&first, &add]);
    let expected = format!(
        "4.incr.aof at offset {}: 'XADD' makes the key 's' a stream: not supported",
        second.len()
    );
    expect_no_import(&source, &expected);
    for (command, expected) in [
        (
            &["XGROUP", "CREATE", "s", "g", "0"][..],
            "'XGROUP' makes the key 's' a stream: not",
        ),
        (
            &["xadd", "s", "*", "f", "v"],
            "'xadd' makes the key 's' a stream: not supported",
        ),
        (&["EVAL", "return 1", "0"], "'EVAL' is not supported"),
        (&["XADD"], "'XADD' makes a stream: not supported"),
    ] {
        let [first, second] = increments();
        let with = [&second[..], &encode(command)].concat();
        let source = redis_directory(&rdb(KEYS), [&first, &with]);
        expect_no_import(&source, expected);
    }

    std::fs::remove_file(source.join("appendonly.aof.manifest")).unwrap();
    let target = TempDir::new();
    let outcome = import(&source, &target);
    assert!(
        outcome
            .err
            .contains("no file with a name that ends in .manifest"),
        "{outcome:?}"
    );
}

#[test]
fn a_directory_that_a_server_uses_is_not_imported_into() {
    let [first, second] = increments();
    let source = redis_directory(&rdb(KEYS), [&first, &second]);
    let server = TestServer::start();
    // A server that serves has opened its file.
    let mut client = server.connect();
    let outcome = import(&source, &server.directory);
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    assert!(
        outcome.err.contains("another server is using it"),
        "{outcome:?}"
    );
    client.expect_exchanges(&[("SET k v", "+OK\r\n")]);
    let server = server.restart();
    server.connect().expect_exchanges(&[("DBSIZE", ":1\r\n")]);
}

#[test]
fn an_existing_file_is_not_overwritten() {
    let [first, second] = increments();
    let source = redis_directory(&rdb(KEYS), [&first, &second]);
    let target = TempDir::new();
    let there = encode(&["SET", "k", "v"]);
    target.write("appendonly.aof", &there);
    let outcome = import(&source, &target);
    assert_eq!(outcome.code, Some(1));
    assert!(outcome.err.contains("is not empty"), "{outcome:?}");
    assert_eq!(target.aof_bytes(), there);
}
