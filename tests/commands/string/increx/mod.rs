mod model;

use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::commands::{NOT_AN_INTEGER, SYNTAX, WRONG_TYPE};
use crate::support::TestServer;

const INVALID_TIME: &str = "-ERR invalid expire time in 'increx' command\r\n";
const CROSSED_BOUNDS: &str = "-ERR LBOUND can't be greater than UBOUND\r\n";

#[test]
fn the_reply_is_the_number_and_the_applied_increment() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.expect_exchanges(&[
        ("INCREX k", "*2\r\n:1\r\n:1\r\n"),
        ("INCREX k BYINT -5", "*2\r\n:-4\r\n:-5\r\n"),
        (
            "INCREX k byfloat 0.25",
            "*2\r\n$5\r\n-3.75\r\n$4\r\n0.25\r\n",
        ),
        ("INCREX k BYFLOAT 3.75", "*2\r\n$1\r\n0\r\n$4\r\n3.75\r\n"),
        ("OBJECT ENCODING k", "$6\r\nembstr\r\n"),
        ("INCREX k BYINT 0", "*2\r\n:0\r\n:0\r\n"),
        ("OBJECT ENCODING k", "$3\r\nint\r\n"),
        ("INCREX f BYFLOAT 1e1", "*2\r\n$2\r\n10\r\n$2\r\n10\r\n"),
    ]);
    client.ask_line("HELLO 3");
    client.expect_exchanges(&[("INCREX k BYINT 7", "*2\r\n:7\r\n:7\r\n")]);
    client.send("INCREX k BYFLOAT .5\r\nINCREX k BYFLOAT 5 UBOUND 8\r\n");
    client.expect("*2\r\n,7.5\r\n,0.5\r\n*2\r\n,7.5\r\n,0\r\n");
}

#[test]
fn a_sum_outside_of_the_bounds_is_refused_or_becomes_the_bound() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("SET k 10 PXAT 99999999999999", "+OK\r\n"),
        ("INCREX k BYINT 5 UBOUND 14 PERSIST", "*2\r\n:10\r\n:0\r\n"),
        ("INCREX k BYINT -5 LBOUND 6 EXAT 1", "*2\r\n:10\r\n:0\r\n"),
        ("PEXPIRETIME k", ":99999999999999\r\n"),
        ("INCREX k UBOUND 14 LBOUND 6 BYINT 4", "*2\r\n:14\r\n:4\r\n"),
        ("INCREX k BYINT 5 UBOUND 17 SATURATE", "*2\r\n:17\r\n:3\r\n"),
        ("INCREX k SATURATE LBOUND 9 BYINT -9", "*2\r\n:9\r\n:-8\r\n"),
        // The number itself may be outside of the bounds.
        ("INCREX k UBOUND 5", "*2\r\n:9\r\n:0\r\n"),
        ("INCREX k BYINT -5 UBOUND 5", "*2\r\n:4\r\n:-5\r\n"),
        (
            "INCREX k BYINT -1 LBOUND 20 SATURATE",
            "*2\r\n:20\r\n:16\r\n",
        ),
        // A missing key counts from zero. It is made unless the sum is refused.
        ("INCREX new BYINT 5 LBOUND 10", "*2\r\n:0\r\n:0\r\n"),
        ("EXISTS new", ":0\r\n"),
        ("INCREX new UBOUND 0 SATURATE", "*2\r\n:0\r\n:0\r\n"),
        ("GET new", "$1\r\n0\r\n"),
        (
            "INCREX f BYFLOAT 15.5 UBOUND 10",
            "*2\r\n$1\r\n0\r\n$1\r\n0\r\n",
        ),
        (
            "INCREX f BYFLOAT 2 UBOUND 0.5 SATURATE",
            "*2\r\n$3\r\n0.5\r\n$3\r\n0.5\r\n",
        ),
        (
            "INCREX f BYFLOAT -9 LBOUND -1.5 SATURATE",
            "*2\r\n$4\r\n-1.5\r\n$2\r\n-2\r\n",
        ),
    ]);
}

