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

/// The commands of a turn, which take turns. `{}` stands for a number of twelve digits.
type Commands = &'static [&'static str];

const SET: Commands = &["SET key:{} 0123456789abcdef"];
const GET: Commands = &["GET key:{}"];
const QUEUE: Commands = &["RPUSH list element:{}", "LPOP list"];
const ADD: Commands = &["SADD set member:{}"];
const IS_MEMBER: Commands = &["SISMEMBER set member:{}"];

/// Returns batches of `count` requests, as they arrive. Their 100,000 numbers come in an order
/// that no cache predicts.
fn batches(commands: Commands, count: usize) -> Vec<String> {
    let request = |turn: usize| {
        let number = format!("{:012}", turn * 7919 % TURN_KEYS);
        encoded(&commands[turn % commands.len()].replace("{}", &number))
    };
    (0..TURN_KEYS / count)
        .map(|batch| (batch * count..(batch + 1) * count).map(request).collect())
        .collect()
}

fn encoded(command: &str) -> String {
    let words: Vec<&str> = command.split(' ').collect();
    let bulk = |word: &&str| format!("${}\r\n{word}\r\n", word.len());
    format!("*{}\r\n", words.len()) + &words.iter().map(bulk).collect::<String>()
}

/// An engine and its only client.
struct Turns {
    engine: Engine,
    session: Session,
    requests: Requests,
    reply: Reply,
}

impl Turns {
    /// Parses, runs and records a batch, and builds its replies. Does not wait for the commit.
    fn take(&mut self, batch: &str) {
        self.requests.clear();
        self.requests.receive(batch.as_bytes());
        self.requests.parse(self.session.limits()).unwrap();
        let done = self
            .engine
            .run(&self.requests, 0, &mut self.session, &mut self.reply);
        let output = self.reply.take();
        if let (Some(ticket), Some(log)) = (done.ticket, self.engine.attached_log()) {
            log.commit().queue(Some(ticket), move || drop(output));
        }
    }
}

fn turns(criterion: &mut Criterion) {
    let directory = std::env::temp_dir().join(format!("threadbare-turn-{}", std::process::id()));
    fs::create_dir_all(&directory).unwrap();
    let mut turns = Turns {
        engine: engine_with_log(&directory),
        session: Session::new(Arc::new(Client::detached()), Arc::default()),
        requests: Requests::default(),
        reply: Reply::default(),
    };
    // The benchmark of SISMEMBER finds its members, also if it runs alone.
    batches(ADD, 100).iter().for_each(|batch| turns.take(batch));
    let mut group = criterion.benchmark_group("engine");
    for (name, commands, count) in [
        ("SET", SET, 1),
        ("SET", SET, 16),
        ("SET", SET, 100),
        ("GET", GET, 1),
        ("GET", GET, 16),
        ("GET", GET, 100),
        ("RPUSH_LPOP", QUEUE, 16),
        ("SADD", ADD, 16),
        ("SISMEMBER", IS_MEMBER, 16),
    ] {
        let batches = batches(commands, count);
        let mut batches = batches.iter().cycle();
        group.throughput(Throughput::Elements(count as u64));
        group.bench_function(format!("turn_of/{count}_{name}"), |bencher| {
            bencher.iter(|| turns.take(batches.next().unwrap()));
        });
    }
    group.finish();
    let log = turns.engine.attached_log().unwrap();
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
