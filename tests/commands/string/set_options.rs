use std::time::{SystemTime, UNIX_EPOCH};

use crate::commands::{NOT_AN_INTEGER, SYNTAX, WRONG_TYPE};
use crate::support::TestServer;

const INVALID_TIME: &str = "-ERR invalid expire time in 'set' command\r\n";

#[test]
fn nx_and_xx_are_conditions() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("SET k v XX", "$-1\r\n"),
        ("EXISTS k", ":0\r\n"),
        ("SET k v NX", "+OK\r\n"),
        ("SET k w nx", "$-1\r\n"),
        ("GET k", "$1\r\nv\r\n"),
        ("SET k w xx", "+OK\r\n"),
        ("GET k", "$1\r\nw\r\n"),
        ("HSET h f v", ":1\r\n"),
        ("SET h v NX", "$-1\r\n"),
        ("SET h v XX", "+OK\r\n"),
    ]);
}

#[test]
fn set_with_get_returns_the_old_value() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("SET k a GET", "$-1\r\n"),
        ("SET k b GET", "$1\r\na\r\n"),
        ("SET k c NX GET", "$1\r\nb\r\n"),
        ("SET k d GET XX", "$1\r\nb\r\n"),
        ("GET k", "$1\r\nd\r\n"),
        ("SET missing v XX GET", "$-1\r\n"),
        ("EXISTS missing", ":0\r\n"),
        ("HSET h f v", ":1\r\n"),
        ("SET h v GET", WRONG_TYPE),
        ("SET h v NX GET", WRONG_TYPE),
        ("TYPE h", "+hash\r\n"),
    ]);
}

#[test]
fn comparisons_are_conditions() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.ask_line("SET k a");
    let digest = client.ask_line("DIGEST k").text();
    for (condition, is_met, creates) in [
        ("IFEQ a", true, false),
        ("ifeq A", false, false),
        ("IFNE a", false, true),
        ("IFNE b", true, true),
        (&format!("IFDEQ {digest}"), true, false),
        ("IFDEQ 0123456789abcdef", false, false),
        (&format!("IFDNE {}", digest.to_uppercase()), false, true),
        ("IFDNE 0123456789abcdef", true, true),
    ] {
        let ok = |is_ok: bool| if is_ok { "+OK\r\n" } else { "$-1\r\n" };
        let now = |is_set: bool| format!("$1\r\n{}\r\n", if is_set { 'b' } else { 'a' });
        let set = format!("SET k b {condition}");
        client.expect_exchanges(&[
            ("DEL k", ":1\r\n"),
            (&set, ok(creates)),
            ("EXISTS k", &format!(":{}\r\n", u8::from(creates))),
            ("SET k a", "+OK\r\n"),
            (&set, ok(is_met)),
            ("GET k", &now(is_met)),
            ("SET k a", "+OK\r\n"),
            (&format!("{set} GET"), "$1\r\na\r\n"),
            ("GET k", &now(is_met)),
        ]);
    }
}

#[test]
fn a_comparison_is_about_strings_and_whole_digests() {
    const DIGEST_LENGTH: &str = "-ERR must be exactly 16 hexadecimal characters\r\n";
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("HSET h f v", ":1\r\n"),
        ("SET h v IFEQ v", WRONG_TYPE),
        ("SET h v IFNE v", WRONG_TYPE),
        ("SET h v IFDEQ 1", WRONG_TYPE),
        ("SET h v IFDNE 1 GET", WRONG_TYPE),
        ("SET h v IFEQ v EX 0", INVALID_TIME),
        ("SET k v", "+OK\r\n"),
        ("SET k w IFDEQ 0123", DIGEST_LENGTH),
        ("SET k w IFDNE 00123456789abcdef GET", DIGEST_LENGTH),
        ("GET k", "$1\r\nv\r\n"),
        // A key that is missing has no digest to compare with.
        ("SET missing v IFDEQ 0123", "$-1\r\n"),
        ("SET new v IFDNE 0123", "+OK\r\n"),
    ]);
}

#[test]
fn a_past_time_leaves_no_key() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("SET k v", "+OK\r\n"),
        ("SET k w PXAT 1", "+OK\r\n"),
        ("GET k", "$-1\r\n"),
        ("SET k v EXAT 1 GET", "$-1\r\n"),
        ("SET k v KEEPTTL", "+OK\r\n"),
        ("GET k", "$1\r\nv\r\n"),
    ]);
}