#[test]
fn the_bounds_of_a_request_without_any_are_those_of_the_numbers() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.expect_exchanges(&[
        ("SET k 9223372036854775800", "+OK\r\n"),
        ("INCREX k BYINT 8", "*2\r\n:9223372036854775800\r\n:0\r\n"),
        (
            "INCREX k BYINT 8 SATURATE",
            "*2\r\n:9223372036854775807\r\n:7\r\n",
        ),
        (
            "INCREX k BYINT -1 UBOUND -9223372036854775808 SATURATE",
            "-ERR applied increment would overflow\r\n",
        ),
        ("GET k", "$19\r\n9223372036854775807\r\n"),
        ("SET k -9223372036854775800", "+OK\r\n"),
        (
            "INCREX k BYINT -9223372036854775808",
            "*2\r\n:-9223372036854775800\r\n:0\r\n",
        ),
        (
            "INCREX k BYINT -9223372036854775808 SATURATE",
            "*2\r\n:-9223372036854775808\r\n:-8\r\n",
        ),
    ]);
    // The greatest float has 4,933 digits.
    client.ask_line("SET greatest 0");
    let greatest = client.ask_line("INCREX greatest BYFLOAT 0xffffffffffffffffp16320");
    let greatest = greatest.array()[0].text();
    assert_eq!(greatest.len(), 4933);
    let reply = client.ask_line("INCREX greatest BYFLOAT 1e4932 SATURATE");
    assert_eq!(reply.texts(), [&greatest, "0"]);
    let reply = client.ask_line("INCREX greatest BYFLOAT 1e4932");
    assert_eq!(reply.texts(), [&greatest, "0"]);
    let reply = client.ask_line("INCREX greatest BYFLOAT 1e4932 UBOUND 0.5 SATURATE");
    assert_eq!(reply.texts(), ["0.5", &format!("-{greatest}")]);
    let no_difference = "-ERR applied increment would be Infinity\r\n";
    client.expect_exchanges(&[
        ("SET f -1.1e4932", "+OK\r\n"),
        ("INCREX f BYFLOAT 1 LBOUND 1.1e4932 SATURATE", no_difference),
        ("GET f", "$9\r\n-1.1e4932\r\n"),
    ]);
}

#[test]
fn bounds_of_floats_may_be_infinite_and_numbers_may_not() {
    let server = TestServer::start();
    let mut client = server.connect();
    let infinite = "-ERR BYFLOAT increment cannot be Infinity\r\n";
    client.expect_exchanges(&[
        (
            "INCREX k BYFLOAT 1 UBOUND inf",
            "*2\r\n$1\r\n1\r\n$1\r\n1\r\n",
        ),
        (
            "INCREX k BYFLOAT 1 LBOUND -inf",
            "*2\r\n$1\r\n2\r\n$1\r\n1\r\n",
        ),
        ("INCREX k BYFLOAT 1 UBOUND -inf", CROSSED_BOUNDS),
        ("INCREX k BYFLOAT 1 LBOUND inf", CROSSED_BOUNDS),
        (
            "INCREX k BYFLOAT 1 LBOUND inf UBOUND inf",
            "*2\r\n$1\r\n2\r\n$1\r\n0\r\n",
        ),
        (
            "INCREX k BYFLOAT 1 LBOUND inf UBOUND inf SATURATE",
            "-ERR applied increment would be Infinity\r\n",
        ),
        ("SET f 1.1e4932", "+OK\r\n"),
        (
            "INCREX f BYFLOAT 1.1e4932 UBOUND inf SATURATE",
            "-ERR applied increment would be Infinity\r\n",
        ),
        ("INCREX k BYFLOAT +inf", infinite),
        ("INCREX k BYFLOAT -Infinity", infinite),
        ("SET k -inf", "+OK\r\n"),
        ("INCREX k BYFLOAT 1", "-ERR value cannot be Infinity\r\n"),
        ("INCREX k", NOT_AN_INTEGER),
    ]);
}

