use std::collections::{BTreeMap, BTreeSet};

use super::fill;
use crate::commands::{NOT_AN_INTEGER, SYNTAX};
use crate::support::{Client, TestServer};

const NOT_POSITIVE: &str = "-ERR value is out of range, must be positive\r\n";

/// Key, prefix of the members, and their number: integers, texts, a small map and a big one.
const SETS: [(&str, &str, usize); 4] = [
    ("integers", "", 100),
    ("texts", "t", 100),
    ("many", "m", 300),
    ("big", "b", 3_000),
];

fn filled(client: &mut Client) {
    for (key, name, count) in SETS {
        fill(client, key, name, count);
    }
}

#[test]
fn one_member_or_several_are_returned() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.expect_exchanges(&[
        ("SRANDMEMBER s", "$-1\r\n"),
        ("SRANDMEMBER s 2", "*0\r\n"),
        ("SPOP s", "$-1\r\n"),
        ("SPOP s 2", "*0\r\n"),
        ("SADD s a", ":1\r\n"),
        ("SRANDMEMBER s", "$1\r\na\r\n"),
        ("SRANDMEMBER s 0", "*0\r\n"),
        ("SRANDMEMBER s 9223372036854775807", "*1\r\n$1\r\na\r\n"),
        ("SRANDMEMBER s -2", "*2\r\n$1\r\na\r\n$1\r\na\r\n"),
        ("SPOP s 0", "*0\r\n"),
        ("SPOP s", "$1\r\na\r\n"),
        ("EXISTS s", ":0\r\n"),
        ("SADD s 3 1 2", ":3\r\n"),
        (
            "SPOP s 9223372036854775807",
            "*3\r\n$1\r\n1\r\n$1\r\n2\r\n$1\r\n3\r\n",
        ),
        ("EXISTS s", ":0\r\n"),
    ]);
    client.ask_line("HELLO 3");
    client.expect_exchanges(&[
        ("SRANDMEMBER s", "_\r\n"),
        ("SRANDMEMBER s 2", "*0\r\n"),
        ("SPOP s", "_\r\n"),
        ("SPOP s 2", "~0\r\n"),
        ("SADD s a", ":1\r\n"),
        ("SRANDMEMBER s 2", "*1\r\n$1\r\na\r\n"),
        ("SPOP s 2", "~1\r\n$1\r\na\r\n"),
    ]);
}

#[test]
fn an_invalid_or_huge_count_is_refused() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("SADD s a", ":1\r\n"),
        ("SPOP s -1", NOT_POSITIVE),
        ("SPOP s x", NOT_POSITIVE),
        ("SPOP s 9223372036854775808", NOT_POSITIVE),
        ("SPOP s 1 2", SYNTAX),
        ("SRANDMEMBER s x", NOT_AN_INTEGER),
        ("SRANDMEMBER s 1 2", SYNTAX),
        (
            "SRANDMEMBER s -9223372036854775808",
            "-ERR value is out of range, value must between -9223372036854775807 and \
             9223372036854775807\r\n",
        ),
        // More than memory could hold.
        (
            "SRANDMEMBER s -9223372036854775807",
            "-ERR value is out of range\r\n",
        ),
        ("SCARD s", ":1\r\n"),
    ]);
}

#[test]
fn every_member_can_be_drawn_and_repeats_need_a_negative_count() {
    let server = TestServer::start();
    let mut client = server.connect();
    filled(&mut client);
    for (key, _, size) in SETS {
        for count in [1, 5, size / 2, size - 1, size + 1] {
            let mut met = BTreeSet::new();
            // The probability that a member is missing after all draws is below e^-30.
            for _ in 0..=40 * size / count {
                let drawn = client
                    .ask(&["SRANDMEMBER", key, &count.to_string()])
                    .texts();
                let members: BTreeSet<String> = drawn.into_iter().collect();
                assert_eq!(members.len(), count.min(size), "of {key}");
                met.extend(members);
            }
            assert_eq!(met.len(), size, "{key}: {count}");
        }
        let drawn = client
            .ask(&["SRANDMEMBER", key, &format!("-{}", 40 * size)])
            .texts();
        assert_eq!(drawn.len(), 40 * size);
        assert_eq!(
            drawn.into_iter().collect::<BTreeSet<_>>().len(),
            size,
            "{key}"
        );
    }
}

