//! The engine: a request from its argument list to its reply, with the log attached.

use std::fs;
use std::path::Path;
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use criterion::Criterion;
use threadbare::aof::{AppendOnlyFile, Log};
use threadbare::execute::Engine;
use threadbare::instance::Instance;
use threadbare::logger::Logger;
use threadbare::registry::Client;
use threadbare::resp::args::Requests;
use threadbare::resp::reply::Reply;
use threadbare::session::Session;
use threadbare::{Config, Level};

const KEYS: usize = 1_000_000;

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
        reply.output().clear(usize::MAX);
    }
    slowest
}

pub(crate) fn benches(criterion: &mut Criterion) {
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
