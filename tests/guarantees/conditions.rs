//! Conditional writes by many clients at once: limiters, stocks, locks and optimistic changes are exact.

use std::thread;

use crate::support::{Client, Reply, TestServer};

const CLIENTS: usize = 8;
const ROUNDS: usize = 100;

/// Runs `work` in several clients at once, with the number of each. Returns the results.
fn together<T: Send>(server: &TestServer, work: impl Fn(&mut Client, usize) -> T + Sync) -> Vec<T> {
    let work = &work;
    thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|number| {
                let mut client = server.connect();
                scope.spawn(move || work(&mut client, number))
            })
            .collect();
        let results = clients.into_iter().map(|client| client.join());
        results
            .collect::<Result<_, _>>()
            .expect("a client's thread")
    })
}

/// The number at the key, and what the request has added.
fn increx(client: &mut Client, line: &str) -> (i64, i64) {
    let reply = client.ask_line(line);
    match reply.array() {
        [value, applied] => (value.integer(), applied.integer()),
        _ => panic!("two numbers were expected, not {reply:?}"),
    }
}

#[test]
fn a_limiter_lets_exactly_its_number_of_calls_through() {
    let server = TestServer::start();
    let most = CLIENTS * ROUNDS / 3;
    let line = format!("INCREX calls UBOUND {most} EX 1000 ENX");
    let let_through = together(&server, |client, _| {
        let calls = (0..ROUNDS).map(|_| increx(client, &line));
        let let_through = calls.filter(|(_, applied)| *applied == 1);
        let_through.map(|(value, _)| value).collect::<Vec<_>>()
    });
    let mut numbers = let_through.concat();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=most as i64).collect::<Vec<_>>());
    // The log holds the same, refused calls included.
    let server = server.restart();
    assert_eq!(increx(&mut server.connect(), &line), (most as i64, 0));
}

#[test]
fn a_stock_is_given_out_once() {
    let server = TestServer::start();
    server
        .connect()
        .expect_exchanges(&[("SET stock 1000", "+OK\r\n")]);
    let taken = together(&server, |client, number| {
        let line = format!("INCREX stock BYINT -{} LBOUND 0 SATURATE", number + 1);
        (0..ROUNDS).map(|_| increx(client, &line).1).sum::<i64>()
    });
    assert_eq!(taken.iter().sum::<i64>(), -1000);
    server
        .connect()
        .expect_exchanges(&[("GET stock", "$1\r\n0\r\n")]);
}

#[test]
fn a_lock_has_one_holder() {
    let server = TestServer::start();
    server
        .connect()
        .expect_exchanges(&[("SET counter 0", "+OK\r\n")]);
    together(&server, |client, number| {
        let token = number.to_string();
        for _ in 0..ROUNDS / 4 {
            while client.ask(&["SET", "lock", &token, "NX", "PX", "100000"]) == Reply::Null {
                thread::yield_now();
            }
            // Two clients that do this at once would lose a step.
            let count: i64 = client
                .ask(&["GET", "counter"])
                .text()
                .parse()
                .expect("a number");
            client.ask(&["SET", "counter", &(count + 1).to_string()]);
            assert_eq!(client.ask(&["DELEX", "lock", "IFEQ", &token]).integer(), 1);
        }
    });
    let count = server.connect().ask(&["GET", "counter"]).text();
    assert_eq!(count, (CLIENTS * (ROUNDS / 4)).to_string());
}

#[test]
fn an_optimistic_change_loses_no_other() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[("SET k 0", "+OK\r\n")]);
    together(&server, |client, number| {
        for _ in 0..ROUNDS / 4 {
            loop {
                let old = client.ask(&["GET", "k"]).text();
                let digest = client.ask(&["DIGEST", "k"]).text();
                let new = (old.parse::<i64>().expect("a number") + 1).to_string();
                // The digest is that of the value, unless another client came in between.
                let condition = match number % 2 {
                    0 => ["IFEQ", &old],
                    _ if client.ask(&["GET", "k"]).text() == old => ["IFDEQ", &digest],
                    _ => continue,
                };
                if client.ask(&["SET", "k", &new, condition[0], condition[1]]) != Reply::Null {
                    break;
                }
            }
        }
    });
    let count = server.connect().ask(&["GET", "k"]).text();
    assert_eq!(count, (CLIENTS * (ROUNDS / 4)).to_string());
}

#[test]
fn msetex_sets_all_keys_or_none() {
    let server = TestServer::start();
    let won = together(&server, |client, number| {
        let mut won = 0;
        for round in 0..ROUNDS {
            let (a, b) = (format!("a{round}"), format!("b{round}"));
            let value = number.to_string();
            let reply = client.ask(&["MSETEX", "2", &a, &value, &b, &value, "NX", "EX", "1000"]);
            won += reply.integer();
            let values = client.ask(&["MGET", &a, &b]).texts();
            assert_eq!(values[0], values[1]);
        }
        won
    });
    assert_eq!(won.iter().sum::<i64>(), ROUNDS as i64);
}
