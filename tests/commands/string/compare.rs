use crate::commands::WRONG_TYPE;
use crate::support::TestServer;

const NOT_A_STRING: &str = "-ERR Key should be of string type if conditions are specified\r\n";
const NO_CONDITION: &str = "-ERR Invalid condition. Use IFEQ, IFNE, IFDEQ, or IFDNE\r\n";
const DIGEST_LENGTH: &str = "-ERR must be exactly 16 hexadecimal characters\r\n";

/// The digest of "hello".
const HELLO: &str = "9555e8555c62dcfd";

#[test]
fn digest_is_xxh3_in_16_digits() {
    let server = TestServer::start();
    let mut client = server.connect();
    // What Redis 8.4 answers.
    for (value, digest) in [
        ("hello", HELLO),
        ("", "2d06800538d394c2"),
        ("123", "404a763b3f4c8c9a"),
        ("v8", "0cc76dbb41381419"),
        ("myvalue", "5a32b091fa5dafe7"),
        (
            "v8lf0c11xh8ymlqztfd3eeq16kfn4sspw7fqmnuuq3k3t75em5wdizgcdw7uc26nnf961u2jkfzkjytls2kwl\
             j7626sd",
            "00006c38adf31777",
        ),
    ] {
        client.ask(&["SET", "k", value]);
        client.expect_exchanges(&[("DIGEST k", &format!("$16\r\n{digest}\r\n"))]);
    }
    client.expect_exchanges(&[
        ("DIGEST missing", "$-1\r\n"),
        ("HSET h f v", ":1\r\n"),
        ("DIGEST h", WRONG_TYPE),
        (
            "DIGEST k k",
            "-ERR wrong number of arguments for 'digest' command\r\n",
        ),
    ]);
}

#[test]
fn delex_without_a_condition_deletes_any_key() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("DELEX k", ":0\r\n"),
        ("SET k v", "+OK\r\n"),
        ("DELEX k", ":1\r\n"),
        ("HSET h f v", ":1\r\n"),
        ("DELEX h", ":1\r\n"),
        ("DBSIZE", ":0\r\n"),
    ]);
}

#[test]
fn delex_deletes_if_the_value_compares() {
    let server = TestServer::start();
    let mut client = server.connect();
    let upper = HELLO.to_uppercase();
    for (condition, is_met) in [
        ("IFEQ hello", true),
        ("ifeq hell", false),
        ("IFNE hello", false),
        ("IfNe ''", true),
        (&format!("IFDEQ {HELLO}"), true),
        (&format!("IFDEQ {upper}"), true),
        ("IFDEQ 0000000000000000", false),
        ("IFDEQ zzzzzzzzzzzzzzzz", false),
        (&format!("IFDNE {HELLO}"), false),
        (&format!("ifdne {upper}"), false),
        ("IFDNE 0000000000000000", true),
        ("IFDNE zzzzzzzzzzzzzzzz", true),
    ] {
        client.expect_exchanges(&[
            ("SET k hello", "+OK\r\n"),
            (
                &format!("DELEX k {condition}"),
                &format!(":{}\r\n", u8::from(is_met)),
            ),
            ("EXISTS k", &format!(":{}\r\n", u8::from(!is_met))),
        ]);
    }
    // Bytes are compared, not numbers.
    client.expect_exchanges(&[
        ("SET k 0123", "+OK\r\n"),
        ("DELEX k IFEQ 123", ":0\r\n"),
        ("DELEX k IFNE 123", ":1\r\n"),
    ]);
}

#[test]
fn delex_checks_the_key_first_then_the_condition() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.expect_exchanges(&[("SET k v", "+OK\r\n"), ("HSET h f v", ":1\r\n")]);
    for condition in ["IFEQ v", "IFNE v", "IFDEQ short", "IFDNE short", "FOO v"] {
        client.expect_exchanges(&[
            (&format!("DELEX missing {condition}"), ":0\r\n"),
            (&format!("DELEX h {condition}"), NOT_A_STRING),
        ]);
    }
    let arity = "-ERR wrong number of arguments for 'delex' command\r\n";
    client.expect_exchanges(&[
        ("DELEX k FOO v", NO_CONDITION),
        ("DELEX k IFDEQ 0123", DIGEST_LENGTH),
        (&format!("DELEX k IFDNE 0{HELLO}"), DIGEST_LENGTH),
        ("DELEX k IFDNE ''", DIGEST_LENGTH),
        ("DELEX k IFEQ", arity),
        ("DELEX missing IFEQ", arity),
        ("DELEX k IFEQ v IFEQ v", arity),
        ("SET gone v PXAT 1", "+OK\r\n"),
        ("DELEX gone IFEQ v", ":0\r\n"),
        ("DBSIZE", ":2\r\n"),
    ]);
}

#[test]
fn a_key_that_delex_deletes_is_recorded_as_deleted() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("SET a 1", "+OK\r\n"),
        ("DELEX a IFEQ 2", ":0\r\n"),
        ("DELEX a IFEQ 1", ":1\r\n"),
        ("DELEX a", ":0\r\n"),
        ("SET b 1", "+OK\r\n"),
        ("DELEX b", ":1\r\n"),
    ]);
    assert_eq!(
        server.directory.aof_commands(),
        ["SELECT 0", "SET a 1", "DEL a", "SET b 1", "DEL b"]
    );
    let server = server.restart();
    server.connect().expect_exchanges(&[("DBSIZE", ":0\r\n")]);
}

#[test]
fn only_a_deletion_touches_a_watched_key() {
    let server = TestServer::start();
    let (mut watching, mut other) = (server.connect(), server.connect());
    for (request, reply, outcome) in [
        ("DELEX k IFEQ w", ":0\r\n", "*1\r\n+PONG\r\n"),
        ("DELEX k IFEQ v", ":1\r\n", "*-1\r\n"),
    ] {
        watching.expect_exchanges(&[
            ("SET k v", "+OK\r\n"),
            ("WATCH k", "+OK\r\n"),
            ("MULTI", "+OK\r\n"),
            ("PING", "+QUEUED\r\n"),
        ]);
        other.expect_exchanges(&[(request, reply)]);
        watching.expect_exchanges(&[("EXEC", outcome)]);
    }
}

#[test]
fn the_use_of_the_key_depends_on_the_condition() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        (
            "COMMAND GETKEYSANDFLAGS delex k",
            "*1\r\n*2\r\n$1\r\nk\r\n*2\r\n+RM\r\n+delete\r\n",
        ),
        (
            "COMMAND GETKEYSANDFLAGS delex k IFEQ v",
            "*1\r\n*2\r\n$1\r\nk\r\n*2\r\n+RW\r\n+delete\r\n",
        ),
        (
            "COMMAND GETKEYSANDFLAGS set k v IFEQ w",
            "*1\r\n*2\r\n$1\r\nk\r\n*3\r\n+RW\r\n+access\r\n+update\r\n",
        ),
        (
            "COMMAND GETKEYS msetex 2 a 1 b 2 EX 10",
            "*2\r\n$1\r\na\r\n$1\r\nb\r\n",
        ),
    ]);
}
