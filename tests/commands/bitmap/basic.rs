use crate::commands::{SYNTAX, WRONG_TYPE};
use crate::support::{Reply, TestServer};

const BIT_OFFSET: &str = "-ERR bit offset is not an integer or out of range\r\n";
const BIT_VALUE: &str = "-ERR bit is not an integer or out of range\r\n";
const NOT_AN_INTEGER: &str = "-ERR value is not an integer or out of range\r\n";

#[test]
fn setbit_sets_a_bit_and_returns_its_old_value() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("GETBIT k 7", ":0\r\n"),
        ("SETBIT k 7 1", ":0\r\n"),
        ("SETBIT k 7 1", ":1\r\n"),
        ("GETBIT k 7", ":1\r\n"),
        ("GETBIT k 6", ":0\r\n"),
        ("GETBIT k 4294967295", ":0\r\n"),
        ("GET k", "$1\r\n\x01\r\n"),
        ("SETBIT k 7 0", ":1\r\n"),
        ("SETBIT k 23 0", ":0\r\n"),
        ("GET k", "$3\r\n\0\0\0\r\n"),
        ("SET k 1", "+OK\r\n"),
        ("SETBIT k 2 0", ":1\r\n"),
        ("SETBIT k 9 1", ":0\r\n"),
        ("GET k", "$2\r\n\x11@\r\n"),
    ]);
}

#[test]
fn bits_outside_of_any_string_are_refused() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("SETBIT k 4294967296 1", BIT_OFFSET),
        ("SETBIT k -1 1", BIT_OFFSET),
        ("SETBIT k #1 1", BIT_OFFSET),
        ("SETBIT k x 2", BIT_OFFSET),
        ("SETBIT k 0 2", BIT_VALUE),
        ("SETBIT k 0 -1", BIT_VALUE),
        ("SETBIT k 0 x", BIT_VALUE),
        ("GETBIT k 4294967296", BIT_OFFSET),
        ("GETBIT k x", BIT_OFFSET),
        ("EXISTS k", ":0\r\n"),
    ]);
}

#[test]
fn bitcount_counts_in_all_or_in_a_part() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("BITCOUNT k", ":0\r\n"),
        ("BITCOUNT k x y z", ":0\r\n"),
        ("SET k foobar", "+OK\r\n"),
        ("BITCOUNT k", ":26\r\n"),
        ("BITCOUNT k 0 0", ":4\r\n"),
        ("BITCOUNT k 1 1 byte", ":6\r\n"),
        ("BITCOUNT k -2 -1", ":7\r\n"),
        ("BITCOUNT k 5 30 BIT", ":17\r\n"),
        ("BITCOUNT k -3 -1 BIT", ":1\r\n"),
        ("BITCOUNT k -100 100", ":26\r\n"),
        ("BITCOUNT k 4 3", ":0\r\n"),
        ("BITCOUNT k 6 7", ":0\r\n"),
        ("BITCOUNT k -7 -8 foo", ":0\r\n"),
        ("BITCOUNT k 1 2 foo", SYNTAX),
        ("BITCOUNT k 1", SYNTAX),
        ("BITCOUNT k 1 2 BIT BIT", SYNTAX),
        ("BITCOUNT k 1 x", NOT_AN_INTEGER),
    ]);
}

#[test]
fn bitpos_finds_the_first_bit_in_all_or_in_a_part() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("SET k \"\\x00\\xff\\xf0\"", "+OK\r\n"),
        ("BITPOS k 1", ":8\r\n"),
        ("BITPOS k 0", ":0\r\n"),
        ("BITPOS k 0 1", ":20\r\n"),
        ("BITPOS k 1 2", ":16\r\n"),
        ("BITPOS k 1 0 0", ":-1\r\n"),
        ("BITPOS k 0 1 1", ":-1\r\n"),
        ("BITPOS k 0 -1 -1 BYTE", ":20\r\n"),
        ("BITPOS k 1 7 15 BIT", ":8\r\n"),
        ("BITPOS k 1 10 15 bit", ":10\r\n"),
        ("BITPOS k 0 8 19 BIT", ":-1\r\n"),
        ("BITPOS k 1 -4 -1 BIT", ":-1\r\n"),
        ("BITPOS k 0 3", ":-1\r\n"),
    ]);
}

#[test]
fn zeros_follow_unless_bitpos_is_told_where_to_end() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("SET k \"\\xff\\xff\"", "+OK\r\n"),
        ("BITPOS k 0", ":16\r\n"),
        ("BITPOS k 0 1", ":16\r\n"),
        ("BITPOS k 0 0 -1", ":-1\r\n"),
        ("BITPOS k 0 0 100", ":-1\r\n"),
        ("SET k ''", "+OK\r\n"),
        ("BITPOS k 0", ":-1\r\n"),
        ("BITPOS missing 0", ":0\r\n"),
        ("BITPOS missing 1", ":-1\r\n"),
        ("BITPOS missing 1 x", ":-1\r\n"),
    ]);
}

#[test]
fn bitpos_refuses_invalid_bits_and_ranges() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("BITPOS k 2", "-ERR The bit argument must be 1 or 0.\r\n"),
        ("BITPOS k x", NOT_AN_INTEGER),
        ("SET k foo", "+OK\r\n"),
        ("BITPOS k 1 x", NOT_AN_INTEGER),
        ("BITPOS k 1 0 x", NOT_AN_INTEGER),
        ("BITPOS k 1 0 x BITS", SYNTAX),
        ("BITPOS k 1 0 1 BIT BIT", SYNTAX),
    ]);
}

