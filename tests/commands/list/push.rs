use crate::commands::WRONG_TYPE;
use crate::support::TestServer;

#[test]
fn elements_are_pushed_one_after_the_other() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("LPUSH l a b", ":2\r\n"),
        ("RPUSH l c d", ":4\r\n"),
        ("rpush l ''", ":5\r\n"),
        (
            "LRANGE l 0 -1",
            "*5\r\n$1\r\nb\r\n$1\r\na\r\n$1\r\nc\r\n$1\r\nd\r\n$0\r\n\r\n",
        ),
        ("TYPE l", "+list\r\n"),
        ("OBJECT ENCODING l", "$9\r\nquicklist\r\n"),
    ]);
}

#[test]
fn lpushx_and_rpushx_need_a_list() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("LPUSHX l a", ":0\r\n"),
        ("RPUSHX l a b", ":0\r\n"),
        ("EXISTS l", ":0\r\n"),
        ("RPUSH l a", ":1\r\n"),
        ("LPUSHX l b c", ":3\r\n"),
        ("RPUSHX l d", ":4\r\n"),
        (
            "LRANGE l 0 -1",
            "*4\r\n$1\r\nc\r\n$1\r\nb\r\n$1\r\na\r\n$1\r\nd\r\n",
        ),
    ]);
}

#[test]
fn strings_are_refused_and_stay() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("SET k v", "+OK\r\n"),
        ("LPUSH k a", WRONG_TYPE),
        ("RPUSH k a", WRONG_TYPE),
        ("LPUSHX k a", WRONG_TYPE),
        ("RPUSHX k a", WRONG_TYPE),
        ("GET k", "$1\r\nv\r\n"),
    ]);
}

#[test]
fn a_big_element_comes_back_as_it_was() {
    let server = TestServer::start();
    let mut client = server.connect();
    let big = "x".repeat(100_000);
    let reply = format!("$100000\r\n{big}\r\n");
    assert_eq!(client.ask(&["RPUSH", "l", "a", &big, "b"]).integer(), 3);
    client.expect_exchanges(&[("LINDEX l 1", &reply)]);
    let server = server.restart();
    server.connect().expect_exchanges(&[
        ("LINDEX l 1", &reply),
        ("LPOP l", "$1\r\na\r\n"),
        ("LPOP l", &reply),
        ("LPOP l", "$1\r\nb\r\n"),
    ]);
}

#[test]
fn pushes_are_recorded_as_sent() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("LPUSHX l a", ":0\r\n"),
        ("RPUSH l a b", ":2\r\n"),
        ("LPUSH l c", ":3\r\n"),
        ("RPUSHX l d", ":4\r\n"),
    ]);
    assert_eq!(
        server.directory.aof_commands(),
        ["SELECT 0", "RPUSH l a b", "LPUSH l c", "RPUSHX l d"]
    );
    let server = server.restart();
    server.connect().expect_exchanges(&[(
        "LRANGE l 0 -1",
        "*4\r\n$1\r\nc\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nd\r\n",
    )]);
}
