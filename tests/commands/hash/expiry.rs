use crate::commands::{NOT_AN_INTEGER, WRONG_TYPE};
use crate::support::{Client, TestServer, wait_for};

const FIELDS_MISSING: &str =
    "-ERR Mandatory argument FIELDS is missing or not at the right position\r\n";
const FIELD_COUNT: &str = "-ERR The `numfields` parameter must match the number of arguments\r\n";

/// Returns the reply of HTTL or a similar command for one field.
fn told(client: &mut Client, command: &str) -> i64 {
    let reply = client.ask_line(&format!("{command} h FIELDS 1 f"));
    reply.array()[0].integer()
}

#[test]
fn a_field_has_the_time_it_is_given() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.expect_exchanges(&[
        ("HTTL h FIELDS 2 f g", "*2\r\n:-2\r\n:-2\r\n"),
        ("HSET h f 1 g 2", ":2\r\n"),
        ("HTTL h FIELDS 3 f x g", "*3\r\n:-1\r\n:-2\r\n:-1\r\n"),
        ("HEXPIREAT h 9999999999 FIELDS 2 f x", "*2\r\n:1\r\n:-2\r\n"),
        ("HEXPIRETIME h FIELDS 2 f g", "*2\r\n:9999999999\r\n:-1\r\n"),
        ("HPEXPIRETIME h FIELDS 1 f", "*1\r\n:9999999999000\r\n"),
        ("HPEXPIREAT h 9999999999001 fields 1 f", "*1\r\n:1\r\n"),
        ("HEXPIRETIME h FIELDS 1 f", "*1\r\n:10000000000\r\n"),
        ("HEXPIRE h 1000 FIELDS 1 f", "*1\r\n:1\r\n"),
    ]);
    assert!((900_000..=1_000_000).contains(&told(&mut client, "HPTTL")));
    assert!((900..=1000).contains(&told(&mut client, "HTTL")));
    client.expect_exchanges(&[("HPEXPIRE h 2000000 FIELDS 1 f", "*1\r\n:1\r\n")]);
    assert!((1900..=2000).contains(&told(&mut client, "HTTL")));
}

#[test]
fn a_field_expires_and_the_key_goes_with_the_last_one() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.expect_exchanges(&[
        ("HSET h f 1", ":1\r\n"),
        ("HPEXPIRE h 1 FIELDS 1 f", "*1\r\n:1\r\n"),
    ]);
    wait_for("the end of the key", || {
        (client.ask_line("EXISTS h").integer() == 0).then_some(())
    });
    client.expect_exchanges(&[
        ("HGET h f", "$-1\r\n"),
        ("HINCRBY h f 1", ":1\r\n"),
        ("HTTL h FIELDS 1 f", "*1\r\n:-1\r\n"),
    ]);
}

#[test]
fn a_time_that_is_past_deletes_at_once() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("HSET h f 1 g 2 x 3", ":3\r\n"),
        (
            "HPEXPIREAT h 1 FIELDS 4 f f missing g",
            "*4\r\n:2\r\n:-2\r\n:-2\r\n:2\r\n",
        ),
        ("HKEYS h", "*1\r\n$1\r\nx\r\n"),
        ("HEXPIRE h 0 XX FIELDS 1 x", "*1\r\n:0\r\n"),
        ("HEXPIRE h 0 FIELDS 2 x y", "*2\r\n:2\r\n:-2\r\n"),
        ("EXISTS h", ":0\r\n"),
    ]);
}

#[test]
fn a_condition_decides_field_by_field() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("HSET h a 1 b 2 c 3", ":3\r\n"),
        (
            "HEXPIREAT h 5000000000 NX FIELDS 2 a a",
            "*2\r\n:1\r\n:0\r\n",
        ),
        (
            "HEXPIREAT h 6000000000 xx FIELDS 2 a b",
            "*2\r\n:1\r\n:0\r\n",
        ),
        ("HEXPIREAT h 7000000000 NX FIELDS 1 b", "*1\r\n:1\r\n"),
        (
            "HEXPIREAT h 6500000000 GT FIELDS 3 a b c",
            "*3\r\n:1\r\n:0\r\n:0\r\n",
        ),
        (
            "HEXPIREAT h 6500000000 LT FIELDS 3 a b c",
            "*3\r\n:0\r\n:1\r\n:1\r\n",
        ),
        (
            "HEXPIRETIME h FIELDS 3 a b c",
            "*3\r\n:6500000000\r\n:6500000000\r\n:6500000000\r\n",
        ),
    ]);
}

#[test]
fn a_new_value_has_no_expiry_and_hpersist_removes_one() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("HPERSIST h FIELDS 1 a", "*1\r\n:-2\r\n"),
        ("HSET h a 1 b 2 c 3", ":3\r\n"),
        ("HEXPIRE h 1000 FIELDS 2 a b", "*2\r\n:1\r\n:1\r\n"),
        ("HSET h a 4", ":0\r\n"),
        (
            "HPERSIST h FIELDS 4 a b c x",
            "*4\r\n:-1\r\n:1\r\n:-1\r\n:-2\r\n",
        ),
        ("HTTL h FIELDS 2 a b", "*2\r\n:-1\r\n:-1\r\n"),
    ]);
}

