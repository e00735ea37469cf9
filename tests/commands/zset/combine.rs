use std::collections::BTreeMap;

use crate::commands::{NOT_AN_INTEGER, SYNTAX, WRONG_TYPE};
use crate::support::{Client, TestServer};

const NO_WEIGHT: &str = "-ERR weight value is not a float\r\n";
const NEGATIVE_LIMIT: &str = "-ERR LIMIT can't be negative\r\n";

#[track_caller]
fn expect(client: &mut Client, cases: &[(&str, &str)]) {
    for (request, expected) in cases {
        let found = client.ask_line(request).texts().join(" ");
        assert_eq!(found, *expected, "{request}");
    }
}

#[test]
fn scores_are_weighted_and_aggregated() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.ask_line("ZADD a 1 x 2 y 3 z");
    client.ask_line("ZADD b 10 y 20 z 30 v");
    client.ask_line("SADD s y v");
    let cases = [
        ("ZUNION 2 a b", "x y z v"),
        ("ZUNION 2 a b WITHSCORES", "x 1 y 12 z 23 v 30"),
        ("ZUNION 2 a b AGGREGATE MIN WITHSCORES", "x 1 y 2 z 3 v 30"),
        (
            "ZUNION 2 a b withscores aggregate max",
            "x 1 y 10 z 20 v 30",
        ),
        ("ZUNION 2 a b WEIGHTS 2 0.5 WITHSCORES", "x 2 y 9 v 15 z 16"),
        ("ZUNION 3 a s none WITHSCORES", "v 1 x 1 y 3 z 3"),
        ("ZUNION 1 s WEIGHTS 3 WITHSCORES", "v 3 y 3"),
        ("ZUNION 2 a a WITHSCORES", "x 2 y 4 z 6"),
        ("ZINTER 2 a b WITHSCORES", "y 12 z 23"),
        ("ZINTER 3 a b s WEIGHTS 1 1 5 WITHSCORES", "y 17"),
        ("ZINTER 2 a none", ""),
        ("ZDIFF 2 a b WITHSCORES", "x 1"),
        ("ZDIFF 3 b a s WITHSCORES", ""),
        ("ZDIFF 2 s a WITHSCORES", "v 1"),
        ("ZDIFF 2 none a", ""),
        ("ZDIFF 2 a a", ""),
    ];
    expect(&mut client, &cases);
}

/// AGGREGATE COUNT of Redis 8.8 adds up the weights, whatever the scores are.
#[test]
fn the_sources_of_a_member_are_counted() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.ask_line("ZADD a 1 x 2 y");
    client.ask_line("ZADD b 10 y");
    client.ask_line("SADD s y v");
    let cases = [
        ("ZUNION 3 a b s AGGREGATE COUNT WITHSCORES", "v 1 x 1 y 3"),
        (
            "ZUNION 2 a b WEIGHTS 2 3 AGGREGATE count WITHSCORES",
            "x 2 y 5",
        ),
        ("ZINTER 3 a b s AGGREGATE COUNT WITHSCORES", "y 3"),
        (
            "ZUNION 2 a b WEIGHTS inf -inf AGGREGATE COUNT WITHSCORES",
            "y 0 x inf",
        ),
    ];
    expect(&mut client, &cases);
    client.expect_exchanges(&[
        ("ZUNIONSTORE to 2 a b AGGREGATE COUNT", ":2\r\n"),
        ("ZINTERSTORE to 2 a b AGGREGATE COUNT", ":1\r\n"),
        ("ZSCORE to y", "$1\r\n2\r\n"),
    ]);
}

#[test]
fn what_is_not_a_number_is_0() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.ask_line("ZADD a inf x -inf y 0 z");
    client.ask_line("ZADD b -inf x -inf y 5 z");
    let cases = [
        ("ZUNION 2 a b WITHSCORES", "y -inf x 0 z 5"),
        ("ZINTER 2 a b WITHSCORES", "y -inf x 0 z 5"),
        ("ZUNION 1 a WEIGHTS 0 WITHSCORES", "x 0 y 0 z 0"),
        ("ZUNION 1 a WEIGHTS -1 WITHSCORES", "x -inf z -0 y inf"),
        (
            "ZINTER 2 b a WEIGHTS 1 0 AGGREGATE MIN WITHSCORES",
            "x -inf y -inf z 0",
        ),
    ];
    expect(&mut client, &cases);
}

