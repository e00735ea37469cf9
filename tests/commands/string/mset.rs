use crate::commands::{NOT_AN_INTEGER, SYNTAX};
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

#[test]
fn msetex_sets_all_or_none_with_one_expiry() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("MSETEX 2 a 1 b 2 EXAT 99999999999", ":1\r\n"),
        ("PEXPIRETIME a", ":99999999999000\r\n"),
        ("PEXPIRETIME b", ":99999999999000\r\n"),
        ("MSETEX 2 a 3 c 3 NX", ":0\r\n"),
        ("MSETEX 2 a 3 c 3 XX", ":0\r\n"),
        ("MGET a b c", "*3\r\n$1\r\n1\r\n$1\r\n2\r\n$-1\r\n"),
        ("MSETEX 2 c 4 c 5 nx pxat 88888888888888", ":1\r\n"),
        ("MSETEX 3 a 6 b 7 c 8 XX KEEPTTL", ":1\r\n"),
        ("MGET a b c", "*3\r\n$1\r\n6\r\n$1\r\n7\r\n$1\r\n8\r\n"),
        ("PEXPIRETIME a", ":99999999999000\r\n"),
        ("PEXPIRETIME c", ":88888888888888\r\n"),
        ("MSETEX 1 a 9", ":1\r\n"),
        ("PEXPIRETIME a", ":-1\r\n"),
        // Values of other types are replaced, and what has expired is not there.
        ("HSET h f v", ":1\r\n"),
        ("MSETEX 1 h v XX PXAT 1", ":1\r\n"),
        ("MSETEX 1 h v XX", ":0\r\n"),
        ("MSETEX 1 h v NX", ":1\r\n"),
    ]);
}

#[test]
fn msetex_counts_its_pairs_before_it_reads_options() {
    const INVALID_COUNT: &str = "-ERR invalid numkeys value\r\n";
    const TOO_FEW_PAIRS: &str = "-ERR wrong number of key-value pairs\r\n";
    const INVALID_TIME: &str = "-ERR invalid expire time in 'msetex' command\r\n";
    let server = TestServer::start();
    let mut client = server.connect();
    client.expect_exchanges(&[
        (
            "MSETEX 1 a",
            "-ERR wrong number of arguments for 'msetex' command\r\n",
        ),
        ("MSETEX a 1 EX 10", INVALID_COUNT),
        ("MSETEX 0 a 1", INVALID_COUNT),
        ("MSETEX -1 a 1", INVALID_COUNT),
        ("MSETEX 2147483648 a 1", INVALID_COUNT),
        ("MSETEX 2147483647 a 1", TOO_FEW_PAIRS),
        ("MSETEX 2 a 1 b", TOO_FEW_PAIRS),
        ("MSETEX 1 a 1 EX a", NOT_AN_INTEGER),
        ("MSETEX 1 a 1 EX 0", INVALID_TIME),
        ("MSETEX 1 a 1 XX PX -1", INVALID_TIME),
    ]);
    for options in [
        "b",
        "NX XX",
        "EX",
        "EX 10 PX 10",
        "KEEPTTL EX 10",
        "GET",
        "IFEQ 1",
        "PERSIST",
        "b 2",
    ] {
        client.expect_exchanges(&[(&format!("MSETEX 1 a 1 {options}"), SYNTAX)]);
    }
    client.expect_exchanges(&[("DBSIZE", ":0\r\n")]);
}

/// Any Redis can load these commands.
#[test]
fn msetex_is_recorded_as_a_transaction_of_plain_sets() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("MSETEX 2 a 1 b 2 PXAT 99999999999999 NX", ":1\r\n"),
        ("MSETEX 1 a 3 NX", ":0\r\n"),
        ("MSETEX 1 a 4 XX KEEPTTL", ":1\r\n"),
        ("MULTI", "+OK\r\n"),
        ("MSETEX 2 c 5 d 6", "+QUEUED\r\n"),
        ("EXEC", "*1\r\n:1\r\n"),
    ]);
    assert_eq!(
        server.directory.aof_commands(),
        [
            "SELECT 0",
            "MULTI",
            "SET a 1 PXAT 99999999999999",
            "SET b 2 PXAT 99999999999999",
            "EXEC",
            "SET a 4 KEEPTTL",
            "MULTI",
            "SET c 5",
            "SET d 6",
            "EXEC",
        ]
    );
    let server = server.restart();
    server.connect().expect_exchanges(&[
        (
            "MGET a b c d",
            "*4\r\n$1\r\n4\r\n$1\r\n2\r\n$1\r\n5\r\n$1\r\n6\r\n",
        ),
        ("PEXPIRETIME a", ":99999999999999\r\n"),
        ("PEXPIRETIME d", ":-1\r\n"),
    ]);
}
