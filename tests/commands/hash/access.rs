use crate::commands::{NOT_AN_INTEGER, WRONG_TYPE};
use crate::support::{TestServer, encode};

const FIELDS_MISSING: &str =
    "-ERR Mandatory argument FIELDS is missing or not at the right position\r\n";
const FIELD_COUNT: &str = "-ERR The `numfields` parameter must match the number of arguments\r\n";
const NOT_POSITIVE: &str = "-ERR Number of fields must be a positive integer\r\n";
const NEGATIVE: &str = "-ERR invalid expire time, must be >= 0\r\n";

#[test]
fn hgetdel_deletes_what_it_returns() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("HGETDEL h FIELDS 2 a b", "*2\r\n$-1\r\n$-1\r\n"),
        ("HSET h a 1 b 2", ":2\r\n"),
        (
            "HGETDEL h FIELDS 3 a x a",
            "*3\r\n$1\r\n1\r\n$-1\r\n$-1\r\n",
        ),
        ("HGETALL h", "*2\r\n$1\r\nb\r\n$1\r\n2\r\n"),
        ("HGETDEL h fields 2 b c", "*2\r\n$1\r\n2\r\n$-1\r\n"),
        ("EXISTS h", ":0\r\n"),
        ("SET k v", "+OK\r\n"),
        ("HGETDEL k x 1 a", WRONG_TYPE),
        ("HGETDEL h x 1 a", FIELDS_MISSING),
        ("HGETDEL h FIELDS 0 a", NOT_POSITIVE),
        ("HGETDEL h FIELDS 2 a", FIELD_COUNT),
    ]);
}

#[test]
fn hgetex_changes_the_expiry_of_the_returned_fields() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("HGETEX h EX 10 FIELDS 1 a", "*1\r\n$-1\r\n"),
        ("HSET h a 1 b 2", ":2\r\n"),
        ("HGETEX h FIELDS 2 a x", "*2\r\n$1\r\n1\r\n$-1\r\n"),
        ("HTTL h FIELDS 1 a", "*1\r\n:-1\r\n"),
        ("HGETEX h EXAT 5000000000 FIELDS 1 a", "*1\r\n$1\r\n1\r\n"),
        (
            "HGETEX h pxat 6000000000000 FIELDS 1 b",
            "*1\r\n$1\r\n2\r\n",
        ),
        ("HGETEX h FIELDS 1 a", "*1\r\n$1\r\n1\r\n"),
        (
            "HEXPIRETIME h FIELDS 2 a b",
            "*2\r\n:5000000000\r\n:6000000000\r\n",
        ),
        ("HGETEX h PERSIST FIELDS 1 a", "*1\r\n$1\r\n1\r\n"),
        ("HTTL h FIELDS 1 a", "*1\r\n:-1\r\n"),
        ("HGETEX h PX 0 FIELDS 2 a b", "*2\r\n$1\r\n1\r\n$1\r\n2\r\n"),
        ("EXISTS h", ":0\r\n"),
    ]);
}

#[test]
fn errors_of_hgetex_come_in_redis_s_order() {
    let invalid = "-ERR invalid expire time in 'hgetex' command\r\n";
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("SET k v", "+OK\r\n"),
        ("HGETEX k EX x x 1 a", WRONG_TYPE),
        ("HGETEX h EX x x 1 a", NOT_AN_INTEGER),
        ("HGETEX h PX -1 x 1 a", NEGATIVE),
        ("HGETEX h EXAT 70368744177665 x 1 a", invalid),
        ("HGETEX h x 1 a", FIELDS_MISSING),
        ("HGETEX h PXAT 1 1", FIELDS_MISSING),
        ("HGETEX h PERSIST 1 FIELDS 1 a", FIELDS_MISSING),
        ("HGETEX h FIELDS x a", NOT_POSITIVE),
        ("HGETEX h PX 1 FIELDS", NOT_POSITIVE),
        ("HGETEX h FIELDS 2 a", FIELD_COUNT),
    ]);
}

#[test]
fn hsetex_sets_fields_for_a_time() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("HSETEX h FIELDS 2 a 1 b 2", ":1\r\n"),
        ("HTTL h FIELDS 2 a b", "*2\r\n:-1\r\n:-1\r\n"),
        ("HSETEX h EXAT 5000000000 fields 1 a 3", ":1\r\n"),
        ("HSETEX h keepttl FIELDS 2 a 4 c 5", ":1\r\n"),
        ("HMGET h a b c", "*3\r\n$1\r\n4\r\n$1\r\n2\r\n$1\r\n5\r\n"),
        (
            "HEXPIRETIME h FIELDS 3 a b c",
            "*3\r\n:5000000000\r\n:-1\r\n:-1\r\n",
        ),
        ("HSETEX h FIELDS 1 a 6", ":1\r\n"),
        ("HTTL h FIELDS 1 a", "*1\r\n:-1\r\n"),
        ("HSETEX h PX 0 FIELDS 3 a 7 b 8 c 9", ":1\r\n"),
        ("EXISTS h", ":0\r\n"),
        ("HSETEX h PXAT 1 FIELDS 1 a 1", ":1\r\n"),
        ("EXISTS h", ":0\r\n"),
    ]);
}

#[test]
fn hsetex_sets_all_fields_or_none() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("HSETEX h FXX FIELDS 1 a 1", ":0\r\n"),
        ("EXISTS h", ":0\r\n"),
        ("HSETEX h FNX FIELDS 1 a 1", ":1\r\n"),
        ("HSETEX h fnx FIELDS 2 b 2 a 2", ":0\r\n"),
        ("HSETEX h FXX FIELDS 2 a 3 b 3", ":0\r\n"),
        ("HGETALL h", "*2\r\n$1\r\na\r\n$1\r\n1\r\n"),
        ("HSETEX h EXAT 5000000000 FXX FIELDS 1 a 4", ":1\r\n"),
        ("HEXPIRETIME h FIELDS 1 a", "*1\r\n:5000000000\r\n"),
    ]);
}

