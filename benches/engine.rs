//! The engine: a request from its argument list to its reply, with the log attached.

use std::fs;
use std::path::Path;
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput};
use threadbare::aof::{Answer, AppendOnlyFile, Log};
use threadbare::execute::Engine;
use threadbare::instance::Instance;
use threadbare::logger::Logger;
use threadbare::registry::Client;
use threadbare::resp::args::Requests;
use threadbare::resp::reply::Reply;
use threadbare::session::Session;
use threadbare::{Config, Level};

const KEYS: usize = 1_000_000;
const PIPELINED_KEYS: usize = 100_000;
const PIPELINE: usize = 100;

fn engine(directory: &Path) -> Engine {
    let logger = Arc::new(Logger::open(Path::new(""), Level::Nothing).unwrap());
    let file = AppendOnlyFile::open(&directory.join("appendonly.aof")).unwrap();
    let log = Log::start(file, Arc::default(), Arc::clone(&logger)).unwrap();
    let instance = Instance::new(Config::default(), logger, mpsc::channel().0);
    let mut engine = Engine::new(Arc::new(instance));
    engine.attach_log(log);
    engine
}

/// Runs each of `requests` in a turn of its own; how long the slowest took.
fn slowest(engine: &Engine, requests: impl Iterator<Item = Requests>) -> Duration {
    let mut session = Session::new(Arc::new(Client::detached()), true);
    let mut reply = Reply::default();
    let mut slowest = Duration::ZERO;
    for request in requests {
        let started = Instant::now();
        let mut turn = engine.turn(&mut session);
        turn.execute(request.get(0), &mut reply);
        turn.end(None);
        slowest = slowest.max(started.elapsed());
        reply.output().clear();
    }
    slowest
}

/// A pipeline as it arrives, parsed, run and answered; with the log, but not the wait for
/// it. The keys are 100,000, in an order that no cache foresees.
fn pipeline(criterion: &mut Criterion) {
    let directory = std::env::temp_dir().join(format!("threadbare-pipe-{}", std::process::id()));
    fs::create_dir_all(&directory).unwrap();
    let engine = engine(&directory);
    let mut session = Session::new(Arc::new(Client::detached()), true);
    let mut group = criterion.benchmark_group(format!("engine/pipeline_{PIPELINE}"));
    group.throughput(Throughput::Elements(PIPELINE as u64));
    for command in ["SET", "GET"] {
        let value = ["$16\r\n0123456789abcdef\r\n", ""][usize::from(command == "GET")];
        let arguments = [3, 2][usize::from(command == "GET")];
        let batches: Vec<String> = (0..PIPELINED_KEYS / PIPELINE)
            .map(|batch| {
                let key = |index| (batch * PIPELINE + index) * 7919 % PIPELINED_KEYS;
                let request = |index| {
                    let key = key(index);
                    format!("*{arguments}\r\n$3\r\n{command}\r\n$16\r\nkey:{key:012}\r\n{value}")
                };
                (0..PIPELINE).map(request).collect()
            })
            .collect();
        let mut requests = Requests::default();
        let mut reply = Reply::default();
        let mut batches = batches.iter().cycle();
        group.bench_function(command, |bencher| {
            bencher.iter(|| {
                requests.clear();
                requests.receive(batches.next().unwrap().as_bytes());
                requests.parse(session.limits()).unwrap();
                engine.run(&requests, 0, &mut session, &mut reply, |reply| {
                    let output = reply.take();
                    Answer {
                        cost: output.len(),
                        give: Box::new(move || drop(output)),
                    }
                });
                reply.output().clear();
            });
        });
    }
    group.finish();
    engine.log().unwrap().stop();
    fs::remove_dir_all(&directory).unwrap();
}

pub(crate) fn benches(criterion: &mut Criterion) {
    pipeline(criterion);
    slowest_set(criterion);
}

fn slowest_set(criterion: &mut Criterion) {
    let directory = std::env::temp_dir().join(format!("threadbare-engine-{}", std::process::id()));
    let set = |key| Requests::from_list(&["SET", &format!("key:{key:012}"), "0123456789abcdef"]);
    let mut group = criterion.benchmark_group("engine");
    group.sample_size(10);
    // Not the time of all of them, but of the one that took longest.
    group.bench_function(format!("slowest_set_of/{KEYS}"), |bencher| {
        bencher.iter_custom(|rounds| {
            let round = |_| {
                fs::create_dir_all(&directory).unwrap();
                let engine = engine(&directory);
                let time = slowest(&engine, (0..KEYS).map(set));
                engine.log().unwrap().stop();
                fs::remove_dir_all(&directory).unwrap();
                time
            };
            (0..rounds).map(round).sum()
        });
    });
    group.finish();
}
