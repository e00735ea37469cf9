use std::collections::BTreeMap;

use super::WRONG_TYPE;
use crate::support::{Client, TestServer, encode};

/// What HGETALL tells, sorted.
fn fields(client: &mut Client, key: &str) -> BTreeMap<String, String> {
    let all = client.ask(&["HGETALL", key]).texts();
    all.chunks(2)
        .map(|pair| (pair[0].clone(), pair[1].clone()))
        .collect()
}

#[test]
fn fields_are_set_and_got() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("HGET h f", "$-1\r\n"),
        ("HGETALL h", "*0\r\n"),
        ("HSET h f v", ":1\r\n"),
        ("HGET h f", "$1\r\nv\r\n"),
        ("HGET h F", "$-1\r\n"),
        ("HGETALL h", "*2\r\n$1\r\nf\r\n$1\r\nv\r\n"),
        ("hset h f ''", ":0\r\n"),
        ("hget h f", "$0\r\n\r\n"),
        ("TYPE h", "+hash\r\n"),
    ]);
}

#[test]
fn hset_counts_the_fields_that_are_new() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("HSET h a 1 b 2", ":2\r\n"),
        ("HSET h b 3 c 4", ":1\r\n"),
        ("HSET h d 5 d 6", ":1\r\n"),
        ("HGET h b", "$1\r\n3\r\n"),
        ("HGET h d", "$1\r\n6\r\n"),
    ]);
}

#[test]
fn an_odd_field_changes_nothing() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        (
            "HSET h a 1 b",
            "-ERR wrong number of arguments for 'hset' command\r\n",
        ),
        ("EXISTS h", ":0\r\n"),
    ]);
}

#[test]
fn strings_are_refused_and_stay() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("SET k v", "+OK\r\n"),
        ("HSET k f v", WRONG_TYPE),
        ("HGET k f", WRONG_TYPE),
        ("HGETALL k", WRONG_TYPE),
        ("GET k", "$1\r\nv\r\n"),
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
