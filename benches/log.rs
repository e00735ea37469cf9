//! The log: appends records to the file, and loads them at the start.

use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use criterion::{Criterion, Throughput};
use threadbare::Level;
use threadbare::aof::{AppendOnlyFile, Batch, Batches, Log, Record};
use threadbare::logger::Logger;
use threadbare::rdb::crc64;
use threadbare::resp::args::Requests;
use threadbare::resp::output::Output;
use threadbare::store::Store;

const RECORDS: usize = 1000;
const PATIENCE: Duration = Duration::from_secs(10);

fn set() -> Output {
    let mut output = Output::default();
    Requests::from_list(&["SET", "key:000000012345", "0123456789abcdef"])
        .get(0)
        .encode(&mut output);
    output
}

fn start(path: &Path) -> Log {
    let logger = Logger::open(Path::new(""), Level::Nothing).unwrap();
    let file = AppendOnlyFile::open(path).unwrap();
    let store = Arc::new(Store::new(1));
    Log::start(Some(file), store, Arc::default(), Arc::new(logger)).unwrap()
}

/// Appends `count` records and waits until the last is in the file.
fn append(log: &Log, count: usize) {
    let (sender, receiver) = mpsc::channel();
    let append = |_| {
        log.append(Record {
            first_database: 0,
            last_database: 0,
            commands: set(),
        })
    };
    let last = (0..count).map(append).last();
    log.commit().queue(last, move || sender.send(()).unwrap());
    receiver.recv().unwrap();
}

fn scratch(name: &str) -> PathBuf {
    let directory = std::env::temp_dir().join(format!("threadbare-bench-{}", std::process::id()));
    fs::create_dir_all(&directory).unwrap();
    directory.join(name)
}

pub(crate) fn benches(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("log");
    let path = scratch("append.aof");
    let log = start(&path);
    group.bench_function("append_and_answer/1", |bencher| {
        bencher.iter(|| append(&log, 1))
    });
    group.throughput(Throughput::Elements(RECORDS as u64));
    group.bench_function(format!("append_and_answer/{RECORDS}"), |bencher| {
        bencher.iter(|| append(&log, RECORDS));
    });
    log.stop(PATIENCE).unwrap();
    fs::remove_file(&path).unwrap();

    let path = scratch("replay.aof");
    let log = start(&path);
    append(&log, RECORDS);
    log.stop(PATIENCE).unwrap();
    let file = AppendOnlyFile::open(&path).unwrap();
    let bytes = file.bytes();
    group.throughput(Throughput::Bytes(bytes));
    group.bench_function(format!("replay/{RECORDS}"), |bencher| {
        bencher.iter(|| {
            let mut replay = file.replay(0, bytes);
            let (mut batch, mut count) = (Batch::default(), 0);
            while replay.read(&mut batch).unwrap() {
                count += batch.len();
            }
            assert_eq!(count, RECORDS + 1, "the records and the SELECT before them");
        });
    });
    group.finish();
    checksums(criterion);
    fs::remove_dir_all(path.parent().unwrap()).unwrap();
}

fn checksums(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("checksum");
    for length in [64, 1024, 16 * 1024] {
        let bytes = vec![7; length];
        group.throughput(Throughput::Bytes(length as u64));
        group.bench_function(length.to_string(), |bencher| {
            bencher.iter(|| crc64(0, black_box(&bytes)));
        });
    }
    group.finish();
}
