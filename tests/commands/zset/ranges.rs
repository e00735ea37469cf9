use crate::commands::{NOT_AN_INTEGER, SYNTAX, WRONG_TYPE};
use crate::support::{Client, TestServer};

const NO_FLOAT: &str = "-ERR min or max is not a float\r\n";
const NO_MEMBER: &str = "-ERR min or max not valid string range item\r\n";
const LIMIT_BY_RANK: &str = "-ERR syntax error, LIMIT is only supported in combination with either \
                             BYSCORE or BYLEX\r\n";
const SCORES_BY_LEX: &str =
    "-ERR syntax error, WITHSCORES not supported in combination with BYLEX\r\n";

/// The texts of the replies, in words.
#[track_caller]
fn expect(client: &mut Client, cases: &[(&str, &str)]) {
    for (request, expected) in cases {
        let found = client.ask_line(request).texts().join(" ");
        assert_eq!(found, *expected, "{request}");
    }
}

#[test]
fn ranges_by_rank_count_from_either_end() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.ask_line("ZADD z 1 a 2 b 3.2 c 3.2 d");
    let cases = [
        ("ZRANGE none 0 -1", ""),
        ("ZRANGE z 0 -1", "a b c d"),
        ("ZRANGE z 1 2", "b c"),
        ("ZRANGE z -100 0", "a"),
        ("ZRANGE z 3 9223372036854775807", "d"),
        ("ZRANGE z 4 5", ""),
        ("ZRANGE z 2 1", ""),
        ("ZRANGE z 0 1 REV", "d c"),
        ("ZRANGE z 0 -4 rev withscores", "d 3.2000000000000002"),
        ("ZREVRANGE z 0 1", "d c"),
        ("ZREVRANGE z -2 -1 WITHSCORES", "b 2 a 1"),
        ("ZREVRANGE z -9223372036854775808 -9223372036854775808", ""),
        // As in Redis, a LIMIT of -1 is none.
        ("ZRANGE z 0 -1 LIMIT 2 -1", "a b c d"),
    ];
    expect(&mut client, &cases);
    client.expect_exchanges(&[
        ("ZRANGE none a 1", NOT_AN_INTEGER),
        ("ZRANGE z 0 1.5", NOT_AN_INTEGER),
        ("ZRANGE z 0 1 LIMIT 0 1", LIMIT_BY_RANK),
        ("ZRANGE z 0 1 LIMIT 0", SYNTAX),
        ("ZREVRANGE z 0 1 REV", SYNTAX),
        ("ZREVRANGE z 0 1 BYSCORE", SYNTAX),
    ]);
}

#[test]
fn ranges_by_score_may_exclude_their_bounds() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.ask_line("ZADD z -inf a -1 b 0 c 1 d 1 e inf f");
    let cases = [
        ("ZRANGEBYSCORE z -inf +inf", "a b c d e f"),
        ("ZRANGEBYSCORE z (-inf (inf", "b c d e"),
        ("ZRANGEBYSCORE z 0 1", "c d e"),
        ("ZRANGEBYSCORE z (0 1", "d e"),
        ("ZRANGEBYSCORE z 0 (1", "c"),
        ("ZRANGEBYSCORE z (1 (1", ""),
        ("ZRANGEBYSCORE z 1 0", ""),
        ("ZRANGEBYSCORE z 0 1e400", "c d e f"),
        ("ZRANGEBYSCORE z 0 1 WITHSCORES LIMIT 1 1", "d 1"),
        ("ZRANGEBYSCORE z -1 1 LIMIT 1 -1", "c d e"),
        ("ZRANGEBYSCORE z -1 1 LIMIT 4 9", ""),
        ("ZRANGEBYSCORE z -1 1 LIMIT -1 9", ""),
        ("ZRANGEBYSCORE z -1 1 LIMIT 0 0", ""),
        (
            "ZRANGEBYSCORE z -1 1 LIMIT 9223372036854775807 9223372036854775807",
            "",
        ),
        ("ZREVRANGEBYSCORE z 1 0", "e d c"),
        ("ZREVRANGEBYSCORE z (1 -1 LIMIT 1 5", "b"),
        ("ZRANGE z 0 1 BYSCORE", "c d e"),
        ("ZRANGE z 1 0 BYSCORE REV LIMIT 1 2 WITHSCORES", "d 1 c 0"),
    ];
    expect(&mut client, &cases);
    client.expect_exchanges(&[
        ("ZRANGEBYSCORE z nan 1", NO_FLOAT),
        ("ZRANGEBYSCORE none 0 ((1", NO_FLOAT),
        ("ZRANGE z x 1 BYSCORE", NO_FLOAT),
        ("ZRANGEBYSCORE z 0 1 LIMIT a 1", NOT_AN_INTEGER),
        ("ZRANGEBYSCORE z 0 1 BYSCORE", SYNTAX),
        ("ZRANGE z 0 1 BYSCORE BYLEX", SYNTAX),
    ]);
}

