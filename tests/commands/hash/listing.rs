use std::collections::BTreeMap;

use crate::commands::WRONG_TYPE;
use crate::support::{Client, TestServer, encode, rewrite, wait_for};

/// Returns the reply of HGETALL, sorted.
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
fn an_expired_field_is_not_listed() {
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

const FIELDS: &str = "*6\r\n$1\r\na\r\n$2\r\n14\r\n$1\r\nc\r\n$2\r\n33\r\n$1\r\nb\r\n$1\r\n5\r\n";

#[test]
fn a_small_hash_lists_its_fields_in_the_order_in_which_they_were_added() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.expect_exchanges(&[
        ("HSET h b 1 a 2 c 3", ":3\r\n"),
        ("HSET h a 4", ":0\r\n"),
        ("HDEL h b", ":1\r\n"),
        ("HSET h b 5", ":1\r\n"),
        (
            "HGETALL h",
            "*6\r\n$1\r\na\r\n$1\r\n4\r\n$1\r\nc\r\n$1\r\n3\r\n$1\r\nb\r\n$1\r\n5\r\n",
        ),
        ("HEXPIRE h 1000 FIELDS 2 c b", "*2\r\n:1\r\n:1\r\n"),
        ("HINCRBY h a 10", ":14\r\n"),
        ("HSET h c 33", ":0\r\n"),
        ("HTTL h FIELDS 1 c", "*1\r\n:-1\r\n"),
        ("COPY h copy", ":1\r\n"),
        ("HKEYS h", "*3\r\n$1\r\na\r\n$1\r\nc\r\n$1\r\nb\r\n"),
        ("HVALS h", "*3\r\n$2\r\n14\r\n$2\r\n33\r\n$1\r\n5\r\n"),
        ("HSCAN h 7 COUNT 1", &format!("*2\r\n$1\r\n0\r\n{FIELDS}")),
        ("HRANDFIELD h 3 WITHVALUES", FIELDS),
        ("HGETALL copy", FIELDS),
        ("HPERSIST h FIELDS 1 b", "*1\r\n:1\r\n"),
    ]);
    let server = server.restart();
    rewrite(&server);
    let server = server.restart();
    server.connect().expect_exchanges(&[
        ("HGETALL h", FIELDS),
        ("HGETALL copy", FIELDS),
        ("HTTL h FIELDS 1 b", "*1\r\n:-1\r\n"),
    ]);
}

#[test]
fn hgetall_returns_every_field_once_in_any_size() {
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
