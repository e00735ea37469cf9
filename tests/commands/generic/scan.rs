use std::collections::{BTreeMap, BTreeSet};

use threadbare::config::Protected;

use crate::commands::{SYNTAX, WRONG_TYPE};
use crate::support::{Client, Reply, TestServer, encode, wait_for};

const NOT_AN_INTEGER: &str = "-ERR value is not an integer or out of range\r\n";
const INVALID_CURSOR: &str = "-ERR invalid cursor\r\n";
const NOTHING: &str = "*2\r\n$1\r\n0\r\n*0\r\n";

/// Sets the keys `key:0`, `key:1` and so on.
fn set_keys(client: &mut Client, count: usize) {
    let requests = (0..count).flat_map(|number| encode(&["SET", &format!("key:{number}"), "v"]));
    let sending = client.send_aside(requests.collect());
    for _ in 0..count {
        client.expect("+OK\r\n");
    }
    sending.join().unwrap();
}

/// Returns all results of a scan. `command` is the request up to the cursor, `options` the rest.
fn scan(client: &mut Client, command: &[&str], options: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    let mut cursor = "0".to_owned();
    loop {
        let reply = client.ask(&[command, &[&cursor], options].concat());
        cursor = reply.array()[0].text();
        found.extend(reply.array()[1].texts());
        if cursor == "0" {
            return found;
        }
    }
}

fn sorted(mut texts: Vec<String>) -> Vec<String> {
    texts.sort_unstable();
    texts
}

#[test]
fn keys_returns_matching_keys() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.expect_exchanges(&[
        ("KEYS *", "*0\r\n"),
        ("SET hello 1", "+OK\r\n"),
        ("HSET hallo f v", ":1\r\n"),
        ("SET 'h*llo' 1", "+OK\r\n"),
        ("KEYS hello", "*1\r\n$5\r\nhello\r\n"),
        ("KEYS hell", "*0\r\n"),
        (r"KEYS h\*llo", "*1\r\n$5\r\nh*llo\r\n"),
        ("KEYS h[a-c]*", "*1\r\n$5\r\nhallo\r\n"),
        ("KEYS H*", "*0\r\n"),
    ]);
    for pattern in ["*", "h?llo", "**o"] {
        let found = sorted(client.ask(&["KEYS", pattern]).texts());
        assert_eq!(found, ["h*llo", "hallo", "hello"], "{pattern}");
    }
}

#[test]
fn the_empty_key_is_found_by_a_star_alone() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("SET '' v", "+OK\r\n"),
        ("KEYS *", "*1\r\n$0\r\n\r\n"),
        ("KEYS **", "*0\r\n"),
        ("KEYS ''", "*1\r\n$0\r\n\r\n"),
        ("SCAN 0 MATCH *", "*2\r\n$1\r\n0\r\n*1\r\n$0\r\n\r\n"),
        ("SCAN 0 MATCH **", NOTHING),
    ]);
}

#[test]
fn patterns_of_thousands_of_stars_are_answered_at_once() {
    let server = TestServer::start();
    let mut client = server.connect();
    let key = "a".repeat(50_000);
    client.ask(&["SET", &key, "v"]);
    for (pattern, found) in [
        ("*?".repeat(50_000), 0),
        ("*?".repeat(1_000), 1),
        ("a*".repeat(900) + "b", 0),
        ("*".repeat(100_000), 1),
    ] {
        assert_eq!(client.ask(&["KEYS", &pattern]).array().len(), found);
    }
}

#[test]
fn scan_returns_every_key_once_during_inserts_and_deletes() {
    let server = TestServer::start();
    let mut client = server.connect();
    set_keys(&mut client, 3_000);
    let mut found = Vec::new();
    let mut cursor = "0".to_owned();
    let mut round = 0;
    loop {
        let reply = client.ask(&["SCAN", &cursor, "COUNT", "100"]);
        cursor = reply.array()[0].text();
        found.extend(reply.array()[1].texts());
        if cursor == "0" {
            break;
        }
        let others = (0..500).map(|number| format!("other:{round}:{number}"));
        for key in others {
            client.send(encode(&["SET", &key, "v"]));
            client.send(encode(&["DEL", &key]));
        }
        for _ in 0..500 {
            client.expect("+OK\r\n:1\r\n");
        }
        round += 1;
    }
    assert!(round > 10);
    assert_eq!(found.len(), 3_000);
    assert_eq!(found.iter().collect::<BTreeSet<_>>().len(), 3_000);
}

