use super::{CORRUPTED, INVALID};
use crate::commands::WRONG_TYPE;
use crate::support::{Client, TestServer};

/// Adds the numbers of `range` to `key`.
fn add(client: &mut Client, key: &str, range: std::ops::Range<usize>) {
    for chunk in range.collect::<Vec<_>>().chunks(1000) {
        let numbers = chunk.iter().map(usize::to_string);
        let words: Vec<String> = ["PFADD".to_owned(), key.to_owned()]
            .into_iter()
            .chain(numbers)
            .collect();
        client.ask(&words).integer();
    }
}

#[test]
fn pfadd_tells_whether_a_register_has_changed() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("PFADD h", ":1\r\n"),
        ("PFADD h", ":0\r\n"),
        ("PFADD h a b", ":1\r\n"),
        ("PFADD h b a a", ":0\r\n"),
        ("PFADD new a a", ":1\r\n"),
        ("TYPE h", "+string\r\n"),
        ("OBJECT ENCODING h", "$3\r\nraw\r\n"),
    ]);
}

#[test]
fn estimates_are_those_of_redis() {
    let server = TestServer::start();
    let mut client = server.connect();
    let mut added = 0;
    // What Redis 7.0.15 answers, before and after the registers become dense.
    for (count, estimate) in [
        (1, 1),
        (10, 10),
        (100, 100),
        (1000, 1001),
        (2000, 2007),
        (5000, 4985),
        (50_000, 50_354),
        (200_000, 200_305),
    ] {
        add(&mut client, "h", added..count);
        added = count;
        assert_eq!(client.ask(&["PFCOUNT", "h"]).integer(), estimate, "{count}");
    }
}

#[test]
fn pfcount_of_several_keys_counts_their_union() {
    let server = TestServer::start();
    let mut client = server.connect();
    add(&mut client, "dense", 0..10_000);
    add(&mut client, "sparse", 9_990..10_020);
    client.ask(&["PFMERGE", "both", "dense", "sparse"]);
    let both = client.ask(&["PFCOUNT", "both"]);
    for line in [
        "PFCOUNT dense sparse",
        "PFCOUNT sparse missing dense sparse",
        "PFCOUNT both dense",
    ] {
        assert_eq!(client.ask_line(line), both, "{line}");
    }
    client.expect_exchanges(&[("PFCOUNT missing", ":0\r\n"), ("PFCOUNT a b", ":0\r\n")]);
}

#[test]
fn pfmerge_adds_to_the_target() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.expect_exchanges(&[
        ("PFADD a 1 2 3", ":1\r\n"),
        ("PFADD b 3 4", ":1\r\n"),
        ("PFADD all 1 2 3 4", ":1\r\n"),
        ("EXPIRE b 1000", ":1\r\n"),
        ("PFMERGE b a missing", "+OK\r\n"),
        ("PFCOUNT b", ":4\r\n"),
        ("PFCOUNT all", ":4\r\n"),
        ("TTL b", ":1000\r\n"),
        ("PFMERGE new", "+OK\r\n"),
        ("PFCOUNT new", ":0\r\n"),
    ]);
    assert_eq!(client.ask(&["GET", "b"]), client.ask(&["GET", "all"]));
}

#[test]
fn only_hyperloglogs_are_accepted() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.expect_exchanges(&[
        ("PFADD h a", ":1\r\n"),
        ("RPUSH l a", ":1\r\n"),
        ("PFADD l a", WRONG_TYPE),
        ("PFCOUNT l", WRONG_TYPE),
        ("PFCOUNT h l", WRONG_TYPE),
        ("PFMERGE h l", WRONG_TYPE),
        ("SET s HYLL", "+OK\r\n"),
        ("PFADD s", INVALID),
        ("PFCOUNT s", INVALID),
        ("PFCOUNT s l", INVALID),
        ("PFMERGE new h s", INVALID),
        ("EXISTS new", ":0\r\n"),
        ("APPEND h x", ":22\r\n"),
        ("PFCOUNT h", CORRUPTED),
        ("PFCOUNT h s", CORRUPTED),
        ("PFMERGE new h", CORRUPTED),
        ("EXISTS new", ":0\r\n"),
    ]);
}

#[test]
fn a_corrupted_string_stays_as_it_is() {
    let server = TestServer::start();
    let mut client = server.connect();
    // It ends before the last register.
    let head = b"HYLL\x01\0\0\0\0\0\0\0\0\0\0\x80";
    let short = [&head[..], b"\x60\0"].concat();
    client.ask(&[&b"SET"[..], b"h", &short]);
    let elements: Vec<String> = (0..20).map(|number| number.to_string()).collect();
    let words = ["PFADD", "h"].into_iter();
    let words: Vec<&str> = words.chain(elements.iter().map(String::as_str)).collect();
    client.ask(&words);
    assert_eq!(client.ask(&["STRLEN", "h"]).integer(), short.len() as i64);
}

#[test]
fn the_log_holds_what_changes_the_bytes() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.expect_exchanges(&[
        ("PFADD a 1 2", ":1\r\n"),
        ("PFADD a 2", ":0\r\n"),
        ("PFCOUNT a", ":2\r\n"),
        ("PFCOUNT a", ":2\r\n"),
        ("PFCOUNT a b", ":2\r\n"),
        ("PFMERGE b a", "+OK\r\n"),
        ("MULTI", "+OK\r\n"),
        ("PFCOUNT b", "+QUEUED\r\n"),
        ("PFCOUNT b", "+QUEUED\r\n"),
        ("EXEC", "*2\r\n:2\r\n:2\r\n"),
        ("PFDEBUG TODENSE b", ":1\r\n"),
        ("PFDEBUG TODENSE b", ":0\r\n"),
    ]);
    let before = ["a", "b"].map(|key| client.ask(&["GET", key]));
    assert_eq!(
        server.directory.aof_commands(),
        [
            "SELECT 0",
            "PFADD a 1 2",
            "PFCOUNT a",
            "PFMERGE b a",
            "PFCOUNT b",
            "PFDEBUG TODENSE b",
        ]
    );
    let server = server.restart();
    let mut client = server.connect();
    let after = ["a", "b"].map(|key| client.ask(&["GET", key]));
    assert_eq!(before, after);
}

#[test]
fn pfcount_changes_the_bytes_for_watch_only_once() {
    let server = TestServer::start();
    let (mut client, mut other) = (server.connect(), server.connect());
    client.expect_exchanges(&[("PFADD h a", ":1\r\n"), ("WATCH h", "+OK\r\n")]);
    other.expect_exchanges(&[("PFCOUNT h", ":1\r\n")]);
    client.expect_exchanges(&[
        ("MULTI", "+OK\r\n"),
        ("GET h", "+QUEUED\r\n"),
        ("EXEC", "*-1\r\n"),
        ("WATCH h", "+OK\r\n"),
    ]);
    other.expect_exchanges(&[("PFCOUNT h", ":1\r\n")]);
    client.expect_exchanges(&[
        ("MULTI", "+OK\r\n"),
        ("PFCOUNT h", "+QUEUED\r\n"),
        ("EXEC", "*1\r\n:1\r\n"),
    ]);
}