#[test]
fn ranges_by_member_have_bounds_that_no_member_is() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.ask_line("ZADD z 0 a 0 b 0 c 0 d 0 e");
    let cases = [
        ("ZRANGEBYLEX z - +", "a b c d e"),
        ("ZRANGEBYLEX z [b [d", "b c d"),
        ("ZRANGEBYLEX z (b (d", "c"),
        ("ZRANGEBYLEX z - [bb", "a b"),
        ("ZRANGEBYLEX z [ (b", "a"),
        ("ZRANGEBYLEX z + -", ""),
        ("ZRANGEBYLEX z [d [b", ""),
        ("ZRANGEBYLEX z - + LIMIT 1 2", "b c"),
        ("ZREVRANGEBYLEX z [d (b", "d c"),
        ("ZREVRANGEBYLEX z + - LIMIT 1 2", "d c"),
        ("ZRANGE z (a + BYLEX", "b c d e"),
        ("ZRANGE z + [d BYLEX REV", "e d"),
    ];
    expect(&mut client, &cases);
    client.expect_exchanges(&[
        ("ZRANGEBYLEX z a [b", NO_MEMBER),
        ("ZRANGEBYLEX none - +a", NO_MEMBER),
        ("ZRANGEBYLEX z - + WITHSCORES", SCORES_BY_LEX),
        ("ZRANGE z - + BYLEX WITHSCORES", SCORES_BY_LEX),
        ("ZLEXCOUNT z - +", ":5\r\n"),
        ("ZLEXCOUNT z (a [c", ":2\r\n"),
        ("ZLEXCOUNT none - +", ":0\r\n"),
        ("ZLEXCOUNT z - x", NO_MEMBER),
    ]);
}

#[test]
fn resp3_has_pairs_of_members_and_scores() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.ask_line("HELLO 3");
    client.expect_exchanges(&[
        ("ZADD z 1 a inf b", ":2\r\n"),
        (
            "ZRANGE z 0 -1 WITHSCORES",
            "*2\r\n*2\r\n$1\r\na\r\n,1\r\n*2\r\n$1\r\nb\r\n,inf\r\n",
        ),
        ("ZRANGEBYSCORE z 1 1", "*1\r\n$1\r\na\r\n"),
        ("ZRANGE none 0 -1 WITHSCORES", "*0\r\n"),
        (
            "ZUNION 1 z WITHSCORES",
            "*2\r\n*2\r\n$1\r\na\r\n,1\r\n*2\r\n$1\r\nb\r\n,inf\r\n",
        ),
    ]);
}

#[test]
fn a_stored_range_loses_the_sign_of_zero_only_while_it_is_a_listpack() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.ask_line("CONFIG SET zset-max-listpack-entries 3");
    client.ask_line("ZADD z 1 a 1 b 1 c 1 d");
    client.ask_line("ZUNIONSTORE z 1 z WEIGHTS -0");
    let cases = [
        ("- + BYLEX", "a 0 b 0 c 0 d -0"),
        ("+ - BYLEX REV", "a -0 b 0 c 0 d 0"),
        ("-inf inf BYSCORE", "a 0 b 0 c 0 d -0"),
        ("0 -1", "a -0 b -0 c -0 d -0"),
        ("0 2", "a 0 b 0 c 0"),
    ];
    for (range, expected) in cases {
        client.ask_line(&format!("ZRANGESTORE to z {range}"));
        expect(&mut client, &[("ZRANGE to 0 -1 WITHSCORES", expected)]);
    }
}

#[test]
fn a_stored_range_replaces_any_value() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.expect_exchanges(&[
        ("ZADD z 1 a 2 b 3 c", ":3\r\n"),
        ("SET to v EX 1000", "+OK\r\n"),
        ("ZRANGESTORE to z 0 1", ":2\r\n"),
        ("TTL to", ":-1\r\n"),
        (
            "ZRANGE to 0 -1 WITHSCORES",
            "*4\r\n$1\r\na\r\n$1\r\n1\r\n$1\r\nb\r\n$1\r\n2\r\n",
        ),
        ("ZRANGESTORE to z (3 1 BYSCORE REV LIMIT 0 1", ":1\r\n"),
        ("ZRANGE to 0 -1", "*1\r\n$1\r\nb\r\n"),
        ("ZRANGESTORE z z 1 -1", ":2\r\n"),
        ("ZRANGE z 0 -1", "*2\r\n$1\r\nb\r\n$1\r\nc\r\n"),
        ("ZRANGESTORE to z 5 6", ":0\r\n"),
        ("EXISTS to", ":0\r\n"),
        ("SET to v", "+OK\r\n"),
        ("ZRANGESTORE to none 0 -1", ":0\r\n"),
        ("EXISTS to", ":0\r\n"),
        ("ZRANGESTORE to z 0 1 WITHSCORES", SYNTAX),
    ]);
    let server = server.restart();
    server.connect().expect_exchanges(&[
        ("ZRANGE z 0 -1", "*2\r\n$1\r\nb\r\n$1\r\nc\r\n"),
        ("EXISTS to", ":0\r\n"),
    ]);
}

