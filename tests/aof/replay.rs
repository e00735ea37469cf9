//! The start loads the file.

use std::sync::Arc;

use crate::support::{Process, TempDir, TestServer, encode};

#[test]
fn a_restart_brings_everything_back() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("SET string v", "+OK\r\n"),
        ("SET replaced old", "+OK\r\n"),
        ("SET replaced new", "+OK\r\n"),
        ("HSET hash f 1 g 2", ":2\r\n"),
        ("HSET hash g 3", ":0\r\n"),
        ("SET turned v", "+OK\r\n"),
        ("DEL turned", ":1\r\n"),
        ("HSET turned f v", ":1\r\n"),
        ("SET gone v", "+OK\r\n"),
        ("HSET gone-too f v", ":1\r\n"),
        ("DEL gone gone-too missing", ":2\r\n"),
        ("SELECT 5", "+OK\r\n"),
        ("SET string five", "+OK\r\n"),
        ("SELECT 7", "+OK\r\n"),
        ("SET flushed v", "+OK\r\n"),
        ("FLUSHDB", "+OK\r\n"),
        ("SET after v", "+OK\r\n"),
    ]);
    let mut server = server;
    // Twice, because loaded commands must not be recorded again.
    for _ in 0..2 {
        let length = server.directory.aof_bytes().len();
        server = server.restart();
        server.connect().expect_exchanges(&[
            ("DBSIZE", ":4\r\n"),
            ("GET string", "$1\r\nv\r\n"),
            ("GET replaced", "$3\r\nnew\r\n"),
            ("HGET hash f", "$1\r\n1\r\n"),
            ("HGET hash g", "$1\r\n3\r\n"),
            ("HGETALL turned", "*2\r\n$1\r\nf\r\n$1\r\nv\r\n"),
            ("SELECT 5", "+OK\r\n"),
            ("DBSIZE", ":1\r\n"),
            ("GET string", "$4\r\nfive\r\n"),
            ("SELECT 7", "+OK\r\n"),
            ("DBSIZE", ":1\r\n"),
            ("EXISTS after", ":1\r\n"),
            ("SELECT 1", "+OK\r\n"),
            ("DBSIZE", ":0\r\n"),
        ]);
        assert_eq!(server.directory.aof_bytes().len(), length);
    }
}

#[test]
fn flushall_stays_flushed() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("SET a 1", "+OK\r\n"),
        ("SELECT 1", "+OK\r\n"),
        ("SET b 2", "+OK\r\n"),
        ("FLUSHALL", "+OK\r\n"),
        ("SET c 3", "+OK\r\n"),
    ]);
    let server = server.restart();
    server.connect().expect_exchanges(&[
        ("DBSIZE", ":0\r\n"),
        ("SELECT 1", "+OK\r\n"),
        ("DBSIZE", ":1\r\n"),
        ("GET c", "$1\r\n3\r\n"),
    ]);
}

#[test]
fn an_empty_file_and_none_are_an_empty_server() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[("DBSIZE", ":0\r\n")]);
    assert_eq!(server.directory.aof_bytes(), b"");
    let server = server.restart();
    server
        .connect()
        .expect_exchanges(&[("DBSIZE", ":0\r\n"), ("SET k v", "+OK\r\n")]);
}

/// Redis writes these if `aof-timestamp-enabled` is yes.
#[test]
fn annotations_are_skipped() {
    let directory = Arc::new(TempDir::new());
    let content = [
        b"#TS:1700000000\r\n".as_slice(),
        &encode(&["SELECT", "0"]),
        &encode(&["SET", "a", "1"]),
        b"#TS:1700000001\r\n#TS:1700000002\r\n",
        &encode(&["SET", "b", "#TS:1700000003\r\n"]),
        b"#TS:1700000004\r\n",
    ];
    directory.write("appendonly.aof", content.concat());
    let server = TestServer::start_in(directory, |_| {});
    server.connect().expect_exchanges(&[
        ("DBSIZE", ":2\r\n"),
        ("GET b", "$16\r\n#TS:1700000003\r\n\r\n"),
        ("SET c 3", "+OK\r\n"),
    ]);
    let server = server.restart();
    server.connect().expect_exchanges(&[("DBSIZE", ":3\r\n")]);
}