#[test]
fn the_intersection_is_counted_up_to_a_limit() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("ZADD a 1 x 2 y 3 z", ":3\r\n"),
        ("SADD s x y z v", ":4\r\n"),
        ("ZINTERCARD 2 a s", ":3\r\n"),
        ("ZINTERCARD 2 a s LIMIT 2", ":2\r\n"),
        ("ZINTERCARD 2 a s limit 0", ":3\r\n"),
        ("ZINTERCARD 2 a none", ":0\r\n"),
        ("ZINTERCARD 2 a s LIMIT -1", NEGATIVE_LIMIT),
        ("ZINTERCARD 2 a s LIMIT x", NEGATIVE_LIMIT),
        ("ZINTERCARD 2 a s LIMIT", SYNTAX),
        ("ZINTERCARD 2 a s WITHSCORES", SYNTAX),
        ("ZINTERCARD 2 a s WEIGHTS 1 1", SYNTAX),
        (
            "ZINTERCARD 0 a",
            "-ERR at least 1 input key is needed for 'zintercard' command\r\n",
        ),
    ]);
}

#[test]
fn a_stored_result_replaces_any_value_and_its_expiry() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.expect_exchanges(&[
        ("ZADD a 1 x 2 y", ":2\r\n"),
        ("ZADD b 5 y", ":1\r\n"),
        ("SET to v EX 1000", "+OK\r\n"),
        ("ZUNIONSTORE to 2 a b", ":2\r\n"),
        ("TTL to", ":-1\r\n"),
        ("ZSCORE to y", "$1\r\n7\r\n"),
        ("ZINTERSTORE to 2 to a WEIGHTS 1 10", ":2\r\n"),
        (
            "ZRANGE to 0 -1 WITHSCORES",
            "*4\r\n$1\r\nx\r\n$2\r\n11\r\n$1\r\ny\r\n$2\r\n27\r\n",
        ),
        ("ZDIFFSTORE a 2 a b", ":1\r\n"),
        ("ZRANGE a 0 -1", "*1\r\n$1\r\nx\r\n"),
        ("SET gone v", "+OK\r\n"),
        ("ZINTERSTORE gone 2 a b", ":0\r\n"),
        ("EXISTS gone", ":0\r\n"),
        ("ZUNIONSTORE gone 1 none", ":0\r\n"),
        ("LPUSH l x", ":1\r\n"),
        ("ZUNIONSTORE to 2 a l", WRONG_TYPE),
    ]);
    let server = server.restart();
    server.connect().expect_exchanges(&[
        (
            "ZRANGE to 0 -1 WITHSCORES",
            "*4\r\n$1\r\nx\r\n$2\r\n11\r\n$1\r\ny\r\n$2\r\n27\r\n",
        ),
        ("ZRANGE a 0 -1", "*1\r\n$1\r\nx\r\n"),
        ("EXISTS gone", ":0\r\n"),
    ]);
}

/// A result is packed if it is small, whatever the sources are.
#[test]
fn a_small_difference_is_packed() {
    let server = TestServer::start();
    let mut client = server.connect();
    let long = "x".repeat(65);
    client.ask_line(&format!(
        "ZADD a 1 a 2 b 3 c 4 d 5 e 6 f 7 g 8 h 9 i 10 {long}"
    ));
    client.ask_line(&format!("SADD s {long}"));
    client.expect_exchanges(&[
        ("OBJECT ENCODING a", "$8\r\nskiplist\r\n"),
        ("ZADD b 1 b", ":1\r\n"),
        ("ZDIFFSTORE to 5 a s b b none", ":8\r\n"),
        ("OBJECT ENCODING to", "$8\r\nlistpack\r\n"),
        ("ZRANGE to 0 1", "*2\r\n$1\r\na\r\n$1\r\nc\r\n"),
    ]);
}

