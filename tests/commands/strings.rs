use super::{SYNTAX, WRONG_TYPE};
use crate::support::TestServer;

#[test]
fn what_is_set_can_be_got() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("GET k", "$-1\r\n"),
        ("SET k v", "+OK\r\n"),
        ("GET k", "$1\r\nv\r\n"),
        ("set k ''", "+OK\r\n"),
        ("get k", "$0\r\n\r\n"),
        ("SET k 'a b'", "+OK\r\n"),
        ("GET k", "$3\r\na b\r\n"),
        ("GET K", "$-1\r\n"),
    ]);
}

#[test]
fn set_replaces_whatever_was_there() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("HSET k f v", ":1\r\n"),
        ("SET k v", "+OK\r\n"),
        ("GET k", "$1\r\nv\r\n"),
        ("DBSIZE", ":1\r\n"),
    ]);
}

#[test]
fn get_refuses_a_hash() {
    let server = TestServer::start();
    server
        .connect()
        .expect_exchanges(&[("HSET h f v", ":1\r\n"), ("GET h", WRONG_TYPE)]);
}

#[test]
fn set_changes_nothing_if_it_is_not_understood() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("SET k old", "+OK\r\n"),
        ("SET k new foo", SYNTAX),
        ("SET k new EX", SYNTAX),
        ("GET k", "$3\r\nold\r\n"),
    ]);
}