#[test]
fn errors_of_hsetex_come_in_redis_s_order() {
    let arity = "-ERR wrong number of arguments for 'hsetex' command\r\n";
    let count = "-ERR invalid number of fields\r\n";
    let times = "-ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified\r\n";
    let conditions = "-ERR Only one of FXX or FNX arguments can be specified\r\n";
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("SET k v", "+OK\r\n"),
        ("HSETEX k FIELDS 1 a 1", WRONG_TYPE),
        ("HSETEX k nx FIELDS 1 a 1", "-ERR unknown argument: nx\r\n"),
        ("HSETEX k FIELDS 2 a 1", arity),
        ("HSETEX k FIELDS 1 a 1 b", arity),
        ("HSETEX k FNX FIELDS 1 a", arity),
        ("HSETEX k FIELDS 0 a 1", count),
        ("HSETEX k FIELDS 2147483648 a 1", count),
        ("HSETEX k EX FIELDS 1 a 1", NOT_AN_INTEGER),
        ("HSETEX k PX -1 FIELDS 1 a 1", NEGATIVE),
        (
            "HSETEX k PXAT 70368744177664 FIELDS 1 a 1",
            "-ERR invalid expire time in 'hsetex' command\r\n",
        ),
        ("HSETEX k EX 1 KEEPTTL FIELDS 1 a 1", times),
        ("HSETEX k KEEPTTL PX x FIELDS 1 a 1", times),
        ("HSETEX k FXX FNX FIELDS 1 a 1", conditions),
        ("HSETEX k FXX EX 1 FXX FIELDS 1 a 1", conditions),
    ]);
}

#[test]
fn records_are_absolute_and_name_only_changed_fields() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("HSETEX h FNX FIELDS 2 a 1 b 2", ":1\r\n"),
        ("HSETEX h FNX FIELDS 1 a 1", ":0\r\n"),
        ("HSETEX h EXAT 5000000000 FXX FIELDS 1 a 2", ":1\r\n"),
        ("HSETEX h KEEPTTL FIELDS 2 a 3 c 3", ":1\r\n"),
        ("HSETEX h PX 0 FIELDS 2 c 1 x 1", ":1\r\n"),
        ("HSETEX h PX 0 FIELDS 1 x 1", ":1\r\n"),
        (
            "HGETEX h EXAT 6000000000 FIELDS 2 x b",
            "*2\r\n$-1\r\n$1\r\n2\r\n",
        ),
        ("HGETEX h FIELDS 1 b", "*1\r\n$1\r\n2\r\n"),
        ("HSET h c 4 d 5 e 6", ":3\r\n"),
        (
            "HGETEX h PERSIST FIELDS 2 b c",
            "*2\r\n$1\r\n2\r\n$1\r\n4\r\n",
        ),
        ("HGETEX h PERSIST FIELDS 1 c", "*1\r\n$1\r\n4\r\n"),
        ("HGETEX h PX 0 FIELDS 2 x d", "*2\r\n$-1\r\n$1\r\n5\r\n"),
        ("HGETDEL h FIELDS 2 x e", "*2\r\n$-1\r\n$1\r\n6\r\n"),
        ("HGETDEL h FIELDS 1 x", "*1\r\n$-1\r\n"),
    ]);
    assert_eq!(
        server.directory.aof_commands(),
        [
            "SELECT 0",
            "HSET h a 1 b 2",
            "HSETEX h PXAT 5000000000000 FIELDS 1 a 2",
            "HSETEX h KEEPTTL FIELDS 2 a 3 c 3",
            "HDEL h c",
            "HPEXPIREAT h 6000000000000 FIELDS 1 b",
            "HSET h c 4 d 5 e 6",
            "HPERSIST h FIELDS 1 b",
            "HDEL h d",
            "HDEL h e",
        ]
    );
    let server = server.restart();
    server.connect().expect_exchanges(&[
        ("HMGET h a b c", "*3\r\n$1\r\n3\r\n$1\r\n2\r\n$1\r\n4\r\n"),
        (
            "HEXPIRETIME h FIELDS 5 a b c d e",
            "*5\r\n:5000000000\r\n:-1\r\n:-1\r\n:-2\r\n:-2\r\n",
        ),
    ]);
}

#[test]
fn a_time_from_now_is_the_same_after_a_restart() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.expect_exchanges(&[
        ("HSETEX h EX 1000 FIELDS 1 a 1", ":1\r\n"),
        ("HSET h b 1", ":1\r\n"),
        ("HGETEX h PX 1000000 FIELDS 1 b", "*1\r\n$1\r\n1\r\n"),
    ]);
    let times = client.ask_line("HPEXPIRETIME h FIELDS 2 a b");
    let server = server.restart();
    let mut client = server.connect();
    assert_eq!(client.ask_line("HPEXPIRETIME h FIELDS 2 a b"), times);
}

#[test]
fn big_values_are_set_and_returned_whole() {
    let server = TestServer::start();
    let mut client = server.connect();
    let big = "x".repeat(100_000);
    let reply = format!("*1\r\n$100000\r\n{big}\r\n");
    client.send(encode(&[
        "HSETEX", "h", "EX", "1000", "FIELDS", "1", "a", &big,
    ]));
    client.expect(":1\r\n");
    let server = server.restart();
    let mut client = server.connect();
    client.expect_exchanges(&[
        ("HGETEX h PERSIST FIELDS 1 a", &reply),
        ("HGETDEL h FIELDS 1 a", &reply),
        ("EXISTS h", ":0\r\n"),
    ]);
}
