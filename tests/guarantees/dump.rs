//! RESTORE makes the same value from the payload of DUMP, and refuses any other payload.

use std::collections::BTreeMap;

use threadbare::rdb::crc64;

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

/// Returns the elements of a list, or the members of a set.
fn elements(client: &mut Client, request: &[&str]) -> Vec<Vec<u8>> {
    let bytes = |reply: &Reply| match reply {
        Reply::Bulk(bytes) => bytes.clone(),
        other => panic!("a string was expected, not {other:?}"),
    };
    client.ask(request).array().iter().map(bytes).collect()
}

/// Some elements, up to thousands of strings of all kinds.
fn collections(random: &mut Random) -> Vec<Vec<Vec<u8>>> {
    let strings = strings(random);
    let mut collections = vec![strings.clone()];
    for size in [1, 2, 10, 127, 128, 129, 512, 513, 5000] {
        let few = (0..size % 20 + 1).map(|_| random.pick(&strings).clone());
        collections.push(few.collect());
        let short = (0..size).map(|_| random.bytes(30));
        collections.push(short.collect());
        // Around the sizes of integers.
        let near = *random.pick(&[0_u64, 127, 32_767, 2_147_483_647, 1 << 32]);
        let numbers = (0..size).map(|number| (near + number).to_string().into_bytes());
        collections.push(numbers.collect());
    }
    collections
}

#[test]
fn a_restored_list_or_set_is_the_same() {
    let server = TestServer::start();
    let mut client = server.connect();
    for collection in collections(&mut Random::new(seed())) {
        for (command, read) in [
            ("RPUSH", &["LRANGE", "to", "0", "-1"][..]),
            ("SADD", &["SMEMBERS", "to"][..]),
        ] {
            client.ask(&["DEL", "from"]);
            let elements_of = collection.iter().map(Vec::as_slice);
            let request = [command.as_bytes(), b"from"].into_iter().chain(elements_of);
            client.ask(&request.collect::<Vec<_>>());
            let payload = dump(&mut client, "from");
            assert_eq!(restore(&mut client, "to", "0", &payload), ok());
            let mut found = elements(&mut client, read);
            let mut wanted = collection.clone();
            if command == "SADD" {
                found.sort();
                wanted.sort();
                wanted.dedup();
            }
            assert!(found == wanted, "{command} of {}", collection.len());
        }
    }
}

/// Changes a few bytes, or their number.
fn damage(payload: &mut Vec<u8>, random: &mut Random) {
    for _ in 0..1 + random.next(3) {
        if payload.is_empty() {
            return;
        }
        let at = random.index(payload.len());
        match random.next(5) {
            0 => drop(payload.drain(at..(at + 1 + random.index(9)).min(payload.len()))),
            1 => drop(payload.splice(at..at, random.bytes(4))),
            2 => payload[0] = *random.pick(b"\x00\x01\x02\x04\x0a\x0b\x0d\x0e\x10\x12"),
            3 => payload[at] = *random.pick(b"\x00\x01\x7f\x80\x81\xc0\xc3\xf0\xf4\xff"),
            _ => payload[at] ^= 1 << random.next(8),
        }
    }
}

/// A checksum is no proof that a payload is sound.
#[test]
fn a_damaged_payload_with_a_right_checksum_makes_a_sound_value_or_none() {
    const FOOTER_BYTES: usize = 10;
    let server = TestServer::start();
    let mut client = server.connect();
    let mut random = Random::new(seed());
    let mut payloads = Vec::new();
    for line in [
        "HSET from f 1 g 2 h ''",
        "RPUSH from a 1 -70000 '' 4294967296",
        "SADD from 1 2 -70000 70000",
        "SADD from a 1 ''",
        "SET from aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    ] {
        client.ask(&["DEL", "from"]);
        client.ask_line(line);
        payloads.push(dump(&mut client, "from"));
    }
    for _ in 0..3000 {
        let mut payload = random.pick(&payloads).clone();
        payload.truncate(payload.len() - FOOTER_BYTES);
        damage(&mut payload, &mut random);
        payload.extend([10, 0]);
        payload.extend(crc64(0, &payload).to_le_bytes());
        if restore(&mut client, "to", "0", &payload) != ok() {
            continue;
        }
        let kind = client.ask(&["TYPE", "to"]).text();
        let size = match kind.as_str() {
            "list" => elements(&mut client, &["LRANGE", "to", "0", "-1"]).len(),
            "set" => elements(&mut client, &["SMEMBERS", "to"]).len(),
            "hash" => fields(&mut client, "to").len(),
            _ => 1,
        };
        assert!(size > 0, "{}", payload.escape_ascii());
        let again = dump(&mut client, "to");
        assert_eq!(restore(&mut client, "again", "0", &again), ok());
        client.ask(&["RPUSH", "to", "x"]);
        client.ask(&["SPOP", "to"]);
    }
    // What was restored is in the file.
    let server = server.restart();
    server.connect().expect_exchanges(&[("PING", "+PONG\r\n")]);
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
        ("RPUSH list a 1", ":2\r\n"),
        ("SADD set a 1", ":2\r\n"),
        ("SADD intset 1 2", ":2\r\n"),
        ("SET to untouched", "+OK\r\n"),
    ]);
    let refusal = "ERR DUMP payload version or checksum are wrong".to_owned();
    let refusal = Reply::Error(refusal);
    for key in ["string", "hash", "list", "set", "intset"] {
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
