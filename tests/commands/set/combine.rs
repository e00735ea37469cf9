use std::collections::BTreeSet;

use super::fill;
use crate::commands::SYNTAX;
use crate::support::{Client, TestServer};

const NUM_KEYS: &str = "-ERR numkeys should be greater than 0\r\n";
const NEGATIVE_LIMIT: &str = "-ERR LIMIT can't be negative\r\n";

#[test]
fn sets_of_integers_are_combined_in_order() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.expect_exchanges(&[
        ("SADD a 3 1 2", ":3\r\n"),
        ("SADD b 2 9 3", ":3\r\n"),
        ("SINTER a b", "*2\r\n$1\r\n2\r\n$1\r\n3\r\n"),
        (
            "SUNION b a",
            "*4\r\n$1\r\n1\r\n$1\r\n2\r\n$1\r\n3\r\n$1\r\n9\r\n",
        ),
        ("SDIFF a b", "*1\r\n$1\r\n1\r\n"),
        ("SDIFF b a none", "*1\r\n$1\r\n9\r\n"),
        ("SDIFF a a", "*0\r\n"),
        ("SINTER a", "*3\r\n$1\r\n1\r\n$1\r\n2\r\n$1\r\n3\r\n"),
        ("SINTER a none", "*0\r\n"),
        ("SUNION none", "*0\r\n"),
        ("SDIFF none a", "*0\r\n"),
    ]);
    client.ask_line("HELLO 3");
    client.expect_exchanges(&[
        ("SINTER a b", "~2\r\n$1\r\n2\r\n$1\r\n3\r\n"),
        ("SUNION none", "~0\r\n"),
        ("SDIFF a b", "~1\r\n$1\r\n1\r\n"),
    ]);
}

#[test]
fn sintercard_counts_up_to_a_limit() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("SADD a 1 2 3 x", ":4\r\n"),
        ("SADD b 2 3 x y", ":4\r\n"),
        ("SINTERCARD 2 a b", ":3\r\n"),
        ("SINTERCARD 1 a", ":4\r\n"),
        ("SINTERCARD 2 a none", ":0\r\n"),
        ("SINTERCARD 2 a b LIMIT 2", ":2\r\n"),
        ("SINTERCARD 2 a b limit 0", ":3\r\n"),
        ("SINTERCARD 2 a b LIMIT 1 LIMIT 9", ":3\r\n"),
        ("SINTERCARD 0 a", NUM_KEYS),
        ("SINTERCARD x a", NUM_KEYS),
        ("SINTERCARD 9223372036854775808 a", NUM_KEYS),
        (
            "SINTERCARD 3 a b",
            "-ERR Number of keys can't be greater than number of args\r\n",
        ),
        ("SINTERCARD 1 a b", SYNTAX),
        ("SINTERCARD 1 a LIMIT", SYNTAX),
        ("SINTERCARD 1 a LIMIT -1", NEGATIVE_LIMIT),
        ("SINTERCARD 1 a LIMIT x", NEGATIVE_LIMIT),
        (
            "COMMAND GETKEYS SINTERCARD 2 a b LIMIT 1",
            "*2\r\n$1\r\na\r\n$1\r\nb\r\n",
        ),
    ]);
}

#[test]
fn a_stored_result_replaces_any_value_and_its_expiry() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("SADD a 1 2 3", ":3\r\n"),
        ("SADD b 2 3 4", ":3\r\n"),
        ("SET to v EX 1000", "+OK\r\n"),
        ("SINTERSTORE to a b", ":2\r\n"),
        ("TTL to", ":-1\r\n"),
        ("SMEMBERS to", "*2\r\n$1\r\n2\r\n$1\r\n3\r\n"),
        ("SUNIONSTORE a a b", ":4\r\n"),
        ("SCARD a", ":4\r\n"),
        ("SDIFFSTORE to a b", ":1\r\n"),
        ("SMEMBERS to", "*1\r\n$1\r\n1\r\n"),
        ("SET to v", "+OK\r\n"),
        ("SDIFFSTORE to a a", ":0\r\n"),
        ("EXISTS to", ":0\r\n"),
        ("SET to v", "+OK\r\n"),
        ("SUNIONSTORE to none", ":0\r\n"),
        ("EXISTS to", ":0\r\n"),
    ]);
}

fn members(client: &mut Client, request: &str) -> BTreeSet<String> {
    let texts = client.ask_line(request).texts();
    let members: BTreeSet<String> = texts.iter().cloned().collect();
    assert_eq!(members.len(), texts.len(), "a member came twice");
    members
}

/// Sets of each form: integers, packed texts, and maps of integers and of texts.
#[test]
fn sets_of_all_forms_are_combined() {
    let server = TestServer::start();
    let mut client = server.connect();
    let sizes = [
        ("", 60),
        ("1", 400),
        ("m", 90),
        ("", 700),
        ("1", 3_000),
        ("m", 2_000),
    ];
    for (index, (name, count)) in sizes.iter().enumerate() {
        fill(&mut client, &format!("s{index}"), name, *count);
        client.ask_line(&format!("SADD s{index} 7 {}", ["3", "m4"][index % 2]));
    }
    let sets: Vec<BTreeSet<String>> = (0..sizes.len())
        .map(|index| members(&mut client, &format!("SMEMBERS s{index}")))
        .collect();
    for (first, one) in sets.iter().enumerate() {
        for (second, other) in sets.iter().enumerate() {
            for (operation, expected) in [
                ("SINTER", one & other),
                ("SUNION", one | other),
                ("SDIFF", one - other),
            ] {
                let keys = format!("s{first} s{second}");
                let found = members(&mut client, &format!("{operation} {keys}"));
                assert!(found == expected, "{operation} {keys}");
                let stored = client.ask_line(&format!("{operation}STORE to {keys}"));
                assert_eq!(stored.integer() as usize, expected.len());
                assert!(members(&mut client, "SMEMBERS to") == expected);
            }
            let both = client.ask_line(&format!("SINTERCARD 2 s{first} s{second}"));
            assert_eq!(both.integer() as usize, (one & other).len());
        }
    }
    // The sources have not changed.
    for (index, set) in sets.iter().enumerate() {
        assert!(members(&mut client, &format!("SMEMBERS s{index}")) == *set);
    }
}
