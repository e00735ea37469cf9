//! Histories of the server: eight clients on a few keys of each type, without and with a kill.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

use super::checker::{Call, is_linearizable};
use super::model::Operation;
use crate::support::{Client, Process, Random, TempDir, TestServer, encode, seed, wait_for};

const CLIENTS: u64 = 8;
/// Strings, lists, sets and sorted sets by turns.
const KEYS: u64 = 12;
const TYPES: u64 = 4;
const MOST_PIPELINED: u64 = 2;

/// A call and the number of its key.
type KeyedCall = (u64, Call);

/// The state that all clients share.
struct Talk {
    address: SocketAddr,
    clock: Instant,
    /// The number of answered calls.
    answered: AtomicU64,
}

impl Talk {
    fn with(address: SocketAddr, clock: Instant) -> Talk {
        Talk {
            address,
            clock,
            answered: AtomicU64::new(0),
        }
    }

    fn now(&self) -> u64 {
        self.clock.elapsed().as_nanos() as u64
    }

    /// Runs all clients while `look_on` runs, and returns all their calls.
    fn record(&self, seed: u64, pipelines: u64, look_on: impl FnOnce()) -> Vec<KeyedCall> {
        thread::scope(|scope| {
            let clients = (0..CLIENTS).map(|client| {
                let random = Random::new(seed.wrapping_add(client));
                scope.spawn(move || self.talk(random, pipelines))
            });
            let clients: Vec<_> = clients.collect();
            look_on();
            let calls = clients.into_iter().map(|client| client.join().unwrap());
            calls.collect::<Vec<_>>().concat()
        })
    }

    /// Sends this many pipelines, fewer if the server ends, and returns the calls.
    fn talk(&self, mut random: Random, pipelines: u64) -> Vec<KeyedCall> {
        let mut calls = Vec::new();
        let Ok(mut client) = Client::try_connect(self.address) else {
            return calls;
        };
        for _ in 0..pipelines {
            let size = 1 + random.next(MOST_PIPELINED);
            let begin = calls.len();
            calls.extend((0..size).map(|_| {
                let key = random_key(&mut random);
                (key, self.begin(random_operation(&mut random, key % TYPES)))
            }));
            if self.exchange(&mut client, &mut calls[begin..]).is_err() {
                break;
            }
        }
        calls
    }

    /// A call that begins now.
    fn begin(&self, operation: Operation) -> Call {
        Call {
            operation,
            invoked: self.now(),
            returned: u64::MAX,
            reply: None,
        }
    }

    /// Sends all `calls` at once and fills in the replies as they arrive.
    fn exchange(&self, client: &mut Client, calls: &mut [KeyedCall]) -> io::Result<()> {
        let requests = calls.iter().map(|(key, call)| {
            let key = format!("key:{key}");
            encode(&call.operation.request(&key))
        });
        client.try_send(requests.collect::<Vec<_>>().concat())?;
        for (_, call) in calls {
            call.reply = Some(client.try_reply()?);
            call.returned = self.now();
            self.answered.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }
}

/// Every other call is for the first key of a type, which gets the most contention.
fn random_key(random: &mut Random) -> u64 {
    match random.next(2 * KEYS) {
        key if key < KEYS => key,
        other => other % TYPES,
    }
}

fn random_operation(random: &mut Random, kind: u64) -> Operation {
    // Numbers, so that INCR finds some. Hardly any number repeats.
    let value = random.next(1 << 40).to_string();
    let member = random.next(3).to_string();
    match (kind, random.next(10)) {
        (0, 0) => Operation::Set(value),
        (0, 1) => Operation::SetNx(value),
        (0, 2) => Operation::GetSet(value),
        (0, 3) => Operation::Append(format!(",{value}")),
        (0, 5 | 6) => Operation::Incr,
        (0, 7..) => Operation::Get,
        (1, 0..4) => Operation::LPush(value),
        (1, 4..8) => Operation::RPop,
        (1, 8) => Operation::LLen,
        (2, 0..3) => Operation::SAdd(member),
        (2, 3..6) => Operation::SRem(member),
        (2, 6..9) => Operation::SIsMember(member),
        (3, 0 | 1) => Operation::ZAdd(random.next(4).to_string(), member),
        (3, 2 | 3) => Operation::ZIncrBy("1".to_owned(), member),
        (3, 4) => Operation::ZScore(member),
        (3, 5) => Operation::ZRank(member),
        (3, 6 | 7) => Operation::ZPopMin,
        (3, 8) => Operation::ZCard,
        _ => Operation::Del,
    }
}

/// Checks each key alone.
#[track_caller]
fn expect_linearizable(history: &[KeyedCall]) {
    for key in 0..KEYS {
        let calls = history.iter().filter(|(of, _)| *of == key);
        let calls: Vec<Call> = calls.map(|(_, call)| call.clone()).collect();
        assert!(!calls.is_empty());
        assert!(is_linearizable(&calls), "key {key}: {calls:#?}");
    }
}

#[test]
fn the_histories_of_eight_clients_are_linearizable() {
    let server = TestServer::start();
    let talk = Talk::with(server.address(), Instant::now());
    let history = talk.record(seed(), 400, || {});
    assert!(history.iter().all(|(_, call)| call.reply.is_some()));
    expect_linearizable(&history);
}

/// An operation without a reply has taken effect or not. Acknowledged writes survive the restart. A
/// read may see a write that is not in the file yet and is lost later. So reads before the kill are
/// checked against the writes before it, and not against the data after it.
#[test]
fn writes_before_a_kill_are_linearizable_with_reads_after_it() {
    let directory = TempDir::new();
    let (seed, clock) = (seed(), Instant::now());
    let server = Process::start(&directory, &[]);
    let talk = Talk::with(server.address(), clock);
    let mut history = talk.record(seed, u64::MAX, || {
        let enough = || (talk.answered.load(Ordering::Relaxed) > 2000).then_some(());
        wait_for("answers", enough);
        server.kill();
    });
    // The process is gone: an operation that has not taken effect never will.
    let now = talk.now();
    let cut_off = history.iter_mut().filter(|(_, call)| call.reply.is_none());
    let cut_off = cut_off.map(|(_, call)| call.returned = now);
    assert!(cut_off.count() > 0, "nothing was cut off");
    expect_linearizable(&history);
    let only_read = |call: &Call| {
        let reply = call.reply.as_ref();
        reply.is_some_and(|reply| call.operation.only_read(reply))
    };
    history.retain(|(_, call)| !only_read(call));

    let server = Process::start(&directory, &[]);
    let talk = Talk::with(server.address(), clock);
    history.extend(talk.record(seed.wrapping_add(CLIENTS), 200, || {}));
    expect_linearizable(&history);
}
