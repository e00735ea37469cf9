use std::collections::BTreeSet;

use crate::commands::{NOT_AN_INTEGER, SYNTAX, WRONG_TYPE};
use crate::support::{Client, TestServer, encode, wait_for};

const OUT_OF_RANGE: &str = "-ERR value is out of range\r\n";

/// Sets fields 0 to `count` - 1 of the hash `h`, each to its own name.
fn fill(client: &mut Client, count: usize) {
    let mut request = vec!["HSET".to_owned(), "h".to_owned()];
    for number in 0..count {
        request.extend([number.to_string(), number.to_string()]);
    }
    client.send(encode(&request));
    client.expect(format!(":{count}\r\n"));
}

#[test]
fn one_field_or_several_are_returned_with_or_without_values() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("HRANDFIELD h", "$-1\r\n"),
        ("HRANDFIELD h 2", "*0\r\n"),
        ("HRANDFIELD h -2 WITHVALUES", "*0\r\n"),
        ("HSET h f v", ":1\r\n"),
        ("HRANDFIELD h", "$1\r\nf\r\n"),
        ("HRANDFIELD h 0", "*0\r\n"),
        ("HRANDFIELD h 1", "*1\r\n$1\r\nf\r\n"),
        ("HRANDFIELD h 9223372036854775807", "*1\r\n$1\r\nf\r\n"),
        ("HRANDFIELD h -2", "*2\r\n$1\r\nf\r\n$1\r\nf\r\n"),
        ("HRANDFIELD h 5 withvalues", "*2\r\n$1\r\nf\r\n$1\r\nv\r\n"),
        (
            "HRANDFIELD h -2 WITHVALUES",
            "*4\r\n$1\r\nf\r\n$1\r\nv\r\n$1\r\nf\r\n$1\r\nv\r\n",
        ),
    ]);
}

#[test]
fn resp3_has_a_pair_for_a_field_with_its_value() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.ask_line("HELLO 3");
    client.expect_exchanges(&[
        ("HRANDFIELD h", "_\r\n"),
        ("HRANDFIELD h 2", "*0\r\n"),
        ("HSET h f v", ":1\r\n"),
        (
            "HRANDFIELD h -2 WITHVALUES",
            "*2\r\n*2\r\n$1\r\nf\r\n$1\r\nv\r\n*2\r\n$1\r\nf\r\n$1\r\nv\r\n",
        ),
        ("HRANDFIELD h 2", "*1\r\n$1\r\nf\r\n"),
    ]);
}

#[test]
fn an_invalid_or_huge_count_is_refused() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("SET k v", "+OK\r\n"),
        ("HSET h f v", ":1\r\n"),
        ("HRANDFIELD k", WRONG_TYPE),
        ("HRANDFIELD k 1", WRONG_TYPE),
        ("HRANDFIELD k x", NOT_AN_INTEGER),
        ("HRANDFIELD k 1 x", SYNTAX),
        ("HRANDFIELD k 1 WITHVALUES x", SYNTAX),
        ("HRANDFIELD k 9223372036854775807 WITHVALUES", OUT_OF_RANGE),
        ("HRANDFIELD k -9223372036854775807 WITHVALUES", OUT_OF_RANGE),
        (
            "HRANDFIELD k -9223372036854775808",
            "-ERR value is out of range, value must between -9223372036854775807 and \
             9223372036854775807\r\n",
        ),
        // More than memory could hold.
        ("HRANDFIELD h -9223372036854775807", OUT_OF_RANGE),
    ]);
}

#[test]
fn every_field_can_be_drawn_and_repeats_need_a_negative_count() {
    let server = TestServer::start();
    let mut client = server.connect();
    fill(&mut client, 2_000);
    for (count, told) in [
        (1, 1),
        (20, 20),
        (1_000, 1_000),
        (1_999, 1_999),
        (9_000, 2_000),
    ] {
        let mut met = BTreeSet::new();
        // The probability that a field is missing after all draws is e^-40.
        for _ in 0..(100_000 / count).clamp(1, 4_000) {
            let reply = client.ask(&["HRANDFIELD", "h", &count.to_string(), "WITHVALUES"]);
            let drawn = reply.texts();
            assert!(drawn.chunks(2).all(|pair| pair[0] == pair[1]));
            let names: BTreeSet<String> = drawn.into_iter().collect();
            assert_eq!(names.len(), told, "of {count}");
            met.extend(names);
        }
        if count >= 20 {
            assert!(met.len() >= 1_999, "{} of {count}", met.len());
        }
    }
    for count in [-50, -90_000] {
        let mut met = BTreeSet::new();
        for _ in 0..(90_000 / -count).min(1_800) {
            let drawn = client.ask(&["HRANDFIELD", "h", &count.to_string()]).texts();
            assert_eq!(drawn.len() as i64, -count);
            met.extend(drawn);
        }
        assert_eq!(met.len(), 2_000, "of {count}");
    }
}

#[test]
fn expired_fields_are_not_drawn() {
    let server = TestServer::start();
    let mut client = server.connect();
    fill(&mut client, 1_000);
    let mut request: Vec<String> = "HPEXPIRE h 1 FIELDS 990"
        .split(' ')
        .map(str::to_owned)
        .collect();
    request.extend((0..990).map(|number| number.to_string()));
    client.ask(&request);
    wait_for("fields past their time", || {
        (client.ask_line("HEXISTS h 0").integer() == 0).then_some(())
    });
    for count in ["1", "5", "-5", "20"] {
        let drawn = client.ask(&["HRANDFIELD", "h", count]).texts();
        assert!(
            drawn
                .iter()
                .all(|name| name.parse::<usize>().unwrap() >= 990)
        );
        assert_eq!(
            drawn.len(),
            count.parse::<i32>().unwrap().abs().min(10) as usize
        );
    }
}
