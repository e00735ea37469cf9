//! Sorted sets as priority queues and counters: a member is delivered once, and each increment counts
//! once.

use std::collections::HashSet;
use std::io;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use crate::support::{Client, Process, Random, Reply, TempDir, TestServer, wait_for};

const CLIENTS: usize = 50;
const EACH: u64 = 100;
/// Comes after all other members.
const STOP: &str = "stop";

/// Sends a request, unless the server is gone.
fn ask(client: &mut Client, request: &[&str]) -> io::Result<Reply> {
    client.try_send(crate::support::encode(request))?;
    client.try_reply()
}

fn member(producer: usize, number: u64) -> String {
    format!("{producer}:{number}")
}

/// Takes members until it is told to stop.
fn consume(mut client: Client) -> Vec<String> {
    let mut taken = Vec::new();
    loop {
        let reply = client.ask(&["BZPOPMIN", "none", "queue", "0"]).texts();
        assert_eq!(reply[0], "queue");
        if reply[1] == STOP {
            return taken;
        }
        taken.push(reply[1].clone());
    }
}

#[test]
fn waiting_consumers_get_each_member_once() {
    let server = TestServer::start();
    let taken = thread::scope(|scope| {
        let consumers = (0..CLIENTS).map(|_| {
            let client = server.connect();
            scope.spawn(move || consume(client))
        });
        let consumers: Vec<_> = consumers.collect();
        let mut control = server.connect();
        wait_for("all consumers to wait", || {
            (control.info_number("blocked_clients") == CLIENTS as u64).then_some(())
        });
        let producers = (0..CLIENTS).map(|producer| {
            let mut client = server.connect();
            scope.spawn(move || {
                let mut random = Random::new(producer as u64);
                for number in 0..EACH {
                    let score = random.next(10).to_string();
                    client.ask(&["ZADD", "queue", &score, &member(producer, number)]);
                }
            })
        });
        let producers: Vec<_> = producers.collect();
        for producer in producers {
            producer.join().unwrap();
        }
        // The highest score: all other members are delivered before. A member comes once only.
        for _ in 0..CLIENTS {
            control.ask(&["ZADD", "queue", "inf", STOP]);
            wait_for("a consumer to stop", || {
                (control.ask(&["EXISTS", "queue"]).integer() == 0).then_some(())
            });
        }
        let taken = consumers
            .into_iter()
            .map(|consumer| consumer.join().unwrap());
        taken.collect::<Vec<_>>().concat()
    });
    let distinct: HashSet<_> = taken.iter().collect();
    assert_eq!(distinct.len(), taken.len(), "a member was delivered twice");
    assert_eq!(taken.len() as u64, CLIENTS as u64 * EACH);
    let server = server.restart();
    assert_eq!(server.connect().ask(&["DBSIZE"]).integer(), 0);
}

/// What the clients know of a life of the server.
#[derive(Default)]
struct Known {
    next: AtomicU64,
    added: Mutex<Vec<String>>,
    popped: Mutex<Vec<String>>,
    /// Increments that were sent, and acknowledged ones.
    sent: AtomicU64,
    counted: AtomicU64,
}

impl Known {
    /// Adds, pops and counts until the server is gone.
    fn work(&self, address: SocketAddr, kind: usize) -> io::Result<()> {
        let mut client = Client::try_connect(address)?;
        loop {
            match kind % 3 {
                0 => {
                    let number = self.next.fetch_add(1, Ordering::Relaxed);
                    let (score, name) = ((number * 7 % 10).to_string(), number.to_string());
                    let reply = ask(&mut client, &["ZADD", "queue", &score, &name])?;
                    assert_eq!(reply, Reply::Integer(1));
                    self.added.lock().unwrap().push(name);
                }
                1 => {
                    let popped = ask(&mut client, &["ZPOPMIN", "queue"])?.texts();
                    self.popped
                        .lock()
                        .unwrap()
                        .extend(popped.into_iter().take(1));
                }
                _ => {
                    self.sent.fetch_add(1, Ordering::Relaxed);
                    ask(&mut client, &["ZINCRBY", "counts", "1", "visits"])?;
                    self.counted.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
    }

    /// Checks what the restarted server has. A kill can lose a reply of each client that pops.
    fn check(&self, client: &mut Client, poppers: usize) {
        let left = client.ask(&["ZRANGE", "queue", "0", "-1"]).texts();
        let popped = self.popped.lock().unwrap();
        let mut found: HashSet<&String> = popped.iter().collect();
        assert_eq!(found.len(), popped.len(), "a member was delivered twice");
        for name in &left {
            assert!(
                found.insert(name),
                "{name} was delivered, and is there again"
            );
        }
        let added = self.added.lock().unwrap();
        let lost = added.iter().filter(|name| !found.contains(name)).count();
        assert!(lost <= poppers, "{lost} of {} are lost", added.len());
        let visits = client.ask(&["ZSCORE", "counts", "visits"]).text();
        let visits: u64 = visits.parse().unwrap();
        let known = self.counted.load(Ordering::Relaxed)..=self.sent.load(Ordering::Relaxed);
        assert!(known.contains(&visits), "{visits} of {known:?}");
    }
}

#[test]
fn no_kill_loses_or_doubles_a_member_or_an_increment() {
    const WORKERS: usize = 12;
    const ENOUGH: u64 = 300;
    for _ in 0..3 {
        let directory = TempDir::new();
        let server = Process::start(&directory, &[]);
        let (address, known) = (server.address(), Known::default());
        thread::scope(|scope| {
            for kind in 0..WORKERS {
                let known = &known;
                scope.spawn(move || known.work(address, kind).is_err());
            }
            wait_for("members and increments", || {
                let popped = known.popped.lock().unwrap().len() as u64;
                let counted = known.counted.load(Ordering::Relaxed);
                (popped.min(counted) >= ENOUGH).then_some(())
            });
            server.kill();
        });
        let server = Process::start(&directory, &[]);
        let mut client = Client::connect(server.address());
        known.check(&mut client, WORKERS / 3);
    }
}