#[test]
fn wrong_operands_are_refused() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("ZADD a 1 x", ":1\r\n"),
        ("SET k v", "+OK\r\n"),
        (
            "ZUNIONSTORE to 0 a",
            "-ERR at least 1 input key is needed for 'zunionstore' command\r\n",
        ),
        (
            "zDiff -1 a",
            "-ERR at least 1 input key is needed for 'zdiff' command\r\n",
        ),
        ("ZUNION x a", NOT_AN_INTEGER),
        ("ZUNION 2 a", SYNTAX),
        ("ZUNION 9223372036854775807 a", SYNTAX),
        ("ZUNION 1 a WEIGHTS", SYNTAX),
        ("ZUNION 1 a WEIGHTS x", NO_WEIGHT),
        ("ZUNION 1 a WEIGHTS nan", NO_WEIGHT),
        ("ZUNION 1 a WEIGHTS 1 2", SYNTAX),
        ("ZUNION 1 a AGGREGATE", SYNTAX),
        ("ZUNION 1 a AGGREGATE avg", SYNTAX),
        ("ZUNIONSTORE to 1 a WITHSCORES", SYNTAX),
        ("ZDIFF 1 a WEIGHTS 1", SYNTAX),
        ("ZDIFF 1 a LIMIT 1", SYNTAX),
        ("ZINTER 2 a k", WRONG_TYPE),
        ("ZINTER 2 none k WEIGHTS x", WRONG_TYPE),
        (
            "COMMAND GETKEYS ZUNIONSTORE to 2 a b WEIGHTS 1 2",
            "*3\r\n$2\r\nto\r\n$1\r\na\r\n$1\r\nb\r\n",
        ),
    ]);
}

fn scores(client: &mut Client, request: &str) -> BTreeMap<String, i64> {
    let texts = client.ask_line(request).texts();
    let pairs = texts.chunks(2);
    pairs
        .map(|it| (it[0].clone(), it[1].parse().unwrap()))
        .collect()
}

/// Small and big sorted sets and sets, each with each.
#[test]
fn sources_of_all_sizes_are_combined() {
    let server = TestServer::start();
    let mut client = server.connect();
    for (key, step, count) in [
        ("z0", 1, 40),
        ("z1", 3, 3000),
        ("z2", 2, 5000),
        ("s3", 5, 1000),
    ] {
        for first in (0..count).step_by(500) {
            let numbers = first..count.min(first + 500);
            let words = numbers.map(|number| match key {
                "s3" => format!(" m{}", number * step),
                _ => format!(" {number} m{}", number * step),
            });
            let command = if key == "s3" { "SADD" } else { "ZADD" };
            client.ask_line(&format!("{command} {key}{}", words.collect::<String>()));
        }
    }
    let keys = ["z0", "z1", "z2", "s3"];
    let all = keys.map(|key| scores(&mut client, &format!("ZUNION 1 {key} WITHSCORES")));
    for (one, first) in all.iter().zip(keys) {
        for (other, second) in all.iter().zip(keys) {
            let mut union = one.clone();
            for (member, score) in other {
                *union.entry(member.clone()).or_default() += score;
            }
            let is_common = |it: &String| one.contains_key(it) && other.contains_key(it);
            let mut intersection = union.clone();
            intersection.retain(|member, _| is_common(member));
            let mut difference = one.clone();
            difference.retain(|member, _| !other.contains_key(member));
            for (operation, expected) in [
                ("ZUNION", union),
                ("ZINTER", intersection),
                ("ZDIFF", difference),
            ] {
                let found = scores(
                    &mut client,
                    &format!("{operation} 2 {first} {second} WITHSCORES"),
                );
                assert!(found == expected, "{operation} {first} {second}");
                let stored = client.ask_line(&format!("{operation}STORE to 2 {first} {second}"));
                assert_eq!(stored.integer() as usize, expected.len());
                assert!(scores(&mut client, "ZRANGE to 0 -1 WITHSCORES") == expected);
            }
        }
    }
}
