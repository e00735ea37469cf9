use crate::commands::{SYNTAX, WRONG_TYPE};
use crate::support::TestServer;

const NO_FLOAT: &str = "-ERR value is not a valid float\r\n";
const NO_NUMBER: &str = "-ERR resulting score is not a number (NaN)\r\n";
const NX_AND_XX: &str = "-ERR XX and NX options at the same time are not compatible\r\n";
const GT_LT_NX: &str = "-ERR GT, LT, and/or NX options at the same time are not compatible\r\n";
const ONE_PAIR: &str = "-ERR INCR option supports a single increment-element pair\r\n";

#[test]
fn members_are_added_or_get_another_score() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("ZADD z 1 a 2 b", ":2\r\n"),
        ("ZADD z 3 a 2 b 4 c", ":1\r\n"),
        ("ZADD z CH 5 a 2 b 6 d", ":2\r\n"),
        (
            "ZMSCORE z a b c d e",
            "*5\r\n$1\r\n5\r\n$1\r\n2\r\n$1\r\n4\r\n$1\r\n6\r\n$-1\r\n",
        ),
        ("TYPE z", "+zset\r\n"),
        ("ZADD twice CH 1 a 2 a 2 a", ":2\r\n"),
        ("ZSCORE twice a", "$1\r\n2\r\n"),
        ("ZADD z 7 ch", ":1\r\n"),
        ("ZADD z ch 8 ch", ":1\r\n"),
    ]);
}

#[test]
fn options_exclude_members() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("ZADD z 5 a", ":1\r\n"),
        ("ZADD z NX CH 1 a 1 b", ":1\r\n"),
        ("ZADD z XX CH 2 b 1 c", ":1\r\n"),
        ("ZADD z GT CH 4 a 3 b", ":1\r\n"),
        ("ZADD z LT CH 4 a 4 b 1 d", ":2\r\n"),
        ("ZADD z gt xx ch 9 e 5 a", ":1\r\n"),
        (
            "ZMSCORE z a b c d",
            "*4\r\n$1\r\n5\r\n$1\r\n3\r\n$-1\r\n$1\r\n1\r\n",
        ),
        ("ZADD none XX 1 a", ":0\r\n"),
        ("EXISTS none", ":0\r\n"),
    ]);
}

#[test]
fn incr_replies_with_the_score_or_null() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.expect_exchanges(&[
        ("ZADD z INCR 1.5 a", "$3\r\n1.5\r\n"),
        ("ZADD z INCR -3 a", "$4\r\n-1.5\r\n"),
        ("ZADD z INCR NX 1 a", "$-1\r\n"),
        ("ZADD z INCR XX 1 b", "$-1\r\n"),
        ("ZADD z INCR GT -1 a", "$-1\r\n"),
        ("ZADD z INCR LT -1 a", "$4\r\n-2.5\r\n"),
        ("ZINCRBY z 0.1 sum", "$19\r\n0.10000000000000001\r\n"),
        ("ZINCRBY z 0.2 sum", "$19\r\n0.30000000000000004\r\n"),
        ("ZINCRBY z inf sum", "$3\r\ninf\r\n"),
        ("ZINCRBY z -inf sum", NO_NUMBER),
        ("ZADD z INCR -inf sum", NO_NUMBER),
        ("ZSCORE z sum", "$3\r\ninf\r\n"),
    ]);
    client.ask_line("HELLO 3");
    client.expect_exchanges(&[
        ("ZADD z INCR 1 a", ",-1.5\r\n"),
        ("ZADD z INCR NX 1 a", "_\r\n"),
        ("ZINCRBY z 1 sum", ",inf\r\n"),
        ("ZSCORE z a", ",-1.5\r\n"),
    ]);
}

