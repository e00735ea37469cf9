use crate::commands::{NOT_AN_INTEGER, WRONG_TYPE};
use crate::support::TestServer;

const OVERFLOW: &str = "-ERR increment or decrement would overflow\r\n";
const HASH_VALUE: &str = "-ERR hash value is not an integer\r\n";
const HASH_FLOAT: &str = "-ERR hash value is not a float\r\n";
const NOT_A_FLOAT: &str = "-ERR value is not a valid float\r\n";
const INFINITE: &str = "-ERR value is NaN or Infinity\r\n";
const NO_NUMBER: &str = "-ERR increment would produce NaN or Infinity\r\n";

#[test]
fn integers_are_added_to_a_field_or_to_zero() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("HINCRBY h f 5", ":5\r\n"),
        ("HINCRBY h f -7", ":-2\r\n"),
        ("HGET h f", "$2\r\n-2\r\n"),
        ("HINCRBY h g 0", ":0\r\n"),
        ("HGET h g", "$1\r\n0\r\n"),
        (
            "HINCRBY h m 9223372036854775807",
            ":9223372036854775807\r\n",
        ),
        ("HINCRBY h m 1", OVERFLOW),
        (
            "HINCRBY h n -9223372036854775808",
            ":-9223372036854775808\r\n",
        ),
        ("HINCRBY h n -1", OVERFLOW),
        ("HLEN h", ":4\r\n"),
    ]);
}

#[test]
fn invalid_integers_are_refused_the_increment_first() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("SET k v", "+OK\r\n"),
        ("HSET h f ' 1' g 1.0", ":2\r\n"),
        ("HINCRBY k f x", NOT_AN_INTEGER),
        ("HINCRBY k f 1", WRONG_TYPE),
        ("HINCRBY h f 01", NOT_AN_INTEGER),
        ("HINCRBY h f 1", HASH_VALUE),
        ("HINCRBY h g 1", HASH_VALUE),
        ("HINCRBY new f x", NOT_AN_INTEGER),
        ("EXISTS new", ":0\r\n"),
    ]);
}

#[test]
fn floats_are_added() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("HINCRBYFLOAT h f 0.1", "$3\r\n0.1\r\n"),
        ("HINCRBYFLOAT h f 2e-1", "$3\r\n0.3\r\n"),
        ("HINCRBYFLOAT h f -0.3", "$1\r\n0\r\n"),
        ("HSET h g 5.0e3", ":1\r\n"),
        ("HINCRBYFLOAT h g 200", "$4\r\n5200\r\n"),
        ("HINCRBY h g 1", ":5201\r\n"),
    ]);
}

#[test]
fn invalid_floats_are_refused_the_increment_first() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("SET k v", "+OK\r\n"),
        ("HSET h f a g inf", ":2\r\n"),
        ("HINCRBYFLOAT k f a", NOT_A_FLOAT),
        ("HINCRBYFLOAT k f inf", INFINITE),
        ("HINCRBYFLOAT k f 1", WRONG_TYPE),
        ("HINCRBYFLOAT h f 1", HASH_FLOAT),
        ("HINCRBYFLOAT h g 1", NO_NUMBER),
        ("HINCRBYFLOAT h f ' 1'", NOT_A_FLOAT),
        ("HINCRBYFLOAT new f inf", INFINITE),
        ("EXISTS new", ":0\r\n"),
    ]);
}

#[test]
fn counting_keeps_a_field_s_expiry_also_after_a_restart() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("HSETEX h PXAT 9999999999999 FIELDS 1 f 1", ":1\r\n"),
        ("HINCRBY h f 1", ":2\r\n"),
        ("HINCRBYFLOAT h f .5", "$3\r\n2.5\r\n"),
        ("HINCRBYFLOAT h g .5", "$3\r\n0.5\r\n"),
        ("HINCRBY h f 1", HASH_VALUE),
    ]);
    assert_eq!(
        server.directory.aof_commands(),
        [
            "SELECT 0",
            "HSETEX h PXAT 9999999999999 FIELDS 1 f 1",
            "HINCRBY h f 1",
            "HSETEX h KEEPTTL FIELDS 1 f 2.5",
            "HSET h g 0.5",
        ]
    );
    let server = server.restart();
    server.connect().expect_exchanges(&[
        ("HMGET h f g", "*2\r\n$3\r\n2.5\r\n$3\r\n0.5\r\n"),
        (
            "HPEXPIRETIME h FIELDS 2 f g",
            "*2\r\n:9999999999999\r\n:-1\r\n",
        ),
    ]);
}

#[test]
fn only_changes_touch_a_watched_key() {
    let server = TestServer::start();
    let (mut watching, mut other) = (server.connect(), server.connect());
    for (request, reply, outcome) in [
        ("HINCRBY h f x", NOT_AN_INTEGER, "*1\r\n+PONG\r\n"),
        ("HINCRBY h t 1", HASH_VALUE, "*1\r\n+PONG\r\n"),
        ("HINCRBY h f 1", ":2\r\n", "*-1\r\n"),
    ] {
        watching.expect_exchanges(&[
            ("HMSET h f 1 t text", "+OK\r\n"),
            ("WATCH h", "+OK\r\n"),
            ("MULTI", "+OK\r\n"),
            ("PING", "+QUEUED\r\n"),
        ]);
        other.expect_exchanges(&[(request, reply)]);
        watching.expect_exchanges(&[("EXEC", outcome)]);
    }
}
