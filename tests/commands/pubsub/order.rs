use std::thread;

use threadbare::config::Fsync;

use crate::support::{Client, Reply, TestServer};

const ROUNDS: usize = 200;

fn numbers(client: &mut Client, count: usize) -> Vec<String> {
    let message = |client: &mut Client| client.reply().array()[2].text();
    (0..count).map(|_| message(client)).collect()
}

#[test]
fn all_subscribers_get_the_messages_of_all_publishers_in_one_order() {
    const PUBLISHERS: usize = 4;
    let server = TestServer::start();
    let mut subscribers: Vec<Client> = (0..20).map(|_| server.connect()).collect();
    for client in &mut subscribers {
        client.ask_line("SUBSCRIBE c");
    }
    let publishers: Vec<_> = (0..PUBLISHERS)
        .map(|publisher| {
            let mut client = server.connect();
            thread::spawn(move || {
                for round in 0..ROUNDS {
                    client.ask_line(&format!("PUBLISH c {publisher}-{round}"));
                }
            })
        })
        .collect();
    for publisher in publishers {
        publisher.join().unwrap();
    }
    let first = numbers(&mut subscribers[0], PUBLISHERS * ROUNDS);
    for publisher in 0..PUBLISHERS {
        let prefix = format!("{publisher}-");
        let own = first.iter().filter_map(|it| it.strip_prefix(&prefix));
        assert!(own.eq((0..ROUNDS).map(|round| round.to_string())));
    }
    for client in &mut subscribers[1..] {
        assert_eq!(numbers(client, PUBLISHERS * ROUNDS), first);
    }
}

/// Publishes to `c` until `client` is done.
fn under_publishing(server: &TestServer, client: impl FnOnce()) {
    thread::scope(|scope| {
        let mut publisher = server.connect();
        let (stop, stopped) = std::sync::mpsc::channel::<()>();
        scope.spawn(move || {
            let is_on = |result| result == Err(std::sync::mpsc::TryRecvError::Empty);
            while is_on(stopped.try_recv()) {
                publisher.send("PUBLISH c m\r\n".repeat(20));
                (0..20).for_each(|_| drop(publisher.reply()));
            }
        });
        client();
        drop(stop);
    });
}

fn kind(reply: &Reply) -> String {
    reply.array()[0].text()
}

#[test]
fn messages_come_after_the_subscription_and_before_its_end() {
    let server = TestServer::start();
    under_publishing(&server, || {
        let mut client = server.connect();
        for _ in 0..ROUNDS {
            // Both in one turn, and each alone.
            client.send_line("SUBSCRIBE c");
            client.send_line("UNSUBSCRIBE c");
            client.send_line("SUBSCRIBE c");
            let mut is_subscribed = false;
            for expected in ["subscribe", "unsubscribe", "subscribe"] {
                loop {
                    let kind = kind(&client.reply());
                    if kind == expected {
                        break;
                    }
                    assert!(is_subscribed && kind == "message", "{kind}");
                }
                is_subscribed = expected == "subscribe";
            }
            client.send_line("UNSUBSCRIBE c");
            while kind(&client.reply()) != "unsubscribe" {}
            client.expect_exchanges(&[("PING", "+PONG\r\n")]);
        }
    });
}

/// With this setting, replies to writes wait for the disk, and the next replies for them.
#[test]
fn a_confirmation_that_waits_for_the_log_is_not_overtaken() {
    let server = TestServer::start_with(|config| config.appendfsync = Fsync::Always);
    under_publishing(&server, || {
        let mut client = server.connect();
        for _ in 0..ROUNDS / 4 {
            client.send_line("SET k v");
            client.send_line("SUBSCRIBE c");
            client.expect("+OK\r\n");
            assert_eq!(kind(&client.reply()), "subscribe");
            assert_eq!(kind(&client.reply()), "message");
            client.send_line("UNSUBSCRIBE c");
            while kind(&client.reply()) != "unsubscribe" {}
        }
    });
}

#[test]
fn a_pipeline_of_messages_keeps_the_order_of_messages_and_subscriptions() {
    let server = TestServer::start();
    let (mut both, mut resp3) = (server.connect(), server.connect());
    both.ask_line("SUBSCRIBE news");
    both.ask_line("PSUBSCRIBE n*");
    resp3.ask_line("HELLO 3");
    resp3.ask_line("SUBSCRIBE news");
    let mut publisher = server.connect();
    publisher.send("PUBLISH news 1\r\nPUBLISH news 2\r\nPUBLISH nothing 3\r\nPUBLISH news 4\r\n");
    for receivers in [3, 3, 1, 3] {
        assert_eq!(publisher.reply().integer(), receivers);
    }
    let words = |client: &mut Client| client.reply().texts().join(" ");
    for (channel, payload) in [("news", 1), ("news", 2), ("nothing", 3), ("news", 4)] {
        if channel == "news" {
            let message = format!("message news {payload}");
            assert_eq!(words(&mut both), message);
            resp3.expect(format!(
                ">3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$1\r\n{payload}\r\n"
            ));
        }
        assert_eq!(words(&mut both), format!("pmessage n* {channel} {payload}"));
    }
}

#[test]
fn more_messages_than_a_round_sends_arrive_in_order() {
    const MESSAGES: usize = 20_000;
    let server = TestServer::start();
    // Few receivers, for which the publisher sends, and many.
    for subscribers in [1, 10] {
        let mut subscribers: Vec<Client> = (0..subscribers).map(|_| server.connect()).collect();
        for client in &mut subscribers {
            client.ask_line("SUBSCRIBE c");
        }
        let mut publisher = server.connect();
        publisher.ask_line("MULTI");
        for number in 0..MESSAGES {
            publisher.ask_line(&format!("PUBLISH c {number}"));
        }
        assert_eq!(publisher.ask_line("EXEC").array().len(), MESSAGES);
        for client in &mut subscribers {
            let expected = (0..MESSAGES).map(|number| number.to_string());
            assert!(numbers(client, MESSAGES).into_iter().eq(expected));
        }
    }
}
