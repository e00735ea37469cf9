use crate::commands::{SYNTAX, WRONG_TYPE};
use crate::support::TestServer;

#[test]
fn lmove_moves_from_any_end_to_any_end() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("LMOVE l m LEFT LEFT", "$-1\r\n"),
        ("RPUSH l a b c d", ":4\r\n"),
        ("LMOVE l m LEFT RIGHT", "$1\r\na\r\n"),
        ("lmove l m right left", "$1\r\nd\r\n"),
        ("RPOPLPUSH l m", "$1\r\nc\r\n"),
        ("LMOVE l m UP LEFT", SYNTAX),
        ("LMOVE l m LEFT DOWN", SYNTAX),
        ("LMOVE l m RIGHT RIGHT", "$1\r\nb\r\n"),
        ("EXISTS l", ":0\r\n"),
        (
            "LRANGE m 0 -1",
            "*4\r\n$1\r\nc\r\n$1\r\nd\r\n$1\r\na\r\n$1\r\nb\r\n",
        ),
    ]);
}

/// A list of one element that moves within itself never becomes empty.
#[test]
fn a_list_is_rotated_and_keeps_its_expiry() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("RPUSH l a b c", ":3\r\n"),
        ("RPOPLPUSH l l", "$1\r\nc\r\n"),
        ("LMOVE l l LEFT LEFT", "$1\r\nc\r\n"),
        ("LRANGE l 0 -1", "*3\r\n$1\r\nc\r\n$1\r\na\r\n$1\r\nb\r\n"),
        ("RPUSH m a", ":1\r\n"),
        ("EXPIREAT m 9999999999", ":1\r\n"),
        ("RPOPLPUSH m m", "$1\r\na\r\n"),
        ("EXPIRETIME m", ":9999999999\r\n"),
    ]);
}

#[test]
fn a_destination_of_another_type_leaves_the_source() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("SET s v", "+OK\r\n"),
        ("RPUSH l a", ":1\r\n"),
        ("RPOPLPUSH l s", WRONG_TYPE),
        ("RPOPLPUSH s l", WRONG_TYPE),
        ("RPOPLPUSH missing s", "$-1\r\n"),
        ("LRANGE l 0 -1", "*1\r\n$1\r\na\r\n"),
    ]);
}

#[test]
fn moves_are_recorded_as_sent() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("RPUSH l a b", ":2\r\n"),
        ("LMOVE l m LEFT RIGHT", "$1\r\na\r\n"),
        ("LMOVE missing m LEFT RIGHT", "$-1\r\n"),
        ("RPOPLPUSH l m", "$1\r\nb\r\n"),
    ]);
    assert_eq!(
        server.directory.aof_commands(),
        [
            "SELECT 0",
            "RPUSH l a b",
            "LMOVE l m LEFT RIGHT",
            "RPOPLPUSH l m",
        ]
    );
    let server = server.restart();
    server
        .connect()
        .expect_exchanges(&[("LRANGE m 0 -1", "*2\r\n$1\r\nb\r\n$1\r\na\r\n")]);
}
