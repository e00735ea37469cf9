use crate::commands::{NOT_AN_INTEGER, SYNTAX, WRONG_TYPE};
use crate::support::TestServer;

const NOT_A_NUMBER: &str = "-ERR One or more scores can't be converted into double\r\n";

/// Returns the texts of the reply to `line`.
fn texts(server: &TestServer, line: &str) -> Vec<String> {
    server.connect().ask_line(line).texts()
}

#[test]
fn numbers_are_sorted_by_size_and_texts_by_their_bytes() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("RPUSH l 10 9 1.5 -3 0x10", ":5\r\n"),
        ("RPUSH words b B a ''", ":4\r\n"),
        ("SORT words", NOT_A_NUMBER),
        ("SORT missing", "*0\r\n"),
    ]);
    assert_eq!(texts(&server, "SORT l"), ["-3", "1.5", "9", "10", "0x10"]);
    assert_eq!(
        texts(&server, "SORT_RO l DESC"),
        ["0x10", "10", "9", "1.5", "-3"]
    );
    assert_eq!(
        texts(&server, "SORT l ALPHA"),
        ["-3", "0x10", "1.5", "10", "9"]
    );
    assert_eq!(texts(&server, "SORT words ALPHA"), ["", "B", "a", "b"]);
}

#[test]
fn equal_numbers_are_sorted_as_texts() {
    let server = TestServer::start();
    server
        .connect()
        .expect_exchanges(&[("RPUSH l 1.0 01 1 +1", ":4\r\n")]);
    assert_eq!(texts(&server, "SORT l"), ["+1", "01", "1", "1.0"]);
    assert_eq!(texts(&server, "SORT l DESC"), ["1.0", "1", "01", "+1"]);
}

#[test]
fn limit_returns_a_part() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.expect_exchanges(&[
        ("RPUSH l 5 3 4 1 2", ":5\r\n"),
        ("SORT l LIMIT a 1", NOT_AN_INTEGER),
        ("SORT l LIMIT 1", SYNTAX),
    ]);
    for (limit, expected) in [
        ("LIMIT 0 2", &["1", "2"][..]),
        ("LIMIT 3 100", &["4", "5"]),
        ("LIMIT -5 1", &["1"]),
        ("LIMIT 3 -1", &["4", "5"]),
        ("LIMIT 9223372036854775807 9223372036854775807", &[]),
        ("DESC LIMIT 1 2", &["4", "3"]),
        ("BY nosort LIMIT 1 2", &["3", "4"]),
        ("BY nosort DESC LIMIT 1 2", &["1", "4"]),
    ] {
        assert_eq!(
            texts(&server, &format!("SORT l {limit}")),
            expected,
            "{limit}"
        );
    }
}

#[test]
fn by_and_get_look_up_strings_and_fields() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.expect_exchanges(&[
        ("RPUSH l a b c", ":3\r\n"),
        ("MSET w_a 3 w_b 1 name_b B", "+OK\r\n"),
        ("HSET h_a f 2 v ''", ":2\r\n"),
        (
            "SORT l BY w_* GET # GET name_* GET h_*->v GET constant",
            "*12\r\n$1\r\nc\r\n$-1\r\n$-1\r\n$-1\r\n$1\r\nb\r\n$1\r\nB\r\n$-1\r\n$-1\r\n\
             $1\r\na\r\n$-1\r\n$0\r\n\r\n$-1\r\n",
        ),
        ("SORT l BY h_*->f GET # LIMIT 2 1", "*1\r\n$1\r\na\r\n"),
        (
            "SORT l BY nosort GET w_* DESC",
            "*3\r\n$-1\r\n$1\r\n1\r\n$1\r\n3\r\n",
        ),
        (
            "SORT l BY name_* ALPHA",
            "*3\r\n$1\r\na\r\n$1\r\nc\r\n$1\r\nb\r\n",
        ),
    ]);
}

#[test]
fn sets_are_sorted_too_and_other_types_are_refused() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("SADD s 3 1 20", ":3\r\n"),
        ("SORT s", "*3\r\n$1\r\n1\r\n$1\r\n3\r\n$2\r\n20\r\n"),
        // The order of a set would not be the same after a restart.
        ("SORT s BY nosort STORE l", ":3\r\n"),
        ("LRANGE l 0 -1", "*3\r\n$1\r\n1\r\n$2\r\n20\r\n$1\r\n3\r\n"),
        ("SET k v", "+OK\r\n"),
        ("SORT k", WRONG_TYPE),
        ("SORT k STORE l", WRONG_TYPE),
        ("SORT k LIMIT", SYNTAX),
        ("SORT_RO s STORE l", SYNTAX),
    ]);
}