#[test]
fn what_is_no_number_is_refused_by_its_name() {
    let server = TestServer::start();
    let mut client = server.connect();
    for (options, error) in [
        ("BYINT a", "Increment is not an integer or out of range"),
        ("BYINT 1.5", "Increment is not an integer or out of range"),
        ("BYFLOAT a", "Increment is not a valid float"),
        ("BYFLOAT nan", "Increment is not a valid float"),
        ("LBOUND 1.5", "LBOUND is not an integer or out of range"),
        ("UBOUND inf", "UBOUND is not an integer or out of range"),
        ("BYFLOAT 1 LBOUND a", "LBOUND is not a valid float"),
        ("UBOUND a BYFLOAT 1", "UBOUND is not a valid float"),
        ("LBOUND 2 UBOUND 1", "LBOUND can't be greater than UBOUND"),
        (
            "LBOUND .2 UBOUND .1 BYFLOAT 1 SATURATE",
            "LBOUND can't be greater than UBOUND",
        ),
        ("ENX", "ENX flag requires an expiration"),
    ] {
        client.expect_exchanges(&[(&format!("INCREX k {options}"), &format!("-ERR {error}\r\n"))]);
    }
    client.expect_exchanges(&[
        ("EXISTS k", ":0\r\n"),
        ("INCREX k EX a", NOT_AN_INTEGER),
        ("INCREX k EX 0", INVALID_TIME),
        ("INCREX k PX -1 ENX", INVALID_TIME),
        ("HSET h f v", ":1\r\n"),
        ("INCREX h", WRONG_TYPE),
        ("INCREX h BYFLOAT 1 EX 0", INVALID_TIME),
        ("SET k 1.5", "+OK\r\n"),
        ("INCREX k", NOT_AN_INTEGER),
        ("SET k hello", "+OK\r\n"),
        ("INCREX k BYFLOAT 1", "-ERR value is not a valid float\r\n"),
        (
            "INCREX",
            "-ERR wrong number of arguments for 'increx' command\r\n",
        ),
    ]);
}

#[test]
fn no_option_may_be_repeated_or_be_without_its_value() {
    let server = TestServer::start();
    let mut client = server.connect();
    for options in [
        "FOO",
        "5",
        "NX",
        "BYINT",
        "LBOUND",
        "EX",
        "BYINT 1 BYINT 1",
        "BYINT 1 BYFLOAT 1",
        "UBOUND 1 UBOUND 1",
        "LBOUND 1 LBOUND 1",
        "SATURATE SATURATE",
        "EX 10 ENX ENX",
        "EX 10 EX 10",
        "EX 10 PXAT 10",
        "PERSIST PERSIST",
        "PERSIST EX 10",
        "EX 10 PERSIST",
        "PERSIST ENX",
        "ENX PERSIST",
        "KEEPTTL",
    ] {
        client.expect_exchanges(&[(&format!("INCREX k {options}"), SYNTAX)]);
    }
    client.expect_exchanges(&[("EXISTS k", ":0\r\n")]);
}

#[test]
fn the_expiry_is_kept_unless_an_option_says_otherwise() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("INCREX k EXAT 99999999999", "*2\r\n:1\r\n:1\r\n"),
        ("PEXPIRETIME k", ":99999999999000\r\n"),
        ("INCREX k", "*2\r\n:2\r\n:1\r\n"),
        ("INCREX k PXAT 88888888888888 ENX", "*2\r\n:3\r\n:1\r\n"),
        ("INCREX k ENX EXAT 1", "*2\r\n:4\r\n:1\r\n"),
        ("PEXPIRETIME k", ":99999999999000\r\n"),
        ("INCREX k PXAT 88888888888888", "*2\r\n:5\r\n:1\r\n"),
        ("PEXPIRETIME k", ":88888888888888\r\n"),
        ("INCREX k PERSIST", "*2\r\n:6\r\n:1\r\n"),
        ("PEXPIRETIME k", ":-1\r\n"),
        ("INCREX k ENX PXAT 77777777777777", "*2\r\n:7\r\n:1\r\n"),
        ("PEXPIRETIME k", ":77777777777777\r\n"),
        ("INCREX k PXAT 1", "*2\r\n:8\r\n:1\r\n"),
        ("EXISTS k", ":0\r\n"),
        ("INCREX k EXAT 1", "*2\r\n:1\r\n:1\r\n"),
        ("EXISTS k", ":0\r\n"),
        // What has expired counts as missing.
        ("SET k 5 PXAT 1", "+OK\r\n"),
        ("INCREX k ENX PXAT 99999999999999", "*2\r\n:1\r\n:1\r\n"),
        ("PEXPIRETIME k", ":99999999999999\r\n"),
    ]);
}

