//! RESTORE makes the same value from the payload of DUMP, and refuses any other payload.

use std::collections::BTreeMap;

use crate::support::{Client, Random, Reply, TestServer, seed};

/// Strings of every kind that a dump encodes in its own way.
fn strings(random: &mut Random) -> Vec<Vec<u8>> {
    let mut strings: Vec<Vec<u8>> = [
        "",
        "0",
        "-1",
        "007",
        "-0",
        "+1",
        " 1",
        "1.5",
        "127",
        "-128",
        "128",
        "32767",
        "-32769",
        "2147483647",
        "-2147483649",
        "9223372036854775807",
        "-9223372036854775808",
        "9223372036854775808",
        "a",
        "\0",
        "\r\n",
    ]
    .map(|text| text.as_bytes().to_vec())
    .to_vec();
    // Around the lengths that are encoded in one byte, two and five.
    for length in [
        1, 19, 20, 21, 62, 63, 64, 65, 16_382, 16_383, 16_384, 70_000,
    ] {
        strings.push(vec![b'x'; length]);
        strings.push(b"abcdefg".iter().copied().cycle().take(length).collect());
        strings.push((0..length).map(|_| random.next(256) as u8).collect());
    }
    strings.extend((0..100).map(|_| random.bytes(200)));
    strings
}

/// Hashes: small ones with strings of all these kinds, and a big one.
fn hashes(random: &mut Random) -> Vec<BTreeMap<Vec<u8>, Vec<u8>>> {
    let strings = strings(random);
    let mut hashes = Vec::new();
    for size in [1, 2, 10, 127, 128, 129, 512, 513, 5000] {
        let pairs = (0..size).map(|number| {
            let mut field = format!("{number}:").into_bytes();
            field.extend(random.bytes(30));
            (field, random.bytes(30))
        });
        hashes.push(pairs.collect());
        let pairs =
            (0..size % 20).map(|_| (random.pick(&strings).clone(), random.pick(&strings).clone()));
        let pairs = pairs.chain([(vec![], vec![])]);
        hashes.push(pairs.collect());
    }
    hashes
}

/// Returns the payload of DUMP for an existing key.
fn dump(client: &mut Client, key: &str) -> Vec<u8> {
    match client.ask(&["DUMP", key]) {
        Reply::Bulk(payload) => payload,
        other => panic!("a payload was expected, not {other:?}"),
    }
}

fn restore(client: &mut Client, key: &str, ttl: &str, payload: &[u8]) -> Reply {
    client.ask(&[
        b"RESTORE",
        key.as_bytes(),
        ttl.as_bytes(),
        payload,
        b"REPLACE",
    ])
}

fn ok() -> Reply {
    Reply::Simple("OK".to_owned())
}

#[test]
fn a_restored_string_is_the_string() {
    let server = TestServer::start();
    let mut client = server.connect();
    for string in strings(&mut Random::new(seed())) {
        client.ask(&[b"SET".as_slice(), b"from", &string]);
        let payload = dump(&mut client, "from");
        assert_eq!(restore(&mut client, "to", "0", &payload), ok());
        let text = string.escape_ascii().to_string();
        assert_eq!(client.ask(&["GET", "to"]), Reply::Bulk(string), "{text}");
        assert!(dump(&mut client, "to") == payload, "{text}");
    }
}

fn fields(client: &mut Client, key: &str) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let bytes = |reply: &Reply| match reply {
        Reply::Bulk(bytes) => bytes.clone(),
        other => panic!("a string was expected, not {other:?}"),
    };
    let all = client.ask(&["HGETALL", key]);
    let pairs = all.array().chunks(2);
    pairs
        .map(|pair| (bytes(&pair[0]), bytes(&pair[1])))
        .collect()
}

#[test]
fn a_restored_hash_is_the_hash() {
    let server = TestServer::start();
    let mut client = server.connect();
    for hash in hashes(&mut Random::new(seed())) {
        client.ask(&["DEL", "from"]);
        let mut request = vec![b"HSET".as_slice(), b"from"];
        request.extend(
            hash.iter()
                .flat_map(|(field, value)| [&field[..], &value[..]]),
        );
        client.ask(&request);
        let payload = dump(&mut client, "from");
        assert_eq!(restore(&mut client, "to", "0", &payload), ok());
        assert!(fields(&mut client, "to") == hash, "{} fields", hash.len());
        let length = Reply::Integer(hash.len() as i64);
        assert_eq!(client.ask(&["HLEN", "to"]), length);
    }
}

/// RESTORE sets the time to live, not the payload.
#[test]
fn a_payload_holds_no_time_to_live() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.ask(&["SET", "from", "v", "PXAT", "4000000000000"]);
    let payload = dump(&mut client, "from");
    assert_eq!(restore(&mut client, "to", "0", &payload), ok());
    client.expect_exchanges(&[("PEXPIRETIME to", ":-1\r\n")]);
    let request: [&[u8]; 6] = [
        b"RESTORE",
        b"to",
        b"5000000000000",
        &payload,
        b"REPLACE",
        b"ABSTTL",
    ];
    assert_eq!(client.ask(&request), ok());
    client.expect_exchanges(&[("PEXPIRETIME to", ":5000000000000\r\n")]);
}

#[test]
fn a_payload_that_was_changed_or_cut_is_refused() {
    let server = TestServer::start();
    let mut client = server.connect();
    let mut random = Random::new(seed());
    client.expect_exchanges(&[
        ("SET string 'some text, some text, some text'", "+OK\r\n"),
        ("HSET hash f 1 g 2", ":2\r\n"),
        ("SET to untouched", "+OK\r\n"),
    ]);
    let refusal = "ERR DUMP payload version or checksum are wrong".to_owned();
    let refusal = Reply::Error(refusal);
    for key in ["string", "hash"] {
        let payload = dump(&mut client, key);
        for at in 0..payload.len() {
            let mut changed = payload.clone();
            changed[at] ^= 1 + random.next(255) as u8;
            assert_eq!(restore(&mut client, "to", "0", &changed), refusal, "{at}");
            assert_eq!(
                restore(&mut client, "to", "0", &payload[..at]),
                refusal,
                "{at}"
            );
        }
    }
    client.expect_exchanges(&[("GET to", "$9\r\nuntouched\r\n")]);
}