/// Puts `damaged` between whole commands. Asserts that a server refuses the file, names the place
/// and the reason, and leaves the file unchanged.
fn expect_refusal(damaged: &[u8], reason: &str) {
    let before = [
        encode(&["SELECT", "0"]),
        encode(&["SET", "string", "v"]),
        encode(&["HSET", "hash", "f", "v"]),
    ];
    let offset = before.concat().len();
    let content = [&before.concat(), damaged, &encode(&["SET", "after", "v"])].concat();
    let directory = Arc::new(TempDir::new());
    let path = directory.write("appendonly.aof", &content);

    let error = TestServer::start_in(Arc::clone(&directory), |_| {}).outcome();
    let error = error.expect_err("a file that is refused").to_string();
    let expected = format!(
        "Bad file format reading the append only file {} at offset {offset}: {reason}",
        path.display()
    );
    assert!(error.starts_with(&expected), "{error}");
    assert!(directory.aof_bytes() == content, "the file was changed");
}

#[test]
fn damage_within_the_file_is_refused() {
    for (damaged, reason) in [
        // A byte of a header changed.
        (
            "*4\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n",
            "expected '$', got '*'",
        ),
        (
            "*x\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n",
            "invalid multibulk length",
        ),
        ("*0\r\n", "invalid multibulk length"),
        ("*-1\r\n", "invalid multibulk length"),
        (
            "*3\r\n$x\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n",
            "invalid bulk length",
        ),
        (
            "*3\r\n#3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n",
            "expected '$', got '#'",
        ),
        (
            "*3\r\n$2\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n",
            "a bulk string does not end in CRLF",
        ),
        (
            "*3\r\n$3\r\nSET\r\n$3\r\nk\r\n$1\r\nv\r\n",
            "a bulk string does not end in CRLF",
        ),
        (
            "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\n\r",
            "a bulk string does not end in CRLF",
        ),
        // No command at all.
        ("garbage", "expected '*', got 'g'"),
        ("\0\0\0\0\0\0\0\0", "expected '*', got '\\x00'"),
        ("\r\n", "expected '*', got '\\r'"),
        ("SET k v\r\n", "expected '*', got 'S'"),
        // A command that a server does not write.
        (
            "*1\r\n$8\r\nnonsense\r\n",
            "'nonsense' is no command that changes data",
        ),
        (
            "*1\r\n$1\r\n\n\r\n",
            "'\\n' is no command that changes data",
        ),
        (
            "*1\r\n$7\r\nDISCARD\r\n",
            "'DISCARD' is no command that changes data",
        ),
        (
            "*3\r\n$3\r\nGET\r\n$6\r\nstring\r\n$1\r\nx\r\n",
            "'GET' is no command that changes data",
        ),
        (
            "*1\r\n$8\r\nSHUTDOWN\r\n",
            "'SHUTDOWN' is no command that changes data",
        ),
        // A command that fails.
        (
            "*2\r\n$3\r\nset\r\n$1\r\nk\r\n",
            "'set' failed: ERR wrong number of arguments for 'set' command",
        ),
        (
            "*1\r\n$5\r\nMULTI\r\n*2\r\n$3\r\nSET\r\n$1\r\nk\r\n*1\r\n$4\r\nEXEC\r\n",
            "'SET' failed: ERR wrong number of arguments for 'set' command",
        ),
        (
            "*4\r\n$7\r\nRESTORE\r\n$1\r\nk\r\n$1\r\n0\r\n$1\r\nx\r\n",
            "'RESTORE' failed: ERR DUMP payload version or checksum are wrong",
        ),
        (
            "*1\r\n$5\r\nMULTI\r\n*2\r\n$4\r\nINCR\r\n$6\r\nstring\r\n\
             *2\r\n$6\r\nSELECT\r\n$2\r\n16\r\n*1\r\n$4\r\nEXEC\r\n",
            "'EXEC' failed: ERR DB index is out of range",
        ),
        (
            "*2\r\n$6\r\nSELECT\r\n$2\r\n16\r\n",
            "'SELECT' failed: ERR DB index is out of range",
        ),
    ] {
        expect_refusal(damaged.as_bytes(), reason);
    }
}