/// Any Redis can load these commands.
#[test]
fn the_record_is_the_result_with_an_absolute_time() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.expect_exchanges(&[
        ("SET k 5 PXAT 99999999999999", "+OK\r\n"),
        ("INCREX k", "*2\r\n:6\r\n:1\r\n"),
        ("INCREX k UBOUND 6", "*2\r\n:6\r\n:0\r\n"),
        (
            "INCREX k EX 5 ENX BYFLOAT 0.5",
            "*2\r\n$3\r\n6.5\r\n$3\r\n0.5\r\n",
        ),
        (
            "INCREX k PERSIST BYFLOAT 9 UBOUND 7 SATURATE",
            "*2\r\n$1\r\n7\r\n$3\r\n0.5\r\n",
        ),
        ("INCREX k PXAT 88888888888888", "*2\r\n:8\r\n:1\r\n"),
        ("INCREX gone EXAT 1", "*2\r\n:1\r\n:1\r\n"),
        ("SET gone 5", "+OK\r\n"),
        ("INCREX gone EXAT 1", "*2\r\n:6\r\n:1\r\n"),
    ]);
    assert_eq!(
        server.directory.aof_commands(),
        [
            "SELECT 0",
            "SET k 5 PXAT 99999999999999",
            "SET k 6 KEEPTTL",
            "SET k 6.5 KEEPTTL",
            "SET k 7",
            "SET k 8 PXAT 88888888888888",
            "SET gone 5",
            "DEL gone",
        ]
    );
    let before = unix_time_ms();
    client.ask_line("INCREX new PX 100000");
    let after = unix_time_ms();
    let commands = server.directory.aof_commands();
    let time = commands
        .last()
        .and_then(|it| it.strip_prefix("SET new 1 PXAT "));
    let time: u64 = time.and_then(|time| time.parse().ok()).expect("a time");
    assert!((before..=after).contains(&(time - 100_000)));
    let server = server.restart();
    server.connect().expect_exchanges(&[
        ("MGET k gone new", "*3\r\n$1\r\n8\r\n$-1\r\n$1\r\n1\r\n"),
        ("PEXPIRETIME k", ":88888888888888\r\n"),
    ]);
}

fn unix_time_ms() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.expect("a clock that is right").as_millis() as u64
}

#[test]
fn only_a_sum_that_is_not_refused_touches_a_watched_key() {
    let server = TestServer::start();
    let (mut watching, mut other) = (server.connect(), server.connect());
    for (request, outcome) in [
        ("INCREX k UBOUND 1 EX 100", "*1\r\n+PONG\r\n"),
        ("INCREX k BYINT 0", "*-1\r\n"),
    ] {
        watching.expect_exchanges(&[
            ("SET k 1", "+OK\r\n"),
            ("WATCH k", "+OK\r\n"),
            ("MULTI", "+OK\r\n"),
            ("PING", "+QUEUED\r\n"),
        ]);
        other.ask_line(request);
        watching.expect_exchanges(&[("EXEC", outcome)]);
    }
}

#[test]
fn many_clients_get_what_a_limiter_has_and_no_more() {
    const CLIENTS: usize = 6;
    let server = TestServer::start();
    let granted = || -> i64 {
        let mut client = server.connect();
        let replies = (0..50).map(|_| client.ask_line("INCREX calls UBOUND 100 EX 1000 ENX"));
        replies.map(|reply| reply.array()[1].integer()).sum()
    };
    let total: i64 = thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(granted)).collect();
        let granted = clients.into_iter().map(|client| client.join().unwrap());
        granted.sum()
    });
    assert_eq!(total, 100);
}