#[test]
fn store_replaces_the_destination() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("RPUSH l 2 1", ":2\r\n"),
        ("SET k v EX 1000", "+OK\r\n"),
        ("SORT l STORE k", ":2\r\n"),
        ("LRANGE k 0 -1", "*2\r\n$1\r\n1\r\n$1\r\n2\r\n"),
        ("TTL k", ":-1\r\n"),
        ("SORT l DESC GET w_* GET # STORE l", ":4\r\n"),
        (
            "LRANGE l 0 -1",
            "*4\r\n$0\r\n\r\n$1\r\n2\r\n$0\r\n\r\n$1\r\n1\r\n",
        ),
        ("SORT l LIMIT 9 1 STORE k", ":0\r\n"),
        ("EXISTS k", ":0\r\n"),
    ]);
}

/// A replay knows no time. So what other keys have added to a result is in the record.
#[test]
fn store_is_recorded_so_that_a_replay_repeats_it() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("RPUSH l 2 1", ":2\r\n"),
        ("SORT l", "*2\r\n$1\r\n1\r\n$1\r\n2\r\n"),
        ("SORT l BY nosort GET # STORE m", ":2\r\n"),
        ("SET w_1 x", "+OK\r\n"),
        ("SORT l GET w_* GET # STORE n", ":4\r\n"),
        ("SORT l BY w_* ALPHA STORE n", ":2\r\n"),
        ("SORT missing BY w_* STORE m", ":0\r\n"),
        ("SORT missing STORE m", ":0\r\n"),
    ]);
    assert_eq!(
        server.directory.aof_commands(),
        [
            "SELECT 0",
            "RPUSH l 2 1",
            "SORT l BY nosort GET # STORE m",
            "SET w_1 x",
            "RPUSH n x 1  2",
            "MULTI",
            "DEL n",
            "RPUSH n 2 1",
            "EXEC",
            "DEL m",
        ]
    );
    let server = server.restart();
    server
        .connect()
        .expect_exchanges(&[("LRANGE n 0 -1", "*2\r\n$1\r\n2\r\n$1\r\n1\r\n")]);
}

#[test]
fn a_long_result_is_recorded_in_pieces_as_one() {
    let server = TestServer::start();
    let mut client = server.connect();
    let numbers: Vec<String> = (0..1000).map(|number| number.to_string()).collect();
    let mut request = vec!["RPUSH", "l"];
    request.extend(numbers.iter().rev().map(String::as_str));
    client.ask(&request);
    client.expect_exchanges(&[("SORT l BY *x STORE m", ":1000\r\n")]);
    let mut sorted = numbers.clone();
    sorted.sort();
    let server = server.restart();
    assert_eq!(texts(&server, "LRANGE m 0 -1"), sorted);
}

#[test]
fn sort_without_store_is_a_read() {
    let server = TestServer::start();
    let (mut watching, mut other) = (server.connect(), server.connect());
    watching.expect_exchanges(&[
        ("RPUSH l 2 1", ":2\r\n"),
        ("WATCH l", "+OK\r\n"),
        ("MULTI", "+OK\r\n"),
        ("SORT l", "+QUEUED\r\n"),
        ("SORT l STORE l", "+QUEUED\r\n"),
    ]);
    other.expect_exchanges(&[("SORT l", "*2\r\n$1\r\n1\r\n$1\r\n2\r\n")]);
    watching.expect_exchanges(&[("EXEC", "*2\r\n*2\r\n$1\r\n1\r\n$1\r\n2\r\n:2\r\n")]);
}

/// A constant BY keeps the order of the scores.
#[test]
fn sorted_sets_are_sorted_too() {
    let server = TestServer::start();
    server.connect().ask_line("ZADD z 1 9 2 3 3 11 4 7");
    let cases = [
        ("SORT z", "3 7 9 11"),
        ("SORT z ALPHA DESC", "9 7 3 11"),
        ("SORT z BY nosort", "9 3 11 7"),
        ("SORT z BY nosort DESC", "7 11 3 9"),
        ("SORT z BY nosort LIMIT 1 2", "3 11"),
        ("SORT_RO z BY nosort DESC LIMIT 1 5", "11 3 9"),
        ("SORT z BY nosort DESC LIMIT 4 5", ""),
    ];
    for (request, expected) in cases {
        assert_eq!(texts(&server, request).join(" "), expected, "{request}");
    }
    server
        .connect()
        .ask_line("SORT z BY nosort DESC LIMIT 0 2 STORE l");
    assert_eq!(texts(&server, "LRANGE l 0 -1"), ["7", "11"]);
}