#[test]
fn errors_come_in_order_and_nothing_changes() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("SET s v", "+OK\r\n"),
        ("ZADD z NX XX 1", SYNTAX),
        (
            "ZADD z CH",
            "-ERR wrong number of arguments for 'zadd' command\r\n",
        ),
        ("ZADD z CH INCR", SYNTAX),
        ("ZADD z NX XX GT LT INCR x a 2 b", NX_AND_XX),
        ("ZADD z NX GT INCR x a 2 b", GT_LT_NX),
        ("ZADD z LT GT 1 a", GT_LT_NX),
        ("ZADD z LT NX 1 a", GT_LT_NX),
        ("ZADD z INCR x a 2 b", ONE_PAIR),
        ("ZADD s x a", NO_FLOAT),
        ("ZADD s 1 a", WRONG_TYPE),
        ("ZINCRBY s x a", NO_FLOAT),
        ("ZINCRBY s 1 a", WRONG_TYPE),
        ("ZADD z 1 a x b", NO_FLOAT),
        ("ZADD z 1 a nan b", NO_FLOAT),
        ("ZADD z ' 1' a", NO_FLOAT),
        ("ZADD z '' a", NO_FLOAT),
        ("ZADD z 1e400 a", NO_FLOAT),
        ("EXISTS z", ":0\r\n"),
    ]);
}

#[test]
fn only_changes_touch_a_watched_sorted_set() {
    let server = TestServer::start();
    let (mut watching, mut other) = (server.connect(), server.connect());
    let (same, changed) = ("*1\r\n+PONG\r\n", "*-1\r\n");
    for (request, reply, outcome) in [
        ("ZADD z 1 a", ":0\r\n", same),
        ("ZADD z GT 0 a", ":0\r\n", same),
        ("ZADD z 2 a", ":0\r\n", changed),
        ("ZINCRBY z 0 a", "$1\r\n1\r\n", same),
        ("ZINCRBY z 1 a", "$1\r\n2\r\n", changed),
        ("ZREM z x", ":0\r\n", same),
        ("ZREM z a", ":1\r\n", changed),
        ("ZPOPMIN z 0", "*0\r\n", same),
        ("ZPOPMAX z", "*2\r\n$1\r\nb\r\n$1\r\n2\r\n", changed),
        ("ZMPOP 1 none MIN", "*-1\r\n", same),
    ] {
        watching.expect_exchanges(&[
            ("FLUSHALL", "+OK\r\n"),
            ("ZADD z 1 a 2 b", ":2\r\n"),
            ("WATCH z", "+OK\r\n"),
            ("MULTI", "+OK\r\n"),
            ("PING", "+QUEUED\r\n"),
        ]);
        other.expect_exchanges(&[(request, reply)]);
        watching.expect_exchanges(&[("EXEC", outcome)]);
    }
}

#[test]
fn changes_are_recorded_and_sums_have_the_same_bits_after_a_restart() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("ZADD z 0.1 a", ":1\r\n"),
        ("ZADD z 0.1 a", ":0\r\n"),
        ("ZINCRBY z 0.2 a", "$19\r\n0.30000000000000004\r\n"),
        ("ZINCRBY z 0 a", "$19\r\n0.30000000000000004\r\n"),
        ("ZADD z INCR NX 1 a", "$-1\r\n"),
        ("ZADD z XX INCR 0.3 a", "$19\r\n0.60000000000000009\r\n"),
        ("ZADD z 1 b 2 c 3 d", ":3\r\n"),
        ("ZREM z x", ":0\r\n"),
        ("ZREM z b x", ":1\r\n"),
        ("ZPOPMAX z 1", "*2\r\n$1\r\nd\r\n$1\r\n3\r\n"),
        ("ZPOPMAX z 0", "*0\r\n"),
        (
            "ZMPOP 2 none z MAX COUNT 1",
            "*2\r\n$1\r\nz\r\n*1\r\n*2\r\n$1\r\nc\r\n$1\r\n2\r\n",
        ),
    ]);
    assert_eq!(
        server.directory.aof_commands(),
        [
            "SELECT 0",
            "ZADD z 0.1 a",
            "ZINCRBY z 0.2 a",
            "ZADD z XX INCR 0.3 a",
            "ZADD z 1 b 2 c 3 d",
            "ZREM z b x",
            "ZPOPMAX z 1",
            "ZPOPMAX z 1",
        ]
    );
    let server = server.restart();
    server.connect().expect_exchanges(&[
        ("ZSCORE z a", "$19\r\n0.60000000000000009\r\n"),
        ("ZCARD z", ":1\r\n"),
    ]);
}
