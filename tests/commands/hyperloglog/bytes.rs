use crate::support::{Client, Reply, TestServer};

fn get(client: &mut Client) -> Vec<u8> {
    match client.ask(&["GET", "h"]) {
        Reply::Bulk(bytes) => bytes,
        other => panic!("a string was expected, not {other:?}"),
    }
}

#[test]
fn the_cardinality_is_in_the_head_until_the_next_change() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.ask(&["PFADD", "h"]);
    assert_eq!(
        get(&mut client),
        b"HYLL\x01\0\0\0\0\0\0\0\0\0\0\x80\x7f\xff"
    );
    client.expect_exchanges(&[("PFCOUNT h", ":0\r\n")]);
    assert_eq!(get(&mut client), b"HYLL\x01\0\0\0\0\0\0\0\0\0\0\0\x7f\xff");
    client.expect_exchanges(&[("PFADD h a b c", ":1\r\n"), ("PFCOUNT h", ":3\r\n")]);
    assert_eq!(get(&mut client)[..16], *b"HYLL\x01\0\0\0\x03\0\0\0\0\0\0\0");
    client.expect_exchanges(&[("PFADD h c", ":0\r\n")]);
    assert_eq!(get(&mut client)[15], 0);
    client.expect_exchanges(&[("PFADD h d", ":1\r\n")]);
    assert_eq!(
        get(&mut client)[..16],
        *b"HYLL\x01\0\0\0\x03\0\0\0\0\0\0\x80"
    );
}

/// Adding 300 elements splits and joins opcodes in all ways. Redis 7.0.15 makes the same string.
#[test]
fn sparse_registers_are_those_of_redis() {
    let server = TestServer::start();
    let mut client = server.connect();
    for number in 0..300 {
        client.ask(&["PFADD", "h", &format!("element:{number}")]);
    }
    client.expect_exchanges(&[
        ("PFDEBUG ENCODING h", "+sparse\r\n"),
        ("DIGEST h", "$16\r\nba3fb27668432d3a\r\n"),
        ("PFDEBUG TODENSE h", ":1\r\n"),
        ("DIGEST h", "$16\r\n2533c7a63751f3ca\r\n"),
    ]);
}

#[test]
fn the_setting_limits_sparse_registers() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.expect_exchanges(&[
        ("CONFIG SET hll-sparse-max-bytes 26", "+OK\r\n"),
        ("PFADD h 1 2", ":1\r\n"),
        ("STRLEN h", ":24\r\n"),
        ("PFDEBUG ENCODING h", "+sparse\r\n"),
        ("PFADD h 3", ":1\r\n"),
        ("PFDEBUG ENCODING h", "+dense\r\n"),
        ("STRLEN h", ":12304\r\n"),
        ("PFCOUNT h", ":3\r\n"),
        ("CONFIG SET hll-sparse-max-bytes 3000", "+OK\r\n"),
        ("PFADD other 1 2 3", ":1\r\n"),
        ("PFDEBUG ENCODING other", "+sparse\r\n"),
        ("CONFIG SET hll-sparse-max-bytes 26", "+OK\r\n"),
        ("PFMERGE new other", "+OK\r\n"),
        ("PFDEBUG ENCODING new", "+dense\r\n"),
    ]);
}

/// A copy of the string is counted and changed alone.
#[test]
fn a_copy_stays_the_same() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.expect_exchanges(&[
        ("PFADD h a b c", ":1\r\n"),
        ("PFDEBUG TODENSE h", ":1\r\n"),
        ("COPY h copy", ":1\r\n"),
        ("PFADD h d", ":1\r\n"),
        ("PFCOUNT h", ":4\r\n"),
        ("PFCOUNT copy", ":3\r\n"),
        ("PFCOUNT h copy", ":4\r\n"),
    ]);
}
