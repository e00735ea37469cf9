use super::SYNTAX;
use crate::support::TestServer;

#[test]
fn del_counts_what_it_deletes() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("DEL a", ":0\r\n"),
        ("SET a 1", "+OK\r\n"),
        ("HSET b f v", ":1\r\n"),
        ("SET c 1", "+OK\r\n"),
        ("DEL a b missing a", ":2\r\n"),
        ("GET a", "$-1\r\n"),
        ("HGETALL b", "*0\r\n"),
        ("DBSIZE", ":1\r\n"),
    ]);
}

#[test]
fn exists_counts_a_key_as_often_as_it_is_named() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("EXISTS a", ":0\r\n"),
        ("SET a 1", "+OK\r\n"),
        ("HSET b f v", ":1\r\n"),
        ("EXISTS a", ":1\r\n"),
        ("EXISTS a b missing a", ":3\r\n"),
    ]);
}

#[test]
fn type_names_what_a_key_holds() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("TYPE a", "+none\r\n"),
        ("SET a 1", "+OK\r\n"),
        ("TYPE a", "+string\r\n"),
        ("HSET b f v", ":1\r\n"),
        ("TYPE b", "+hash\r\n"),
    ]);
}

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
fn a_flush_that_is_not_understood_empties_nothing() {
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