/// Redis skips them too, without a warning.
#[test]
fn commands_that_change_nothing_are_skipped_with_a_warning() {
    let directory = TempDir::new();
    let lines = [
        "SET string v",
        "GET string",
        "OBJECT ENCODING string",
        "PUBLISH channel message",
        "HSET string f v",
        "HSET string f v",
        "INCR string",
        "EXEC",
        "MULTI",
        "SET a 1",
        "GET a",
        "MULTI",
        "HSET string f v",
        "SET b 2",
        "EXEC",
        "SET c 3",
    ];
    let requests: Vec<_> = lines.iter().map(|line| request(line)).collect();
    directory.write("appendonly.aof", requests.concat());
    let server = Process::start(&directory, &[]);
    server.connect().expect_exchanges(&[
        ("DBSIZE", ":4\r\n"),
        (
            "MGET string a b c",
            "*4\r\n$1\r\nv\r\n$1\r\n1\r\n$1\r\n2\r\n$1\r\n3\r\n",
        ),
    ]);
    let offset = |index: usize| requests[..index].concat().len();
    let wrong_type = "WRONGTYPE Operation against a key holding the wrong kind of value";
    for (count, index, what) in [
        (2, 1, "'GET' changes no data".to_owned()),
        (1, 2, "'OBJECT' changes no data".to_owned()),
        (1, 3, "'PUBLISH' changes no data".to_owned()),
        (2, 4, format!("'HSET' answers '{wrong_type}'")),
        (
            1,
            6,
            "'INCR' answers 'ERR value is not an integer or out of range'".to_owned(),
        ),
        (1, 7, "'EXEC' answers 'ERR EXEC without MULTI'".to_owned()),
        (
            1,
            11,
            "'MULTI' answers 'ERR MULTI calls can not be nested'".to_owned(),
        ),
        (1, 14, format!("'EXEC' answers '{wrong_type}'")),
    ] {
        server.wait_for_line(&format!(
            "{}: passed over {count} of its commands, the first at offset {}: {what}",
            directory.aof().display(),
            offset(index)
        ));
    }
}

/// The words of `line` as a command.
fn request(line: &str) -> Vec<u8> {
    encode(&line.split(' ').collect::<Vec<_>>())
}

/// A count that is too small leaves an argument over.
#[test]
fn the_rest_of_a_command_is_refused() {
    let damaged = [encode(&["SET", "k"]), b"$1\r\nv\r\n".to_vec()].concat();
    let content = [&damaged, &encode(&["SET", "after", "v"])[..]].concat();
    let directory = Arc::new(TempDir::new());
    directory.write("appendonly.aof", &content);
    let error = TestServer::start_in(directory, |_| {}).outcome();
    let error = error.expect_err("a file that is refused").to_string();
    let offset = encode(&["SET", "k"]).len();
    let expected = format!("at offset {offset}: expected '*', got '$'");
    assert!(error.contains(&expected), "{error}");
}

#[test]
fn a_file_with_any_byte_changed_is_loaded_or_refused() {
    let whole = [
        encode(&["SELECT", "0"]),
        encode(&["SET", "string", "v"]),
        encode(&["HSET", "hash", "f", "v"]),
        encode(&["DEL", "string"]),
    ]
    .concat();
    let directory = Arc::new(TempDir::new());
    for at in 0..whole.len() {
        for byte in *b"09\r\xff" {
            let mut content = whole.clone();
            content[at] = byte;
            directory.write("appendonly.aof", content);
            let server = TestServer::start_in(Arc::clone(&directory), |_| {});
            if server.has_loaded() {
                server.connect().expect_exchanges(&[("PING", "+PONG\r\n")]);
            } else {
                let error = server.outcome().expect_err("a file that is refused");
                assert!(error.to_string().contains(" at offset "), "{error}");
            }
        }
    }
}

#[test]
fn an_rdb_preamble_is_named() {
    let directory = Arc::new(TempDir::new());
    directory.write("appendonly.aof", b"REDIS0010\xfa\x09redis-ver\x067.0.15");
    let error = TestServer::start_in(directory, |_| {}).outcome();
    let error = error.expect_err("a file that is refused").to_string();
    let expected = "at offset 0: an RDB preamble, which this server does not read";
    assert!(error.contains(expected), "{error}");
}
