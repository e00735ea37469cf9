use crate::commands::WRONG_TYPE;
use crate::support::TestServer;

#[test]
fn members_are_added_once_and_removed() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("SADD s a b a", ":2\r\n"),
        ("SADD s b c", ":1\r\n"),
        ("SADD s a", ":0\r\n"),
        ("SCARD s", ":3\r\n"),
        ("TYPE s", "+set\r\n"),
        ("SREM s a x a", ":1\r\n"),
        ("SREM s x", ":0\r\n"),
        ("SCARD s", ":2\r\n"),
        ("SREM s c b x", ":2\r\n"),
        ("EXISTS s", ":0\r\n"),
        ("SREM s c", ":0\r\n"),
        ("SCARD s", ":0\r\n"),
        ("SET s v", "+OK\r\n"),
    ]);
}

#[test]
fn members_are_found() {
    let server = TestServer::start();
    for members in ["a b ''", "1 2 -3", "1 a 007"] {
        let mut client = server.connect();
        let first = members.split(' ').next().unwrap();
        client.expect_exchanges(&[
            ("FLUSHALL", "+OK\r\n"),
            (&format!("SADD s {members}"), ":3\r\n"),
            (&format!("SISMEMBER s {first}"), ":1\r\n"),
            ("SISMEMBER s x", ":0\r\n"),
            ("SISMEMBER s 01", ":0\r\n"),
            (
                &format!("SMISMEMBER s {members} x 99"),
                "*5\r\n:1\r\n:1\r\n:1\r\n:0\r\n:0\r\n",
            ),
        ]);
    }
    server.connect().expect_exchanges(&[
        ("SISMEMBER none a", ":0\r\n"),
        ("SMISMEMBER none a b", "*2\r\n:0\r\n:0\r\n"),
    ]);
}

#[test]
fn integers_are_listed_in_order() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.expect_exchanges(&[
        ("SMEMBERS s", "*0\r\n"),
        ("SADD s 10 9 -1 70000 -9223372036854775808", ":5\r\n"),
        (
            "SMEMBERS s",
            "*5\r\n$20\r\n-9223372036854775808\r\n$2\r\n-1\r\n$1\r\n9\r\n$2\r\n10\r\n$5\r\n70000\r\n",
        ),
        ("SREM s 9 -9223372036854775808", ":2\r\n"),
        ("SMEMBERS s", "*3\r\n$2\r\n-1\r\n$2\r\n10\r\n$5\r\n70000\r\n"),
    ]);
    client.ask_line("HELLO 3");
    client.expect_exchanges(&[
        (
            "SMEMBERS s",
            "~3\r\n$2\r\n-1\r\n$2\r\n10\r\n$5\r\n70000\r\n",
        ),
        ("SMEMBERS none", "~0\r\n"),
    ]);
}

#[test]
fn a_member_moves_to_another_set() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("SADD a 1 2", ":2\r\n"),
        ("SMOVE a b 1", ":1\r\n"),
        ("SMOVE a b 1", ":0\r\n"),
        ("SMOVE a a 2", ":1\r\n"),
        ("SMOVE a a 3", ":0\r\n"),
        ("SMEMBERS b", "*1\r\n$1\r\n1\r\n"),
        ("SADD b 2", ":1\r\n"),
        ("SMOVE a b 2", ":1\r\n"),
        ("EXISTS a", ":0\r\n"),
        ("SCARD b", ":2\r\n"),
        ("SET string v", "+OK\r\n"),
        ("SMOVE none string 1", ":0\r\n"),
        ("SMOVE b string 9", WRONG_TYPE),
        ("SMOVE string b 1", WRONG_TYPE),
    ]);
}

#[test]
fn other_types_are_refused_and_stay() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.expect_exchanges(&[("SET k v", "+OK\r\n"), ("SADD s a", ":1\r\n")]);
    for request in [
        "SADD k a",
        "SREM k a",
        "SCARD k",
        "SISMEMBER k a",
        "SMISMEMBER k a",
        "SMEMBERS k",
        "SPOP k",
        "SPOP k 1",
        "SRANDMEMBER k",
        "SRANDMEMBER k 1",
        "SINTER none k",
        "SUNION s k",
        "SDIFF none k",
        "SINTERCARD 2 none k",
        "SINTERSTORE s s k",
        "SUNIONSTORE s s k",
        "SDIFFSTORE s k s",
        "SSCAN k 0",
        "GET s",
    ] {
        client.expect_exchanges(&[(request, WRONG_TYPE)]);
    }
    client.expect_exchanges(&[("GET k", "$1\r\nv\r\n"), ("SCARD s", ":1\r\n")]);
}

