use std::collections::BTreeMap;

use super::fill;
use crate::commands::SYNTAX;
use crate::support::TestServer;

#[test]
fn a_small_sorted_set_is_returned_whole_and_in_order() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.expect_exchanges(&[
        ("ZSCAN z 0", "*2\r\n$1\r\n0\r\n*0\r\n"),
        ("ZADD z 3 c 1.5 a", ":2\r\n"),
        (
            "ZSCAN z 0 COUNT 1",
            "*2\r\n$1\r\n0\r\n*4\r\n$1\r\na\r\n$3\r\n1.5\r\n$1\r\nc\r\n$1\r\n3\r\n",
        ),
        (
            "ZSCAN z 0 MATCH c*",
            "*2\r\n$1\r\n0\r\n*2\r\n$1\r\nc\r\n$1\r\n3\r\n",
        ),
        ("ZSCAN z x", "-ERR invalid cursor\r\n"),
        ("ZSCAN none 0 FOO", "*2\r\n$1\r\n0\r\n*0\r\n"),
        ("ZSCAN z 0 COUNT 0", SYNTAX),
        ("ZSCAN z 0 NOSCORES", SYNTAX),
    ]);
    client.ask_line("HELLO 3");
    client.expect_exchanges(&[(
        "ZSCAN z 0 MATCH a",
        "*2\r\n$1\r\n0\r\n*2\r\n$1\r\na\r\n$3\r\n1.5\r\n",
    )]);
}

#[test]
fn a_big_sorted_set_is_returned_in_pieces() {
    let server = TestServer::start();
    let mut client = server.connect();
    fill(&mut client, "z", 3_000);
    let (mut met, mut cursor, mut calls) = (BTreeMap::new(), "0".to_owned(), 0);
    loop {
        let reply = client.ask(&["ZSCAN", "z", &cursor, "COUNT", "100"]);
        let [next, found] = reply.array() else {
            panic!("{reply:?}");
        };
        for pair in found.texts().chunks(2) {
            assert_eq!(pair[0], format!("m{}", pair[1]));
            *met.entry(pair[0].clone()).or_insert(0) += 1;
        }
        (cursor, calls) = (next.text(), calls + 1);
        if cursor == "0" {
            break;
        }
    }
    assert!(calls > 10);
    assert_eq!(met.len(), 3_000);
    assert!(met.values().all(|times| *times == 1));
}
