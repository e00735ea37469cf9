use crate::commands::{SYNTAX, WRONG_TYPE};
use crate::support::TestServer;

const BIT_OFFSET: &str = "-ERR bit offset is not an integer or out of range\r\n";
const FIELD_TYPE: &str = "-ERR Invalid bitfield type. Use something like i16 u8. Note that u64 \
                          is not supported but i64 is.\r\n";

#[test]
fn integers_are_set_got_and_increased() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("BITFIELD k SET u8 0 200 GET i8 0", "*2\r\n:0\r\n:-56\r\n"),
        ("BITFIELD k set i5 4 -1 get u8 #0", "*2\r\n:-16\r\n:207\r\n"),
        ("BITFIELD k INCRBY u12 #1 7", "*1\r\n:7\r\n"),
        ("BITFIELD k GET u24 0", "*1\r\n:13598727\r\n"),
        (
            "BITFIELD k GET u63 1 GET i64 1000 GET i1 0",
            "*3\r\n:5728586422596665344\r\n:0\r\n:-1\r\n",
        ),
        ("BITFIELD k", "*0\r\n"),
        ("BITFIELD k OVERFLOW SAT", "*0\r\n"),
    ]);
}

#[test]
fn overflow_wraps_saturates_or_fails_for_what_follows() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.expect_exchanges(&[
        ("BITFIELD k INCRBY u8 0 300", "*1\r\n:44\r\n"),
        (
            "BITFIELD k OVERFLOW SAT INCRBY u8 0 300 OVERFLOW FAIL INCRBY u8 0 1 SET u8 0 256 \
             OVERFLOW WRAP INCRBY u8 0 1",
            "*4\r\n:255\r\n$-1\r\n$-1\r\n:0\r\n",
        ),
        (
            "BITFIELD k OVERFLOW SAT SET u8 0 -1 SET i8 8 -129 GET u8 0 GET i8 8",
            "*4\r\n:0\r\n:0\r\n:255\r\n:-128\r\n",
        ),
    ]);
    client.ask_line("HELLO 3");
    client.expect_exchanges(&[("BITFIELD k OVERFLOW fail INCRBY u8 0 1", "*1\r\n_\r\n")]);
}

#[test]
fn an_error_anywhere_changes_nothing() {
    let server = TestServer::start();
    for (wrong, error) in [
        ("GET u8", SYNTAX),
        ("SET u8 0", SYNTAX),
        ("INCRBY u8 0", SYNTAX),
        ("OVERFLOW", SYNTAX),
        ("DECRBY u8 0 1", SYNTAX),
        ("OVERFLOW x", "-ERR Invalid OVERFLOW type specified\r\n"),
        ("GET u64 x", FIELD_TYPE),
        ("GET i65 0", FIELD_TYPE),
        ("GET u0 0", FIELD_TYPE),
        ("GET 8 0", FIELD_TYPE),
        ("GET '' 0", FIELD_TYPE),
        ("GET U8 0", FIELD_TYPE),
        ("SET u8 -1 x", BIT_OFFSET),
        ("SET u8 #-1 x", BIT_OFFSET),
        ("GET u8 4294967296", BIT_OFFSET),
        ("GET u8 #536870912", BIT_OFFSET),
        ("GET i64 #9223372036854775807", BIT_OFFSET),
        ("GET u8 ##1", BIT_OFFSET),
        (
            "SET u8 0 x",
            "-ERR value is not an integer or out of range\r\n",
        ),
    ] {
        server.connect().expect_exchanges(&[
            (&format!("BITFIELD k SET u8 0 1 {wrong}"), error),
            (&format!("BITFIELD_RO k SET u8 0 1 {wrong}"), error),
            ("EXISTS k", ":0\r\n"),
        ]);
    }
}

#[test]
fn no_string_grows_beyond_the_limit() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("BITFIELD k GET u8 4294967289", "*1\r\n:0\r\n"),
        ("BITFIELD k SET u8 4294967289 1", BIT_OFFSET),
        ("BITFIELD k INCRBY i2 4294967295 1", BIT_OFFSET),
        ("EXISTS k", ":0\r\n"),
    ]);
}

#[test]
fn bitfield_ro_only_reads() {
    let server = TestServer::start();
    let only_get = "-ERR BITFIELD_RO only supports the GET subcommand\r\n";
    server.connect().expect_exchanges(&[
        ("SET k A", "+OK\r\n"),
        ("BITFIELD_RO k GET u8 0 GET u4 #1", "*2\r\n:65\r\n:1\r\n"),
        ("BITFIELD_RO k OVERFLOW SAT", "*0\r\n"),
        ("BITFIELD_RO k GET u8 0 SET u8 0 1", only_get),
        ("BITFIELD_RO k INCRBY u8 0 1", only_get),
        ("BITFIELD_RO missing GET i64 0", "*1\r\n:0\r\n"),
        ("GET k", "$1\r\nA\r\n"),
    ]);
}

#[test]
fn other_types_have_no_fields() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("HSET h f v", ":1\r\n"),
        ("BITFIELD h", WRONG_TYPE),
        ("BITFIELD h GET u8 0", WRONG_TYPE),
        ("BITFIELD h SET u8 0 1", WRONG_TYPE),
        ("BITFIELD_RO h GET u8 0", WRONG_TYPE),
    ]);
}

#[test]
fn the_log_holds_what_changed_fields_and_nothing_else() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("BITFIELD k GET u8 0", "*1\r\n:0\r\n"),
        ("EXISTS k", ":0\r\n"),
        (
            "BITFIELD k SET i64 #100 -2 INCRBY i64 #100 1",
            "*2\r\n:0\r\n:-1\r\n",
        ),
        (
            "BITFIELD k SET i64 #100 -1 INCRBY u8 0 0",
            "*2\r\n:-1\r\n:0\r\n",
        ),
        // The string is made anyway.
        ("BITFIELD z OVERFLOW FAIL INCRBY u8 8 256", "*1\r\n$-1\r\n"),
        ("GET z", "$2\r\n\0\0\r\n"),
    ]);
    assert_eq!(
        server.directory.aof_commands(),
        [
            "SELECT 0",
            "BITFIELD k SET i64 #100 -2 INCRBY i64 #100 1",
            "BITFIELD z OVERFLOW FAIL INCRBY u8 8 256",
        ]
    );
    server.restart().connect().expect_exchanges(&[
        ("BITFIELD_RO k GET i64 #100", "*1\r\n:-1\r\n"),
        ("GET z", "$2\r\n\0\0\r\n"),
    ]);
}
