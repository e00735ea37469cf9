use crate::commands::{NOT_AN_INTEGER, SYNTAX, WRONG_TYPE};
use crate::support::TestServer;

const INDEX_RANGE: &str = "-ERR index out of range\r\n";

#[test]
fn lset_replaces_an_element() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("LSET l a x", "-ERR no such key\r\n"),
        ("RPUSH l a b c", ":3\r\n"),
        ("LSET l 1 x", "+OK\r\n"),
        ("LSET l -1 y", "+OK\r\n"),
        ("LSET l 3 z", INDEX_RANGE),
        ("LSET l -4 z", INDEX_RANGE),
        ("LSET l a z", NOT_AN_INTEGER),
        ("LRANGE l 0 -1", "*3\r\n$1\r\na\r\n$1\r\nx\r\n$1\r\ny\r\n"),
    ]);
}

#[test]
fn linsert_stands_beside_the_first_that_is_equal() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("LINSERT l BEFORE a x", ":0\r\n"),
        ("RPUSH l a b a", ":3\r\n"),
        ("LINSERT l before a 1", ":4\r\n"),
        ("LINSERT l AFTER b 2", ":5\r\n"),
        ("LINSERT l AFTER missing 3", ":-1\r\n"),
        ("LINSERT l BESIDE a 3", SYNTAX),
        (
            "LRANGE l 0 -1",
            "*5\r\n$1\r\n1\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\n2\r\n$1\r\na\r\n",
        ),
    ]);
}

#[test]
fn lrem_removes_from_either_end() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("LREM l 0 a", ":0\r\n"),
        ("RPUSH l a 1 a a 2 a 3 a", ":8\r\n"),
        ("LREM l 0 x", ":0\r\n"),
        ("LREM l 1 a", ":1\r\n"),
        ("LREM l -2 a", ":2\r\n"),
        (
            "LRANGE l 0 -1",
            "*5\r\n$1\r\n1\r\n$1\r\na\r\n$1\r\na\r\n$1\r\n2\r\n$1\r\n3\r\n",
        ),
        ("LREM l a a", NOT_AN_INTEGER),
        ("LREM l -9223372036854775808 a", ":2\r\n"),
        ("LRANGE l 0 -1", "*3\r\n$1\r\n1\r\n$1\r\n2\r\n$1\r\n3\r\n"),
        ("RPUSH m a a", ":2\r\n"),
        ("LREM m 0 a", ":2\r\n"),
        ("EXISTS m", ":0\r\n"),
    ]);
}

#[test]
fn ltrim_keeps_a_range() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("LTRIM l 0 0", "+OK\r\n"),
        ("RPUSH l a b c d e", ":5\r\n"),
        ("LTRIM l 1 -2", "+OK\r\n"),
        ("LRANGE l 0 -1", "*3\r\n$1\r\nb\r\n$1\r\nc\r\n$1\r\nd\r\n"),
        ("LTRIM l a 1", NOT_AN_INTEGER),
        (
            "LTRIM l -9223372036854775808 9223372036854775807",
            "+OK\r\n",
        ),
        ("LLEN l", ":3\r\n"),
        ("LTRIM l 2 1", "+OK\r\n"),
        ("EXISTS l", ":0\r\n"),
    ]);
}

#[test]
fn strings_are_refused_and_stay() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("SET k v", "+OK\r\n"),
        ("LSET k a x", WRONG_TYPE),
        ("LINSERT k BEFORE a x", WRONG_TYPE),
        ("LREM k 0 a", WRONG_TYPE),
        ("LREM k a a", NOT_AN_INTEGER),
        ("LTRIM k 0 0", WRONG_TYPE),
        ("GET k", "$1\r\nv\r\n"),
    ]);
}

/// As in Redis, LTRIM and LSET touch a watched key even if they change nothing in it.
#[test]
fn changes_touch_a_watched_key() {
    let server = TestServer::start();
    let (mut watching, mut other) = (server.connect(), server.connect());
    for (request, reply, outcome) in [
        ("LREM l 0 x", ":0\r\n", "*1\r\n+PONG\r\n"),
        ("LINSERT l AFTER x y", ":-1\r\n", "*1\r\n+PONG\r\n"),
        ("LPOP l 0", "*0\r\n", "*1\r\n+PONG\r\n"),
        ("RPUSHX m a", ":0\r\n", "*1\r\n+PONG\r\n"),
        ("LTRIM l 0 -1", "+OK\r\n", "*-1\r\n"),
        ("LSET l 0 a", "+OK\r\n", "*-1\r\n"),
        ("LREM l 0 a", ":1\r\n", "*-1\r\n"),
        ("LINSERT l AFTER a y", ":3\r\n", "*-1\r\n"),
        ("LPOP l", "$1\r\na\r\n", "*-1\r\n"),
        ("LPOP l 1", "*1\r\n$1\r\na\r\n", "*-1\r\n"),
        ("LMOVE l m LEFT LEFT", "$1\r\na\r\n", "*-1\r\n"),
    ] {
        watching.expect_exchanges(&[
            ("DEL l m", &format!(":{}\r\n", existing(&mut other))),
            ("RPUSH l a b", ":2\r\n"),
            ("WATCH l m", "+OK\r\n"),
            ("MULTI", "+OK\r\n"),
            ("PING", "+QUEUED\r\n"),
        ]);
        other.expect_exchanges(&[(request, reply)]);
        watching.expect_exchanges(&[("EXEC", outcome)]);
    }
}

fn existing(client: &mut crate::support::Client) -> i64 {
    client.ask_line("EXISTS l m").integer()
}

#[test]
fn changes_are_recorded_as_sent() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("RPUSH l a b c d e b", ":6\r\n"),
        ("LSET l 0 x", "+OK\r\n"),
        ("LINSERT l AFTER missing y", ":-1\r\n"),
        ("LINSERT l AFTER x y", ":7\r\n"),
        ("LREM l 0 missing", ":0\r\n"),
        ("LREM l -1 b", ":1\r\n"),
        ("LTRIM l 0 -1", "+OK\r\n"),
        ("LTRIM l 1 3", "+OK\r\n"),
    ]);
    assert_eq!(
        server.directory.aof_commands(),
        [
            "SELECT 0",
            "RPUSH l a b c d e b",
            "LSET l 0 x",
            "LINSERT l AFTER x y",
            "LREM l -1 b",
            "LTRIM l 1 3",
        ]
    );
    let server = server.restart();
    server
        .connect()
        .expect_exchanges(&[("LRANGE l 0 -1", "*3\r\n$1\r\ny\r\n$1\r\nb\r\n$1\r\nc\r\n")]);
}