#[test]
fn only_changes_touch_a_watched_set() {
    let server = TestServer::start();
    let (mut watching, mut other) = (server.connect(), server.connect());
    for (request, reply, outcome) in [
        ("SADD s a", ":0\r\n", "*1\r\n+PONG\r\n"),
        ("SADD s c", ":1\r\n", "*-1\r\n"),
        ("SREM s x", ":0\r\n", "*1\r\n+PONG\r\n"),
        ("SREM s b", ":1\r\n", "*-1\r\n"),
        ("SMOVE none s a", ":0\r\n", "*1\r\n+PONG\r\n"),
        ("SMOVE s s a", ":1\r\n", "*1\r\n+PONG\r\n"),
        ("SMOVE s t a", ":1\r\n", "*-1\r\n"),
        ("SPOP s 0", "*0\r\n", "*1\r\n+PONG\r\n"),
        ("SINTERSTORE none none s", ":0\r\n", "*1\r\n+PONG\r\n"),
        ("SUNIONSTORE s s", ":2\r\n", "*-1\r\n"),
    ] {
        watching.expect_exchanges(&[
            ("FLUSHALL", "+OK\r\n"),
            ("SADD s a b", ":2\r\n"),
            ("WATCH s", "+OK\r\n"),
            ("MULTI", "+OK\r\n"),
            ("PING", "+QUEUED\r\n"),
        ]);
        other.expect_exchanges(&[(request, reply)]);
        watching.expect_exchanges(&[("EXEC", outcome)]);
    }
}

#[test]
fn changes_are_recorded_as_sent() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("SADD s a b", ":2\r\n"),
        ("SADD s a", ":0\r\n"),
        ("SREM s b x", ":1\r\n"),
        ("SREM s x", ":0\r\n"),
        ("SMOVE s t a", ":1\r\n"),
        ("SMOVE s t a", ":0\r\n"),
        ("SUNIONSTORE u t none", ":1\r\n"),
        ("SINTERSTORE none t none", ":0\r\n"),
        ("SINTERSTORE u t none", ":0\r\n"),
        ("SDIFFSTORE u t none", ":1\r\n"),
    ]);
    assert_eq!(
        server.directory.aof_commands(),
        [
            "SELECT 0",
            "SADD s a b",
            "SREM s b x",
            "SMOVE s t a",
            "SUNIONSTORE u t none",
            "SINTERSTORE u t none",
            "SDIFFSTORE u t none",
        ]
    );
    let server = server.restart();
    server.connect().expect_exchanges(&[
        ("SMEMBERS t", "*1\r\n$1\r\na\r\n"),
        ("SMEMBERS u", "*1\r\n$1\r\na\r\n"),
        ("DBSIZE", ":2\r\n"),
    ]);
}

#[test]
fn big_members_move_and_go() {
    let server = TestServer::start();
    let mut client = server.connect();
    let big = "b".repeat(100_000);
    client.ask(&["SADD", "a", &big, "x"]);
    assert_eq!(client.ask(&["SMOVE", "a", "b", &big]).integer(), 1);
    assert_eq!(client.ask(&["SISMEMBER", "b", &big]).integer(), 1);
    assert_eq!(client.ask(&["SMEMBERS", "b"]).texts(), [&big[..]]);
    assert_eq!(client.ask(&["SPOP", "b"]).text(), big);
    client.expect_exchanges(&[("EXISTS b", ":0\r\n"), ("SMEMBERS a", "*1\r\n$1\r\nx\r\n")]);
    client.ask(&["SADD", "a", &big]);
    assert_eq!(client.ask(&["SREM", "a", &big, "y", &big]).integer(), 1);
    client.expect_exchanges(&[("SMEMBERS a", "*1\r\n$1\r\nx\r\n")]);
}