#[test]
fn members_between_bounds_are_counted_and_removed() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.expect_exchanges(&[
        ("ZADD z 0 a 0 b 1 c 2 d 3 e 4 f", ":6\r\n"),
        ("ZCOUNT z (0 3", ":3\r\n"),
        ("ZCOUNT z 3 0", ":0\r\n"),
        ("ZCOUNT none 0 1", ":0\r\n"),
        ("ZCOUNT z 0 x", NO_FLOAT),
        ("ZREMRANGEBYSCORE z (4 inf", ":0\r\n"),
        ("ZREMRANGEBYSCORE z (3 4", ":1\r\n"),
        ("ZREMRANGEBYRANK z -2 -1", ":2\r\n"),
        ("ZREMRANGEBYRANK z 5 9", ":0\r\n"),
        ("ZREMRANGEBYRANK z 0 x", NOT_AN_INTEGER),
        ("ZREMRANGEBYSCORE none x 1", NO_FLOAT),
        ("ZREMRANGEBYLEX z [b (c", ":1\r\n"),
        ("ZREMRANGEBYLEX z b c", NO_MEMBER),
    ]);
    let server = server.restart();
    server.connect().expect_exchanges(&[
        ("ZRANGE z 0 -1", "*2\r\n$1\r\na\r\n$1\r\nc\r\n"),
        ("ZREMRANGEBYRANK z 0 -1", ":2\r\n"),
        ("EXISTS z", ":0\r\n"),
    ]);
}

#[test]
fn other_types_are_refused() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("SADD s 1", ":1\r\n"),
        ("ZRANGE s 0 -1", WRONG_TYPE),
        ("ZRANGE s a -1", NOT_AN_INTEGER),
        ("ZRANGESTORE to s 0 -1", WRONG_TYPE),
        ("ZCOUNT s 0 1", WRONG_TYPE),
        ("ZLEXCOUNT s - +", WRONG_TYPE),
        ("ZREMRANGEBYRANK s 0 1", WRONG_TYPE),
        ("ZREMRANGEBYSCORE s 0 1", WRONG_TYPE),
    ]);
}

/// In a sorted set of some thousand members, each range has its own members.
#[test]
fn ranges_of_a_big_sorted_set_are_found() {
    let server = TestServer::start();
    let mut client = server.connect();
    for first in (0..6000).step_by(1000) {
        let pairs = (first..first + 1000).map(|number| format!(" {} m{number:04}", number / 2));
        client.ask_line(&format!("ZADD z{}", pairs.collect::<String>()));
    }
    let names = |numbers: std::ops::Range<i32>| -> Vec<String> {
        numbers.map(|number| format!("m{number:04}")).collect()
    };
    let mut check = |request: &str, expected: Vec<String>| {
        assert!(client.ask_line(request).texts() == expected, "{request}");
    };
    check("ZRANGE z 0 -1", names(0..6000));
    check("ZRANGE z 100 4099", names(100..4100));
    check("ZRANGEBYSCORE z 1000 1049", names(2000..2100));
    check("ZRANGEBYSCORE z (10 (2990", names(22..5980));
    check(
        "ZREVRANGE z 0 2999",
        names(3000..6000).into_iter().rev().collect(),
    );
    check(
        "ZREVRANGEBYSCORE z 2000 -inf LIMIT 2 1500",
        names(2500..4000).into_iter().rev().collect(),
    );
    check("ZRANGE z [m0000 (m0003 BYLEX", names(0..3));
    assert_eq!(client.ask_line("ZCOUNT z 5 2004").integer(), 4000);
    assert_eq!(client.ask_line("ZREMRANGEBYSCORE z 5 2004").integer(), 4000);
    assert_eq!(client.ask_line("ZRANGESTORE to z 5 -6").integer(), 1990);
    assert_eq!(client.ask_line("ZRANGE to 0 0").texts(), ["m0005"]);
}