#[test]
fn a_huge_count_returns_all() {
    let server = TestServer::start();
    let mut client = server.connect();
    set_keys(&mut client, 2_000);
    for count in ["2000", "9223372036854775807"] {
        let reply = client.ask(&["SCAN", "0", "COUNT", count]);
        assert_eq!(reply.array()[0].text(), "0");
        assert_eq!(reply.array()[1].array().len(), 2_000);
    }
    assert_eq!(scan(&mut client, &["SCAN"], &["COUNT", "1"]).len(), 2_000);
}

#[test]
fn scan_filters_by_pattern_and_type() {
    let server = TestServer::start();
    let mut client = server.connect();
    set_keys(&mut client, 1_000);
    client.ask_line("HSET key:h f v");
    let found = scan(&mut client, &["SCAN"], &["MATCH", "key:99?"]);
    assert_eq!(found.len(), 10);
    assert_eq!(scan(&mut client, &["SCAN"], &["TYPE", "HASH"]), ["key:h"]);
    let strings = ["TYPE", "string", "COUNT", "50"];
    assert_eq!(scan(&mut client, &["SCAN"], &strings).len(), 1_000);
    for name in ["list", "nosuch"] {
        assert!(scan(&mut client, &["SCAN"], &["TYPE", name]).is_empty());
    }
}

#[test]
fn cursors_are_parsed_as_in_c() {
    let server = TestServer::start();
    let one = "*2\r\n$1\r\n0\r\n*1\r\n$1\r\nk\r\n";
    server.connect().expect_exchanges(&[
        ("SET k v", "+OK\r\n"),
        ("SCAN 0", one),
        ("SCAN ''", one),
        ("SCAN +0", one),
        ("SCAN 00", one),
        ("SCAN 18446744073709551615", NOTHING),
        ("SCAN -1", NOTHING),
        ("SCAN 18446744073709551616", INVALID_CURSOR),
        ("SCAN ' 0'", INVALID_CURSOR),
        ("SCAN '0 '", INVALID_CURSOR),
        ("SCAN -", INVALID_CURSOR),
        ("SCAN x foo", INVALID_CURSOR),
    ]);
}

#[test]
fn invalid_options_are_refused() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("HSET h f v", ":1\r\n"),
        ("SCAN 0 foo", SYNTAX),
        ("SCAN 0 MATCH", SYNTAX),
        ("SCAN 0 COUNT", SYNTAX),
        ("SCAN 0 TYPE", SYNTAX),
        ("SCAN 0 COUNT 0", SYNTAX),
        ("SCAN 0 COUNT -1 foo", SYNTAX),
        ("SCAN 0 COUNT x foo", NOT_AN_INTEGER),
        ("SCAN 0 COUNT 9223372036854775808", NOT_AN_INTEGER),
        ("SCAN 0 NOVALUES", SYNTAX),
        ("HSCAN h 0 TYPE hash", SYNTAX),
        ("HSCAN h 0 COUNT 0", SYNTAX),
    ]);
}

#[test]
fn hscan_checks_the_cursor_then_the_key_then_the_options() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("HSCAN missing x foo", INVALID_CURSOR),
        ("HSCAN missing 0 foo", NOTHING),
        ("SET s v", "+OK\r\n"),
        ("HSCAN s 0 foo", WRONG_TYPE),
        ("HSET h f v", ":1\r\n"),
        ("HSCAN h 0 foo", SYNTAX),
        ("HSCAN h 0", "*2\r\n$1\r\n0\r\n*2\r\n$1\r\nf\r\n$1\r\nv\r\n"),
        ("HSCAN h 0 NOVALUES", "*2\r\n$1\r\n0\r\n*1\r\n$1\r\nf\r\n"),
        ("HSCAN h 0 MATCH g*", NOTHING),
    ]);
}

#[test]
fn hscan_returns_every_field_once_and_small_hashes_whole() {
    let server = TestServer::start();
    let mut client = server.connect();
    for (key, count) in [("small", 500), ("big", 2_000)] {
        let mut request = vec!["HSET".to_owned(), key.to_owned()];
        request.extend((0..2 * count).map(|number| number.to_string()));
        client.send(encode(&request));
        client.expect(format!(":{count}\r\n"));
        let found = scan(&mut client, &["HSCAN", key], &["COUNT", "7"]);
        let pairs: BTreeMap<_, _> = found.chunks(2).map(|pair| (&pair[0], &pair[1])).collect();
        assert_eq!((found.len(), pairs.len()), (2 * count, count));
        assert_eq!(pairs[&"42".to_owned()], "43");
        let names = scan(&mut client, &["HSCAN", key], &["NOVALUES", "MATCH", "4??"]);
        assert_eq!(names.len(), 50);
    }
    let whole = client.ask(&["HSCAN", "small", "0", "COUNT", "1"]);
    assert_eq!(whole.array()[1].array().len(), 1_000);
    let piece = client.ask(&["HSCAN", "big", "0", "COUNT", "1"]);
    assert_eq!(piece.array()[1].array().len(), 2);
}

