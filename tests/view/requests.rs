//! Traced requests: their steps from the socket to the disk and back, and slow motion.

use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::browser::{Events, Site, status, threads_in};
use crate::support::Client;

fn site() -> Site {
    Site::start_with(|_| {})
}

/// Has `ask` make requests until one of them is traced for which `is_wanted` holds. Returns its event.
fn traced(events: &mut Events, ask: impl FnMut(), is_wanted: impl Fn(&str) -> bool) -> String {
    let ask = RefCell::new(ask);
    events.wait_for("a traced request", |data| {
        // A sample follows each quarter of a second.
        let is_request = data.starts_with("{\"n\":");
        if !is_request {
            ask.borrow_mut()();
        }
        is_request && is_wanted(data)
    })
}

/// Returns the names of the steps. Equal ones in a row count once.
fn steps(event: &str) -> Vec<&str> {
    let names = event.split("{\"name\":\"").skip(1);
    let mut names: Vec<_> = names.filter_map(|rest| rest.split('"').next()).collect();
    names.dedup();
    names
}

fn words(words: &str) -> impl Fn(&str) -> bool {
    let words = format!("\"words\":[{words}]");
    move |event| event.contains(&words) && steps(event).first() == Some(&"read")
}

#[test]
fn a_write_goes_from_the_socket_to_the_log_and_back() {
    let site = site();
    let (mut client, mut events) = (site.server.connect(), site.events());
    let ask = || assert_eq!(client.ask_line("SET key value").text(), "OK");
    let event = traced(&mut events, ask, words(r#""SET","key","value""#));
    let expected = [
        "read", "parse", "find", "lock", "run", "record", "free", "log", "send",
    ];
    assert_eq!(steps(&event), expected, "{event}");
    assert!(event.contains("\"source\":\"src/store/lock.rs: Lock::take\""));
    assert!(event.contains("\"pipeline\":1,\"database\":0"), "{event}");
}

#[test]
fn a_read_waits_for_no_log() {
    let site = site();
    let (mut client, mut events) = (site.server.connect(), site.events());
    client.ask_line("CLIENT SETNAME reader");
    client.ask_line("SELECT 3");
    let ask = || drop(client.ask_line("GET key"));
    let event = traced(&mut events, ask, words(r#""GET","key""#));
    let expected = ["read", "parse", "find", "lock", "run", "free", "send"];
    assert_eq!(steps(&event), expected, "{event}");
    assert!(event.contains("\"name\":\"reader\""), "{event}");
    assert!(event.contains("\"database\":3"), "{event}");
}

#[test]
fn the_commands_of_a_transaction_have_steps_of_their_own() {
    let site = site();
    let (mut client, mut events) = (site.server.connect(), site.events());
    let ask = || {
        for line in ["MULTI", "SET a 1", "INCR a", "EXEC"] {
            client.send_line(line);
        }
        (0..4).for_each(|_| drop(client.reply()));
    };
    let event = traced(&mut events, ask, words(r#""EXEC""#));
    for command in ["set", "incr"] {
        for step in ["find", "run", "record"] {
            let step = format!("{{\"name\":\"{step}\",\"command\":\"{command}\"");
            assert!(event.contains(&step), "{step} in {event}");
        }
    }
}

#[test]
fn the_cells_that_requests_touch_are_warm() {
    let site = site();
    let (mut client, mut events) = (site.server.connect(), site.events());
    client.ask_line("SET key value");
    let client = RefCell::new(client);
    events.wait_for("a warm cell", |data| {
        // There is one shard.
        let is_warm = data.contains("\"warm\":[0]");
        if !is_warm {
            client.borrow_mut().ask_line("GET key");
        }
        is_warm
    });
    events.wait_for("a cool cell", |data| data.contains("\"warm\":[]"));
}

#[test]
fn a_pipelined_request_waits_for_the_others() {
    let site = site();
    let (mut client, mut events) = (site.server.connect(), site.events());
    let ask = || {
        client.send("GET a\r\nGET b\r\nGET c\r\n");
        (0..3).for_each(|_| drop(client.reply()));
    };
    let event = traced(&mut events, ask, words(r#""GET","b""#));
    let expected = [
        "read", "parse", "wait", "find", "lock", "run", "wait", "free", "send",
    ];
    assert_eq!(steps(&event), expected, "{event}");
    assert!(event.contains("\"pipeline\":3"), "{event}");
}

#[test]
fn a_blocked_request_waits_for_data() {
    let site = site();
    let (mut popping, mut pushing) = (site.server.connect(), site.server.connect());
    let mut events = site.events();
    let ask = || {
        popping.send_line("BLPOP list 0");
        pushing.ask_line("RPUSH list element");
        popping.reply();
    };
    // Sometimes the element comes first.
    let is_wanted = |event: &str| {
        words(r#""BLPOP","list","0""#)(event) && event.contains("waiting.rs: Connection::wait")
    };
    let event = traced(&mut events, ask, is_wanted);
    let expected = [
        "read", "parse", "find", "lock", "run", "wait", "run", "record", "log", "send",
    ];
    assert_eq!(steps(&event), expected, "{event}");
    let ask = || drop(popping.ask_line("BLPOP nothing 0.01"));
    let event = traced(&mut events, ask, words(r#""BLPOP","nothing","0.01""#));
    assert_eq!(steps(&event)[5..], ["wait", "send"], "{event}");
}

#[test]
fn passwords_are_hidden() {
    let site = site();
    let (mut client, mut events) = (site.server.connect(), site.events());
    let ask = || drop(client.ask_line("AUTH default hush"));
    let is_wanted = words(r#""AUTH","(redacted)","(redacted)""#);
    traced(&mut events, ask, is_wanted);
    let ask = || drop(client.ask_line("AUHT hush"));
    traced(&mut events, ask, words(r#""AUHT""#));
}

#[test]
fn a_rare_client_is_seen_beside_a_busy_one() {
    let site = site();
    let mut events = site.events();
    let is_over = AtomicBool::new(false);
    let busy = |mut client: Client| {
        while !is_over.load(Ordering::Relaxed) {
            client.send("PING\r\n".repeat(50));
            (0..50).for_each(|_| drop(client.reply()));
        }
    };
    thread::scope(|scope| {
        for _ in 0..2 {
            let client = site.server.connect();
            scope.spawn(|| busy(client));
        }
        let mut rare = site.server.connect();
        let ask = || drop(rare.ask_line("ECHO rare"));
        traced(&mut events, ask, words(r#""ECHO","rare""#));
        is_over.store(true, Ordering::Relaxed);
    });
}

#[test]
fn nothing_is_traced_while_nobody_watches() {
    let site = site();
    let mut client = site.server.connect();
    (0..100).for_each(|_| drop(client.ask_line("PING")));
    let mut events = site.events();
    let first = traced(&mut events, || drop(client.ask_line("PING")), |_| true);
    assert!(first.starts_with("data: {\"n\":1,"), "{first}");
}

#[test]
fn slow_motion_shows_each_step_where_it_is() {
    let site = Site::classroom();
    let (mut slow, mut events) = (site.server.connect(), site.events());
    let id = slow.ask_line("CLIENT ID").integer();
    let lane = format!("client-{id}");
    let (body, is_over) = (format!("client={id}&ms=300"), AtomicBool::new(false));
    assert_eq!(status(&site.post("/classroom/slow", &body)), 204);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                slow.ask_line("SET key value");
            }
        });
        for state in [
            "reads",
            "parses",
            "runs",
            "waits-lock",
            "holds-alone",
            "records",
            "waits-log",
            "answers",
        ] {
            events.wait_for(state, |data| threads_in(data, state).contains(&&*lane));
        }
        is_over.store(true, Ordering::Relaxed);
        // Ends the sleep.
        let body = format!("client={id}&ms=0");
        assert_eq!(status(&site.post("/classroom/slow", &body)), 204);
    });
}

#[test]
fn slow_motion_slows_one_client() {
    let site = Site::classroom();
    let (mut slow, mut other) = (site.server.connect(), site.server.connect());
    let mut events = site.events();
    let id = slow.ask_line("CLIENT ID").integer();
    let lane = format!("client-{id}");
    let body = format!("client={id}&ms=5000");
    assert_eq!(status(&site.post("/classroom/slow", &body)), 204);
    slow.send_line("SET key slow");
    events.wait_for("the slow client", |data| {
        threads_in(data, "reads").contains(&&*lane)
    });
    assert_eq!(other.ask_line("SET key other").text(), "OK");
    assert_eq!(other.ask_line("GET key").text(), "other");
    let body = format!("client={id}&ms=0");
    assert_eq!(status(&site.post("/classroom/slow", &body)), 204);
    assert_eq!(slow.reply().text(), "OK");
    assert_eq!(other.ask_line("GET key").text(), "slow");
}

#[test]
fn slow_motion_ends_with_its_client() {
    let site = Site::classroom();
    let mut slow = site.server.connect();
    let mut events = site.events();
    let id = slow.ask_line("CLIENT ID").integer();
    let body = format!("client={id}&ms=1");
    assert_eq!(status(&site.post("/classroom/slow", &body)), 204);
    events.wait_for("slow motion", |data| {
        data.contains(&format!("\"slow\":{{\"client\":{id},"))
    });
    drop(slow);
    events.wait_for("its end", |data| data.contains("\"slow\":null"));
}
