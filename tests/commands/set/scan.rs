use std::collections::BTreeMap;

use super::fill;
use crate::commands::SYNTAX;
use crate::support::{Client, TestServer};

const INVALID_CURSOR: &str = "-ERR invalid cursor\r\n";

#[test]
fn a_small_set_is_returned_whole() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("SSCAN s 0", "*2\r\n$1\r\n0\r\n*0\r\n"),
        ("SADD s 3 1 12", ":3\r\n"),
        (
            "SSCAN s 0 COUNT 1",
            "*2\r\n$1\r\n0\r\n*3\r\n$1\r\n1\r\n$1\r\n3\r\n$2\r\n12\r\n",
        ),
        (
            "SSCAN s 0 MATCH 1*",
            "*2\r\n$1\r\n0\r\n*2\r\n$1\r\n1\r\n$2\r\n12\r\n",
        ),
        ("SSCAN s x", INVALID_CURSOR),
        ("SSCAN none x", INVALID_CURSOR),
        ("SSCAN none 0 FOO", "*2\r\n$1\r\n0\r\n*0\r\n"),
        ("SSCAN s 0 COUNT 0", SYNTAX),
        ("SSCAN s 0 COUNT", SYNTAX),
        ("SSCAN s 0 NOVALUES", SYNTAX),
    ]);
}

/// Returns how often each member is met from the first cursor to the last.
fn scanned(client: &mut Client, options: &[&str]) -> BTreeMap<String, usize> {
    let (mut met, mut cursor) = (BTreeMap::new(), "0".to_owned());
    loop {
        let reply = client.ask(&[&["SSCAN", "s", &cursor], options].concat());
        let [next, found] = reply.array() else {
            panic!("{reply:?}");
        };
        for member in found.texts() {
            *met.entry(member).or_default() += 1;
        }
        cursor = next.text();
        if cursor == "0" {
            return met;
        }
    }
}

#[test]
fn a_big_set_is_returned_in_pieces() {
    let server = TestServer::start();
    let mut client = server.connect();
    fill(&mut client, "s", "member:", 3_000);
    for options in [&[][..], &["COUNT", "100"], &["COUNT", "100000"]] {
        let met = scanned(&mut client, options);
        assert_eq!(met.len(), 3_000);
        assert!(met.values().all(|times| *times == 1));
    }
    let met = scanned(&mut client, &["MATCH", "member:12?", "COUNT", "500"]);
    assert_eq!(met.len(), 10);
    let first = client.ask_line("SSCAN s 0 COUNT 10");
    assert!(first.array()[1].array().len() < 100);
}
