use crate::commands::{NOT_AN_INTEGER, WRONG_TYPE};
use crate::support::TestServer;

const OVERFLOW: &str = "-ERR increment or decrement would overflow\r\n";
const NOT_A_FLOAT: &str = "-ERR value is not a valid float\r\n";
const NO_NUMBER: &str = "-ERR increment would produce NaN or Infinity\r\n";

#[test]
fn a_missing_key_counts_from_zero() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("INCR a", ":1\r\n"),
        ("DECR b", ":-1\r\n"),
        ("INCRBY c 5", ":5\r\n"),
        ("DECRBY d 5", ":-5\r\n"),
        ("INCRBYFLOAT e 5.50", "$3\r\n5.5\r\n"),
        (
            "MGET a b c d e",
            "*5\r\n$1\r\n1\r\n$2\r\n-1\r\n$1\r\n5\r\n$2\r\n-5\r\n$3\r\n5.5\r\n",
        ),
    ]);
}

#[test]
fn integers_go_up_and_down() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("SET k 9", "+OK\r\n"),
        ("INCR k", ":10\r\n"),
        ("DECRBY k 20", ":-10\r\n"),
        ("INCRBY k -5", ":-15\r\n"),
        ("DECRBY k -16", ":1\r\n"),
        ("DECR k", ":0\r\n"),
        ("INCRBY k 9223372036854775807", ":9223372036854775807\r\n"),
        ("GET k", "$19\r\n9223372036854775807\r\n"),
        ("APPEND k 0", ":20\r\n"),
        ("INCR k", NOT_AN_INTEGER),
    ]);
}

#[test]
fn an_overflow_changes_nothing() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("SET k 9223372036854775807", "+OK\r\n"),
        ("INCR k", OVERFLOW),
        ("GET k", "$19\r\n9223372036854775807\r\n"),
        ("SET k -9223372036854775808", "+OK\r\n"),
        ("DECR k", OVERFLOW),
        ("INCRBY k -1", OVERFLOW),
        (
            "DECRBY k -9223372036854775808",
            "-ERR decrement would overflow\r\n",
        ),
        ("GET k", "$20\r\n-9223372036854775808\r\n"),
        ("INCRBY k 9223372036854775808", NOT_AN_INTEGER),
    ]);
}

#[test]
fn invalid_integers_are_refused_the_increment_first() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("HSET h f 1", ":1\r\n"),
        ("INCRBY h a", NOT_AN_INTEGER),
        (
            "DECRBY h -9223372036854775808",
            "-ERR decrement would overflow\r\n",
        ),
        ("INCRBY h 1", WRONG_TYPE),
        ("INCR h", WRONG_TYPE),
        ("INCRBY k 1.5", NOT_AN_INTEGER),
        ("EXISTS k", ":0\r\n"),
        ("SET k ' 1'", "+OK\r\n"),
        ("INCR k", NOT_AN_INTEGER),
        ("SET k ''", "+OK\r\n"),
        ("DECR k", NOT_AN_INTEGER),
        ("GET k", "$0\r\n\r\n"),
    ]);
}

#[test]
fn floats_add_up_in_extended_precision() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("SET k 0.1", "+OK\r\n"),
        ("INCRBYFLOAT k 0.2", "$3\r\n0.3\r\n"),
        ("SET k 5.0e3", "+OK\r\n"),
        ("INCRBYFLOAT k 2.0E2", "$4\r\n5200\r\n"),
        ("INCR k", ":5201\r\n"),
    ]);
}

#[test]
fn invalid_floats_are_refused_the_value_first() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("HSET h f 1", ":1\r\n"),
        ("INCRBYFLOAT h a", WRONG_TYPE),
        ("INCRBYFLOAT k a", NOT_A_FLOAT),
        ("INCRBYFLOAT k inf", NO_NUMBER),
        ("EXISTS k", ":0\r\n"),
        ("SET k a", "+OK\r\n"),
        ("INCRBYFLOAT k inf", NOT_A_FLOAT),
        ("SET k inf", "+OK\r\n"),
        ("INCRBYFLOAT k -inf", NO_NUMBER),
        ("GET k", "$3\r\ninf\r\n"),
    ]);
}

#[test]
fn counting_is_recorded_as_sent_and_a_float_as_its_sum() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("SET k 5 PXAT 99999999999999", "+OK\r\n"),
        ("INCR k", ":6\r\n"),
        ("DECRBY k 2", ":4\r\n"),
        ("INCRBY k 9223372036854775807", OVERFLOW),
        ("INCRBYFLOAT k 1e-1", "$3\r\n4.1\r\n"),
        ("INCRBYFLOAT new .5", "$3\r\n0.5\r\n"),
    ]);
    assert_eq!(
        server.directory.aof_commands(),
        [
            "SELECT 0",
            "SET k 5 PXAT 99999999999999",
            "INCR k",
            "DECRBY k 2",
            "SET k 4.1 KEEPTTL",
            "SET new 0.5 KEEPTTL",
        ]
    );
    let server = server.restart();
    server
        .connect()
        .expect_exchanges(&[("MGET k new", "*2\r\n$3\r\n4.1\r\n$3\r\n0.5\r\n")]);
}

#[test]
fn only_changes_touch_a_watched_key() {
    let server = TestServer::start();
    let (mut watching, mut other) = (server.connect(), server.connect());
    for (request, reply, outcome) in [
        ("INCRBY k 9223372036854775807", OVERFLOW, "*1\r\n+PONG\r\n"),
        ("INCR k", ":2\r\n", "*-1\r\n"),
    ] {
        watching.expect_exchanges(&[
            ("SET k 1", "+OK\r\n"),
            ("WATCH k", "+OK\r\n"),
            ("MULTI", "+OK\r\n"),
            ("PING", "+QUEUED\r\n"),
        ]);
        other.expect_exchanges(&[(request, reply)]);
        watching.expect_exchanges(&[("EXEC", outcome)]);
    }
}
