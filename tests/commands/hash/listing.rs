use std::collections::BTreeMap;

use crate::commands::WRONG_TYPE;
use crate::support::{Client, TestServer, encode, wait_for};

/// What HGETALL tells, sorted.
fn fields(client: &mut Client, key: &str) -> BTreeMap<String, String> {
    let all = client.ask(&["HGETALL", key]).texts();
    all.chunks(2)
        .map(|pair| (pair[0].clone(), pair[1].clone()))
        .collect()
}

#[test]
fn names_and_values_are_listed_one_by_one_or_in_pairs() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("HKEYS h", "*0\r\n"),
        ("HVALS h", "*0\r\n"),
        ("HGETALL h", "*0\r\n"),
        ("HSET h f v", ":1\r\n"),
        ("HKEYS h", "*1\r\n$1\r\nf\r\n"),
        ("HVALS h", "*1\r\n$1\r\nv\r\n"),
        ("HGETALL h", "*2\r\n$1\r\nf\r\n$1\r\nv\r\n"),
        ("SET k v", "+OK\r\n"),
        ("HKEYS k", WRONG_TYPE),
        ("HVALS k", WRONG_TYPE),
        ("HGETALL k", WRONG_TYPE),
    ]);
}

#[test]
fn resp3_has_a_map_for_pairs_and_arrays_for_the_rest() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.ask_line("HELLO 3");
    client.expect_exchanges(&[
        ("HGETALL h", "%0\r\n"),
        ("HKEYS h", "*0\r\n"),
        ("HSET h f v", ":1\r\n"),
        ("HGETALL h", "%1\r\n$1\r\nf\r\n$1\r\nv\r\n"),
        ("HVALS h", "*1\r\n$1\r\nv\r\n"),
    ]);
}

#[test]
fn a_field_past_its_time_is_not_listed() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.expect_exchanges(&[
        ("HSET h a 1 b 2", ":2\r\n"),
        ("HPEXPIRE h 1 FIELDS 1 a", "*1\r\n:1\r\n"),
    ]);
    wait_for("a field past its time", || {
        (client.ask_line("HEXISTS h a").integer() == 0).then_some(())
    });
    client.expect_exchanges(&[
        ("HGETALL h", "*2\r\n$1\r\nb\r\n$1\r\n2\r\n"),
        ("HKEYS h", "*1\r\n$1\r\nb\r\n"),
        ("HVALS h", "*1\r\n$1\r\n2\r\n"),
        ("HLEN h", ":1\r\n"),
    ]);
}

#[test]
fn hgetall_tells_every_field_once_however_many() {
    let server = TestServer::start();
    let mut client = server.connect();
    let mut expected = BTreeMap::new();
    for round in 0..10 {
        let mut request = vec!["HSET".to_owned(), "h".to_owned()];
        for number in 0..1000 {
            let field = format!("field:{round}:{number}");
            expected.insert(field.clone(), number.to_string());
            request.extend([field, number.to_string()]);
        }
        client.send(encode(&request));
        client.expect(":1000\r\n");
    }
    assert_eq!(fields(&mut client, "h"), expected);
    let server = server.restart();
    assert_eq!(fields(&mut server.connect(), "h"), expected);
}
