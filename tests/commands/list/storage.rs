//! Lists of any length with elements of any length: in memory, in DUMP and in the file.

use threadbare::config::Protected;

use crate::support::{Client, Random, Reply, TestServer, rewrite, seed};

/// Elements of lengths around those at which they are stored in another way.
fn elements(count: usize) -> Vec<Vec<u8>> {
    let mut random = Random::new(seed());
    let lengths = [
        0, 1, 12, 253, 254, 255, 256, 1023, 1024, 1025, 16_383, 16_384,
    ];
    (0..count)
        .map(|index| {
            let length = match index % 50 {
                0 => *random.pick(&lengths),
                _ => random.next(30) as usize,
            };
            random.bytes(length)
        })
        .collect()
}

fn push(client: &mut Client, key: &str, elements: &[Vec<u8>]) {
    for elements in elements.chunks(500) {
        let mut request = vec![&b"RPUSH"[..], key.as_bytes()];
        request.extend(elements.iter().map(|it| &it[..]));
        client.ask(&request);
    }
}

fn content(client: &mut Client, key: &str) -> Vec<Vec<u8>> {
    let all = client.ask(&["LRANGE", key, "0", "-1"]);
    let bytes = |reply: &Reply| match reply {
        Reply::Bulk(bytes) => bytes.clone(),
        other => panic!("an element was expected, not {other:?}"),
    };
    all.array().iter().map(bytes).collect()
}

fn payload(client: &mut Client, key: &str) -> Vec<u8> {
    match client.ask(&["DUMP", key]) {
        Reply::Bulk(payload) => payload,
        other => panic!("a payload was expected, not {other:?}"),
    }
}

#[test]
fn changes_in_the_middle_of_a_long_list_find_their_place() {
    let server = TestServer::start();
    let mut client = server.connect();
    let mut model = elements(3000);
    push(&mut client, "l", &model);
    let mut random = Random::new(seed());
    for element in elements(300) {
        let index = random.next(model.len() as u64) as usize;
        let (place, pivot) = (index.to_string(), model[index].clone());
        match random.next(4) {
            0 => {
                client.ask(&[b"LSET", &b"l"[..], place.as_bytes(), &element]);
                model[index] = element;
            }
            1 => {
                client.ask(&[b"LINSERT", &b"l"[..], b"BEFORE", &pivot, &element]);
                let index = model.iter().position(|it| *it == pivot).unwrap();
                model.insert(index, element);
            }
            2 => {
                client.ask(&[b"LREM", &b"l"[..], b"-1", &pivot]);
                let index = model.iter().rposition(|it| *it == pivot).unwrap();
                model.remove(index);
            }
            _ => {
                let count = client.ask(&[b"LREM", &b"l"[..], b"0", &pivot]).integer();
                let length = model.len();
                model.retain(|it| *it != pivot);
                assert_eq!(count, (length - model.len()) as i64);
                client.ask(&[b"RPUSH", &b"l"[..], &pivot]);
                model.push(pivot);
            }
        }
    }
    assert!(content(&mut client, "l") == model);
}

#[test]
fn a_copy_of_a_long_list_stays_when_the_list_changes() {
    let server = TestServer::start();
    let mut client = server.connect();
    let model = elements(2000);
    push(&mut client, "l", &model);
    client.ask_line("COPY l copy");
    client.ask_line("LSET l 1000 changed");
    client.ask_line("LINSERT l AFTER changed inserted");
    client.ask_line("LTRIM l 10 -10");
    client.ask_line("LPUSH l first");
    assert!(content(&mut client, "copy") == model);
    client.expect_exchanges(&[
        ("LINDEX l 0", "$5\r\nfirst\r\n"),
        ("LINDEX l 991", "$7\r\nchanged\r\n"),
        ("LINDEX l 992", "$8\r\ninserted\r\n"),
    ]);
}

#[test]
fn lists_are_in_the_file_after_a_rewrite() {
    let server = TestServer::start_with(|config| config.enable_debug_command = Protected::Yes);
    let mut client = server.connect();
    let (long, short) = (elements(5000), elements(20));
    push(&mut client, "long", &long);
    push(&mut client, "short", &short);
    client.ask_line("PEXPIREAT long 4000000000000");
    let digest = client.ask_line("DEBUG DIGEST");
    rewrite(&server);
    let server = server.restart();
    let mut client = server.connect();
    assert_eq!(client.ask_line("DEBUG DIGEST"), digest);
    assert!(content(&mut client, "long") == long && content(&mut client, "short") == short);
}

#[test]
fn a_list_is_dumped_as_redis_dumps_it() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.ask_line("RPUSH l a 12 -300 helloworld");
    // From Redis 7.0.15, in one listpack, and with list-max-listpack-size 3 in two.
    let one = b"\x12\x01\x02\x1b\x1b\x00\x00\x00\x04\x00\x81a\x02\x0c\x01\xde\xd4\x02\x8ahelloworld\x0b\xff\n\x00\x1e7\x83\xb0\xb7\x00.\xd5";
    let two = b"\x12\x02\x02\x0f\x0f\x00\x00\x00\x03\x00\x81a\x02\x0c\x01\xde\xd4\x02\xff\x02\x13\x13\x00\x00\x00\x01\x00\x8ahelloworld\x0b\xff\n\x00vv\xdf\x93\x9a\xff\xb0z";
    assert_eq!(payload(&mut client, "l"), one);
    client.expect_exchanges(&[
        ("CONFIG SET list-max-listpack-size 3", "+OK\r\n"),
        (
            "CONFIG GET list-max-ziplist-size",
            "*2\r\n$21\r\nlist-max-ziplist-size\r\n$1\r\n3\r\n",
        ),
    ]);
    assert_eq!(payload(&mut client, "l"), two);
}

#[test]
fn a_restored_list_is_the_list() {
    let server = TestServer::start();
    let mut client = server.connect();
    for count in [1, 2, 20, 300, 3000] {
        let model = elements(count);
        client.ask_line("DEL from to");
        push(&mut client, "from", &model);
        for size in ["-2", "-5", "1", "128"] {
            client.ask(&["CONFIG", "SET", "list-max-listpack-size", size]);
            let payload = payload(&mut client, "from");
            client.ask(&[b"RESTORE", &b"to"[..], b"0", &payload, b"REPLACE"]);
            assert!(
                content(&mut client, "to") == model,
                "{count} elements, {size}"
            );
        }
    }
}

#[test]
fn the_digest_of_a_list_depends_on_the_order_and_not_on_how_it_was_built() {
    let server = TestServer::start_with(|config| config.enable_debug_command = Protected::Yes);
    let mut client = server.connect();
    let model = elements(1000);
    push(&mut client, "a", &model);
    for element in model.iter().rev() {
        client.ask(&[b"LPUSH", &b"b"[..], element]);
    }
    push(&mut client, "c", &model);
    client.ask_line("LMOVE c c LEFT RIGHT");
    let digests = client.ask_line("DEBUG DIGEST-VALUE a b c").texts();
    assert_eq!(digests[0], digests[1]);
    assert_ne!(digests[0], digests[2]);
}

#[test]
fn memory_usage_counts_the_elements() {
    let server = TestServer::start();
    let mut client = server.connect();
    for (count, range) in [(1, 50..200), (100, 1200..2000), (10_000, 120_000..160_000)] {
        client.ask_line("DEL l");
        push(&mut client, "l", &vec![b"twelve bytes".to_vec(); count]);
        let bytes = client.ask_line("MEMORY USAGE l").integer();
        assert!(range.contains(&bytes), "{count} elements: {bytes} bytes");
    }
}
