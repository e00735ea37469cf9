use crate::commands::{SYNTAX, WRONG_TYPE};
use crate::support::TestServer;

#[test]
fn members_are_found_ranked_and_removed() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("ZADD z 2 c 1 a 2 b 3 d", ":4\r\n"),
        ("ZRANK z a", ":0\r\n"),
        ("ZRANK z c", ":2\r\n"),
        ("ZREVRANK z c", ":1\r\n"),
        ("ZRANK z none", "$-1\r\n"),
        ("ZREVRANK none a", "$-1\r\n"),
        ("ZSCORE z c", "$1\r\n2\r\n"),
        ("ZSCORE none c", "$-1\r\n"),
        ("ZMSCORE none a b", "*2\r\n$-1\r\n$-1\r\n"),
        ("ZREM z a x a", ":1\r\n"),
        ("ZRANK z c", ":1\r\n"),
        ("ZCARD z", ":3\r\n"),
        ("ZREM z b c d", ":3\r\n"),
        ("EXISTS z", ":0\r\n"),
        ("ZCARD z", ":0\r\n"),
        ("ZREM z a", ":0\r\n"),
    ]);
}

#[test]
fn a_rank_can_have_its_score() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.expect_exchanges(&[
        ("ZADD z 1 a 2.5 b", ":2\r\n"),
        ("ZRANK z b WITHSCORE", "*2\r\n:1\r\n$3\r\n2.5\r\n"),
        ("ZREVRANK z b withscore", "*2\r\n:0\r\n$3\r\n2.5\r\n"),
        ("ZRANK z x WITHSCORE", "*-1\r\n"),
        ("ZRANK none x WITHSCORE", "*-1\r\n"),
        ("ZRANK z b WITHSCORES", SYNTAX),
        (
            "ZREVRANK z b WITHSCORE x",
            "-ERR wrong number of arguments for 'zrevrank' command\r\n",
        ),
    ]);
    client.ask_line("HELLO 3");
    client.expect_exchanges(&[
        ("ZRANK z b WITHSCORE", "*2\r\n:1\r\n,2.5\r\n"),
        ("ZRANK z x WITHSCORE", "_\r\n"),
    ]);
}

#[test]
fn other_types_are_refused_and_stay() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.expect_exchanges(&[("SET k v", "+OK\r\n"), ("ZADD z 1 a", ":1\r\n")]);
    for request in [
        "ZADD k 1 a",
        "ZINCRBY k 1 a",
        "ZREM k a",
        "ZCARD k",
        "ZSCORE k a",
        "ZMSCORE k a",
        "ZRANK k a",
        "ZREVRANK k a WITHSCORE",
        "ZPOPMIN k",
        "ZPOPMAX k 0",
        "ZMPOP 2 none k MIN",
        "BZPOPMIN none k 0",
        "BZMPOP 0 1 k MAX",
        "ZRANDMEMBER k",
        "ZRANDMEMBER k 1",
        "ZSCAN k 0",
        "GET z",
        "SADD z a",
    ] {
        client.expect_exchanges(&[(request, WRONG_TYPE)]);
    }
    client.expect_exchanges(&[("GET k", "$1\r\nv\r\n"), ("ZCARD z", ":1\r\n")]);
}

#[test]
fn big_members_come_and_go() {
    let server = TestServer::start();
    let mut client = server.connect();
    let big = "b".repeat(100_000);
    client.ask(&["ZADD", "z", "1", &big, "2", "x"]);
    assert_eq!(client.ask(&["ZSCORE", "z", &big]).text(), "1");
    assert_eq!(client.ask(&["ZINCRBY", "z", "2", &big]).text(), "3");
    assert_eq!(client.ask(&["ZRANK", "z", &big]).integer(), 1);
    assert_eq!(client.ask(&["ZPOPMAX", "z"]).texts(), [&big[..], "3"]);
    client.ask(&["ZADD", "z", "1", &big]);
    assert_eq!(client.ask(&["ZREM", "z", &big, &big]).integer(), 1);
    client.expect_exchanges(&[("ZCARD z", ":1\r\n")]);
}
