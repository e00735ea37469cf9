use crate::commands::{NOT_AN_INTEGER, SYNTAX, WRONG_TYPE};
use crate::support::TestServer;

#[test]
fn get_returns_the_value_of_set() {
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
fn set_replaces_a_value_of_any_type() {
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
fn an_invalid_set_changes_nothing() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("SET k old", "+OK\r\n"),
        ("SET k new foo", SYNTAX),
        ("SET k new EX", SYNTAX),
        ("GET k", "$3\r\nold\r\n"),
    ]);
}

#[test]
fn setnx_sets_missing_keys() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("SETNX k v", ":1\r\n"),
        ("SETNX k w", ":0\r\n"),
        ("GET k", "$1\r\nv\r\n"),
        ("HSET h f v", ":1\r\n"),
        ("SETNX h v", ":0\r\n"),
        ("TYPE h", "+hash\r\n"),
        ("SET k v PXAT 1", "+OK\r\n"),
        ("SETNX k w", ":1\r\n"),
    ]);
}

#[test]
fn getset_replies_with_the_old_value() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("GETSET k a", "$-1\r\n"),
        ("GETSET k b", "$1\r\na\r\n"),
        ("GET k", "$1\r\nb\r\n"),
        ("HSET h f v", ":1\r\n"),
        ("GETSET h v", WRONG_TYPE),
        ("TYPE h", "+hash\r\n"),
    ]);
}

#[test]
fn getdel_deletes_the_key() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("GETDEL k", "$-1\r\n"),
        ("SET k v", "+OK\r\n"),
        ("GETDEL k", "$1\r\nv\r\n"),
        ("EXISTS k", ":0\r\n"),
        ("HSET h f v", ":1\r\n"),
        ("GETDEL h", WRONG_TYPE),
        ("EXISTS h", ":1\r\n"),
    ]);
}

#[test]
fn setex_and_psetex_check_the_time() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("SETEX k 100 v", "+OK\r\n"),
        ("PSETEX k 100000 w", "+OK\r\n"),
        ("GET k", "$1\r\nw\r\n"),
        ("SETEX k a v", NOT_AN_INTEGER),
        ("PSETEX k 1.5 v", NOT_AN_INTEGER),
        (
            "SETEX k 0 v",
            "-ERR invalid expire time in 'setex' command\r\n",
        ),
        (
            "SETEX k 9223372036854775 v",
            "-ERR invalid expire time in 'setex' command\r\n",
        ),
        (
            "PSETEX k -1 v",
            "-ERR invalid expire time in 'psetex' command\r\n",
        ),
        (
            "PSETEX k 9223372036854775807 v",
            "-ERR invalid expire time in 'psetex' command\r\n",
        ),
        ("GET k", "$1\r\nw\r\n"),
        ("HSET h f v", ":1\r\n"),
        ("SETEX h 100 v", "+OK\r\n"),
        ("GET h", "$1\r\nv\r\n"),
    ]);
}

#[test]
fn getex_returns_the_value_and_changes_the_expiry() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("GETEX k EX 100", "$-1\r\n"),
        ("SET k v", "+OK\r\n"),
        ("GETEX k", "$1\r\nv\r\n"),
        ("GETEX k EX 100", "$1\r\nv\r\n"),
        ("getex k persist", "$1\r\nv\r\n"),
        ("GETEX k PXAT 1", "$1\r\nv\r\n"),
        ("GETEX k", "$-1\r\n"),
        ("DBSIZE", ":0\r\n"),
    ]);
}

#[test]
fn getex_checks_the_options_then_the_key_then_the_time() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("HSET h f v", ":1\r\n"),
        ("GETEX h EX", SYNTAX),
        ("GETEX h KEEPTTL", SYNTAX),
        ("GETEX h PERSIST EX 100", SYNTAX),
        ("GETEX h EX 100 PX 100", SYNTAX),
        ("GETEX h NX", SYNTAX),
        ("GETEX h EX a", WRONG_TYPE),
        ("GETEX missing EX a", "$-1\r\n"),
        ("SET k v", "+OK\r\n"),
        ("GETEX k EX a", NOT_AN_INTEGER),
        (
            "GETEX k EX 0",
            "-ERR invalid expire time in 'getex' command\r\n",
        ),
        ("GETEX k EX a EX 100", "$1\r\nv\r\n"),
    ]);
}

#[test]
fn getdel_and_getex_are_recorded_as_changes() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("GETSET k v", "$-1\r\n"),
        ("GETEX k", "$1\r\nv\r\n"),
        ("GETEX k PERSIST", "$1\r\nv\r\n"),
        ("GETEX k PXAT 99999999999999", "$1\r\nv\r\n"),
        ("GETEX k EXAT 99999999999", "$1\r\nv\r\n"),
        ("GETEX k PERSIST", "$1\r\nv\r\n"),
        ("GETEX k EXAT 1", "$1\r\nv\r\n"),
        ("GETDEL k", "$-1\r\n"),
        ("SETNX k v", ":1\r\n"),
        ("SETNX k w", ":0\r\n"),
        ("GETDEL k", "$1\r\nv\r\n"),
    ]);
    assert_eq!(
        server.directory.aof_commands(),
        [
            "SELECT 0",
            "SET k v",
            "PEXPIREAT k 99999999999999",
            "PEXPIREAT k 99999999999000",
            "PERSIST k",
            "DEL k",
            "SETNX k v",
            "DEL k",
        ]
    );
}

#[test]
fn a_long_value_comes_back_whole() {
    let server = TestServer::start();
    let mut client = server.connect();
    let value = "0123456789abcdef".repeat(4096);
    let reply = format!("${}\r\n{value}\r\n", value.len());
    client.expect_exchanges(&[
        (&format!("SETEX k 100 {value}"), "+OK\r\n"),
        (&format!("GETSET k {value}"), &reply),
        (&format!("SET k {value} GET"), &reply),
        ("GETEX k", &reply),
        ("GETRANGE k 0 -1", &reply),
        ("MGET k k", &format!("*2\r\n{reply}{reply}")),
        ("GETDEL k", &reply),
        (&format!("SET k {value} EX 100"), "+OK\r\n"),
    ]);
    let server = server.restart();
    server.connect().expect_exchanges(&[("GET k", &reply)]);
}