#[test]
fn an_invalid_time_is_refused() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("SET k v EX a", NOT_AN_INTEGER),
        ("SET k v PX 1.5", NOT_AN_INTEGER),
        ("SET k v EX 0", INVALID_TIME),
        ("SET k v PXAT -1", INVALID_TIME),
        ("SET k v EXAT 9223372036854776", INVALID_TIME),
        ("SET k v EX 9223372036854775", INVALID_TIME),
        ("SET k v PX 9223372036854775807", INVALID_TIME),
        ("SET k v PXAT 9223372036854775807", "+OK\r\n"),
        ("HSET h f v", ":1\r\n"),
        ("SET h v GET EX 0", INVALID_TIME),
        ("SET h v NX EX 0", INVALID_TIME),
    ]);
}

#[test]
fn incompatible_options_are_refused() {
    let server = TestServer::start();
    let mut client = server.connect();
    for options in [
        "NX XX",
        "XX NX",
        "EX",
        "EX 100 PX 100",
        "EXAT 100 EX 100",
        "EX 100 KEEPTTL",
        "KEEPTTL PXAT 100",
        "PERSIST",
        "''",
        "NX EX a XX",
        "IFEQ",
        "IFDNE",
        "NX IFEQ a",
        "IFNE a XX",
        "IFEQ a IFNE b",
        "IFDEQ a IFEQ a",
    ] {
        client.expect_exchanges(&[(&format!("SET k v {options}"), SYNTAX)]);
    }
    client.expect_exchanges(&[("EXISTS k", ":0\r\n")]);
    for options in ["NX NX", "KEEPTTL KEEPTTL", "EX a EX 100", "IFNE a IFNE b"] {
        client.expect_exchanges(&[
            (&format!("SET k v {options}"), "+OK\r\n"),
            ("DEL k", ":1\r\n"),
        ]);
    }
}

#[test]
fn records_have_absolute_times_and_no_conditions() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("SET k a NX", "+OK\r\n"),
        ("SET k b NX", "$-1\r\n"),
        ("SET k b XX GET", "$1\r\na\r\n"),
        ("SET k c EXAT 99999999999 GET", "$1\r\nb\r\n"),
        ("SET k d XX KEEPTTL", "+OK\r\n"),
        ("SET k e PXAT 99999999999999 NX GET", "$1\r\nd\r\n"),
        ("SET k e IFEQ c", "$-1\r\n"),
        ("SET k f IFEQ d KEEPTTL", "+OK\r\n"),
        ("SET k g PXAT 88888888888888 IFNE d", "+OK\r\n"),
        ("SET k h IFNE d GET", "$1\r\ng\r\n"),
        ("SET gone a PXAT 1", "+OK\r\n"),
    ]);
    assert_eq!(
        server.directory.aof_commands()[..9],
        [
            "SELECT 0",
            "SET k a",
            "SET k b",
            "SET k c PXAT 99999999999000",
            "SET k d KEEPTTL",
            "SET k f KEEPTTL",
            "SET k g PXAT 88888888888888",
            "SET k h",
            "SET gone a PXAT 1",
        ]
    );
    let server = server.restart();
    server
        .connect()
        .expect_exchanges(&[("GET k", "$1\r\nh\r\n"), ("GET gone", "$-1\r\n")]);
}

#[test]
fn relative_times_count_from_now() {
    let server = TestServer::start();
    let mut client = server.connect();
    for (request, relative_ms) in [
        ("SET k v EX 100", 100_000),
        ("SET k v PX 100000", 100_000),
        ("SETEX k 200 v", 200_000),
        ("PSETEX k 200000 v", 200_000),
    ] {
        let before = unix_time_ms();
        client.expect_exchanges(&[(request, "+OK\r\n")]);
        let after = unix_time_ms();
        let commands = server.directory.aof_commands();
        let time = commands
            .last()
            .and_then(|last| last.strip_prefix("SET k v PXAT "));
        let time: u64 = time.and_then(|time| time.parse().ok()).expect("a time");
        assert!(
            (before..=after).contains(&(time - relative_ms)),
            "{request}"
        );
    }
    let server = server.restart();
    server
        .connect()
        .expect_exchanges(&[("GET k", "$1\r\nv\r\n")]);
}

fn unix_time_ms() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.expect("a clock that is right").as_millis() as u64
}
