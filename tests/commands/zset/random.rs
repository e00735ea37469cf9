use std::collections::BTreeSet;

use super::fill;
use crate::commands::{NOT_AN_INTEGER, SYNTAX};
use crate::support::TestServer;

#[test]
fn one_member_or_several_are_returned() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.expect_exchanges(&[
        ("ZRANDMEMBER z", "$-1\r\n"),
        ("ZRANDMEMBER z 2", "*0\r\n"),
        ("ZADD z 1.5 a", ":1\r\n"),
        ("ZRANDMEMBER z", "$1\r\na\r\n"),
        ("ZRANDMEMBER z 0", "*0\r\n"),
        ("ZRANDMEMBER z -2", "*2\r\n$1\r\na\r\n$1\r\na\r\n"),
        (
            "ZRANDMEMBER z 5 WITHSCORES",
            "*2\r\n$1\r\na\r\n$3\r\n1.5\r\n",
        ),
        ("ZADD z 1 b 2 c", ":2\r\n"),
        // As in Redis: all members, the last one first.
        ("ZRANDMEMBER z 3", "*3\r\n$1\r\nc\r\n$1\r\na\r\n$1\r\nb\r\n"),
        ("ZRANDMEMBER z x", NOT_AN_INTEGER),
        ("ZRANDMEMBER z 1 SCORES", SYNTAX),
        (
            "ZRANDMEMBER z -9223372036854775807 WITHSCORES",
            "-ERR value is out of range\r\n",
        ),
        ("ZREM z b c", ":2\r\n"),
    ]);
    client.ask_line("HELLO 3");
    client.expect_exchanges(&[
        ("ZRANDMEMBER none", "_\r\n"),
        (
            "ZRANDMEMBER z 1 WITHSCORES",
            "*1\r\n*2\r\n$1\r\na\r\n,1.5\r\n",
        ),
    ]);
}

#[test]
fn every_member_can_be_drawn_and_repeats_need_a_negative_count() {
    let server = TestServer::start();
    let mut client = server.connect();
    for size in [50, 2_000] {
        client.ask(&["DEL", "z"]);
        fill(&mut client, "z", size);
        for count in [1, 5, size / 2, size - 1, size + 1] {
            let mut met = BTreeSet::new();
            // The probability that a member is missing after all draws is below e^-30.
            for _ in 0..=40 * size / count {
                let drawn = client.ask(&["ZRANDMEMBER", "z", &count.to_string()]);
                let members: BTreeSet<String> = drawn.texts().into_iter().collect();
                assert_eq!(members.len(), count.min(size));
                met.extend(members);
            }
            assert_eq!(met.len(), size, "{count} of {size}");
        }
        let draws = 40 * size;
        let drawn = client.ask(&["ZRANDMEMBER", "z", &format!("-{draws}")]);
        assert_eq!(drawn.texts().len(), draws);
        assert_eq!(
            drawn.texts().into_iter().collect::<BTreeSet<_>>().len(),
            size
        );
    }
}
