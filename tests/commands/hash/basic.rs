use crate::commands::WRONG_TYPE;
use crate::support::TestServer;

#[test]
fn fields_are_set_and_returned() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("HGET h f", "$-1\r\n"),
        ("HGETALL h", "*0\r\n"),
        ("HSET h f v", ":1\r\n"),
        ("HGET h f", "$1\r\nv\r\n"),
        ("HGET h F", "$-1\r\n"),
        ("HGETALL h", "*2\r\n$1\r\nf\r\n$1\r\nv\r\n"),
        ("hset h f ''", ":0\r\n"),
        ("hget h f", "$0\r\n\r\n"),
        ("TYPE h", "+hash\r\n"),
    ]);
}

#[test]
fn hset_counts_the_fields_that_are_new() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("HSET h a 1 b 2", ":2\r\n"),
        ("HSET h b 3 c 4", ":1\r\n"),
        ("HSET h d 5 d 6", ":1\r\n"),
        ("HGET h b", "$1\r\n3\r\n"),
        ("HGET h d", "$1\r\n6\r\n"),
    ]);
}

#[test]
fn an_odd_field_changes_nothing() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        (
            "HSET h a 1 b",
            "-ERR wrong number of arguments for 'hset' command\r\n",
        ),
        (
            "HMSET h a 1 b",
            "-ERR wrong number of arguments for 'hmset' command\r\n",
        ),
        ("EXISTS h", ":0\r\n"),
    ]);
}

#[test]
fn strings_are_refused_and_stay() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("SET k v", "+OK\r\n"),
        ("HSET k f v", WRONG_TYPE),
        ("HGET k f", WRONG_TYPE),
        ("HDEL k f", WRONG_TYPE),
        ("HEXISTS k f", WRONG_TYPE),
        ("HLEN k", WRONG_TYPE),
        ("HMGET k f", WRONG_TYPE),
        ("HMSET k f v", WRONG_TYPE),
        ("HSETNX k f v", WRONG_TYPE),
        ("HSTRLEN k f", WRONG_TYPE),
        ("GET k", "$1\r\nv\r\n"),
    ]);
}

#[test]
fn fields_are_counted_and_measured() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("HLEN h", ":0\r\n"),
        ("HEXISTS h a", ":0\r\n"),
        ("HSTRLEN h a", ":0\r\n"),
        ("HMSET h a 12345 b ''", "+OK\r\n"),
        ("HMSET h a 1234", "+OK\r\n"),
        ("HLEN h", ":2\r\n"),
        ("HEXISTS h b", ":1\r\n"),
        ("HEXISTS h c", ":0\r\n"),
        ("HSTRLEN h a", ":4\r\n"),
        ("HSTRLEN h b", ":0\r\n"),
    ]);
}

#[test]
fn hmget_answers_for_each_field() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("HMGET h a b", "*2\r\n$-1\r\n$-1\r\n"),
        ("HSET h a 1 b 2", ":2\r\n"),
        (
            "HMGET h b c a b",
            "*4\r\n$1\r\n2\r\n$-1\r\n$1\r\n1\r\n$1\r\n2\r\n",
        ),
    ]);
}

#[test]
fn hsetnx_sets_missing_fields() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("HSETNX h a 1", ":1\r\n"),
        ("HSETNX h a 2", ":0\r\n"),
        ("HSETNX h b 3", ":1\r\n"),
        ("HMGET h a b", "*2\r\n$1\r\n1\r\n$1\r\n3\r\n"),
    ]);
}

#[test]
fn hdel_counts_deleted_fields_and_deletes_the_key_with_the_last() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("HDEL h a", ":0\r\n"),
        ("HSET h a 1 b 2 c 3", ":3\r\n"),
        ("HDEL h x b y", ":1\r\n"),
        ("HDEL h b", ":0\r\n"),
        ("HLEN h", ":2\r\n"),
        ("HDEL h a c a x", ":2\r\n"),
        ("EXISTS h", ":0\r\n"),
        ("SET h v", "+OK\r\n"),
    ]);
}

#[test]
fn only_changes_touch_a_watched_key() {
    let server = TestServer::start();
    let (mut watching, mut other) = (server.connect(), server.connect());
    for (request, reply, outcome) in [
        ("HDEL h x y", ":0\r\n", "*1\r\n+PONG\r\n"),
        ("HSETNX h a 2", ":0\r\n", "*1\r\n+PONG\r\n"),
        ("HDEL h x a", ":1\r\n", "*-1\r\n"),
        ("HSETNX h c 2", ":1\r\n", "*-1\r\n"),
        ("HDEL h a b c", ":3\r\n", "*-1\r\n"),
    ] {
        watching.expect_exchanges(&[
            ("HMSET h a 1 b 1", "+OK\r\n"),
            ("WATCH h", "+OK\r\n"),
            ("MULTI", "+OK\r\n"),
            ("PING", "+QUEUED\r\n"),
        ]);
        other.expect_exchanges(&[(request, reply)]);
        watching.expect_exchanges(&[("EXEC", outcome)]);
    }
}

#[test]
fn commands_with_a_change_are_recorded_as_sent() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("HMSET h a 1 b 2", "+OK\r\n"),
        ("HSETNX h c 3", ":1\r\n"),
        ("HSETNX h c 4", ":0\r\n"),
        ("HDEL h x b", ":1\r\n"),
        ("HDEL h x", ":0\r\n"),
        ("HSET gone a 1", ":1\r\n"),
        ("HDEL gone a", ":1\r\n"),
    ]);
    assert_eq!(
        server.directory.aof_commands(),
        [
            "SELECT 0",
            "HMSET h a 1 b 2",
            "HSETNX h c 3",
            "HDEL h x b",
            "HSET gone a 1",
            "HDEL gone a",
        ]
    );
    let server = server.restart();
    server.connect().expect_exchanges(&[
        ("HMGET h a b c", "*3\r\n$1\r\n1\r\n$-1\r\n$1\r\n3\r\n"),
        ("EXISTS gone", ":0\r\n"),
    ]);
}
