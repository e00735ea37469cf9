//! What the page says about the threads and the lock.

use threadbare::config::Protected;

use super::browser::{lane, thread_of, wait_for_state};
use crate::support::{Client, Json, Page, TestServer};

fn start() -> (TestServer, Page) {
    Page::start(|config| config.enable_debug_command = Protected::Yes)
}

/// Sends a transaction that holds the lock for this number of seconds.
fn hold_lock(client: &mut Client, seconds: &str) {
    client.send(format!("MULTI\r\nSET k v\r\nDEBUG SLEEP {seconds}\r\nEXEC\r\n").as_bytes());
}

fn end_hold(client: &mut Client) {
    client.expect("+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n+OK\r\n+OK\r\n");
}

#[test]
fn a_client_sleeps_reads_and_waits_for_data() {
    let (server, mut page) = start();
    let mut client = server.connect();
    let name = thread_of(&mut client);
    wait_for_state(&mut page, &name, "sleeps");
    client.send(b"*2\r\n$4\r\nPI");
    wait_for_state(&mut page, &name, "reads");
    client.send(b"NG\r\n$1\r\nx\r\n");
    client.expect("$1\r\nx\r\n");
    wait_for_state(&mut page, &name, "sleeps");
    client.send(b"BLPOP list 0\r\n");
    page.until("the client in line", |sample| {
        let lane = lane(sample, &name)?;
        (lane.text("state") == "blocked" && lane.number("since_us") > 0).then(|| {
            assert_eq!(lane.text("command"), "blpop");
            assert_eq!(lane.text("kind"), "client");
            assert_eq!(format!("client-{}", lane.number("client")), name);
        })
    });
}

#[test]
fn the_lock_names_its_holder_and_its_waiters() {
    let (server, mut page) = start();
    let (mut holder, mut reader, mut writer) =
        (server.connect(), server.connect(), server.connect());
    let names = [&mut holder, &mut reader, &mut writer].map(thread_of);
    let before = page.sample();
    hold_lock(&mut holder, "4");
    wait_for_state(&mut page, &names[0], "holds-alone");
    reader.send(b"GET k\r\n");
    writer.send(b"SET other w\r\n");
    page.until("two waiters", |sample| {
        // The sweeper may wait, too.
        let waiters = sample.items("lock.waiters").iter();
        let wants = |name: &str| {
            let found = waiters.clone().find(|it| it.text("name") == name)?;
            Some(found.text("wants").to_owned())
        };
        let (first, second) = (wants(&names[1])?, wants(&names[2])?);
        assert_eq!([first.as_str(), &second], ["shared", "alone"]);
        assert!(sample.number("lock.waiting") >= 2);
        let [holder] = sample.items("lock.holders") else {
            panic!("one holder");
        };
        assert_eq!(holder.text("name"), names[0]);
        assert_eq!(holder.text("mode"), "alone");
        assert_eq!(holder.text("command"), "debug");
        Some(())
    });
    end_hold(&mut holder);
    reader.expect("$1\r\nv\r\n");
    writer.expect("+OK\r\n");
    page.until("the end of the hold", |sample| {
        if sample.number("lock.holding") > 0 || *sample.at("lock.longest") == Json::Null {
            return None;
        }
        let longest_us = sample.number("lock.longest.us");
        assert!(longest_us >= 4_000_000, "{longest_us}");
        assert_eq!(sample.text("lock.longest.name"), names[0]);
        assert_eq!(sample.text("lock.longest.command"), "debug");
        let grown = |path| sample.number(path) - before.number(path);
        // The time of EXEC and of its commands is the same time.
        assert!((longest_us..2 * longest_us).contains(&grown("lock.alone_us")));
        assert!(grown("lock.waited_us") > 0);
        Some(())
    });
}

#[test]
fn the_share_of_a_hold_grows_while_it_goes_on() {
    let (server, mut page) = start();
    let mut holder = server.connect();
    let before_us = page.sample().number("lock.alone_us");
    hold_lock(&mut holder, "3");
    page.until("a hold that goes on", |sample| {
        let is_held = sample.number("lock.holding") == 1;
        (is_held && sample.number("lock.alone_us") > before_us + 100_000).then_some(())
    });
    end_hold(&mut holder);
}

#[test]
fn many_clients_are_counted_by_their_states() {
    let (server, mut page) = start();
    let clients: Vec<Client> = (0..60)
        .map(|_| {
            let mut client = server.connect();
            client.expect_exchanges(&[("PING", "+PONG\r\n")]);
            client.send(b"BLPOP list 0\r\n");
            client
        })
        .collect();
    page.until("all clients in line", |sample| {
        let lanes = sample.items("threads").iter();
        let lanes = lanes.filter(|it| it.text("kind") == "client");
        let shown = lanes.filter(|it| it.text("state") == "blocked").count();
        assert!(shown <= 24, "{shown} lanes");
        let folded = sample.items("folded").iter();
        let folded: u64 = folded
            .filter(|it| it.text("state") == "blocked")
            .map(|it| it.number("count"))
            .sum();
        (shown as u64 + folded == clients.len() as u64).then_some(())
    });
}
