//! The wire: parses bytes to argument lists, and writes replies as bytes.

use std::hint::black_box;

use criterion::{Criterion, Throughput};
use threadbare::config::limits::READ_BUFFER_BYTES;
use threadbare::resp::args::Requests;
use threadbare::resp::protocol::Limits;
use threadbare::resp::reply::Reply;

const PIPELINE: usize = 100;

/// Encodes a request as a client sends it.
fn encode(words: &[&[u8]]) -> Vec<u8> {
    let mut bytes = format!("*{}\r\n", words.len()).into_bytes();
    for word in words {
        bytes.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
        bytes.extend_from_slice(word);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes
}

pub(crate) fn benches(criterion: &mut Criterion) {
    parse(criterion);
    reply(criterion);
}

fn parse(criterion: &mut Criterion) {
    let big = vec![b'x'; 1024 * 1024];
    let key = b"key:000000012345";
    let cases: [(&str, Vec<u8>, usize); 5] = [
        ("get", encode(&[b"GET", key]), 1),
        (
            "set_16_bytes",
            encode(&[b"SET", key, b"0123456789abcdef"]),
            1,
        ),
        (
            "set_16_bytes_pipeline_100",
            encode(&[b"SET", key, b"0123456789abcdef"]).repeat(PIPELINE),
            PIPELINE,
        ),
        ("set_1_mb", encode(&[b"SET", key, &big]), 1),
        (
            "inline",
            b"set key:000000012345 0123456789abcdef\r\n".to_vec(),
            1,
        ),
    ];
    let mut group = criterion.benchmark_group("wire/parse");
    for (name, bytes, count) in cases {
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        let mut requests = Requests::default();
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                for piece in black_box(&bytes[..]).chunks(READ_BUFFER_BYTES) {
                    requests.receive(piece);
                    requests.parse(Limits::CLIENT).unwrap();
                }
                assert_eq!(requests.len(), count);
                requests.clear();
            });
        });
    }
    group.finish();
}

fn reply(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("wire/reply");
    let value = [b'x'; 16];
    type Append = fn(&mut Reply, &[u8]);
    let cases: [(&str, Append); 3] = [
        ("ok", |reply, _| reply.ok()),
        ("integer", |reply, _| reply.integer(1_234_567)),
        ("bulk_16_bytes", |reply, value| reply.bulk(value)),
    ];
    for (name, append) in cases {
        let mut reply = Reply::default();
        append(&mut reply, &value);
        group.throughput(Throughput::Bytes(reply.output().len() as u64));
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                append(&mut reply, black_box(&value));
                if reply.output().len() > 64 * 1024 {
                    reply.output().clear();
                }
            });
        });
    }
    group.finish();
}
