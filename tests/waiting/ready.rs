use threadbare::config::Protected;

use super::Line;
use crate::support::{Reply, TestServer, encode};

/// Whatever brings a list to the key serves the client.
#[test]
fn a_key_becomes_ready_in_many_ways() {
    let server = TestServer::start();
    let mut line = Line::new(&server);
    line.expect(&[("RPUSH dumped a", ":1\r\n")]);
    let dump = line.other.ask_line("DUMP dumped");
    let ways: &[&[(&str, &str)]] = &[
        &[("RPUSH l a", ":1\r\n")],
        &[("RPUSH from a", ":1\r\n"), ("RENAME from l", "+OK\r\n")],
        &[("RPUSH from a", ":1\r\n"), ("RENAMENX from l", ":1\r\n")],
        &[("COPY dumped l", ":1\r\n")],
        &[
            ("RPUSH from a", ":1\r\n"),
            ("SORT from ALPHA STORE l", ":1\r\n"),
            ("DEL from", ":1\r\n"),
        ],
        &[
            ("RPUSH from a", ":1\r\n"),
            ("LMOVE from l LEFT LEFT", "$1\r\na\r\n"),
        ],
        &[
            ("SET l x", "+OK\r\n"),
            ("RPUSH from a", ":1\r\n"),
            ("RENAME from l", "+OK\r\n"),
        ],
        &[
            ("COPY dumped from DB 1", ":1\r\n"),
            ("SELECT 1", "+OK\r\n"),
            ("RENAME from l", "+OK\r\n"),
            ("MOVE l 0", ":1\r\n"),
            ("SELECT 0", "+OK\r\n"),
        ],
        &[
            ("COPY dumped l DB 1", ":1\r\n"),
            ("SWAPDB 0 1", "+OK\r\n"),
            ("SWAPDB 1 0", "+OK\r\n"),
        ],
        &[
            ("COPY dumped l DB 1 REPLACE", ":1\r\n"),
            ("SELECT 1", "+OK\r\n"),
            ("COPY l l DB 0", ":1\r\n"),
            ("DEL l", ":1\r\n"),
            ("SELECT 0", "+OK\r\n"),
        ],
    ];
    for way in ways {
        let mut client = line.join("BLPOP l 0");
        line.expect(way);
        client.expect("*2\r\n$1\r\nl\r\n$1\r\na\r\n");
        line.expect(&[("EXISTS l from", ":0\r\n")]);
    }
    let mut client = line.join("BLPOP l 0");
    let Reply::Bulk(payload) = dump else {
        panic!("no payload");
    };
    line.other
        .send(encode(&[b"RESTORE", &b"l"[..], b"0", &payload]));
    line.other.expect("+OK\r\n");
    client.expect("*2\r\n$1\r\nl\r\n$1\r\na\r\n");
}

#[test]
fn a_value_of_another_type_serves_nobody() {
    let server = TestServer::start();
    let mut line = Line::new(&server);
    let mut client = line.join("BLPOP l 0");
    line.expect(&[
        ("SET l x", "+OK\r\n"),
        ("APPEND l y", ":2\r\n"),
        ("DEL l", ":1\r\n"),
        ("HSET l f v", ":1\r\n"),
        ("DEL l", ":1\r\n"),
        ("RPUSH l a", ":1\r\n"),
    ]);
    client.expect("*2\r\n$1\r\nl\r\n$1\r\na\r\n");
}

/// The clients that wait in another database, or at a key that is removed, stay in line.
#[test]
fn flushing_and_other_databases_leave_the_line_alone() {
    let server = TestServer::start_with(|config| config.enable_debug_command = Protected::Yes);
    let mut line = Line::new(&server);
    let mut client = line.join("BLPOP l 0");
    line.expect(&[
        ("SELECT 1", "+OK\r\n"),
        ("RPUSH l other", ":1\r\n"),
        ("FLUSHALL", "+OK\r\n"),
        ("FLUSHDB", "+OK\r\n"),
        ("DEBUG RELOAD", "+OK\r\n"),
        ("SELECT 0", "+OK\r\n"),
        ("LPUSH l a", ":1\r\n"),
    ]);
    client.expect("*2\r\n$1\r\nl\r\n$1\r\na\r\n");
}

/// Whatever brings a sorted set to the key serves the client; a list does not.
#[test]
fn sorted_sets_become_ready_in_many_ways() {
    let server = TestServer::start();
    let mut line = Line::new(&server);
    line.expect(&[("ZADD from 1 a", ":1\r\n"), ("SADD set a", ":1\r\n")]);
    let ways: &[&[(&str, &str)]] = &[
        &[("ZADD z 1 a", ":1\r\n")],
        &[("ZINCRBY z 1 a", "$1\r\n1\r\n")],
        &[("COPY from z", ":1\r\n")],
        &[("COPY from f", ":1\r\n"), ("RENAME f z", "+OK\r\n")],
        &[("ZUNIONSTORE z 2 from none", ":1\r\n")],
        &[("ZINTERSTORE z 1 set", ":1\r\n")],
        &[("ZDIFFSTORE z 2 from none", ":1\r\n")],
        &[("ZRANGESTORE z from 0 -1", ":1\r\n")],
        &[
            ("RPUSH z x", ":1\r\n"),
            ("DEL z", ":1\r\n"),
            ("ZADD z 1 a", ":1\r\n"),
        ],
        &[
            ("MULTI", "+OK\r\n"),
            ("ZADD z 2 b", "+QUEUED\r\n"),
            ("ZADD z 1 a", "+QUEUED\r\n"),
            ("ZREM z b", "+QUEUED\r\n"),
            ("EXEC", "*3\r\n:1\r\n:1\r\n:1\r\n"),
        ],
    ];
    for way in ways {
        let mut client = line.join("BZPOPMIN z 0");
        line.expect(way);
        client.expect("*3\r\n$1\r\nz\r\n$1\r\na\r\n$1\r\n1\r\n");
        line.expect(&[("EXISTS z", ":0\r\n")]);
    }
}
