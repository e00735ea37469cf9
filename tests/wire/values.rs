//! Keys and values may be any bytes, of any length.

use crate::support::{Reply, TestServer, encode};

/// Every byte, and sequences that look like parts of the protocol.
fn awkward() -> Vec<u8> {
    let all: Vec<u8> = (0..=255).collect();
    [&b"\r\n$-1\r\n*1\r\n\0"[..], &all, b"\r\n"].concat()
}

#[test]
fn keys_fields_and_values_may_be_any_bytes() {
    let server = TestServer::start();
    let mut client = server.connect();
    let mut names: Vec<Vec<u8>> = (0..=255).map(|byte| vec![byte]).collect();
    names.extend([awkward(), vec![], b"\0".repeat(3), b"\r\n".to_vec()]);
    for name in &names {
        let ok = Reply::Simple("OK".to_owned());
        assert_eq!(client.ask(&[b"SET", &name[..], name]), ok);
        let added = client.ask(&[b"HSET", &b"hash"[..], name, name]);
        assert_eq!(added, Reply::Integer(1));
    }
    let server = server.restart();
    let mut client = server.connect();
    for name in &names {
        let value = Reply::Bulk(name.clone());
        assert_eq!(client.ask(&[b"GET", &name[..]]), value);
        assert_eq!(client.ask(&[b"HGET", &b"hash"[..], name]), value);
        assert_eq!(client.ask(&[b"ECHO", &name[..]]), value);
    }
    assert_eq!(client.ask(&["DBSIZE"]).integer(), names.len() as i64 + 1);
}

#[test]
fn the_empty_key_and_the_empty_value_are_like_any_other() {
    let server = TestServer::start();
    let exchanges = [
        ("GET ''", "$0\r\n\r\n"),
        ("EXISTS ''", ":1\r\n"),
        ("TYPE ''", "+string\r\n"),
        ("HGET h ''", "$0\r\n\r\n"),
        ("HGETALL h", "*2\r\n$0\r\n\r\n$0\r\n\r\n"),
        ("DBSIZE", ":2\r\n"),
    ];
    let mut client = server.connect();
    client.expect_exchanges(&[
        ("GET ''", "$-1\r\n"),
        ("SET '' ''", "+OK\r\n"),
        ("HSET h '' ''", ":1\r\n"),
    ]);
    client.expect_exchanges(&exchanges);
    let server = server.restart();
    let mut client = server.connect();
    client.expect_exchanges(&exchanges);
    client.expect_exchanges(&[("DEL ''", ":1\r\n"), ("DBSIZE", ":1\r\n")]);
}

/// Returns `length` bytes in which no two parts are alike, so that a misplaced part shows.
fn varied(length: usize) -> Vec<u8> {
    let byte = |index: usize| (index.wrapping_mul(0x9e37_79b9) >> 16) as u8;
    (0..length).map(byte).collect()
}

#[test]
fn values_of_all_sizes_come_back() {
    let server = TestServer::start();
    let mut client = server.connect();
    // Around the sizes at which a value is stored, shared, received or sent in another way.
    let powers = (0..=21).map(|exponent| 1_usize << exponent);
    let sizes: Vec<usize> = powers.flat_map(|size| [size - 1, size, size + 1]).collect();
    for &size in &sizes {
        let key = size.to_string();
        client.send(encode(&[b"SET", key.as_bytes(), &varied(size)]));
        client.expect("+OK\r\n");
    }
    let server = server.restart();
    let mut client = server.connect();
    for &size in &sizes {
        let value = client.ask(&["GET", &size.to_string()]);
        assert!(value == Reply::Bulk(varied(size)), "{size} bytes");
    }
}

#[test]
fn a_value_of_100_megabytes_comes_back_even_after_a_restart() {
    let server = TestServer::start();
    let mut client = server.connect();
    let big = varied(100 * 1024 * 1024);
    client.send(encode(&[b"SET", &b"big"[..], &big]));
    client.expect("+OK\r\n");
    let big = Reply::Bulk(big);
    assert!(
        client.ask(&["GET", "big"]) == big,
        "100 MB came back changed"
    );

    let server = server.restart();
    let mut client = server.connect();
    assert!(
        client.ask(&["GET", "big"]) == big,
        "100 MB were kept changed"
    );
}
