//! A crash can cut the file at any offset.

use std::sync::Arc;

use crate::support::{Client, Reply, TempDir, TestServer, encode};

/// The requests, one after the other.
const LINES: [&str; 43] = [
    "SET a 1",
    "SET b 2",
    "HSET h f 1",
    "SELECT 1",
    "SET a one",
    "HSET h f 2 g 3",
    "SET '' empty",
    "DEL a",
    "SELECT 0",
    "SET a \"\\r\\n*3\\r\\n\"",
    "SET b ''",
    "HSET h g \"\\x00\\xff\"",
    "DEL b missing",
    "SET b 3",
    "SELECT 2",
    "SET a two",
    "HSET h f 4",
    "SET b 20",
    "FLUSHDB",
    "SET a three",
    "SELECT 0",
    "SET a 4",
    "FLUSHALL",
    "SET a 5",
    "HSET h f 5",
    "RPUSH l a b ''",
    "SADD s 1 2",
    "BLPOP l 0",
    "LMOVE l l LEFT RIGHT",
    "SREM s 1",
    "SPOP s",
    "BLMPOP 0 1 l RIGHT COUNT 9",
    "ZADD z 1 a 2.5 b inf ''",
    "ZINCRBY z 2 a",
    "BZPOPMIN z 0",
    "ZRANGESTORE z z 0 0",
    "SELECT 1",
    "HSET h f 6",
    "SET a 7",
    "HSET h g 8",
    "DEL h",
    "SET b 9",
    "SET a 10",
];

/// Everything that a client can ask about the data that `LINES` leave.
const QUESTIONS: [&str; 9] = [
    "DBSIZE",
    "GET a",
    "GET b",
    "GET ''",
    "HGET h f",
    "HGET h g",
    "LRANGE l 0 -1",
    "SMEMBERS s",
    "ZRANGE z 0 -1 WITHSCORES",
];

/// The answers to the questions, in each database.
fn content(client: &mut Client) -> Vec<Reply> {
    let mut answers = Vec::new();
    for database in ["0", "1", "2"] {
        client.ask(&["SELECT", database]);
        for question in QUESTIONS {
            answers.push(client.ask_line(question));
        }
    }
    client.ask(&["SELECT", "0"]);
    answers
}

/// A file, and for each of its commands the end and the content after it.
struct Original {
    bytes: Vec<u8>,
    steps: Vec<(usize, Vec<Reply>)>,
}

fn original() -> Original {
    let server = TestServer::start();
    let mut client = server.connect();
    let mut reader = server.connect();
    let mut steps = vec![(0, content(&mut reader))];
    for line in LINES {
        let before = server.directory.aof_bytes().len();
        client.ask_line(line);
        let bytes = server.directory.aof_bytes();
        // A SELECT may have come before: a command of its own, which changes nothing.
        let select = select_bytes(&bytes[before..]);
        if select > 0 {
            let unchanged = steps.last().unwrap().1.clone();
            steps.push((before + select, unchanged));
        }
        if bytes.len() > before {
            steps.push((bytes.len(), content(&mut reader)));
        }
    }
    Original {
        bytes: server.directory.aof_bytes(),
        steps,
    }
}

/// The length of the SELECT that `record` begins with.
fn select_bytes(record: &[u8]) -> usize {
    let select = encode(&["SELECT", "0"]);
    let kept = select.len() - b"0\r\n".len();
    if record.starts_with(&select[..kept]) {
        select.len()
    } else {
        0
    }
}

/// The cut-off part must be in a file of its own, and nothing else.
fn expect_kept(directory: &TempDir, cut_at: usize, torn: &[u8]) {
    let path = directory.join(format!("appendonly.aof.cut-at-{cut_at}"));
    let kept = std::fs::read(&path).unwrap_or_default();
    assert_eq!(kept, &torn[cut_at..], "cut at {cut_at}");
    assert_eq!(path.exists(), torn.len() > cut_at);
    // The next round must not find it.
    let _ = std::fs::remove_file(path);
}

#[test]
fn a_file_torn_anywhere_holds_the_longest_whole_prefix_and_grows_from_there() {
    let original = original();
    let written = [encode(&["SELECT", "0"]), encode(&["SET", "after", "v"])].concat();
    let directory = Arc::new(TempDir::new());
    for torn_at in 0..=original.bytes.len() {
        directory.write("appendonly.aof", &original.bytes[..torn_at]);
        let whole = original.steps.iter().rfind(|step| step.0 <= torn_at);
        let (whole_bytes, expected) = whole.unwrap();

        let server = TestServer::start_in(Arc::clone(&directory), |_| {});
        let mut client = server.connect();
        assert_eq!(content(&mut client), *expected, "torn at {torn_at}");
        client.expect_exchanges(&[("SET after v", "+OK\r\n")]);
        let expected = [&original.bytes[..*whole_bytes], &written].concat();
        assert!(directory.aof_bytes() == expected, "torn at {torn_at}");
        expect_kept(&directory, *whole_bytes, &original.bytes[..torn_at]);
        server.stop();
    }
}

/// Redis's annotations are no commands, but they can be torn too.
#[test]
fn a_file_torn_within_an_annotation_grows_like_any_other() {
    let command = encode(&["SET", "k", "v"]);
    let annotation = b"#TS:1700000000\r\n";
    for torn_at in 0..=annotation.len() {
        let directory = Arc::new(TempDir::new());
        let content = [&command, &annotation[..torn_at]].concat();
        directory.write("appendonly.aof", content);
        let server = TestServer::start_in(directory, |_| {});
        server
            .connect()
            .expect_exchanges(&[("GET k", "$1\r\nv\r\n"), ("SET l w", "+OK\r\n")]);
        let server = server.restart();
        server
            .connect()
            .expect_exchanges(&[("GET k", "$1\r\nv\r\n"), ("GET l", "$1\r\nw\r\n")]);
    }
}

#[test]
fn without_checksums_a_torn_end_costs_only_the_torn_command() {
    let directory = Arc::new(TempDir::new());
    for (has_checksums, key) in [(true, "a"), (true, "b"), (false, "c"), (false, "d")] {
        let server = TestServer::start_in(Arc::clone(&directory), |config| {
            config.aof_checksums = has_checksums;
        });
        server
            .connect()
            .expect_exchanges(&[(&format!("SET {key} 1"), "+OK\r\n")]);
        server.stop();
    }
    let torn = [&directory.aof_bytes()[..], b"*3\r\n$3\r\nSE"].concat();
    directory.write("appendonly.aof", torn);
    let server = TestServer::start_in(Arc::clone(&directory), |_| {});
    server
        .connect()
        .expect_exchanges(&[("EXISTS a b c d", ":4\r\n")]);
}
