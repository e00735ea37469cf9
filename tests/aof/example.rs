//! An example of an append-only file, and its content at each record.

use std::path::Path;
use std::sync::{Arc, mpsc};

use threadbare::aof::checksum_line;
use threadbare::client::Client;
use threadbare::client::session::Session;
use threadbare::engine::Engine;
use threadbare::logger::Logger;
use threadbare::rdb::crc64;
use threadbare::resp::args::Requests;
use threadbare::resp::reply::Reply;
use threadbare::state::ServerState;
use threadbare::{Config, Level};

use crate::support::encode;

/// How often the example repeats its commands.
pub(super) const ROUNDS: usize = 9;

/// An engine without a file.
pub(super) fn engine() -> Engine {
    let logger = Arc::new(Logger::open(Path::new(""), Level::Nothing).unwrap());
    let state = ServerState::new(Config::default(), logger, mpsc::channel().0);
    Engine::new(Arc::new(state))
}

/// Sends requests to an engine, as a client does.
struct Asker<'a> {
    engine: &'a Engine,
    session: Session,
    reply: Reply,
}

impl<'a> Asker<'a> {
    fn new(engine: &'a Engine) -> Asker<'a> {
        Asker {
            engine,
            session: Session::new(Arc::new(Client::detached()), Arc::default()),
            reply: Reply::default(),
        }
    }

    fn ask(&mut self, words: &[&str]) -> Vec<u8> {
        let request = Requests::from_list(words);
        let mut turn = self.engine.turn(&mut self.session);
        turn.execute(request.get(0), &mut self.reply);
        turn.end();
        let mut bytes = Vec::new();
        self.reply.take().write_all(&mut bytes).unwrap();
        bytes
    }
}

/// Everything that a client can ask about the data that `example` leaves.
pub(super) fn content(engine: &Engine) -> Vec<u8> {
    let mut asker = Asker::new(engine);
    let mut content = Vec::new();
    for database in ["0", "1"] {
        asker.ask(&["SELECT", database]);
        content.extend(asker.ask(&["DBSIZE"]));
        for key in ["a", "b", "c", "d"] {
            content.extend(asker.ask(&["GET", key]));
        }
        for field in ["f", "g"] {
            content.extend(asker.ask(&["HGET", "hash b", field]));
        }
        content.extend(asker.ask(&["LRANGE", "list", "0", "-1"]));
        content.extend(asker.ask(&["SMEMBERS", "set"]));
        content.extend(asker.ask(&["ZRANGE", "zset", "0", "-1", "WITHSCORES"]));
        for round in 0..ROUNDS {
            content.extend(asker.ask(&["HGET", "hash a", &round.to_string()]));
        }
    }
    content
}

/// A file, and its content after each record or transaction.
pub(super) struct Example {
    pub(super) bytes: Vec<u8>,
    pub(super) steps: Vec<(usize, Vec<u8>)>,
    /// Where each piece begins: the records of one write.
    pub(super) pieces: Vec<usize>,
}

impl Example {
    pub(super) fn content_at(&self, offset: usize) -> Option<&Vec<u8>> {
        let step = self.steps.iter().rfind(|step| step.0 <= offset);
        step.map(|step| &step.1)
    }

    pub(super) fn full(&self) -> &Vec<u8> {
        &self.steps.last().unwrap().1
    }
}

/// More than 4 KB of records and transactions, in pieces with checksums if wanted.
pub(super) fn example(has_checksums: bool) -> Example {
    let engine = engine();
    let mut asker = Asker::new(&engine);
    let mut bytes = Vec::new();
    let mut steps = vec![(0, content(&engine))];
    let mut pieces = Vec::new();
    if has_checksums {
        bytes.extend(checksum_line(0, 0).bytes());
        steps.push((bytes.len(), content(&engine)));
    }
    for round in 0..ROUNDS {
        let begin = bytes.len();
        pieces.push(begin);
        let number = round.to_string();
        let database = (round % 2).to_string();
        let long = number.repeat(20 + round);
        let units: [&[&[&str]]; 12] = [
            &[&["SELECT", &database]],
            &[&["SET", "a", &number]],
            &[
                &["MULTI"],
                &["SET", "b", &number],
                &["HSET", "hash b", "f", &number, "g", "\r\n*1\r\n"],
                &["SET", "c", &long],
                &["EXEC"],
            ],
            &[&["HSET", "hash a", &number, "v"]],
            &[&["RPUSH", "list", &number, "\r\n"]],
            &[&["LMOVE", "list", "list", "LEFT", "RIGHT"]],
            &[&["SADD", "set", &number, "-1"]],
            &[&["SREM", "set", "-1"]],
            &[&["LPOP", "list", "1"]],
            &[&["ZADD", "zset", &number, "a", "0.5", &number]],
            &[&["ZINCRBY", "zset", "-1", "a"]],
            &[&["SET", "d", "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\nx\r"]],
        ];
        for unit in units {
            for command in unit {
                asker.ask(command);
                bytes.extend(encode(command));
            }
            steps.push((bytes.len(), content(&engine)));
        }
        if has_checksums {
            let crc = crc64(0, &bytes[begin..]);
            bytes.extend(checksum_line((bytes.len() - begin) as u64, crc).bytes());
            steps.push((bytes.len(), content(&engine)));
        }
    }
    assert!(bytes.len() > 4096, "{}", bytes.len());
    Example {
        bytes,
        steps,
        pieces,
    }
}