#[test]
fn expired_keys_and_fields_are_not_returned() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.expect_exchanges(&[
        ("SET gone v", "+OK\r\n"),
        ("SET here v", "+OK\r\n"),
        ("PEXPIRE gone 1", ":1\r\n"),
    ]);
    wait_for("the end of a key", || {
        (client.ask_line("EXISTS gone").integer() == 0).then_some(())
    });
    client.expect_exchanges(&[
        ("KEYS *", "*1\r\n$4\r\nhere\r\n"),
        ("SCAN 0", "*2\r\n$1\r\n0\r\n*1\r\n$4\r\nhere\r\n"),
        ("RANDOMKEY", "$4\r\nhere\r\n"),
    ]);
}

#[test]
fn randomkey_can_return_every_key() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.expect_exchanges(&[("RANDOMKEY", "$-1\r\n")]);
    set_keys(&mut client, 5);
    let met: BTreeSet<String> = (0..1_000)
        .map(|_| client.ask_line("RANDOMKEY").text())
        .collect();
    assert_eq!(met.len(), 5);
}

/// A server without sweeper, with the expired keys `k:0` to `k:4`.
fn with_expired_keys() -> (TestServer, Client) {
    let server = TestServer::start_with(|config| config.enable_debug_command = Protected::Yes);
    let mut client = server.connect();
    client.expect_exchanges(&[("DEBUG SET-ACTIVE-EXPIRE 0", "+OK\r\n")]);
    for number in 0..5 {
        client.ask(&["SET", &format!("k:{number}"), "v", "PX", "1"]);
    }
    wait_for("the last key to expire", || {
        (client.ask(&["KEYS", "*"]) == Reply::Array(vec![])).then_some(())
    });
    client.expect_exchanges(&[("DBSIZE", ":5\r\n")]);
    (server, client)
}

#[test]
fn scan_removes_the_expired_keys_that_it_finds() {
    let (server, mut client) = with_expired_keys();
    client.expect_exchanges(&[
        ("SCAN 0 MATCH x*", NOTHING),
        ("DBSIZE", ":5\r\n"),
        ("SCAN 0 MATCH k:[01] TYPE hash", NOTHING),
        ("DBSIZE", ":3\r\n"),
        ("MULTI", "+OK\r\n"),
        ("SCAN 0 MATCH k:2", "+QUEUED\r\n"),
        ("EXEC", "*1\r\n*2\r\n$1\r\n0\r\n*0\r\n"),
        ("DBSIZE", ":2\r\n"),
        ("MULTI", "+OK\r\n"),
        ("SCAN 0 MATCH k:3", "+QUEUED\r\n"),
        ("SET a 1", "+QUEUED\r\n"),
        ("EXEC", "*2\r\n*2\r\n$1\r\n0\r\n*0\r\n+OK\r\n"),
        ("SCAN 0", "*2\r\n$1\r\n0\r\n*1\r\n$1\r\na\r\n"),
        ("DBSIZE", ":1\r\n"),
    ]);
    let mut commands = server.directory.aof_commands().split_off(6);
    commands[..2].sort_unstable();
    let expected = [
        "DEL k:0", "DEL k:1", "DEL k:2", "MULTI", "DEL k:3", "SET a 1", "EXEC", "DEL k:4",
    ];
    assert_eq!(commands, expected);
}

#[test]
fn other_reads_remove_expired_keys_that_they_name_or_draw() {
    let (_server, mut client) = with_expired_keys();
    client.expect_exchanges(&[
        ("GET k:0", "$-1\r\n"),
        ("DBSIZE", ":4\r\n"),
        ("EXISTS k:1 k:2", ":0\r\n"),
        ("DBSIZE", ":2\r\n"),
        ("RANDOMKEY", "$-1\r\n"),
        ("DBSIZE", ":0\r\n"),
    ]);
}
