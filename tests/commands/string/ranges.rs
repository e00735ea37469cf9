use crate::commands::{NOT_AN_INTEGER, WRONG_TYPE};
use crate::support::{Client, TestServer};

const TOO_LONG: &str = "-ERR string exceeds maximum allowed size (proto-max-bulk-len)\r\n";
const OFFSET: &str = "-ERR offset is out of range\r\n";

#[test]
fn append_adds_to_the_end() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("APPEND k ''", ":0\r\n"),
        ("EXISTS k", ":1\r\n"),
        ("APPEND k abc", ":3\r\n"),
        ("APPEND k def", ":6\r\n"),
        ("GET k", "$6\r\nabcdef\r\n"),
        ("STRLEN k", ":6\r\n"),
        ("HSET h f v", ":1\r\n"),
        ("APPEND h v", WRONG_TYPE),
    ]);
}

#[test]
fn a_string_grows_through_all_lengths() {
    let server = TestServer::start();
    let mut client = server.connect();
    let mut expected = String::new();
    for number in 0..100 {
        let piece = format!("{number:07}");
        expected.push_str(&piece);
        client.expect_exchanges(&[
            (
                &format!("APPEND k {piece}"),
                &format!(":{}\r\n", expected.len()),
            ),
            ("GET k", &format!("${}\r\n{expected}\r\n", expected.len())),
        ]);
    }
}

#[test]
fn strlen_of_a_missing_key_is_0() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("STRLEN k", ":0\r\n"),
        ("HSET h f v", ":1\r\n"),
        ("STRLEN h", WRONG_TYPE),
    ]);
}

fn expect_range(client: &mut Client, start: &str, end: &str, expected: &str) {
    for name in ["GETRANGE", "SUBSTR"] {
        let reply = format!("${}\r\n{expected}\r\n", expected.len());
        client.expect_exchanges(&[(&format!("{name} k {start} {end}"), &reply)]);
    }
}

#[test]
fn a_range_has_both_its_ends_and_negative_ones_count_from_the_last_byte() {
    let server = TestServer::start();
    let mut client = server.connect();
    expect_range(&mut client, "0", "-1", "");
    client.expect_exchanges(&[("SET k abcdef", "+OK\r\n")]);
    for (start, end, expected) in [
        ("0", "0", "a"),
        ("1", "3", "bcd"),
        ("0", "-1", "abcdef"),
        ("-3", "-2", "de"),
        ("4", "100", "ef"),
        ("6", "100", ""),
        ("3", "2", ""),
        ("-100", "1", "ab"),
        ("-100", "-7", "a"),
        ("-1", "-100", ""),
        ("-9223372036854775808", "9223372036854775807", "abcdef"),
    ] {
        expect_range(&mut client, start, end, expected);
    }
    client.expect_exchanges(&[("SET k ''", "+OK\r\n")]);
    expect_range(&mut client, "0", "-1", "");
}

#[test]
fn a_range_is_checked_before_the_key() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("HSET h f v", ":1\r\n"),
        ("GETRANGE h a 1", NOT_AN_INTEGER),
        ("GETRANGE h 1 a", NOT_AN_INTEGER),
        ("GETRANGE h 0 9223372036854775808", NOT_AN_INTEGER),
        ("GETRANGE h 0 1", WRONG_TYPE),
        ("SUBSTR h 0 1", WRONG_TYPE),
    ]);
}

#[test]
fn setrange_overwrites_and_fills_up_with_zeros() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("SETRANGE k 2 ab", ":4\r\n"),
        ("GET k", "$4\r\n\0\0ab\r\n"),
        ("SETRANGE k 0 xyz", ":4\r\n"),
        ("GET k", "$4\r\nxyzb\r\n"),
        ("SETRANGE k 6 !", ":7\r\n"),
        ("GET k", "$7\r\nxyzb\0\0!\r\n"),
        ("SETRANGE k 300 !", ":301\r\n"),
        ("SETRANGE k 299 ?", ":301\r\n"),
        ("GETRANGE k 298 -1", "$3\r\n\0?!\r\n"),
    ]);
}

#[test]
fn setrange_of_nothing_changes_nothing() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("SETRANGE k 5 ''", ":0\r\n"),
        ("EXISTS k", ":0\r\n"),
        ("SET k abc", "+OK\r\n"),
        ("SETRANGE k 9223372036854775807 ''", ":3\r\n"),
        ("GET k", "$3\r\nabc\r\n"),
    ]);
    assert_eq!(server.directory.aof_commands(), ["SELECT 0", "SET k abc"]);
}

#[test]
fn setrange_checks_the_offset_then_the_type_then_the_length() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("HSET h f v", ":1\r\n"),
        ("SETRANGE h a v", NOT_AN_INTEGER),
        ("SETRANGE h -1 v", OFFSET),
        ("SETRANGE h 0 ''", WRONG_TYPE),
        ("SETRANGE h 536870912 v", WRONG_TYPE),
        ("SETRANGE k 536870912 v", TOO_LONG),
        ("SETRANGE k 9223372036854775807 v", TOO_LONG),
        ("EXISTS k", ":0\r\n"),
        ("SET k abc", "+OK\r\n"),
        ("SETRANGE k 536870911 vw", TOO_LONG),
        ("GET k", "$3\r\nabc\r\n"),
    ]);
}

#[test]
fn a_string_of_512_mb_cannot_grow() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("SETRANGE k 536870911 v", ":536870912\r\n"),
        ("APPEND k v", TOO_LONG),
        ("STRLEN k", ":536870912\r\n"),
        ("GETRANGE k -2 -1", "$2\r\n\0v\r\n"),
    ]);
}

#[test]
fn changed_parts_are_there_after_a_restart() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("APPEND k abc", ":3\r\n"),
        ("APPEND k abc", ":6\r\n"),
        ("SETRANGE k 1 xy", ":6\r\n"),
        ("SETRANGE new 1 z", ":2\r\n"),
    ]);
    assert_eq!(
        server.directory.aof_commands(),
        [
            "SELECT 0",
            "APPEND k abc",
            "APPEND k abc",
            "SETRANGE k 1 xy",
            "SETRANGE new 1 z",
        ]
    );
    let server = server.restart();
    server
        .connect()
        .expect_exchanges(&[("MGET k new", "*2\r\n$6\r\naxyabc\r\n$2\r\n\0z\r\n")]);
}