#[test]
fn errors_come_in_redis_s_order() {
    let invalid = |name: &str| format!("-ERR invalid expire time in '{name}' command\r\n");
    let negative = "-ERR invalid expire time, must be >= 0\r\n";
    let not_positive = "-ERR Number of fields must be a positive integer\r\n";
    let num_fields = "-ERR Parameter `numFields` should be greater than 0\r\n";
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("SET k v", "+OK\r\n"),
        ("HEXPIRE k x y 1 a b", WRONG_TYPE),
        ("HEXPIRE h x y 1 a b", NOT_AN_INTEGER),
        ("HEXPIRE h -1 y 1 a b", negative),
        ("HEXPIRE h 70368744178 FIELDS 1 a", &invalid("hexpire")),
        ("HEXPIREAT h 70368744178 FIELDS 1 a", &invalid("hexpireat")),
        ("HPEXPIRE h 70368744177663 FIELDS 1 a", &invalid("hpexpire")),
        (
            "HPEXPIREAT h 70368744177664 FIELDS 1 a",
            &invalid("hpexpireat"),
        ),
        ("HPEXPIREAT h 70368744177663 FIELDS 1 a", "*1\r\n:-2\r\n"),
        ("HEXPIRE h 10 y FIELDS 1 a", FIELDS_MISSING),
        ("HEXPIRE h 10 NX GT FIELDS 1 a", FIELDS_MISSING),
        ("HEXPIRE h 10 FIELDS 0 a", num_fields),
        ("HEXPIRE h 10 FIELDS x a", num_fields),
        ("HEXPIRE h 10 NX FIELDS 1", FIELD_COUNT),
        ("HEXPIRE h 10 FIELDS 2 a", FIELD_COUNT),
        ("HTTL k x 1 a", WRONG_TYPE),
        ("HTTL h x 1 a", FIELDS_MISSING),
        ("HTTL h FIELDS 0 a", not_positive),
        ("HTTL h FIELDS 1 a b", FIELD_COUNT),
        ("HPERSIST k FIELDS 1 a", WRONG_TYPE),
        ("HPERSIST h x 1 a", FIELDS_MISSING),
        ("HPERSIST h FIELDS -1 a", not_positive),
        ("HPERSIST h FIELDS 2 a", FIELD_COUNT),
    ]);
}

#[test]
fn records_are_absolute_and_name_only_changed_fields() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("HSET h a 1 b 2 c 3 d 4", ":4\r\n"),
        (
            "HEXPIREAT h 5000000000 FIELDS 3 a x b",
            "*3\r\n:1\r\n:-2\r\n:1\r\n",
        ),
        (
            "HEXPIREAT h 6000000000 NX FIELDS 2 a c",
            "*2\r\n:0\r\n:1\r\n",
        ),
        ("HEXPIREAT h 6000000000 NX FIELDS 1 a", "*1\r\n:0\r\n"),
        ("HPERSIST h FIELDS 3 b d x", "*3\r\n:1\r\n:-1\r\n:-2\r\n"),
        ("HPERSIST h FIELDS 1 d", "*1\r\n:-1\r\n"),
        ("HEXPIRE h 0 FIELDS 2 x d", "*2\r\n:-2\r\n:2\r\n"),
    ]);
    assert_eq!(
        server.directory.aof_commands(),
        [
            "SELECT 0",
            "HSET h a 1 b 2 c 3 d 4",
            "HPEXPIREAT h 5000000000000 FIELDS 2 a b",
            "HPEXPIREAT h 6000000000000 FIELDS 1 c",
            "HPERSIST h FIELDS 1 b",
            "HDEL h d",
        ]
    );
    let server = server.restart();
    server.connect().expect_exchanges(&[(
        "HEXPIRETIME h FIELDS 4 a b c d",
        "*4\r\n:5000000000\r\n:-1\r\n:6000000000\r\n:-2\r\n",
    )]);
}

#[test]
fn a_time_that_passed_while_the_server_was_down_counts() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.expect_exchanges(&[
        ("HSET h f 1 g 2", ":2\r\n"),
        ("HPEXPIRE h 50 FIELDS 1 f", "*1\r\n:1\r\n"),
    ]);
    let server = server.restart();
    let mut client = server.connect();
    wait_for("the end of the field", || {
        (client.ask_line("HEXISTS h f").integer() == 0).then_some(())
    });
    client.expect_exchanges(&[("HKEYS h", "*1\r\n$1\r\ng\r\n")]);
}

#[test]
fn only_changes_touch_a_watched_key() {
    let server = TestServer::start();
    let (mut watching, mut other) = (server.connect(), server.connect());
    for (request, reply, outcome) in [
        (
            "HEXPIRE h 1000 XX FIELDS 1 f",
            "*1\r\n:0\r\n",
            "*1\r\n+PONG\r\n",
        ),
        ("HPERSIST h FIELDS 1 f", "*1\r\n:-1\r\n", "*1\r\n+PONG\r\n"),
        ("HTTL h FIELDS 1 f", "*1\r\n:-1\r\n", "*1\r\n+PONG\r\n"),
        ("HEXPIRE h 1000 FIELDS 1 f", "*1\r\n:1\r\n", "*-1\r\n"),
        ("HEXPIRE h 0 FIELDS 1 f", "*1\r\n:2\r\n", "*-1\r\n"),
    ] {
        watching.expect_exchanges(&[
            ("HMSET h f 1 g 2", "+OK\r\n"),
            ("WATCH h", "+OK\r\n"),
            ("MULTI", "+OK\r\n"),
            ("PING", "+QUEUED\r\n"),
        ]);
        other.expect_exchanges(&[(request, reply)]);
        watching.expect_exchanges(&[("EXEC", outcome)]);
    }
}
