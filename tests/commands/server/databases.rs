use crate::commands::SYNTAX;
use crate::support::{TestServer, encode};

const SAME_OBJECT: &str = "-ERR source and destination objects are the same\r\n";
const NO_DATABASE: &str = "-ERR DB index is out of range\r\n";
const NOT_AN_INTEGER: &str = "-ERR value is not an integer or out of range\r\n";

#[test]
fn flushdb_empties_the_selected_database_and_flushall_all() {
    let server = TestServer::start();
    for (flush, left) in [("FLUSHDB", ":1\r\n"), ("FLUSHALL", ":0\r\n")] {
        for mode in ["", " SYNC", " async"] {
            server.connect().expect_exchanges(&[
                ("SET a 1", "+OK\r\n"),
                ("SELECT 1", "+OK\r\n"),
                ("SET a 1", "+OK\r\n"),
                ("HSET b f v", ":1\r\n"),
                ("DBSIZE", ":2\r\n"),
                (&format!("{flush}{mode}"), "+OK\r\n"),
                ("DBSIZE", ":0\r\n"),
                ("GET a", "$-1\r\n"),
                ("SELECT 0", "+OK\r\n"),
                ("DBSIZE", left),
            ]);
        }
    }
}

#[test]
fn an_invalid_flush_empties_nothing() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("SET a 1", "+OK\r\n"),
        ("FLUSHALL foo", SYNTAX),
        ("FLUSHALL SYNC ASYNC", SYNTAX),
        ("FLUSHDB foo", SYNTAX),
        ("FLUSHDB ASYNC ASYNC", SYNTAX),
        ("DBSIZE", ":1\r\n"),
    ]);
}

#[test]
fn copy_copies_value_and_expiry_and_replaces_only_with_replace() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("COPY a b", ":0\r\n"),
        ("HSET a f v", ":1\r\n"),
        ("PEXPIREAT a 4102444800000", ":1\r\n"),
        ("COPY a b", ":1\r\n"),
        ("HSET b f w", ":0\r\n"),
        ("SET c v", "+OK\r\n"),
        ("COPY a c", ":0\r\n"),
        ("COPY c a replace", ":1\r\n"),
        ("COPY a a DB 3", ":1\r\n"),
        ("COPY b a DB 3", ":0\r\n"),
        ("COPY b a REPLACE DB 3", ":1\r\n"),
    ]);
    server.restart().connect().expect_exchanges(&[
        ("GET a", "$1\r\nv\r\n"),
        ("TTL a", ":-1\r\n"),
        ("HGET b f", "$1\r\nw\r\n"),
        ("PEXPIRETIME b", ":4102444800000\r\n"),
        ("SELECT 3", "+OK\r\n"),
        ("HGET a f", "$1\r\nw\r\n"),
        ("DBSIZE", ":1\r\n"),
    ]);
}

#[test]
fn invalid_options_of_copy_are_errors() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("COPY a a", SAME_OBJECT),
        ("COPY a a DB 0", SAME_OBJECT),
        ("COPY a b foo", SYNTAX),
        ("COPY a b DB", SYNTAX),
        ("COPY a b DB x", NOT_AN_INTEGER),
        ("COPY a b DB 16", NO_DATABASE),
        ("COPY a b DB -1", NO_DATABASE),
        (
            "COPY a b DB 99999999999",
            "-ERR value is out of range, value must between -2147483648 and 2147483647\r\n",
        ),
        ("COPY a a DB x foo", NOT_AN_INTEGER),
    ]);
}

#[test]
fn copies_of_any_size_are_independent() {
    let server = TestServer::start();
    let mut client = server.connect();
    let mut request = vec!["HSET".to_owned(), "a".to_owned()];
    request.extend((0..10_000).map(|number| number.to_string()));
    client.send(encode(&request));
    client.expect(":5000\r\n");
    client.expect_exchanges(&[
        ("COPY a b", ":1\r\n"),
        ("HSET a 0 changed", ":0\r\n"),
        ("HGET b 0", "$1\r\n1\r\n"),
        ("HSET b 2 changed", ":0\r\n"),
        ("HGET a 2", "$1\r\n3\r\n"),
        ("DEL a", ":1\r\n"),
        ("HGET b 9998", "$4\r\n9999\r\n"),
    ]);
}

#[test]
fn move_takes_a_key_to_a_database_where_there_is_none() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("MOVE a 1", ":0\r\n"),
        ("MOVE a 0", SAME_OBJECT),
        ("MOVE a x", NOT_AN_INTEGER),
        ("MOVE a 16", NO_DATABASE),
        ("SET a v", "+OK\r\n"),
        ("PEXPIREAT a 4102444800000", ":1\r\n"),
        ("MOVE a 1", ":1\r\n"),
        ("SET a w", "+OK\r\n"),
        ("MOVE a 1", ":0\r\n"),
    ]);
    server.restart().connect().expect_exchanges(&[
        ("GET a", "$1\r\nw\r\n"),
        ("SELECT 1", "+OK\r\n"),
        ("GET a", "$1\r\nv\r\n"),
        ("PEXPIRETIME a", ":4102444800000\r\n"),
    ]);
}

#[test]
fn swapdb_exchanges_two_databases_for_all_clients() {
    let server = TestServer::start();
    let mut other = server.connect();
    other.expect_exchanges(&[("SELECT 1", "+OK\r\n"), ("WATCH a", "+OK\r\n")]);
    server.connect().expect_exchanges(&[
        ("SWAPDB x y", "-ERR invalid first DB index\r\n"),
        ("SWAPDB 0 99999999999", "-ERR invalid second DB index\r\n"),
        ("SWAPDB 0 16", NO_DATABASE),
        ("SWAPDB -1 0", NO_DATABASE),
        ("SET a v", "+OK\r\n"),
        ("SWAPDB 0 0", "+OK\r\n"),
        ("GET a", "$1\r\nv\r\n"),
        ("SWAPDB 0 1", "+OK\r\n"),
        ("GET a", "$-1\r\n"),
    ]);
    other.expect_exchanges(&[
        ("GET a", "$1\r\nv\r\n"),
        ("MULTI", "+OK\r\n"),
        ("EXEC", "*-1\r\n"),
    ]);
    server.restart().connect().expect_exchanges(&[
        ("GET a", "$-1\r\n"),
        ("SELECT 1", "+OK\r\n"),
        ("GET a", "$1\r\nv\r\n"),
    ]);
}
