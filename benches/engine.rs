//! The engine: a request from its argument list to its reply, with the log attached.

use std::fs;
use std::path::Path;
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput};
use threadbare::aof::AppendOnlyFile;
use threadbare::client::Client;
use threadbare::client::session::Session;
use threadbare::engine::Engine;
use threadbare::logger::Logger;
use threadbare::resp::args::Requests;
use threadbare::resp::reply::Reply;
use threadbare::state::ServerState;
use threadbare::{Config, Level};

const KEYS: usize = 5_000_000;
const TURN_KEYS: usize = 100_000;

fn engine() -> Engine {
    let logger = Arc::new(Logger::open(Path::new(""), Level::Nothing).unwrap());
    let state = ServerState::new(Config::default(), logger, mpsc::channel().0);
    Engine::new(Arc::new(state))
}

fn engine_with_log(directory: &Path) -> Engine {
    let engine = engine();
    let path = directory.join("appendonly.aof");
    let file = AppendOnlyFile::open(&path).unwrap();
    engine.start_log(Some(file)).unwrap();
    engine
}

/// Runs each of `requests` in its own turn; returns the time of the slowest.
fn slowest(engine: &Engine, requests: impl Iterator<Item = Requests>) -> Duration {
    let mut session = Session::new(Arc::new(Client::detached()), Arc::default());
    let mut reply = Reply::default();
    let mut slowest = Duration::ZERO;
    for request in requests {
        let started = Instant::now();
        let mut turn = engine.turn(&mut session);
        turn.execute(request.get(0), &mut reply);
        turn.end();
        slowest = slowest.max(started.elapsed());
        reply.output().clear();
    }
    slowest
}

/// Returns batches of `count` requests, as they arrive. Their 100,000 keys come in an order that
/// no cache predicts.
fn batches(command: &str, count: usize) -> Vec<String> {
    let request = |number: usize| {
        let key = number * 7919 % TURN_KEYS;
        match command {
            "GET" => format!("*2\r\n$3\r\nGET\r\n$16\r\nkey:{key:012}\r\n"),
            _ => format!("*3\r\n$3\r\nSET\r\n$16\r\nkey:{key:012}\r\n$16\r\n0123456789abcdef\r\n"),
        }
    };
    (0..TURN_KEYS / count)
        .map(|batch| (batch * count..(batch + 1) * count).map(request).collect())
        .collect()
}

/// Times a turn: parses, runs and records a batch, and builds its replies. It does not wait for
/// the commit.
fn turns(criterion: &mut Criterion) {
    let directory = std::env::temp_dir().join(format!("threadbare-turn-{}", std::process::id()));
    fs::create_dir_all(&directory).unwrap();
    let engine = engine_with_log(&directory);
    let mut session = Session::new(Arc::new(Client::detached()), Arc::default());
    let mut requests = Requests::default();
    let mut reply = Reply::default();
    let mut group = criterion.benchmark_group("engine");
    for (command, count) in [
        ("SET", 1),
        ("SET", 16),
        ("SET", 100),
        ("GET", 1),
        ("GET", 16),
        ("GET", 100),
    ] {
        let batches = batches(command, count);
        let mut batches = batches.iter().cycle();
        group.throughput(Throughput::Elements(count as u64));
        group.bench_function(format!("turn_of/{count}_{command}"), |bencher| {
            bencher.iter(|| {
                requests.clear();
                requests.receive(batches.next().unwrap().as_bytes());
                requests.parse(session.limits()).unwrap();
                let done = engine.run(&requests, 0, &mut session, &mut reply);
                let output = reply.take();
                if let (Some(ticket), Some(log)) = (done.ticket, engine.attached_log()) {
                    log.commit().queue(Some(ticket), move || drop(output));
                }
            });
        });
    }
    group.finish();
    let log = engine.attached_log().unwrap();
    log.stop(Duration::from_secs(10)).unwrap();
    fs::remove_dir_all(&directory).unwrap();
}

pub(crate) fn benches(criterion: &mut Criterion) {
    turns(criterion);
    slowest_set(criterion);
}

/// Times the slowest SET, without a log. With one, a slow disk would block writers, and its time
/// is not the server's.
fn slowest_set(criterion: &mut Criterion) {
    let set = |key| Requests::from_list(&["SET", &format!("key:{key:012}"), "0123456789abcdef"]);
    let is_quick = std::env::var_os("QUICK").is_some_and(|quick| !quick.is_empty());
    let keys = if is_quick { KEYS / 10 } else { KEYS };
    let mut group = criterion.benchmark_group("engine");
    group.sample_size(10);
    // The sum is of the slowest requests only: one per round.
    group.bench_function(format!("slowest_set_of/{keys}"), |bencher| {
        bencher.iter_custom(|rounds| {
            (0..rounds)
                .map(|_| slowest(&engine(), (0..keys).map(set)))
                .sum()
        });
    });
    group.finish();
}
