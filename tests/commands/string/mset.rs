use crate::support::TestServer;

#[test]
fn mget_returns_strings_and_null_for_other_types() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("MSET a 1 b ''", "+OK\r\n"),
        ("HSET h f v", ":1\r\n"),
        (
            "MGET a missing b h a",
            "*5\r\n$1\r\n1\r\n$-1\r\n$0\r\n\r\n$-1\r\n$1\r\n1\r\n",
        ),
        ("SET a 1 PXAT 1", "+OK\r\n"),
        ("MGET a", "*1\r\n$-1\r\n"),
    ]);
}

#[test]
fn mset_replaces_values_of_any_type() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("HSET h f v", ":1\r\n"),
        ("MSET h 1 a 2 a 3", "+OK\r\n"),
        ("MGET h a", "*2\r\n$1\r\n1\r\n$1\r\n3\r\n"),
        ("DBSIZE", ":2\r\n"),
    ]);
}

#[test]
fn msetnx_sets_all_or_none() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("MSETNX a 1 b 2 a 3", ":1\r\n"),
        ("MGET a b", "*2\r\n$1\r\n3\r\n$1\r\n2\r\n"),
        ("MSETNX c 1 a 2", ":0\r\n"),
        ("EXISTS c", ":0\r\n"),
        ("HSET h f v", ":1\r\n"),
        ("MSETNX h 1", ":0\r\n"),
        ("SET a 1 PXAT 1", "+OK\r\n"),
        ("MSETNX a 4 c 5", ":1\r\n"),
    ]);
}

#[test]
fn a_key_without_a_value_sets_nothing() {
    let server = TestServer::start();
    for (request, name) in [("MSET a 1 b", "mset"), ("MSETNX a 1 b", "msetnx")] {
        let error = format!("-ERR wrong number of arguments for '{name}' command\r\n");
        server
            .connect()
            .expect_exchanges(&[(request, &error), ("DBSIZE", ":0\r\n")]);
    }
}

#[test]
fn keys_of_one_mset_are_all_there_after_a_restart() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("MSET a 1 b 2", "+OK\r\n"),
        ("MSETNX c 3 d 4", ":1\r\n"),
        ("MSETNX c 5 e 6", ":0\r\n"),
    ]);
    assert_eq!(
        server.directory.aof_commands(),
        ["SELECT 0", "MSET a 1 b 2", "MSETNX c 3 d 4"]
    );
    let server = server.restart();
    server.connect().expect_exchanges(&[(
        "MGET a b c d e",
        "*5\r\n$1\r\n1\r\n$1\r\n2\r\n$1\r\n3\r\n$1\r\n4\r\n$-1\r\n",
    )]);
}
