use std::collections::HashSet;
use std::thread;

use crate::support::{Reply, TestServer};

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
                    let key = if number % 2 == 0 { "a" } else { "b" };
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
