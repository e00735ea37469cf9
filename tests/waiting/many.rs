use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::support::{Client, Reply, TestServer};

const EACH: usize = 400;
const PAIRS: usize = 50;

/// 50 producers and 50 consumers: each element is delivered once, to one consumer.
#[test]
fn every_element_is_delivered_exactly_once() {
    let server = TestServer::start();
    let found = thread::scope(|scope| {
        let consumers: Vec<_> = (0..PAIRS)
            .map(|number| {
                let mut client = server.connect();
                let line = match number % 3 {
                    0 => "BLPOP a b 0",
                    1 => "BRPOP b a 0",
                    _ => "BLMPOP 0 2 a b LEFT",
                };
                scope.spawn(move || {
                    (0..EACH)
                        .map(|_| match &client.ask_line(line).array()[1] {
                            Reply::Array(popped) => popped[0].text(),
                            element => element.text(),
                        })
                        .collect::<Vec<String>>()
                })
            })
            .collect();
        for producer in 0..PAIRS {
            let mut client = server.connect();
            scope.spawn(move || {
                for number in 0..EACH {
                    let key = if number.is_multiple_of(2) { "a" } else { "b" };
                    client.ask(&["LPUSH", key, &format!("{producer}-{number}")]);
                }
            });
        }
        let found = consumers.into_iter().map(|it| it.join().expect("elements"));
        found.collect::<Vec<_>>()
    });
    let elements: Vec<String> = found.into_iter().flatten().collect();
    assert_eq!(elements.len(), PAIRS * EACH);
    assert_eq!(elements.iter().collect::<HashSet<_>>().len(), PAIRS * EACH);
    server
        .connect()
        .expect_exchanges(&[("EXISTS a b", ":0\r\n")]);
    let server = server.restart();
    server.connect().expect_exchanges(&[("DBSIZE", ":0\r\n")]);
}

/// Timeouts, CLIENT UNBLOCK and requests behind the waiting one race with the hand-over. No element
/// is lost or delivered twice.
#[test]
fn a_wait_that_ends_otherwise_takes_no_element() {
    const PUSHED: usize = 3_000;
    let server = TestServer::start();
    let is_over = AtomicBool::new(false);
    let mut consumers: Vec<Client> = (0..12).map(|_| server.connect()).collect();
    let ids: Vec<i64> = consumers
        .iter_mut()
        .map(|client| client.ask_line("CLIENT ID").integer())
        .collect();
    let mut elements = thread::scope(|scope| {
        let consumers: Vec<_> = consumers
            .into_iter()
            .enumerate()
            .map(|(number, client)| {
                let is_over = &is_over;
                scope.spawn(move || consume(client, number, is_over))
            })
            .collect();
        let mut unblocker = server.connect();
        let (is_over, ids) = (&is_over, &ids);
        scope.spawn(move || {
            for id in ids.iter().cycle() {
                unblocker.ask(&["CLIENT", "UNBLOCK", &id.to_string(), "ERROR"]);
                if is_over.load(Ordering::Relaxed) {
                    return;
                }
            }
        });
        let mut producer = server.connect();
        for number in 0..PUSHED {
            producer.ask(&["RPUSH", "l", &number.to_string()]);
        }
        is_over.store(true, Ordering::Relaxed);
        let found = consumers.into_iter().map(|it| it.join().expect("elements"));
        found.flatten().collect::<Vec<String>>()
    });
    elements.extend(server.connect().ask_line("LRANGE l 0 -1").texts());
    assert_eq!(elements.len(), PUSHED);
    assert_eq!(elements.iter().collect::<HashSet<_>>().len(), PUSHED);
}

/// Waits again and again, with another request behind. Returns the elements.
fn consume(mut client: Client, number: usize, is_over: &AtomicBool) -> Vec<String> {
    let mut elements = Vec::new();
    while !is_over.load(Ordering::Relaxed) {
        client.send_line(
            [
                "BLPOP l 0.001",
                "BLMOVE l l LEFT RIGHT 0.002",
                "BRPOP l 0.003",
            ][number % 3],
        );
        if number.is_multiple_of(2) {
            client.send("PING\r\n");
        }
        if let Reply::Array(answer) = client.reply() {
            elements.push(answer[1].text());
        }
        if number.is_multiple_of(2) {
            client.expect("+PONG\r\n");
        }
    }
    elements
}