#[test]
fn bitop_combines_strings_as_if_zeros_followed() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("SET a abcd", "+OK\r\n"),
        ("SET b ABz", "+OK\r\n"),
        ("BITOP AND t a b", ":4\r\n"),
        ("GET t", "$4\r\nABb\0\r\n"),
        ("BITOP or t a b missing", ":4\r\n"),
        ("GET t", "$4\r\nab{d\r\n"),
        ("BITOP XOR t a b", ":4\r\n"),
        ("GET t", "$4\r\n  \x19d\r\n"),
        ("BITOP XOR t a a", ":4\r\n"),
        ("GET t", "$4\r\n\0\0\0\0\r\n"),
        ("BITOP NOT t a", ":4\r\n"),
        ("BITOP NOT t t", ":4\r\n"),
        ("GET t", "$4\r\nabcd\r\n"),
    ]);
}

#[test]
fn bitop_of_nothing_deletes_its_target() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("HSET t f v", ":1\r\n"),
        ("BITOP AND t missing absent", ":0\r\n"),
        ("EXISTS t", ":0\r\n"),
        ("BITOP NOT t missing", ":0\r\n"),
    ]);
}

#[test]
fn bitop_refuses_unknown_operations() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("SET t v", "+OK\r\n"),
        ("HSET h f v", ":1\r\n"),
        ("BITOP NAND t h", SYNTAX),
        (
            "BITOP NOT t h h",
            "-ERR BITOP NOT must be called with a single source key.\r\n",
        ),
        ("BITOP OR t t h", WRONG_TYPE),
        ("GET t", "$1\r\nv\r\n"),
        ("BITOP OR h t", ":1\r\n"),
        ("GET h", "$1\r\nv\r\n"),
    ]);
}

#[test]
fn bitop_compares_the_first_string_with_the_others() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.expect_exchanges(&[
        ("SET x \"\\xf0\\xf0\"", "+OK\r\n"),
        ("SET y \"\\x3c\"", "+OK\r\n"),
        ("SET z \"\\x0f\\x18\\x80\"", "+OK\r\n"),
    ]);
    for (operation, result) in [
        ("DIFF", "c0e000"),
        ("diff1", "0f0880"),
        ("ANDOR", "301000"),
        ("One", "c3e880"),
    ] {
        let request = format!("BITOP {operation} t x y z missing");
        assert_eq!(client.ask_line(&request), Reply::Integer(3));
        let Reply::Bulk(bytes) = client.ask_line("GET t") else {
            panic!("no result of {operation}");
        };
        let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(digits, result, "{operation}");
    }
    client.expect_exchanges(&[
        ("BITOP ONE t y", ":1\r\n"),
        ("GET t", "$1\r\n<\r\n"),
        ("BITOP DIFF t missing x", ":2\r\n"),
        ("GET t", "$2\r\n\0\0\r\n"),
        ("BITOP DIFF1 t missing missing", ":0\r\n"),
        ("EXISTS t", ":0\r\n"),
    ]);
    for operation in ["DIFF", "DIFF1", "ANDOR"] {
        let error =
            format!("-ERR BITOP {operation} must be called with at least two source keys.\r\n");
        let request = format!("BITOP {} t x", operation.to_lowercase());
        client.expect_exchanges(&[(&request, &error)]);
    }
}

#[test]
fn other_types_have_no_bits() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("HSET h f v", ":1\r\n"),
        ("SETBIT h 0 1", WRONG_TYPE),
        ("GETBIT h 0", WRONG_TYPE),
        ("BITCOUNT h x", WRONG_TYPE),
        ("BITPOS h 1 x", WRONG_TYPE),
    ]);
}

#[test]
fn only_changes_of_bits_are_in_the_log() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("SETBIT k 1001 1", ":0\r\n"),
        ("SETBIT k 1001 1", ":1\r\n"),
        ("SETBIT k 5 0", ":0\r\n"),
        ("SETBIT k 5000 0", ":0\r\n"),
        ("BITOP NOT t k", ":626\r\n"),
        ("BITOP OR absent missing", ":0\r\n"),
        ("BITOP OR k missing", ":0\r\n"),
    ]);
    assert_eq!(
        server.directory.aof_commands(),
        [
            "SELECT 0",
            "SETBIT k 1001 1",
            "SETBIT k 5000 0",
            "BITOP NOT t k",
            "BITOP OR k missing",
        ]
    );
    server.restart().connect().expect_exchanges(&[
        ("EXISTS k", ":0\r\n"),
        ("BITCOUNT t", ":5007\r\n"),
        ("BITPOS t 0", ":1001\r\n"),
    ]);
}

#[test]
fn only_changes_touch_a_watched_key() {
    let server = TestServer::start();
    let mut watching = server.connect();
    let mut other = server.connect();
    for (request, outcome) in [
        ("SETBIT k 1 0", "*1\r\n+PONG\r\n"),
        ("BITFIELD k GET u8 0 SET u8 0 128", "*1\r\n+PONG\r\n"),
        ("SETBIT k 0 0", "*-1\r\n"),
        ("BITFIELD k SET u8 0 129", "*-1\r\n"),
        ("BITOP OR k missing", "*-1\r\n"),
    ] {
        watching.expect_exchanges(&[("SET k \"\\x80\"", "+OK\r\n"), ("WATCH k", "+OK\r\n")]);
        other.ask_line(request);
        watching.expect_exchanges(&[
            ("MULTI", "+OK\r\n"),
            ("PING", "+QUEUED\r\n"),
            ("EXEC", outcome),
        ]);
    }
}
