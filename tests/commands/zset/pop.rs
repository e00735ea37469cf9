use crate::commands::SYNTAX;
use crate::support::TestServer;

const NOT_POSITIVE: &str = "-ERR value is out of range, must be positive\r\n";
const NUMKEYS: &str = "-ERR numkeys should be greater than 0\r\n";
const COUNT: &str = "-ERR count should be greater than 0\r\n";

#[test]
fn members_are_popped_at_both_ends_and_the_key_goes_with_the_last() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.expect_exchanges(&[
        ("ZPOPMIN z", "*0\r\n"),
        ("ZADD z 1 a 2 b 3 c 4 d 5 e", ":5\r\n"),
        ("ZPOPMIN z", "*2\r\n$1\r\na\r\n$1\r\n1\r\n"),
        (
            "ZPOPMAX z 2",
            "*4\r\n$1\r\ne\r\n$1\r\n5\r\n$1\r\nd\r\n$1\r\n4\r\n",
        ),
        ("ZPOPMIN z 0", "*0\r\n"),
        ("ZPOPMIN z -1", NOT_POSITIVE),
        ("ZPOPMAX z x", NOT_POSITIVE),
        ("ZPOPMAX z 1 2", SYNTAX),
        (
            "ZPOPMIN z 9223372036854775807",
            "*4\r\n$1\r\nb\r\n$1\r\n2\r\n$1\r\nc\r\n$1\r\n3\r\n",
        ),
        ("EXISTS z", ":0\r\n"),
    ]);
    client.ask_line("HELLO 3");
    client.expect_exchanges(&[
        ("ZADD z 1 a 2 b 3 c", ":3\r\n"),
        ("ZPOPMIN z", "*2\r\n$1\r\na\r\n,1\r\n"),
        ("ZPOPMIN z 1", "*1\r\n*2\r\n$1\r\nb\r\n,2\r\n"),
        ("ZPOPMAX z 0", "*0\r\n"),
        ("ZMPOP 1 none MIN", "_\r\n"),
    ]);
}

#[test]
fn zmpop_pops_from_the_first_sorted_set_that_exists() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("ZMPOP 2 a b MIN", "*-1\r\n"),
        ("ZADD b 1 x 2 y 3 z", ":3\r\n"),
        (
            "ZMPOP 2 a b min",
            "*2\r\n$1\r\nb\r\n*1\r\n*2\r\n$1\r\nx\r\n$1\r\n1\r\n",
        ),
        (
            "ZMPOP 1 b MAX COUNT 9",
            "*2\r\n$1\r\nb\r\n*2\r\n*2\r\n$1\r\nz\r\n$1\r\n3\r\n*2\r\n$1\r\ny\r\n$1\r\n2\r\n",
        ),
        ("EXISTS b", ":0\r\n"),
        ("ZMPOP 0 a MIN", NUMKEYS),
        ("ZMPOP x a MIN", NUMKEYS),
        ("ZMPOP 9223372036854775807 a MIN", SYNTAX),
        ("ZMPOP 1 a LEFT", SYNTAX),
        ("ZMPOP 1 a MIN COUNT", SYNTAX),
        ("ZMPOP 1 a MIN COUNT 0", COUNT),
        ("ZMPOP 1 a MIN COUNT 1 COUNT 1", SYNTAX),
    ]);
}

#[test]
fn pops_that_may_wait_take_a_member_that_is_there() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.expect_exchanges(&[
        ("ZADD z 1 a 2 b 3 c 4 d", ":4\r\n"),
        (
            "BZPOPMIN none z 0",
            "*3\r\n$1\r\nz\r\n$1\r\na\r\n$1\r\n1\r\n",
        ),
        (
            "BZPOPMAX z none 0",
            "*3\r\n$1\r\nz\r\n$1\r\nd\r\n$1\r\n4\r\n",
        ),
        (
            "BZMPOP 0 1 z MIN",
            "*2\r\n$1\r\nz\r\n*1\r\n*2\r\n$1\r\nb\r\n$1\r\n2\r\n",
        ),
        ("BZPOPMIN none 0.01", "*-1\r\n"),
        ("BZMPOP 0.01 1 none MAX", "*-1\r\n"),
        (
            "BZPOPMIN none x",
            "-ERR timeout is not a float or out of range\r\n",
        ),
        ("BZPOPMIN none -1", "-ERR timeout is negative\r\n"),
        ("BZMPOP x 0 none MIN", NUMKEYS),
        ("MULTI", "+OK\r\n"),
        ("BZPOPMIN none 0", "+QUEUED\r\n"),
        ("BZMPOP 0 1 none MIN", "+QUEUED\r\n"),
        ("EXEC", "*2\r\n*-1\r\n*-1\r\n"),
    ]);
    client.ask_line("HELLO 3");
    client.expect_exchanges(&[
        ("BZPOPMAX z 0", "*3\r\n$1\r\nz\r\n$1\r\nc\r\n,3\r\n"),
        ("BZPOPMAX z 0.01", "_\r\n"),
    ]);
}

/// A big pop takes members from both parts of a big sorted set.
#[test]
fn many_members_are_popped_in_order() {
    let server = TestServer::start();
    let mut client = server.connect();
    super::fill(&mut client, "z", 20_000);
    let popped = client.ask(&["ZPOPMAX", "z", "15000"]).texts();
    assert_eq!(popped.len(), 30_000);
    assert_eq!(popped[..2], ["m19999", "19999"]);
    assert_eq!(popped[29_998..], ["m5000", "5000"]);
    client.expect_exchanges(&[
        ("ZCARD z", ":5000\r\n"),
        ("ZSCORE z m5000", "$-1\r\n"),
        ("ZRANK z m4999", ":4999\r\n"),
    ]);
}
