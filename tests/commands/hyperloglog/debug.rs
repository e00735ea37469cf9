use super::{CORRUPTED, INVALID};
use crate::support::TestServer;

#[test]
fn pfdebug_shows_the_registers() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.expect_exchanges(&[
        ("PFADD h", ":1\r\n"),
        ("PFDEBUG DECODE h", "$7\r\nZ:16384\r\n"),
        ("PFADD h a b", ":1\r\n"),
        (
            "PFDEBUG decode h",
            "$32\r\nZ:12711 v:2,1 Z:3068 v:1,1 Z:603\r\n",
        ),
        ("PFDEBUG Encoding h", "+sparse\r\n"),
    ]);
    let registers = client.ask(&["PFDEBUG", "GETREG", "h"]);
    let set: Vec<_> = registers
        .array()
        .iter()
        .filter(|it| it.integer() > 0)
        .collect();
    assert_eq!((registers.array().len(), set.len()), (16_384, 2));
    client.expect_exchanges(&[
        ("PFDEBUG ENCODING h", "+dense\r\n"),
        ("PFDEBUG DECODE h", "-ERR HLL encoding is not sparse\r\n"),
        ("PFDEBUG TODENSE h", ":0\r\n"),
    ]);
}

#[test]
fn wrong_requests_are_refused() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        (
            "PFDEBUG ENCODING missing",
            "-ERR The specified key does not exist\r\n",
        ),
        ("SET s x", "+OK\r\n"),
        ("PFDEBUG ENCODING s", INVALID),
        ("PFADD h a", ":1\r\n"),
        ("PFDEBUG FOO h", "-ERR Unknown PFDEBUG subcommand 'FOO'\r\n"),
        ("APPEND h x", ":22\r\n"),
        ("PFDEBUG TODENSE h", CORRUPTED),
        ("PFDEBUG GETREG h", CORRUPTED),
    ]);
}

/// It takes seconds, and another client does not wait for it.
#[test]
fn the_self_test_succeeds_and_holds_no_lock() {
    let server = TestServer::start();
    let (mut client, mut other) = (server.connect(), server.connect());
    client.send_line("PFSELFTEST");
    client.send_line("MULTI");
    client.send_line("SET k before");
    client.send_line("PFSELFTEST");
    client.send_line("EXEC");
    other.expect_exchanges(&[("SET other v", "+OK\r\n")]);
    for reply in [
        "+OK\r\n",
        "+OK\r\n",
        "+QUEUED\r\n",
        "+QUEUED\r\n",
        "*2\r\n+OK\r\n+OK\r\n",
    ] {
        client.expect(reply);
    }
}