/// The sum of squared deviations of `draws` draws among `size` members is about `size`, with a
/// standard deviation of its root times 1.4.
fn assert_even(counts: &BTreeMap<String, usize>, draws: usize, size: usize) {
    let expected = draws as f64 / size as f64;
    let met = counts
        .values()
        .map(|count| (*count as f64 - expected).powi(2) / expected);
    let sum = met.sum::<f64>() + (size - counts.len()) as f64 * expected;
    let size = size as f64;
    assert!(
        (sum - size).abs() < 8.0 * (2.0 * size).sqrt(),
        "{sum} of {size}"
    );
}

#[test]
fn all_members_have_the_same_probability() {
    let server = TestServer::start();
    let mut client = server.connect();
    filled(&mut client);
    for (key, _, size) in SETS {
        let (mut alone, mut together) = (BTreeMap::new(), BTreeMap::new());
        let draws = 10 * size;
        let request = ["SRANDMEMBER", key];
        client.send(crate::support::encode(&request).repeat(draws));
        for _ in 0..draws {
            *alone.entry(client.reply().text()).or_default() += 1;
        }
        assert_even(&alone, draws, size);
        for _ in 0..100 {
            let count = (size / 10).to_string();
            for member in client.ask(&["SRANDMEMBER", key, &count]).texts() {
                *together.entry(member).or_default() += 1;
            }
        }
        assert_even(&together, draws, size);
    }
}

#[test]
fn popped_members_are_gone_and_the_others_stay() {
    let server = TestServer::start();
    let mut client = server.connect();
    for (key, name, size) in SETS {
        for count in [1, 7, size / 2, size - 1, size] {
            fill(&mut client, key, name, size);
            let popped = client.ask(&["SPOP", key, &count.to_string()]).texts();
            let popped: BTreeSet<String> = popped.into_iter().collect();
            assert_eq!(popped.len(), count, "of {key}");
            let left: BTreeSet<String> =
                client.ask(&["SMEMBERS", key]).texts().into_iter().collect();
            assert_eq!((left.len(), (&left | &popped).len()), (size - count, size));
            client.ask(&["DEL", key]);
        }
    }
}

/// In Redis too, the members that stay move to a new set, which can be an intset.
#[test]
fn a_set_of_which_nearly_all_is_popped_is_built_anew() {
    let server = TestServer::start();
    let mut client = server.connect();
    for (count, encoding) in [("500", "hashtable"), ("997", "intset")] {
        fill(&mut client, "s", "", 1_000);
        client.ask(&["SPOP", "s", count]);
        assert_eq!(client.ask_line("OBJECT ENCODING s").text(), encoding);
        client.ask(&["DEL", "s"]);
    }
}

#[test]
fn a_pop_is_recorded_as_what_it_removed() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.expect_exchanges(&[
        ("SADD a 1", ":1\r\n"),
        ("SPOP a", "$1\r\n1\r\n"),
        ("SPOP a", "$-1\r\n"),
        ("SADD b 1 2", ":2\r\n"),
        ("SPOP b 0", "*0\r\n"),
        ("SPOP b 2", "*2\r\n$1\r\n1\r\n$1\r\n2\r\n"),
    ]);
    assert_eq!(
        server.directory.aof_commands(),
        ["SELECT 0", "SADD a 1", "SREM a 1", "SADD b 1 2", "DEL b"]
    );
    filled(&mut client);
    for (key, _, size) in SETS {
        for count in [3, size / 2, size / 3, 2] {
            client.ask(&["SPOP", key, &count.to_string()]);
        }
        client.ask(&["SPOP", key]);
    }
    let left = |client: &mut Client| {
        SETS.map(|(key, ..)| {
            let members = client.ask(&["SMEMBERS", key]).texts();
            members.into_iter().collect::<BTreeSet<String>>()
        })
    };
    let before = left(&mut client);
    assert!(before.iter().all(|set| !set.is_empty()));
    let server = server.restart();
    assert!(left(&mut server.connect()) == before);
}
